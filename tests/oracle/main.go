// Command oracle answers, with Kubernetes' own Go code, the questions that
// Chandler's tests ask about their own Rust code: what a strategic merge gives,
// what a strict decoder accepts, what YAML means, how a quantity is written.
//
// It reads standard input and writes standard output. See README.md for what
// each subcommand reads and writes.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// subcommand reads a question and writes its answer; arguments are what follows its name.
type subcommand func(arguments []string, in io.Reader, out io.Writer) error

var subcommands = map[string]subcommand{
	"corpus":                corpus,
	"merge-keys":            mergeKeys,
	"quantity":              lineByLine(canonicalQuantity),
	"strategic-merge":       lineByLine(strategicMerge),
	"strategic-merge-bench": strategicMergeBench,
	"strict-decode":         strictDecode,
	"two-way-patch":         lineByLine(twoWayPatch),
	"yaml-to-json":          lineByLine(yamlToJSON),
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) == 0 {
		return fmt.Errorf("name one of %s", names())
	}
	answer, known := subcommands[arguments[0]]
	if !known {
		return fmt.Errorf("no subcommand %q: name one of %s", arguments[0], names())
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	if err := answer(arguments[1:], os.Stdin, out); err != nil {
		out.Flush()
		return err
	}
	return out.Flush()
}

func names() string {
	var all []string
	for name := range subcommands {
		all = append(all, name)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}
