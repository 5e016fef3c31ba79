//! Which namespaces the webhook sees: in the others no pod is ever fitted out, so none is missed.

use chandler_api::names;
use chandler_injector::{Namespace, Selector};
use serde_json::Value;

use crate::cluster::{Cluster, WEBHOOKS};

/// What the chart always leaves out.
const SYSTEM: &str = "kube-system";

/// Which namespaces the webhook sees.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// As the webhooks say. Empty where their configuration cannot be read: then all but `kube-system`.
    selectors: Vec<Selector>,
}

impl Reach {
    /// Reads it from the webhook configuration. Most people may not see that, and it may have another name: that is
    /// no error.
    pub(crate) async fn read(cluster: &Cluster) -> Self {
        let configuration = cluster.get(&WEBHOOKS, None, names::INJECTOR).await.unwrap_or_default();
        Self::of(&configuration)
    }

    fn of(configuration: &Value) -> Self {
        let webhooks = configuration.get("webhooks").and_then(Value::as_array).into_iter().flatten();
        let selectors = webhooks.filter_map(|webhook| {
            let selector = webhook.get("namespaceSelector").cloned().unwrap_or_default();
            Selector::compile(&serde_json::from_value(selector).ok()?).ok()
        });
        Self { selectors: selectors.collect() }
    }

    /// Whether pods of a namespace are fitted out at all.
    pub(crate) fn includes(&self, namespace: &Namespace) -> bool {
        if self.selectors.is_empty() {
            return namespace.name() != SYSTEM;
        }
        let labels = namespace.object().pointer("/metadata/labels").and_then(Value::as_object);
        self.selectors.iter().any(|selector| selector.matches(labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn webhook_sees_the_namespaces_that_its_selector_names() {
        let expression =
            json!({"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["chandler"]});
        let selector = json!({"matchExpressions": [expression]});
        let reach = Reach::of(&json!({"webhooks": [{"namespaceSelector": selector}]}));
        assert!(!reach.includes(&Namespace::named("chandler")));
        assert!(reach.includes(&Namespace::named("shop")));
    }

    #[test]
    fn webhook_that_cannot_be_read_is_taken_to_leave_out_the_system() {
        let reach = Reach::of(&Value::Null);
        assert!(
            !reach.includes(&Namespace::named("kube-system")) && reach.includes(&Namespace::named("shop"))
        );
    }
}
