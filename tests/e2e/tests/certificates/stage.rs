//! The scene of a test: its Secret, its configurations, and pods that a replica has to fit out.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chandler_e2e::{
    Answer, Helm, Needs, Objects, Scene, TEST_LABEL, Wait, grant_rights, install_definitions, send, wait_for,
};
use http::Method;
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use serde_json::{Value, json};

use crate::replica::{BOUND, Replica};

const SECRET: &str = "chandler-injector-tls";

pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) objects: Objects,
    folder: tempfile::TempDir,
}

/// The data of the Secret, as text.
pub(crate) type Texts = BTreeMap<String, String>;

impl Stage {
    /// A namespace with a template that pods ask for; none where this machine cannot have a cluster.
    pub(crate) async fn open(test: &str) -> Option<Self> {
        let helm = Helm::find(test).unwrap()?;
        let scene = Scene::open(Needs::ApiServer, test).await.unwrap()?;
        install_definitions(&scene.client).await.unwrap();
        let objects = Objects::discover(&scene.client).await.unwrap();
        let patches = json!([{"pod": {"metadata": {"labels": {"fitted": "yes"}}}}]);
        let template = json!({
            "apiVersion": "chandler.dev/v1alpha1", "kind": "InjectionTemplate",
            "metadata": {"name": "fit"}, "spec": {"patches": patches},
        });
        objects.apply(&template, &scene.namespace).await.unwrap().object().unwrap();
        let rights = grant_rights(&helm, &scene, &scene.namespace).await.unwrap();
        let stage = Self { scene, objects, folder: tempfile::tempdir().unwrap() };
        std::fs::write(stage.kubeconfig(), rights).unwrap();
        Some(stage)
    }

    /// What replicas reach the API server with: they may do what the chart lets them do, and nothing else.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// Leads the API server to replicas, each with a webhook of its own: a pod is created when all of them answer.
    pub(crate) async fn configure(&self, replicas: &[&Replica]) {
        for (kind, path) in
            [("MutatingWebhookConfiguration", "inject"), ("ValidatingWebhookConfiguration", "validate")]
        {
            let configuration = self.configuration(kind, path, replicas);
            // For a moment after caBundle was written the leader owns a part of its webhook.
            wait_for("the configuration to be taken", BOUND, async || {
                Ok(Wait::Done(self.objects.apply(&configuration, "").await?.object()?))
            })
            .await
            .unwrap();
        }
    }

    fn configuration(&self, kind: &str, path: &str, replicas: &[&Replica]) -> Value {
        let resource = if path == "inject" { "pods" } else { "endpoints" };
        let selector = json!({"matchExpressions": [
            {"key": "kubernetes.io/metadata.name", "operator": "In", "values": [self.scene.namespace]}
        ]});
        let rules = json!([{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": [resource]}]);
        let webhooks = replicas.iter().map(|replica| {
            let mut webhook = json!({
                "name": format!("{}.{path}.chandler.dev", replica.name),
                "clientConfig": {"url": format!("https://{}/{path}", replica.address)},
                "rules": rules, "namespaceSelector": selector, "failurePolicy": "Fail", "sideEffects": "None",
                "admissionReviewVersions": ["v1"], "timeoutSeconds": 10,
            });
            if path == "inject" {
                webhook["reinvocationPolicy"] = json!("IfNeeded");
            }
            webhook
        });
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
            "metadata": {"name": self.scene.namespace, "labels": {TEST_LABEL: "true"}},
            "webhooks": webhooks.collect::<Vec<_>>(),
        })
    }

    /// What becomes of a pod that asks for the template.
    pub(crate) async fn dry(&self) -> Answer {
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": "app", "annotations": {"chandler.dev/templates": "fit"}},
            "spec": {"automountServiceAccountToken": false, "containers": [{"name": "app", "image": "example.com/app:1"}]},
        });
        self.objects.create(&pod, &self.scene.namespace, "dryRun=All").await.unwrap()
    }

    /// Waits until pods are fitted out.
    pub(crate) async fn until_fitted(&self) {
        wait_for("pods to be fitted out", BOUND, async || {
            let answer = self.dry().await;
            Ok(if is_fitted(&answer) { Wait::Done(()) } else { Wait::NotYet(answer.body.to_string()) })
        })
        .await
        .unwrap();
    }

    pub(crate) async fn secret(&self) -> anyhow::Result<Option<Secret>> {
        let secrets: Api<Secret> = self.scene.api();
        Ok(secrets.get_opt(SECRET).await?)
    }

    /// What the Secret holds; nothing where there is none.
    pub(crate) async fn texts(&self) -> anyhow::Result<Texts> {
        let data = self.secret().await?.and_then(|secret| secret.data).unwrap_or_default();
        Ok(data
            .into_iter()
            .map(|(key, value)| (key, String::from_utf8_lossy(&value.0).into_owned()))
            .collect())
    }

    /// Waits until the Secret holds something.
    pub(crate) async fn until_secret(&self, what: &str, holds: impl Fn(&Texts) -> bool) -> Texts {
        wait_for(what, BOUND, async || {
            let texts = self.texts().await?;
            Ok(if holds(&texts) { Wait::Done(texts) } else { Wait::NotYet(format!("{:?}", texts.keys())) })
        })
        .await
        .unwrap()
    }

    /// Sends a patch of the Secret.
    pub(crate) async fn patch_secret(&self, patch: Value) {
        let path = format!("/api/v1/namespaces/{}/secrets/{SECRET}", self.scene.namespace);
        self.patch(&path, "application/merge-patch+json", &patch).await;
    }

    pub(crate) async fn patch(&self, path: &str, media_type: &str, patch: &Value) {
        send(&self.scene.client, Method::PATCH, path, (media_type, patch)).await.unwrap().object().unwrap();
    }

    pub(crate) async fn delete_secret(&self) {
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}});
        self.objects.delete(&secret, &self.scene.namespace).await.unwrap().object().unwrap();
    }

    /// Where a configuration is.
    pub(crate) fn path(&self, resource: &str) -> String {
        format!("/apis/admissionregistration.k8s.io/v1/{resource}/{}", self.scene.namespace)
    }

    /// The bundles of all webhooks of both configurations, decoded.
    pub(crate) async fn bundles(&self) -> anyhow::Result<Vec<String>> {
        let mut bundles = Vec::new();
        for resource in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
            let request = http::Request::get(self.path(resource)).body(Vec::new())?;
            let configuration: Value = self.scene.client.request(request).await?;
            for webhook in configuration["webhooks"].as_array().into_iter().flatten() {
                let encoded = webhook["clientConfig"]["caBundle"].as_str().unwrap_or_default();
                bundles.push(String::from_utf8(STANDARD.decode(encoded)?)?);
            }
        }
        Ok(bundles)
    }

    /// Waits until every webhook has the authorities of the Secret.
    pub(crate) async fn until_published(&self) {
        wait_for("caBundle to be that of the Secret", BOUND, async || {
            let authorities = self.texts().await?.remove("ca.crt").unwrap_or_default();
            let bundles = self.bundles().await?;
            let is_published = !bundles.is_empty() && bundles.iter().all(|bundle| *bundle == authorities);
            Ok(if is_published && !authorities.is_empty() {
                Wait::Done(())
            } else {
                Wait::NotYet(format!("{bundles:?}"))
            })
        })
        .await
        .unwrap();
    }

    /// Waits until a replica leads.
    pub(crate) async fn until_leader(&self, accepts: impl Fn(&str) -> bool) -> String {
        wait_for("a leader", Duration::from_secs(60), async || {
            let leases: Api<Lease> = self.scene.api();
            let lease = leases.get_opt("chandler-injector").await?;
            let holder = lease.and_then(|lease| lease.spec?.holder_identity).unwrap_or_default();
            Ok(if accepts(&holder) { Wait::Done(holder) } else { Wait::NotYet(holder) })
        })
        .await
        .unwrap()
    }

    /// Takes the configurations away.
    pub(crate) async fn close(self) {
        for kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
            self.objects.delete(&self.configuration(kind, "inject", &[]), "").await.unwrap();
        }
    }
}

pub(crate) fn is_fitted(answer: &Answer) -> bool {
    answer.status < 300 && answer.body["metadata"]["labels"]["fitted"] == "yes"
}
