//! The daemon of a test, with the webhook that leads templates to it.

use std::time::Duration;

use chandler_e2e::{Answer, TEST_LABEL, Wait, wait_for};
use chandler_injector::Injector;
use chandler_injector::validation::{Subject, Surroundings};
use serde_json::{Value, json};

use crate::daemon::Stage;
use crate::templates::{cluster, own};

/// Nothing is stored.
const DRY: &str = "dryRun=All";

/// A stage whose templates are validated.
pub(crate) struct Validated {
    pub(crate) stage: Stage,
    webhook: Value,
}

impl Validated {
    /// Opens the stage and waits until the API server asks the daemon; none where this machine cannot have a cluster.
    pub(crate) async fn open(test: &str) -> Option<Self> {
        let validated = Self::open_unasked(test).await?;
        validated.register().await;
        Some(validated)
    }

    /// Opens the stage; the API server does not yet ask.
    pub(crate) async fn open_unasked(test: &str) -> Option<Self> {
        let stage = Stage::open(test).await?;
        let webhook = webhook_of(&stage);
        Some(Self { stage, webhook })
    }

    /// Lets the API server ask, and waits until it does, for both kinds.
    pub(crate) async fn register(&self) {
        self.stage.objects.create(&self.webhook, "", "").await.unwrap().object().unwrap();
        let broken = json!({"patches": [{"pod": {"metadata": {"labels": {"a": "{{params.unknown}}"}}}}]});
        for template in [own("broken", broken.clone()), cluster("broken", broken)] {
            wait_for("the API server to ask about templates", Duration::from_secs(20), async || {
                let answer = self.dry(&template).await;
                Ok(if answer.status == 422 { Wait::Done(()) } else { Wait::NotYet(answer.body.to_string()) })
            })
            .await
            .unwrap();
        }
    }

    /// What would become of a template.
    pub(crate) async fn dry(&self, template: &Value) -> Answer {
        self.create(template, DRY).await
    }

    /// Creates an object in the namespace of the test; one of the cluster, under the label of this test.
    pub(crate) async fn create(&self, object: &Value, parameters: &str) -> Answer {
        let mut object = object.clone();
        object["metadata"]["labels"][TEST_LABEL] = json!(self.stage.scene.namespace);
        self.stage.objects.create(&object, &self.stage.scene.namespace, parameters).await.unwrap()
    }

    /// Waits until a template gets a warning that holds `part`.
    pub(crate) async fn until_warned(&self, template: &Value, part: &str) {
        wait_for(part, Duration::from_secs(10), async || {
            let answer = self.dry(template).await;
            let is_warned = answer.warnings.iter().any(|warning| warning.contains(part));
            Ok(if is_warned { Wait::Done(()) } else { Wait::NotYet(format!("{answer:?}")) })
        })
        .await
        .unwrap();
    }

    /// The sample pods, fitted out by a template; none where it does not compile.
    pub(crate) fn samples(&self, template: &Value) -> Vec<(&'static str, Value)> {
        let fitted = self.with_subject(template, Subject::fitted_samples);
        fitted.unwrap_or_default()
    }

    /// A sample pod that Pod Security lets through, fitted out.
    pub(crate) fn restricted_sample(&self, template: &Value) -> Value {
        let fitted = self.with_subject(template, Subject::fitted_restricted_sample);
        fitted.flatten().unwrap()
    }

    fn with_subject<T>(
        &self,
        template: &Value,
        work: impl FnOnce(&Subject, &Surroundings<'_>) -> T,
    ) -> Option<T> {
        let mut template = template.clone();
        template["metadata"]["namespace"] = json!(self.stage.scene.namespace);
        let injector = Injector::default();
        let surroundings = Surroundings {
            injector: &injector,
            pods: &[],
            quotas: &[],
            limit_ranges: &[],
            has_time: &|| true,
        };
        Some(work(&Subject::compile(&template).ok()?, &surroundings))
    }

    /// Asks the API server about a pod, as nobody had a template.
    pub(crate) async fn dry_pod(&self, pod: &Value) -> Answer {
        self.stage.objects.create(pod, &self.stage.scene.namespace, DRY).await.unwrap()
    }

    /// Gives the namespace of the test labels.
    pub(crate) async fn label(&self, labels: Value) {
        let metadata = json!({"name": self.stage.scene.namespace, "labels": labels});
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        self.stage.objects.apply(&namespace, "").await.unwrap().object().unwrap();
    }

    /// Takes the webhooks away, then ends the daemon.
    pub(crate) async fn close(self) {
        self.stage.objects.delete(&self.webhook, "").await.unwrap();
        self.stage.close().await;
    }
}

/// Like that of pods, with rules of its own. Objects of the cluster are this test's by their label.
fn webhook_of(stage: &Stage) -> Value {
    let namespace = &stage.scene.namespace;
    let mut webhook = stage.webhook.clone();
    webhook["kind"] = json!("ValidatingWebhookConfiguration");
    let mut own = webhook["webhooks"][0].take();
    let client = &mut own["clientConfig"]["url"];
    *client = json!(client.as_str().unwrap().replace("/inject", "/validate"));
    own.as_object_mut().unwrap().remove("reinvocationPolicy");
    let rules = |resource: &str| json!([{"apiGroups": ["chandler.dev"], "apiVersions": ["v1alpha1"], "operations": ["CREATE", "UPDATE"], "resources": [resource]}]);
    let mut shared = own.clone();
    own["name"] = json!("validate.chandler.dev");
    own["rules"] = rules("injectiontemplates");
    shared["name"] = json!("validate-cluster.chandler.dev");
    shared["rules"] = rules("clusterinjectiontemplates");
    shared["namespaceSelector"] = json!({});
    shared["objectSelector"] = json!({"matchLabels": {TEST_LABEL: namespace}});
    webhook["webhooks"] = json!([own, shared]);
    webhook
}
