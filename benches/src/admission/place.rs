//! The API server where admission is measured, with everything that takes part.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chandler_e2e::{
    Certificate, Needs, Objects, Replica, ReplicaSpec, Scene, Wait, documents_of, install_definitions, send,
    wait_for,
};
use http::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::inputs;

/// Clients at once where there are many.
pub const CLIENTS: usize = 16;

/// How long the API server may take to know of what was changed.
const BOUND: Duration = Duration::from_secs(60);

/// The API server, and what daemons there are started with.
pub struct Place {
    /// The cluster, which ends with the process.
    pub scene: Scene,
    /// Its API.
    pub objects: Arc<Objects>,
    certificate: Certificate,
    folder: PathBuf,
}

impl Place {
    /// Opens it; none where this machine cannot have a cluster.
    ///
    /// # Errors
    /// The cluster does not start.
    pub async fn open(folder: &Path) -> Result<Option<Self>> {
        let Some(scene) = Scene::open(Needs::ApiServer, "admission").await? else { return Ok(None) };
        install_definitions(&scene.client).await?;
        let objects = Arc::new(Objects::discover(&scene.client).await?);
        let folder = folder.join("admission");
        std::fs::create_dir_all(&folder)?;
        let certificate = Certificate::write(&folder, &scene.namespace)?;
        certificate.make_service(&objects).await?;
        Ok(Some(Self { scene, objects, certificate, folder }))
    }

    /// Where the certificate of both webhooks is.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts our daemon. Also how long it takes until it is ready.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start_daemon(&self, name: &str) -> Result<(Replica, Duration)> {
        let spec = ReplicaSpec {
            name: name.to_owned(),
            folder: self.folder.clone(),
            kubeconfig: self.scene.kubeconfig().to_owned(),
            flags: self.certificate.flags(),
            wrapper: Vec::new(),
        };
        let start = Instant::now();
        let replica = spec.start().await?;
        replica.until_ready().await?;
        Ok((replica, start.elapsed()))
    }

    /// Makes a namespace with the account of the measured pod.
    ///
    /// # Errors
    /// The API server does not take it.
    pub async fn make_namespace(&self, name: &str) -> Result<()> {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        self.objects.create(&namespace, "", "").await?.object()?;
        for account in ["default", "checkout"] {
            let account =
                json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": account}});
            self.objects.create(&account, name, "").await?.object()?;
        }
        Ok(())
    }

    /// Lets the pods of a namespace go to a webhook at that port; `again` is its reinvocation policy.
    ///
    /// # Errors
    /// The API server does not take it.
    pub async fn lead(&self, namespace: &str, port: u16, again: &str) -> Result<()> {
        let rule = json!({
            "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"],
        });
        let webhook = json!({
            "name": "inject.chandler.dev",
            "clientConfig": self.certificate.client_config(port),
            "rules": [rule],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "failurePolicy": "Fail", "reinvocationPolicy": again, "sideEffects": "None",
            "admissionReviewVersions": ["v1"], "timeoutSeconds": 10,
        });
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": namespace}, "webhooks": [webhook],
        });
        self.objects.apply(&configuration, "").await?.object().map(drop)
    }

    /// Waits until a pod of that namespace gets its sidecar.
    ///
    /// # Errors
    /// It does not.
    pub async fn until_fitted(&self, namespace: &str) -> Result<()> {
        let pod = pod(namespace)?;
        wait_for(&format!("pods of {namespace} to be fitted out"), BOUND, async || {
            let answer = self.objects.create(&pod, namespace, "dryRun=All").await?;
            let first = answer.body.pointer("/spec/initContainers/0/name").and_then(Value::as_str);
            Ok(if first == Some("access-log") {
                Wait::Done(())
            } else {
                Wait::NotYet(answer.body.to_string())
            })
        })
        .await
    }

    /// How long creating a pod takes, as many times as asked for; in nanoseconds.
    ///
    /// # Errors
    /// A pod is refused.
    pub async fn create(&self, namespace: &str, count: usize) -> Result<Vec<f64>> {
        let (client, pod) = (&self.scene.client, pod(namespace)?);
        let uri = format!("/api/v1/namespaces/{namespace}/pods?dryRun=All");
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            let start = Instant::now();
            let answer = send(client, Method::POST, &uri, ("application/json", &pod)).await?;
            times.push(start.elapsed().as_nanos() as f64);
            ensure!(answer.status == 201, "{}: {}", answer.status, answer.message());
        }
        Ok(times)
    }

    /// The same from many clients at once, each as many times as asked for.
    ///
    /// # Errors
    /// A pod is refused.
    pub async fn create_at_once(self: &Arc<Self>, namespace: &str, count: usize) -> Result<Vec<f64>> {
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (place, namespace) = (Arc::clone(self), namespace.to_owned());
            clients.spawn(async move { place.create(&namespace, count).await });
        }
        let mut times = Vec::new();
        while let Some(done) = clients.join_next().await {
            times.extend(done??);
        }
        Ok(times)
    }

    /// Creates or deletes objects, many at once.
    ///
    /// # Errors
    /// The API server refuses one.
    pub async fn change(self: &Arc<Self>, objects: Vec<Value>, change: Change) -> Result<()> {
        let objects = Arc::new(tokio::sync::Mutex::new(objects));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            let (place, objects) = (Arc::clone(self), Arc::clone(&objects));
            clients.spawn(async move {
                // The lock is let go of before the API server is asked.
                while let Some(object) = { objects.lock().await.pop() } {
                    let answer = match change {
                        Change::Create => place.objects.create(&object, "", "").await?,
                        Change::Delete => place.objects.delete(&object, "").await?,
                    };
                    answer.object()?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = clients.join_next().await {
            done??;
        }
        Ok(())
    }

    /// Applies the templates of the benchmarks to a namespace, by name.
    ///
    /// # Errors
    /// The API server does not take one.
    pub async fn apply_templates(&self, namespace: &str, names: &[&str]) -> Result<()> {
        for name in names {
            let mut template = template(name)?;
            let fields = template.as_object_mut().context("no object")?;
            fields.insert("kind".to_owned(), "InjectionTemplate".into());
            self.objects.apply(&template, namespace).await?.object()?;
        }
        Ok(())
    }
}

/// What becomes of objects.
#[derive(Debug, Clone, Copy)]
pub enum Change {
    /// They are made.
    Create,
    /// They go.
    Delete,
}

/// A template of the benchmarks.
///
/// # Errors
/// There is none of that name.
pub fn template(name: &str) -> Result<Value> {
    let documents = documents_of(&inputs::templates_folder().join(format!("{name}.yaml")))?;
    documents.into_iter().next().context("an empty file")
}

/// The pod of 5 KB in a namespace, as its owner sends it.
///
/// # Errors
/// The input is no pod.
pub fn pod(namespace: &str) -> Result<Value> {
    let mut pod = inputs::pod()?;
    let metadata =
        pod.get_mut("metadata").and_then(Value::as_object_mut).context("the pod has no metadata")?;
    metadata.insert("namespace".to_owned(), namespace.into());
    Ok(pod)
}
