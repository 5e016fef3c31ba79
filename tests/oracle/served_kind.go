package main

import (
	"context"
	"slices"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	structuralschema "k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	metavalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
)

// servedKind is what the API server keeps of a version of a definition.
type servedKind struct {
	namespaced bool
	schema     *structuralschema.Structural
	values     validation.SchemaValidator
	rules      *cel.Validator
}

// serve adds each served version of a valid definition.
func (kinds servedKinds) serve(definition *apiextensions.CustomResourceDefinition) error {
	spec := &definition.Spec
	for _, version := range spec.Versions {
		properties, err := apiextensions.GetSchemaForVersion(definition, version.Name)
		if err != nil || !version.Served {
			return err
		}
		kind, err := newServedKind(properties.OpenAPIV3Schema)
		if err != nil {
			return err
		}
		kind.namespaced = spec.Scope == apiextensions.NamespaceScoped
		kinds[schema.GroupVersionKind{Group: spec.Group, Version: version.Name, Kind: spec.Names.Kind}] = kind
	}
	return nil
}

func newServedKind(properties *apiextensions.JSONSchemaProps) (*servedKind, error) {
	structural, err := structuralschema.NewStructural(properties)
	if err != nil {
		return nil, err
	}
	structural = structural.DeepCopy()
	if err := defaulting.PruneDefaults(structural); err != nil {
		return nil, err
	}
	values, _, err := validation.NewSchemaValidator(properties)
	rules := cel.NewValidator(structural, true, celconfig.PerCallLimit)
	return &servedKind{schema: structural, values: values, rules: rules}, err
}

// complete does what decoding does: it prunes unknown fields, which it gives, and nulls, and fills in defaults.
// The namespace of the request is "default" where the object names none.
func (kind *servedKind) complete(object *unstructured.Unstructured) ([]string, error) {
	unknown, err := pruneMetadata(object)
	if err != nil {
		return nil, err
	}
	options := structuralschema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true}
	unknown = append(unknown, pruning.PruneWithOptions(object.Object, kind.schema, true, options)...)
	defaulting.PruneNonNullableNullsWithoutDefaults(object.Object, kind.schema)
	defaulting.Default(object.Object, kind.schema)
	if kind.namespaced && object.GetNamespace() == "" {
		object.SetNamespace("default")
	}
	return unknown, nil
}

// pruneMetadata leaves the metadata that Kubernetes knows, and gives the paths of the rest.
func pruneMetadata(object *unstructured.Unstructured) ([]string, error) {
	options := objectmeta.ObjectMetaOptions{ReturnUnknownFieldPaths: true}
	metadata, found, unknown, err := objectmeta.GetObjectMetaWithOptions(object.Object, options)
	if err != nil || !found {
		return []string{}, err
	}
	return append([]string{}, unknown...), objectmeta.SetObjectMeta(object.Object, metadata)
}

// validate does what a create does: metadata, values, lists, and last the rules, unless errors stand in their way.
func (kind *servedKind) validate(ctx context.Context, object *unstructured.Unstructured) field.ErrorList {
	errors := metavalidation.ValidateObjectMetaAccessor(
		object, kind.namespaced, metavalidation.NameIsDNSSubdomain, field.NewPath("metadata"))
	errors = append(errors, validation.ValidateCustomResource(nil, object.Object, kind.values)...)
	errors = append(errors, objectmeta.Validate(nil, object.Object, kind.schema, false)...)
	errors = append(errors, listtype.ValidateListSetsAndMaps(nil, kind.schema, object.Object)...)
	if kind.rules == nil || slices.ContainsFunc(errors, hidesRules) {
		return errors
	}
	broken, _ := kind.rules.Validate(ctx, nil, kind.schema, object.Object, nil, celconfig.RuntimeCELCostBudget)
	return append(errors, broken...)
}

// hidesRules tells the errors for which the API server does not evaluate rules.
func hidesRules(err *field.Error) bool {
	switch err.Type {
	case field.ErrorTypeNotSupported, field.ErrorTypeRequired, field.ErrorTypeTooLong,
		field.ErrorTypeTooMany, field.ErrorTypeTypeInvalid:
		return true
	}
	return false
}
