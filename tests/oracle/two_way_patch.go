package main

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// patchQuestion asks for the patch that turns one pod into another.
type patchQuestion struct {
	Original json.RawMessage `json:"original"`
	Modified json.RawMessage `json:"modified"`
}

// patchAnswer holds the patch as kubectl would send it, with all its directives.
type patchAnswer struct {
	Patch json.RawMessage `json:"patch"`
}

func twoWayPatch(line []byte) (any, error) {
	var question patchQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(question.Original, question.Modified, corev1.Pod{})
	return patchAnswer{patch}, err
}
