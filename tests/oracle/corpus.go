package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"sigs.k8s.io/yaml"
)

// corpusPod is a pod of a real manifest; source says which.
type corpusPod struct {
	Source string          `json:"source"`
	Pod    json.RawMessage `json:"pod"`
}

// reading collects pods from manifests and counts what it had to leave out.
type reading struct {
	out                   io.Writer
	files, pods, unparsed int
}

// corpus prints each pod of the manifests below the folders, and on standard error
// how many documents are no YAML (templates with placeholders).
func corpus(folders []string, _ io.Reader, out io.Writer) error {
	if len(folders) == 0 {
		return fmt.Errorf("name the folders to read")
	}
	reading := reading{out: out}
	for _, folder := range folders {
		if err := reading.folder(folder); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "corpus: %d files, %d pods, %d documents that are no YAML\n",
		reading.files, reading.pods, reading.unparsed)
	return nil
}

func (reading *reading) folder(folder string) error {
	return filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isManifest(path) {
			return err
		}
		source, err := filepath.Rel(filepath.Dir(folder), path)
		if err != nil {
			return err
		}
		return reading.file(path, source)
	})
}

func isManifest(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".yaml", ".yml", ".json", ".in", ".base":
		return true
	}
	return false
}

func (reading *reading) file(path, source string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	reading.files++
	number := 0
	return eachDocument(bytes.NewReader(text), func(document []byte) error {
		number++
		return reading.document(document, fmt.Sprintf("%s#%d", source, number))
	})
}

func (reading *reading) document(document []byte, source string) error {
	text, err := yaml.YAMLToJSON(document)
	if err != nil {
		reading.unparsed++
		return nil
	}
	for _, pod := range podsOf(text) {
		reading.pods++
		if err := writeLine(reading.out, corpusPod{source, pod}); err != nil {
			return err
		}
	}
	return nil
}
