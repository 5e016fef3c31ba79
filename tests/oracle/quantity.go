package main

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/api/resource"
)

// quantityAnswer is a quantity as Kubernetes writes it back.
type quantityAnswer struct {
	Canonical string `json:"canonical"`
}

func canonicalQuantity(line []byte) (any, error) {
	var text string
	if err := json.Unmarshal(line, &text); err != nil {
		return nil, err
	}
	parsed, err := resource.ParseQuantity(text)
	if err != nil {
		return nil, err
	}
	return quantityAnswer{parsed.String()}, nil
}
