//! A release of the chart in the cluster of a test, and the namespace of its applications.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chandler_e2e::{Answer, Helm, Needs, Objects, Scene, TEST_LABEL, Wait, documents_in, send, wait_for};
use http::Method;
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};
use tokio::sync::MutexGuard;

use crate::turn::ALONE;

/// The Secret with the certificate that a test made.
pub(crate) const SECRET: &str = "webhook-certificate";

/// How long pods may take on a machine with much else to do.
const BOUND: Duration = Duration::from_secs(90);

/// The release.
pub(crate) struct Release {
    pub(crate) scene: Scene,
    pub(crate) objects: Objects,
    /// The namespace of applications: the release's own is left alone.
    pub(crate) applications: String,
    helm: Helm,
    _alone: MutexGuard<'static, ()>,
    /// Holds the authority of the certificate.
    folder: tempfile::TempDir,
}

impl Release {
    /// Prepares everything that an installation needs; none where this machine cannot have a node.
    pub(crate) async fn prepare(test: &str) -> Option<Self> {
        let helm = Helm::find(test).unwrap()?;
        let scene = Scene::open(Needs::Node, test).await.unwrap()?;
        ["suite", "distroless"].iter().for_each(|image| scene.load_image(image).unwrap());
        let alone = ALONE.lock().await;
        let objects = Objects::discover(&scene.client).await.unwrap();
        let applications = format!("{}-applications", scene.namespace);
        let folder = tempfile::tempdir().unwrap();
        let release = Self { scene, objects, applications, helm, _alone: alone, folder };
        release.make_namespaces().await;
        release.make_certificate().await;
        Some(release)
    }

    /// The namespace of the release admits nothing but what the strictest Pod Security level does.
    async fn make_namespaces(&self) {
        let level = json!({"pod-security.kubernetes.io/enforce": "restricted", TEST_LABEL: "true"});
        for (name, labels) in
            [(&self.scene.namespace, level), (&self.applications, json!({TEST_LABEL: "true"}))]
        {
            let metadata = json!({"name": name, "labels": labels});
            self.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})).await;
        }
    }

    async fn make_certificate(&self) {
        let key = KeyPair::generate().unwrap();
        let name = format!("chandler-injector.{}.svc", self.scene.namespace);
        let certificate = CertificateParams::new(vec![name]).unwrap().self_signed(&key).unwrap().pem();
        std::fs::write(self.authority(), &certificate).unwrap();
        let data = json!({"tls.crt": STANDARD.encode(&certificate), "tls.key": STANDARD.encode(key.serialize_pem())});
        let metadata = json!({"name": SECRET});
        self.apply(&json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": metadata, "data": data,
        }))
        .await;
    }

    /// The authority of the test's certificate, as an API server has it.
    pub(crate) fn authority_base64(&self) -> String {
        STANDARD.encode(std::fs::read(self.authority()).unwrap())
    }

    fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// Installs the chart as it is, and waits until it is ready.
    pub(crate) fn install(&self) -> String {
        self.helm("install", &[])
    }

    /// Serves with a certificate of the test from now on, and waits until it does.
    pub(crate) fn upgrade_to_own_certificate(&self) -> String {
        let authority = self.authority();
        let secret = format!("injector.certificates.secret.name={SECRET}");
        let authority = format!("injector.certificates.secret.caBundle={}", authority.display());
        let certificate =
            ["--set", "injector.certificates.mode=secret", "--set", &secret, "--set-file", &authority];
        self.upgrade(&certificate)
    }

    /// Changes values of the release, and waits until it is ready.
    pub(crate) fn upgrade(&self, values: &[&str]) -> String {
        self.helm("upgrade", &[&["--reuse-values"], values].concat())
    }

    fn helm(&self, verb: &str, arguments: &[&str]) -> String {
        let chart = Helm::chart();
        let chart = chart.to_str().unwrap();
        // The end of a pod need not wait for anything here.
        let quick = ["--wait", "--timeout=90s", "--set", "injector.drainSeconds=0"];
        self.tell(&[&[verb, Helm::RELEASE, chart], &quick[..], arguments].concat())
    }

    /// Tells helm something about the release.
    pub(crate) fn tell(&self, arguments: &[&str]) -> String {
        let namespace = format!("--namespace={}", self.scene.namespace);
        self.helm.tell(self.scene.kubeconfig(), &[arguments, &[&namespace]].concat()).unwrap()
    }

    /// The objects of the release.
    pub(crate) fn manifest(&self) -> Vec<Value> {
        documents_in(&self.tell(&["get", "manifest", Helm::RELEASE])).unwrap()
    }

    /// Applies an object, in the namespace of the release where it names none.
    pub(crate) async fn apply(&self, object: &Value) -> Value {
        self.objects.apply(object, &self.scene.namespace).await.unwrap().object().unwrap()
    }

    /// Applies a template of the cluster, once its kind is served.
    pub(crate) async fn apply_template(&self, template: &Value) {
        let served = wait_for("templates to be served", BOUND, async || {
            let objects = Objects::discover(&self.scene.client).await?;
            Ok(match objects.path(template, "") {
                Ok(_) => Wait::Done(objects),
                Err(error) => Wait::NotYet(error.to_string()),
            })
        });
        served.await.unwrap().apply(template, "").await.unwrap().object().unwrap();
    }

    /// Deletes it.
    pub(crate) async fn delete_template(&self, template: &Value) {
        let objects = Objects::discover(&self.scene.client).await.unwrap();
        objects.delete(template, "").await.unwrap().object().unwrap();
    }

    /// What the API server has at a path.
    pub(crate) async fn get(&self, path: &str) -> Result<Answer> {
        send(&self.scene.client, Method::GET, path, ("application/json", &Value::Null)).await
    }

    /// What would become of a pod among the applications.
    pub(crate) async fn dry(&self, pod: &Value) -> Result<Answer> {
        self.objects.create(pod, &self.applications, "dryRun=All").await
    }

    /// Waits until something becomes of a pod.
    pub(crate) async fn until(&self, what: &str, pod: &Value, holds: impl Fn(&Answer) -> bool) -> Answer {
        wait_for(what, BOUND, async || {
            let answer = self.dry(pod).await?;
            Ok(if holds(&answer) { Wait::Done(answer) } else { Wait::NotYet(format!("{answer:?}")) })
        })
        .await
        .unwrap()
    }

    /// Waits until there are as many ready pods with a label in a namespace, and gives them.
    pub(crate) async fn until_ready(&self, namespace: &str, label: &str, count: usize) -> Vec<Value> {
        let path = format!("/api/v1/namespaces/{namespace}/pods?labelSelector={label}");
        wait_for(&format!("{count} pods with {label} to be ready"), BOUND, async || {
            let list = self.get(&path).await?.object()?;
            let pods = list["items"].as_array().cloned().unwrap_or_default();
            let all_are_ready = pods.len() == count && pods.iter().all(is_ready);
            Ok(if all_are_ready { Wait::Done(pods) } else { Wait::NotYet(statuses(&pods)) })
        })
        .await
        .unwrap()
    }

    /// Takes the namespace of the applications away.
    pub(crate) async fn close(self) {
        let metadata = json!({"name": self.applications});
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        self.objects.delete(&namespace, "").await.unwrap();
    }
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    let is_true = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
    pod["metadata"]["deletionTimestamp"].is_null()
        && conditions.is_some_and(|conditions| conditions.iter().any(is_true))
}

fn statuses(pods: &[Value]) -> String {
    pods.iter().map(|pod| pod["status"].to_string()).collect::<Vec<_>>().join("\n")
}
