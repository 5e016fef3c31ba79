//! What there is to say about one template, in the shape in which `--output json` prints it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::applies::Here;
use crate::live::LiveTemplate;

/// What there is to say about one template.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Overview {
    /// As annotations name it: `name`, or `cluster/name`.
    pub(crate) template: String,
    /// Its namespace; none of a ClusterInjectionTemplate.
    pub(crate) namespace: Option<String>,
    pub(crate) mode: String,
    pub(crate) order: i64,
    /// The hash of its spec. Of one that does not compile the one that still serves, where its status says that.
    pub(crate) revision: Option<String>,
    pub(crate) compiled: bool,
    pub(crate) problems: Vec<String>,
    /// What it is to the pods of the namespace in question; none with all namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) here: Option<Here>,
    /// Pods that are for it, have it, have an old revision, or lack it, as its status says; none where it does not.
    pub(crate) pods: Option<Counts>,
    pub(crate) conflicts: String,
    pub(crate) on_error: String,
    pub(crate) parameters: Vec<String>,
    pub(crate) description: Option<String>,
    #[serde(skip)]
    pub(crate) kubectl_name: String,
    #[serde(skip)]
    pub(crate) complaints: Vec<String>,
}

/// Pods of a template.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Counts {
    pub(crate) matched: Option<u64>,
    pub(crate) injected: Option<u64>,
    pub(crate) outdated: Option<u64>,
    pub(crate) missed: Option<u64>,
}

impl Overview {
    /// Reads it from the object. Fields that the API server fills in are taken as they are there.
    pub(crate) fn of(template: &LiveTemplate, here: Option<Option<Here>>) -> Self {
        let spec = template.object.get("spec").unwrap_or(&Value::Null);
        let text = |pointer| spec.pointer(pointer).and_then(Value::as_str);
        let word = |pointer, default: &str| text(pointer).unwrap_or(default).to_owned();
        let parameters = spec.get("parameters").and_then(Value::as_array).into_iter().flatten();
        let names = parameters.filter_map(|parameter| parameter.get("name")?.as_str().map(str::to_owned));
        let counts = template.object.pointer("/status/pods");
        Self {
            template: template.reference.to_string(),
            namespace: template.reference.namespace.clone(),
            mode: word("/select/mode", "OnRequest"),
            order: spec.get("order").and_then(Value::as_i64).unwrap_or(100),
            revision: template.revision.clone(),
            compiled: template.problems.is_empty(),
            problems: template.problems.clone(),
            here: here.flatten(),
            pods: counts.and_then(|counts| Counts::deserialize(counts).ok()),
            conflicts: word("/conflicts", "Override"),
            on_error: word("/onError", "Skip"),
            parameters: names.collect(),
            description: text("/description").map(str::to_owned),
            kubectl_name: template.kubectl_name(),
            complaints: template.complaints().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chandler_injector::TemplateReference;
    use serde_json::json;

    fn overview(status: Value) -> Overview {
        let template = LiveTemplate {
            reference: TemplateReference { name: "mesh".to_owned(), namespace: None },
            object: json!({"spec": {"select": {"mode": "Default"}, "order": -5}, "status": status}),
            problems: Vec::new(),
            revision: Some("0c1d".to_owned()),
        };
        Overview::of(&template, None)
    }

    #[test]
    fn counts_are_those_of_the_status() {
        let status =
            json!({"pods": {"matched": 9, "injected": 7, "outdated": 2, "missed": 0}, "revision": "0c1d"});
        let counts = overview(status).pods.unwrap();
        let expected = Counts { matched: Some(9), injected: Some(7), outdated: Some(2), missed: Some(0) };
        assert_eq!(counts, expected);
    }

    #[test]
    fn template_that_nobody_counted_has_no_counts() {
        assert_eq!(overview(Value::Null).pods, None);
        assert_eq!(overview(json!({"conditions": []})).pods, None);
        assert_eq!(overview(json!({"pods": "many"})).pods, None);
    }
}
