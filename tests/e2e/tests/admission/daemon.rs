//! A daemon of one test, its certificate, and the webhook that leads from the API server to it.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use chandler_e2e::{
    Answer, Certificate, Needs, Objects, Scene, Wait, install_definitions, review_of, send, wait_for,
    webhook_of,
};
use chandler_injector::serve::{Daemon as Injector, ServeArgs};
use chandler_runtime::readiness::Readiness;
use chandler_runtime::shutdown::Trigger;
use clap::Parser;
use http::Method;
use kube::Client;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::direct::{Direct, patch_of};

/// Nothing is stored, and unknown fields are kept quiet about.
const DRY: &str = "dryRun=All";

/// The scene of a test, with the daemon that serves its namespace.
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) objects: Objects,
    pub(crate) webhook: Value,
    pub(crate) daemon: Daemon,
    folder: tempfile::TempDir,
    certificate: Certificate,
}

/// A daemon that runs in this process.
pub(crate) struct Daemon {
    pub(crate) address: SocketAddr,
    pub(crate) direct: Direct,
    readiness: Readiness,
    trigger: Trigger,
    task: JoinHandle<()>,
}

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    serve: ServeArgs,
}

impl Stage {
    /// Starts the daemon and waits until it is ready; none where this machine cannot have a cluster.
    pub(crate) async fn open(test: &str) -> Option<Self> {
        Self::open_with(test, &[]).await
    }

    /// The same, with further flags of the daemon.
    pub(crate) async fn open_with(test: &str, flags: &[&str]) -> Option<Self> {
        let scene = Scene::open(Needs::ApiServer, test).await.unwrap()?;
        install_definitions(&scene.client).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let certificate = Certificate::write(folder.path(), &scene.namespace).unwrap();
        let daemon = Daemon::start(scene.client.clone(), &certificate, flags).await;
        daemon.until_ready().await;
        let webhook = webhook_of(&scene.namespace, &certificate.direct_config(daemon.address));
        let objects = Objects::discover(&scene.client).await.unwrap();
        // What is applied later then takes the place of this one, also with another name.
        objects.apply(&webhook, "").await.unwrap().object().unwrap();
        let stage = Self { scene, objects, webhook, daemon, folder, certificate };
        stage.until_called().await;
        Some(stage)
    }

    /// Another daemon with the same certificate, which nobody is led to, that acts as `client`.
    pub(crate) async fn start_another(&self, client: Client, flags: &[&str]) -> Daemon {
        Daemon::start(client, &self.certificate, flags).await
    }

    /// A folder for the files of processes.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The certificate of the authority that all daemons here have theirs from, PEM.
    pub(crate) fn authority(&self) -> &str {
        &self.certificate.authority
    }

    /// The flags that let a process serve with the certificate.
    pub(crate) fn certificate_flags(&self) -> Vec<String> {
        self.certificate.flags()
    }

    /// Leads the API server to another daemon. The name of the webhook.
    pub(crate) async fn lead_to(&self, address: SocketAddr) -> String {
        let url = format!("https://{address}/inject");
        self.change_webhook(|webhook| webhook["clientConfig"]["url"] = url.into()).await
    }

    /// Changes the webhook, also its name, and waits until the API server calls it by that.
    pub(crate) async fn change_webhook(&self, change: impl FnOnce(&mut Value)) -> String {
        // Metrics of the API server are by the webhook's name.
        let name = format!("{}.chandler.dev", self.scene.namespace);
        let mut webhook = self.webhook.clone();
        webhook["webhooks"][0]["name"] = name.as_str().into();
        change(&mut webhook["webhooks"][0]);
        self.objects.apply(&webhook, "").await.unwrap().object().unwrap();
        wait_for("calls by the new name", Duration::from_secs(10), async || {
            let answer = self.dry(&pod(json!({}))).await;
            let is_called = self.calls(&name).await > 0;
            Ok(if is_called { Wait::Done(()) } else { Wait::NotYet(answer.body.to_string()) })
        })
        .await
        .unwrap();
        name
    }

    /// The API server takes a moment to know of a webhook: a pod that asks for what there is not gets a warning then.
    async fn until_called(&self) {
        let pod = pod(json!({"chandler.dev/templates": "nothing-of-that-name"}));
        let is_said = |text: &str| text.contains("nothing-of-that-name");
        wait_for("the API server to call the webhook", Duration::from_secs(20), async || {
            let answer = self.dry(&pod).await;
            let is_called = answer.warnings.iter().any(|warning| is_said(warning));
            let is_denied = answer.status == 403 && is_said(answer.message());
            Ok(if is_called || is_denied { Wait::Done(()) } else { Wait::NotYet(answer.body.to_string()) })
        })
        .await
        .unwrap();
    }

    /// Applies a template to the namespace of this test.
    pub(crate) async fn apply(&self, name: &str, spec: Value) {
        let template = template("InjectionTemplate", name, spec);
        self.objects.apply(&template, &self.scene.namespace).await.unwrap().object().unwrap();
    }

    /// Writes annotations of the namespace of this test.
    pub(crate) async fn annotate_namespace(&self, annotations: Value) {
        let metadata = json!({"name": self.scene.namespace, "annotations": annotations});
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        self.objects.apply(&namespace, "").await.unwrap().object().unwrap();
    }

    /// What would become of a pod.
    pub(crate) async fn dry(&self, pod: &Value) -> Answer {
        self.objects.create(pod, &self.scene.namespace, DRY).await.unwrap()
    }

    /// Sends an object to a pod of this test's namespace, or to a subresource of it.
    pub(crate) async fn patch_pod(&self, path: &str, patch: &Value) -> Answer {
        let uri = format!("/api/v1/namespaces/{}/pods/{path}", self.scene.namespace);
        let content = ("application/strategic-merge-patch+json", patch);
        send(&self.scene.client, Method::PATCH, &uri, content).await.unwrap()
    }

    /// The patch that the daemon gives for a pod, when it is asked itself.
    pub(crate) async fn ask(&self, pod: &Value, namespace: &str) -> Value {
        let answer = self.daemon.direct.post(&review_of(pod, namespace)).await;
        patch_of(&answer)
    }

    /// How often the API server has called the webhook of that name.
    pub(crate) async fn calls(&self, webhook: &str) -> u64 {
        self.count("apiserver_admission_webhook_request_total", webhook).await
    }

    /// How often it went without the answer of the webhook of that name.
    pub(crate) async fn passed_by(&self, webhook: &str) -> u64 {
        self.count("apiserver_admission_webhook_fail_open_count", webhook).await
    }

    async fn count(&self, metric: &str, webhook: &str) -> u64 {
        let request = http::Request::get("/metrics").body(Vec::new()).unwrap();
        let metrics = self.scene.client.request_text(request).await.unwrap();
        let label = format!("name=\"{webhook}\"");
        let of_metric = |line: &&str| line.strip_prefix(metric).is_some_and(|rest| rest.starts_with('{'));
        let counts = metrics.lines().filter(of_metric).filter(|line| line.contains(&label));
        counts.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
    }

    /// Waits until something becomes of a pod.
    pub(crate) async fn until(&self, what: &str, pod: &Value, holds: impl Fn(&Answer) -> bool) -> Answer {
        wait_for(what, Duration::from_secs(10), async || {
            let answer = self.dry(pod).await;
            Ok(if holds(&answer) { Wait::Done(answer) } else { Wait::NotYet(format!("{answer:?}")) })
        })
        .await
        .unwrap()
    }

    /// Takes the webhook away, then ends the daemon.
    pub(crate) async fn close(self) {
        self.objects.delete(&self.webhook, "").await.unwrap();
        self.daemon.end().await;
    }
}

impl Daemon {
    /// Starts one that acts as `client`.
    pub(crate) async fn start(client: Client, certificate: &Certificate, flags: &[&str]) -> Self {
        let own = ["test", "--address=127.0.0.1:0", "--admin-address=127.0.0.1:0", "--drain-seconds=0"];
        let flags = own.iter().chain(flags).map(|flag| (*flag).to_owned());
        let flags = Flags::parse_from(flags.chain(certificate.flags()));
        let daemon = Injector::start(&flags.serve, client).await.unwrap();
        let (address, readiness) = (daemon.address(), daemon.readiness().clone());
        let direct = Direct::new(address, &certificate.authority);
        let (trigger, shutdown) = flags.serve.shutdown.shutdown();
        let task = tokio::spawn(async move { daemon.serve(&shutdown).await.unwrap() });
        Self { address, direct, readiness, trigger, task }
    }

    /// Waits until everything has been listed.
    pub(crate) async fn until_ready(&self) {
        wait_for("the daemon to be ready", Duration::from_secs(20), async || {
            let missing = self.readiness.missing();
            Ok(if missing.is_empty() { Wait::Done(()) } else { Wait::NotYet(missing.join(", ")) })
        })
        .await
        .unwrap();
    }

    /// Ends it.
    pub(crate) async fn end(self) {
        self.trigger.end(&Readiness::default()).await;
        self.task.await.unwrap();
    }
}

/// A pod with those annotations.
pub(crate) fn pod(annotations: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "app", "annotations": annotations},
        // The mount of a token has a name of its own in each pod.
        "spec": {"automountServiceAccountToken": false, "containers": [{"name": "app", "image": "example.com/app:1"}]},
    })
}

/// A template of either kind.
pub(crate) fn template(kind: &str, name: &str, spec: Value) -> Value {
    json!({"apiVersion": "chandler.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": spec})
}
