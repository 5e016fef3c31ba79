package main

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// mergeQuestion asks for the strategic merge of a patch into a pod.
type mergeQuestion struct {
	Original json.RawMessage `json:"original"`
	Patch    json.RawMessage `json:"patch"`
}

// mergeAnswer holds the pod that came out.
type mergeAnswer struct {
	Result json.RawMessage `json:"result"`
}

func strategicMerge(line []byte) (any, error) {
	var question mergeQuestion
	if err := json.Unmarshal(line, &question); err != nil {
		return nil, err
	}
	result, err := question.merge()
	return mergeAnswer{result}, err
}

// merge goes from bytes to bytes, as the API server does.
func (question mergeQuestion) merge() ([]byte, error) {
	return strategicpatch.StrategicMergePatch(question.Original, question.Patch, corev1.Pod{})
}
