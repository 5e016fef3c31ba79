package main

import (
	"context"
	"os"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// readDefinition reads a CustomResourceDefinition strictly, and gives it the defaults and
// the internal form in which the API server validates it.
func readDefinition(file string) (*apiextensions.CustomResourceDefinition, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	external := &apiextensionsv1.CustomResourceDefinition{}
	if err := yaml.UnmarshalStrict(text, external); err != nil {
		return nil, err
	}
	// Also fills in status.storedVersions, which a create does.
	apiextensionsv1.SetObjectDefaults_CustomResourceDefinition(external)
	internal := &apiextensions.CustomResourceDefinition{}
	return internal, apiextensionsv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(external, internal, nil)
}

// definitionErrors are those of a create: names, the structural schema, its defaults,
// and whether its CEL rules compile and stay within their estimated cost.
func definitionErrors(ctx context.Context, definition *apiextensions.CustomResourceDefinition) []string {
	return texts(validation.ValidateCustomResourceDefinition(ctx, definition))
}

func texts(errors field.ErrorList) []string {
	texts := make([]string, 0, len(errors))
	for _, err := range errors {
		texts = append(texts, err.Error())
	}
	return texts
}
