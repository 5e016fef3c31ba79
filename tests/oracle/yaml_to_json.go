package main

import (
	"encoding/json"

	"sigs.k8s.io/yaml"
)

// yamlAnswer is a YAML document as kubectl and the API server read it.
type yamlAnswer struct {
	JSON json.RawMessage `json:"json"`
}

func yamlToJSON(line []byte) (any, error) {
	var text string
	if err := json.Unmarshal(line, &text); err != nil {
		return nil, err
	}
	result, err := yaml.YAMLToJSONStrict([]byte(text))
	return yamlAnswer{result}, err
}
