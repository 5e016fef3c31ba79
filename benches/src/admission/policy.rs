//! A MutatingAdmissionPolicy that adds a sidecar and its volume, written from the template that adds them here.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

/// Fields of a container whose keys are names that users give.
const MAPS: [&str; 2] = ["requests", "limits"];

/// What a template adds to the pods: its first sidecar, and the volume of it.
#[derive(Debug, Clone)]
pub struct Sidecar {
    container: Value,
    volume: Value,
}

impl Sidecar {
    /// The sidecar of a template.
    ///
    /// # Errors
    /// It has none.
    pub fn of(template: &Value) -> Result<Self> {
        let part = |path: &str| template.pointer(path).cloned().with_context(|| format!("no {path}"));
        let mut container = part("/spec/patches/0/pod/spec/initContainers/0")?;
        container.as_object_mut().and_then(|container| container.remove("$position"));
        Ok(Self { container, volume: part("/spec/patches/0/pod/spec/volumes/0")? })
    }

    /// The JSON Patch that adds it to a pod that has an init container and a volume.
    #[must_use]
    pub fn json_patch(&self) -> Value {
        json!([
            {"op": "add", "path": "/spec/initContainers/0", "value": self.container},
            {"op": "add", "path": "/spec/volumes/-", "value": self.volume},
        ])
    }

    /// The same as an expression of CEL.
    #[must_use]
    pub fn expression(&self) -> String {
        let container = expression(&self.container, "Object.spec.initContainers");
        let volume = expression(&self.volume, "Object.spec.volumes");
        format!(
            "[JSONPatch{{op: \"add\", path: \"/spec/initContainers/0\", value: {container}}}, \
             JSONPatch{{op: \"add\", path: \"/spec/volumes/-\", value: {volume}}}]"
        )
    }

    /// The policy and its binding, for the pods of a namespace.
    #[must_use]
    pub fn policy(&self, name: &str, namespace: &str) -> [Value; 2] {
        let selector = json!({"matchLabels": {"kubernetes.io/metadata.name": namespace}});
        let rule = json!({
            "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"],
        });
        let object = |kind: &str, spec: Value| {
            json!({
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec,
            })
        };
        [
            object(
                "MutatingAdmissionPolicy",
                json!({
                    "matchConstraints": {"namespaceSelector": selector, "resourceRules": [rule]},
                    "failurePolicy": "Fail", "reinvocationPolicy": "Never",
                    "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": self.expression()}}],
                }),
            ),
            object("MutatingAdmissionPolicyBinding", json!({"policyName": name})),
        ]
    }
}

/// A value as CEL writes it; `path` is the name of its type.
fn expression(value: &Value, path: &str) -> String {
    match value {
        Value::Object(fields) => {
            let is_map = MAPS.iter().any(|map| path.ends_with(&format!(".{map}")));
            let fields = fields.iter().map(|(name, field)| {
                let key = if is_map { format!("\"{name}\"") } else { name.clone() };
                format!("{key}: {}", expression(field, &format!("{path}.{name}")))
            });
            let fields = fields.collect::<Vec<_>>().join(", ");
            if is_map { format!("{{{fields}}}") } else { format!("{path}{{{fields}}}") }
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| expression(item, path)).collect();
            format!("[{}]", items.join(", "))
        }
        // Texts, numbers and words are written as in JSON.
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expression_names_the_type_of_each_object_and_none_of_maps() {
        let container =
            json!({"name": "a", "resources": {"requests": {"cpu": "1"}}, "ports": [{"containerPort": 1}]});
        assert_eq!(
            expression(&container, "Object.c"),
            "Object.c{name: \"a\", resources: Object.c.resources{requests: {\"cpu\": \"1\"}}, \
             ports: [Object.c.ports{containerPort: 1}]}"
        );
    }
}
