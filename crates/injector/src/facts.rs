//! What is known of a pod when the decision is made: the same facts for selectors, expressions and conditions.

use chandler_api::names;
use serde_json::{Map, Value, json};

/// One pod to decide about.
#[derive(Debug)]
pub struct Review<'a> {
    /// The pod, or a pod template: `metadata` and `spec`, as raw JSON.
    pub pod: &'a Value,
    /// The namespace that the request is for. What the pod itself says of its namespace is not asked.
    pub namespace: &'a Namespace,
    /// The workload that the pod belongs to.
    pub owner: Owner,
    /// The request.
    pub request: Request,
}

/// A namespace: what templates may know of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Namespace {
    name: String,
    object: Value,
    changed: i64,
}

/// The workload that a pod belongs to; empty for a pod of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// Kind, such as `Deployment`.
    pub kind: String,
    /// Name.
    pub name: String,
}

/// The request that brings a pod.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `CREATE`, for all that is fitted out.
    pub operation: String,
    /// Who asks, as in an AdmissionReview: `username`, `uid`, `groups`, `extra`.
    pub user_info: Value,
    /// Whether nothing is to be stored.
    pub dry_run: bool,
}

impl Namespace {
    /// A namespace of which only the name is known. It has the label that the API server puts on each.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self::from_metadata(name, &Value::Null)
    }

    /// A namespace from the `metadata` of its object.
    #[must_use]
    pub fn from_metadata(name: &str, metadata: &Value) -> Self {
        let mut metadata = metadata.as_object().cloned().unwrap_or_default();
        metadata.insert("name".to_owned(), name.into());
        let labels = metadata.entry("labels").or_insert_with(|| Value::Object(Map::new()));
        if !labels.is_object() {
            *labels = Value::Object(Map::new());
        }
        if let Some(labels) = labels.as_object_mut() {
            labels.insert(names::NAMESPACE_NAME_LABEL.to_owned(), name.into());
        }
        Self { name: name.to_owned(), object: json!({"metadata": metadata}), changed: i64::MIN }
    }

    /// The same, with the time of the last change of a label or an annotation that injection reads.
    pub(crate) fn changed_at(self, seconds: i64) -> Self {
        Self { changed: seconds, ..self }
    }

    /// When a label or an annotation that injection reads changed last, in seconds since 1970; the beginning of all time
    /// where nobody knows.
    pub(crate) fn changed(&self) -> i64 {
        self.changed
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The object as expressions see it: `metadata` and nothing else.
    #[must_use]
    pub fn object(&self) -> &Value {
        &self.object
    }
}

impl Owner {
    /// The workload of a pod, from the owner reference that controls it.
    /// A ReplicaSet that carries the pod's template hash stands for its Deployment.
    #[must_use]
    pub fn of_pod(pod: &Value) -> Self {
        let references = pod.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        let controller = references.into_iter().flatten().find(|reference| is_controller(reference));
        let Some(controller) = controller else { return Self::default() };
        let text = |key| controller.get(key).and_then(Value::as_str).unwrap_or_default();
        let (kind, name) = (text("kind"), text("name"));
        match deployment_of(pod, kind, name) {
            Some(deployment) => Self { kind: "Deployment".to_owned(), name: deployment.to_owned() },
            None => Self { kind: kind.to_owned(), name: name.to_owned() },
        }
    }

    /// The owner as expressions see it: `kind` and `name`.
    #[must_use]
    pub fn object(&self) -> Value {
        json!({"kind": self.kind, "name": self.name})
    }
}

fn is_controller(reference: &Value) -> bool {
    reference.get("controller").and_then(Value::as_bool).unwrap_or_default()
}

fn deployment_of<'a>(pod: &Value, kind: &str, name: &'a str) -> Option<&'a str> {
    let hash = metadata_map(pod, "labels")?.get(names::POD_TEMPLATE_HASH)?.as_str()?;
    let deployment = name.strip_suffix(hash)?.strip_suffix('-')?;
    (kind == "ReplicaSet" && !deployment.is_empty()).then_some(deployment)
}

impl Request {
    /// The request as expressions see it: `operation`, `userInfo`, `dryRun`.
    #[must_use]
    pub fn object(&self) -> Value {
        json!({"operation": self.operation, "userInfo": self.user_info, "dryRun": self.dry_run})
    }
}

impl Default for Request {
    fn default() -> Self {
        Self { operation: "CREATE".to_owned(), user_info: json!({}), dry_run: false }
    }
}

/// The variables of expressions and conditions, in the form in which those see them.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The pod before any template.
    pub pod: &'a Value,
    /// The namespace of the request.
    pub namespace: &'a Namespace,
    /// `kind` and `name` of the workload.
    pub owner: Value,
    /// `operation`, `userInfo` and `dryRun`.
    pub request: Value,
    /// `name` and `values` that the platform gave.
    pub cluster: &'a Value,
    // Every template's selectors and parameters ask for these.
    pod_labels: Option<&'a Map<String, Value>>,
    pod_annotations: Option<&'a Map<String, Value>>,
    namespace_labels: Option<&'a Map<String, Value>>,
}

/// Names of the variables, without `params`, which differ from template to template.
pub const VARIABLES: [&str; 5] = ["pod", "namespace", "owner", "request", "cluster"];

impl<'a> Facts<'a> {
    /// Gathers what `review` and the platform's own values say.
    #[must_use]
    pub fn gather(review: &Review<'a>, cluster: &'a Value) -> Self {
        Self {
            pod: review.pod,
            namespace: review.namespace,
            owner: review.owner.object(),
            request: review.request.object(),
            cluster,
            pod_labels: metadata_map(review.pod, "labels"),
            pod_annotations: metadata_map(review.pod, "annotations"),
            namespace_labels: metadata_map(review.namespace.object(), "labels"),
        }
    }

    /// Each variable with its value.
    pub fn variables(&self) -> [(&'static str, &Value); 5] {
        let values = [self.pod, self.namespace.object(), &self.owner, &self.request, self.cluster];
        let mut variables = VARIABLES.map(|name| (name, &Value::Null));
        for (variable, value) in variables.iter_mut().zip(values) {
            variable.1 = value;
        }
        variables
    }

    /// An annotation of the pod.
    #[must_use]
    pub fn pod_annotation(&self, key: &str) -> Option<&'a str> {
        self.pod_annotations?.get(key)?.as_str()
    }

    /// An annotation of the namespace.
    #[must_use]
    pub fn namespace_annotation(&self, key: &str) -> Option<&'a str> {
        metadata_map(self.namespace.object(), "annotations")?.get(key)?.as_str()
    }

    /// Annotations of the suite, on the pod, whose value is no text: the API server would refuse them.
    pub(crate) fn odd_annotations(&self) -> impl Iterator<Item = &'a str> {
        let annotations = self.pod_annotations.into_iter().flatten();
        let odd = annotations.filter(|(key, value)| key.starts_with(names::PREFIX) && !value.is_string());
        odd.map(|(key, _)| key.as_str())
    }

    /// The annotations of the pod.
    #[must_use]
    pub fn pod_annotations(&self) -> Option<&'a Map<String, Value>> {
        self.pod_annotations
    }

    /// The labels of the pod.
    #[must_use]
    pub fn pod_labels(&self) -> Option<&'a Map<String, Value>> {
        self.pod_labels
    }

    /// The labels of the namespace.
    #[must_use]
    pub fn namespace_labels(&self) -> Option<&'a Map<String, Value>> {
        self.namespace_labels
    }
}

/// What of a pod's own structure is not as Kubernetes has it, in words: nothing can be fitted out there.
pub(crate) fn find_malformed(pod: &Value) -> Option<String> {
    let is_odd = |value: Option<&Value>| value.is_some_and(|value| !value.is_object() && !value.is_null());
    let metadata = pod.get("metadata");
    let field = |name: &str| metadata.and_then(|metadata| metadata.get(name));
    let parts = [
        ("the pod", Some(pod)),
        ("spec", pod.get("spec")),
        ("metadata", metadata),
        ("metadata.labels", field("labels")),
        ("metadata.annotations", field("annotations")),
    ];
    parts
        .into_iter()
        .find(|(_, value)| is_odd(*value))
        .map(|(name, _)| format!("{name} something other than an object"))
}

/// `metadata.labels` or `metadata.annotations` of an object.
pub(crate) fn metadata_map<'v>(object: &'v Value, field: &str) -> Option<&'v Map<String, Value>> {
    object.get("metadata")?.get(field)?.as_object()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned_by(kind: &str, name: &str, labels: Value) -> Owner {
        let reference = json!({"kind": kind, "name": name, "controller": true});
        Owner::of_pod(&json!({"metadata": {"labels": labels, "ownerReferences": [reference]}}))
    }

    #[test]
    fn replica_set_with_the_pods_hash_stands_for_its_deployment() {
        let owner = owned_by("ReplicaSet", "web-5d8f7c", json!({"pod-template-hash": "5d8f7c"}));
        assert_eq!(owner, Owner { kind: "Deployment".into(), name: "web".into() });
    }

    #[test]
    fn replica_set_of_its_own_keeps_its_name() {
        let owner = owned_by("ReplicaSet", "web-5d8f7c", json!({"app": "web"}));
        assert_eq!(owner, Owner { kind: "ReplicaSet".into(), name: "web-5d8f7c".into() });
    }

    #[test]
    fn owner_that_does_not_control_is_not_the_owner() {
        let pod = json!({"metadata": {"ownerReferences": [{"kind": "Node", "name": "n"}]}});
        assert_eq!(Owner::of_pod(&pod), Owner::default());
    }

    #[test]
    fn namespace_carries_its_name_whatever_its_metadata_says() {
        let namespace = Namespace::from_metadata("a", &json!({"name": "b", "labels": "broken"}));
        assert_eq!(
            namespace.object(),
            &json!({"metadata": {"name": "a", "labels": {"kubernetes.io/metadata.name": "a"}}})
        );
    }
}
