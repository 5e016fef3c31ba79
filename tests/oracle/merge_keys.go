package main

import (
	"encoding/json"
	"io"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// mergeField is what Go's strategic merge knows about a field.
type mergeField struct {
	PatchStrategy string `json:"patchStrategy"`
	PatchMergeKey string `json:"patchMergeKey"`
	// Kind is Go's kind after pointers (slice, map, struct, string, int32, …), and "text"
	// for a struct that writes itself as text or a number.
	Kind string `json:"kind"`
	// Element is the kind of what lists and maps hold in the end; Kind itself elsewhere.
	Element string `json:"element"`
	// Type is the OpenAPI name of the struct that the field is, or holds, if any.
	Type string `json:"type,omitempty"`
}

// mergeTypes maps a struct's OpenAPI name to its fields by JSON name.
type mergeTypes map[string]map[string]mergeField

func mergeKeys(_ []string, _ io.Reader, out io.Writer) error {
	types := mergeTypes{}
	types.add(reflect.TypeFor[corev1.Pod]())
	return writeLine(out, types)
}

// add walks a struct and, once each, all structs below it.
func (types mergeTypes) add(t reflect.Type) {
	if _, seen := types[openAPIName(t)]; seen {
		return
	}
	fields := map[string]mergeField{}
	types[openAPIName(t)] = fields
	types.addFields(t, fields)
}

func (types mergeTypes) addFields(t reflect.Type, fields map[string]mergeField) {
	for i := range t.NumField() {
		field := t.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case name == "-" || !field.IsExported():
		case name == "" && field.Anonymous:
			types.addFields(field.Type, fields)
		case name != "":
			fields[name] = types.describe(field)
		}
	}
}

func (types mergeTypes) describe(field reflect.StructField) mergeField {
	described := mergeField{
		PatchStrategy: field.Tag.Get("patchStrategy"),
		PatchMergeKey: field.Tag.Get("patchMergeKey"),
		Kind:          kindOf(withoutPointers(field.Type)),
		Element:       kindOf(innermost(field.Type)),
	}
	if element := innermost(field.Type); isObject(element) {
		described.Type = openAPIName(element)
		types.add(element)
	}
	return described
}

func kindOf(t reflect.Type) string {
	if t.Kind() == reflect.Struct && !isObject(t) {
		return "text"
	}
	return t.Kind().String()
}

func withoutPointers(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// isObject tells a struct that is a JSON object from one that writes itself as text
// or a number (quantities, times, ports that may be names).
func isObject(t reflect.Type) bool {
	writesItself := reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]())
	return t.Kind() == reflect.Struct && !writesItself
}

// innermost is the element of a list or map, of any depth, or the type itself.
func innermost(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}

// openAPIName is the name under which the API server publishes a type:
// io.k8s.api.core.v1.Container for k8s.io/api/core/v1.Container.
func openAPIName(t reflect.Type) string {
	path := strings.TrimPrefix(t.PkgPath(), "k8s.io/")
	return "io.k8s." + strings.ReplaceAll(path, "/", ".") + "." + t.Name()
}
