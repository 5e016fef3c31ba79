package main

import (
	"context"
	"fmt"
	"io"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// definitionAnswer says what the API server would refuse of a CustomResourceDefinition.
type definitionAnswer struct {
	Name   string   `json:"crd"`
	Errors []string `json:"errors"`
}

// resourceAnswer says what the API server would make of a custom resource on create.
type resourceAnswer struct {
	Errors  []string       `json:"errors"`
	Unknown []string       `json:"unknown"`
	Object  map[string]any `json:"object"`
}

// servedKinds are the kinds that definitions make the API server know.
type servedKinds map[schema.GroupVersionKind]*servedKind

// customResources checks the definitions in files, then the objects on standard input against them.
func customResources(files []string, in io.Reader, out io.Writer) error {
	if len(files) == 0 {
		return fmt.Errorf("name the files of CustomResourceDefinitions")
	}
	kinds := servedKinds{}
	for _, file := range files {
		if err := kinds.define(file, out); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return lineByLine(kinds.create)(nil, in, out)
}

// define answers for a definition and, where it is right, serves its kind.
func (kinds servedKinds) define(file string, out io.Writer) error {
	definition, err := readDefinition(file)
	if err != nil {
		return err
	}
	errors := definitionErrors(context.Background(), definition)
	if err := writeLine(out, definitionAnswer{definition.Name, errors}); err != nil || len(errors) > 0 {
		return err
	}
	return kinds.serve(definition)
}

// create answers for one object, as the API server would on its way to storage.
func (kinds servedKinds) create(line []byte) (any, error) {
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(line); err != nil {
		return nil, err
	}
	kind, served := kinds[object.GroupVersionKind()]
	if !served {
		return nil, fmt.Errorf("no valid definition of %s", object.GroupVersionKind())
	}
	unknown, err := kind.complete(object)
	if err != nil {
		return nil, err
	}
	errors := texts(kind.validate(context.Background(), object))
	return resourceAnswer{errors, unknown, object.Object}, nil
}
