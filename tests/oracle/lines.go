package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// lineByLine makes a subcommand of a function that turns one line into one answer.
// A question that fails, or that makes Kubernetes' code panic, is answered {"error": …}
// and the next one goes on.
func lineByLine(answer func(line []byte) (any, error)) subcommand {
	return func(_ []string, in io.Reader, out io.Writer) error {
		return eachLine(in, func(line []byte) error {
			result, err := guarded(answer, line)
			if err != nil {
				result = failure{err.Error()}
			}
			return writeLine(out, result)
		})
	}
}

// failure is the answer to a question that has none.
type failure struct {
	Error string `json:"error"`
}

// guarded turns a panic of the code under question into an error.
func guarded(answer func([]byte) (any, error), line []byte) (result any, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	return answer(line)
}

// eachLine visits the lines of in that are not blank; they may be of any length.
func eachLine(in io.Reader, visit func(line []byte) error) error {
	reader := bufio.NewReaderSize(in, 1<<20)
	for {
		line, err := reader.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if failed := visit(line); failed != nil {
				return failed
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// writeLine writes value as JSON on one line, without escaping for HTML.
func writeLine(out io.Writer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}
