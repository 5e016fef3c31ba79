package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	serializer "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"sigs.k8s.io/yaml"
)

// podKinds are the kinds that carry a pod; other documents are counted and not decoded.
var podKinds = map[string]bool{
	"Pod": true, "PodTemplate": true, "ReplicationController": true, "Deployment": true,
	"StatefulSet": true, "DaemonSet": true, "ReplicaSet": true, "Job": true, "CronJob": true,
}

// decoding reads manifests with the API server's strict field validation.
type decoding struct {
	decoder runtime.Decoder
	out     io.Writer
	totals  decodeTotals
}

// decodeAnswer says how one object was read.
type decodeAnswer struct {
	Document int    `json:"document"`
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Error    string `json:"error,omitempty"`
}

// decodeTotals is the last line.
type decodeTotals struct {
	Documents int `json:"documents"`
	Decoded   int `json:"decoded"`
	Errors    int `json:"errors"`
}

func strictDecode(_ []string, in io.Reader, out io.Writer) error {
	decoder, err := strictDecoder()
	if err != nil {
		return err
	}
	decoding := decoding{decoder: decoder, out: out}
	if err := eachDocument(in, decoding.document); err != nil {
		return err
	}
	if err := writeLine(out, decoding.totals); err != nil {
		return err
	}
	if decoding.totals.Errors > 0 {
		return fmt.Errorf("%d objects were refused", decoding.totals.Errors)
	}
	return nil
}

func strictDecoder() (runtime.Decoder, error) {
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), appsv1.AddToScheme(scheme), batchv1.AddToScheme(scheme)); err != nil {
		return nil, err
	}
	options := serializer.SerializerOptions{Yaml: true, Strict: true}
	return serializer.NewSerializerWithOptions(serializer.DefaultMetaFactory, scheme, scheme, options), nil
}

func (decoding *decoding) document(document []byte) error {
	decoding.totals.Documents++
	return decoding.object(document)
}

// object decodes one object, or each item of a List.
func (decoding *decoding) object(document []byte) error {
	var head struct {
		Kind  string            `json:"kind"`
		Items []json.RawMessage `json:"items"`
	}
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return decoding.report("", "", err)
	}
	if err := json.Unmarshal(text, &head); err != nil || head.Kind != "List" {
		return decoding.decode(head.Kind, document)
	}
	for _, item := range head.Items {
		if err := decoding.object(item); err != nil {
			return err
		}
	}
	return nil
}

func (decoding *decoding) decode(kind string, document []byte) error {
	if !podKinds[kind] {
		return nil
	}
	object, _, err := decoding.decoder.Decode(document, nil, nil)
	if err == nil {
		decoding.totals.Decoded++
	}
	return decoding.report(kind, nameOf(object), err)
}

func (decoding *decoding) report(kind, name string, err error) error {
	answer := decodeAnswer{Document: decoding.totals.Documents, Kind: kind, Name: name}
	if err != nil {
		decoding.totals.Errors++
		answer.Error = err.Error()
	}
	return writeLine(decoding.out, answer)
}

// nameOf is an object's name, or the prefix that the server would complete.
func nameOf(object runtime.Object) string {
	if object == nil {
		return ""
	}
	metadata, err := meta.Accessor(object)
	if err != nil {
		return ""
	}
	if name := metadata.GetName(); name != "" {
		return name
	}
	return metadata.GetGenerateName()
}
