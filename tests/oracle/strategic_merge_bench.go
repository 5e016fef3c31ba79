package main

import (
	"encoding/json"
	"io"
	"testing"
)

// benchAnswer is what one merge, bytes to bytes, costs on this machine.
type benchAnswer struct {
	NanosecondsPerOperation int64 `json:"nanosecondsPerOperation"`
	AllocationsPerOperation int64 `json:"allocationsPerOperation"`
}

// strategicMergeBench measures the question on standard input for about a second.
// The benchmark's own search for a number of rounds warms up.
func strategicMergeBench(_ []string, in io.Reader, out io.Writer) error {
	var question mergeQuestion
	if err := json.NewDecoder(in).Decode(&question); err != nil {
		return err
	}
	if _, err := question.merge(); err != nil {
		return err
	}
	measured := testing.Benchmark(func(b *testing.B) {
		for b.Loop() {
			if _, err := question.merge(); err != nil {
				b.Fatal(err)
			}
		}
	})
	return writeLine(out, benchAnswer{measured.NsPerOp(), measured.AllocsPerOp()})
}
