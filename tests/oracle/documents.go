package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"sigs.k8s.io/yaml"
)

// eachDocument visits the documents of a stream of YAML and JSON that are not blank.
// It splits at lines that start with "---", and a chunk of JSON values at their ends,
// so that the raw text of each reaches a strict decoder.
func eachDocument(in io.Reader, visit func(document []byte) error) error {
	reader := bufio.NewReaderSize(in, 1<<20)
	var chunk []byte
	for {
		line, err := reader.ReadBytes('\n')
		if rest, isMarker := afterMarker(line); isMarker {
			if failed := visitChunk(chunk, visit); failed != nil {
				return failed
			}
			chunk, line = nil, rest
		}
		chunk = append(chunk, line...)
		if errors.Is(err, io.EOF) {
			return visitChunk(chunk, visit)
		}
		if err != nil {
			return err
		}
	}
}

// afterMarker gives what follows a document marker on its line.
func afterMarker(line []byte) ([]byte, bool) {
	rest, found := bytes.CutPrefix(line, []byte("---"))
	if !found || (len(rest) > 0 && !bytes.ContainsAny(rest[:1], " \t\r\n")) {
		return nil, false
	}
	return rest, true
}

func visitChunk(chunk []byte, visit func([]byte) error) error {
	for _, document := range jsonValues(chunk) {
		if isBlank(document) {
			continue
		}
		if err := visit(document); err != nil {
			return err
		}
	}
	return nil
}

// jsonValues splits a chunk that is nothing but JSON values; any other chunk is one document.
func jsonValues(chunk []byte) [][]byte {
	if !bytes.HasPrefix(bytes.TrimSpace(chunk), []byte("{")) {
		return [][]byte{chunk}
	}
	var values [][]byte
	decoder := json.NewDecoder(bytes.NewReader(chunk))
	for {
		var value json.RawMessage
		switch err := decoder.Decode(&value); {
		case errors.Is(err, io.EOF):
			return values
		case err != nil:
			return [][]byte{chunk}
		}
		values = append(values, value)
	}
}

// isBlank tells whether a document holds nothing but space and comments.
func isBlank(document []byte) bool {
	if len(bytes.TrimSpace(document)) == 0 {
		return true
	}
	var value any
	return yaml.Unmarshal(document, &value) == nil && value == nil
}
