//! A daemon of one test, its certificate, and the webhook that leads from the API server to it.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chandler_e2e::{
    Answer, Certificate, Needs, Objects, Scene, Wait, install_definitions, review_of, wait_for, webhook_of,
};
use chandler_injector::serve::{Daemon, ServeArgs};
use chandler_runtime::shutdown::Trigger;
use clap::Parser;
use kube::{Client, Config};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// Nothing is stored, and unknown fields are kept quiet about.
const DRY: &str = "dryRun=All";

/// The scene of a test, with the daemon that serves its namespace.
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) objects: Objects,
    pub(crate) webhook: Value,
    /// Leads to the daemon itself.
    direct: Client,
    trigger: Option<Trigger>,
    daemon: Option<JoinHandle<()>>,
}

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    serve: ServeArgs,
}

impl Stage {
    /// Starts the daemon and waits until it is ready; none where this machine cannot have a cluster.
    pub(crate) async fn open(test: &str) -> Option<Self> {
        let scene = Scene::open(Needs::ApiServer, test).await.unwrap()?;
        install_definitions(&scene.client).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let certificate = Certificate::write(folder.path(), &scene.namespace).unwrap();
        let flags = ["test", "--address=127.0.0.1:0", "--admin-address=127.0.0.1:0", "--drain-seconds=0"];
        let flags = flags.map(ToOwned::to_owned).into_iter().chain(certificate.flags());
        let flags = Flags::parse_from(flags);
        let daemon = Daemon::start(&flags.serve, scene.client.clone()).await.unwrap();
        let readiness = daemon.readiness().clone();
        let webhook = webhook_of(&scene.namespace, &certificate.direct_config(daemon.address()));
        let direct = client_of(&daemon.address().to_string(), &certificate.authority);
        let (trigger, shutdown) = flags.serve.shutdown.shutdown();
        let daemon = tokio::spawn(async move { daemon.serve(&shutdown).await.unwrap() });
        wait_for("the daemon to be ready", Duration::from_secs(20), async || {
            let missing = readiness.missing();
            Ok(if missing.is_empty() { Wait::Done(()) } else { Wait::NotYet(missing.join(", ")) })
        })
        .await
        .unwrap();
        let objects = Objects::discover(&scene.client).await.unwrap();
        objects.create(&webhook, "", "").await.unwrap().object().unwrap();
        let stage = Self { scene, objects, webhook, direct, trigger: Some(trigger), daemon: Some(daemon) };
        stage.until_called().await;
        Some(stage)
    }

    /// The API server takes a moment to know of a webhook: a pod that asks for what there is not gets a warning then.
    async fn until_called(&self) {
        let pod = pod(json!({"chandler.dev/templates": "nothing-of-that-name"}));
        wait_for("the API server to call the webhook", Duration::from_secs(20), async || {
            let answer = self.dry(&pod).await;
            let is_called = answer.warnings.iter().any(|warning| warning.contains("nothing-of-that-name"));
            Ok(if is_called { Wait::Done(()) } else { Wait::NotYet(answer.body.to_string()) })
        })
        .await
        .unwrap();
    }

    /// Applies a template to the namespace of this test.
    pub(crate) async fn apply(&self, name: &str, spec: Value) {
        let template = json!({
            "apiVersion": "chandler.dev/v1alpha1", "kind": "InjectionTemplate", "metadata": {"name": name}, "spec": spec,
        });
        self.objects.apply(&template, &self.scene.namespace).await.unwrap().object().unwrap();
    }

    /// What would become of a pod.
    pub(crate) async fn dry(&self, pod: &Value) -> Answer {
        self.objects.create(pod, &self.scene.namespace, DRY).await.unwrap()
    }

    /// The patch that the daemon gives for a pod, when it is asked itself.
    pub(crate) async fn ask(&self, pod: &Value, namespace: &str) -> String {
        let review = review_of(pod, namespace);
        let request = http::Request::post("/inject").header("content-type", "application/json");
        let answer: Value =
            self.direct.request(request.body(review.to_string().into_bytes()).unwrap()).await.unwrap();
        let patch = answer["response"]["patch"].as_str().unwrap_or_else(|| panic!("no patch: {answer}"));
        String::from_utf8(STANDARD.decode(patch).unwrap()).unwrap()
    }

    /// How often the API server has called the webhook of that name.
    pub(crate) async fn calls(&self, webhook: &str) -> u64 {
        let request = http::Request::get("/metrics").body(Vec::new()).unwrap();
        let metrics = self.scene.client.request_text(request).await.unwrap();
        let label = format!("name=\"{webhook}\"");
        let counts = metrics.lines().filter(|line| {
            line.starts_with("apiserver_admission_webhook_request_total{") && line.contains(&label)
        });
        counts.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
    }

    /// Waits until something becomes of a pod.
    pub(crate) async fn until(&self, what: &str, pod: &Value, holds: impl Fn(&Answer) -> bool) -> Answer {
        wait_for(what, Duration::from_secs(10), async || {
            let answer = self.dry(pod).await;
            Ok(if holds(&answer) { Wait::Done(answer) } else { Wait::NotYet(answer.body.to_string()) })
        })
        .await
        .unwrap()
    }

    /// Takes the webhook away, then ends the daemon.
    pub(crate) async fn close(mut self) {
        self.objects.delete(&self.webhook, "").await.unwrap();
        let readiness = chandler_runtime::readiness::Readiness::default();
        self.trigger.take().unwrap().end(&readiness).await;
        self.daemon.take().unwrap().await.unwrap();
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

/// A client that trusts this authority alone.
fn client_of(address: &str, authority: &str) -> Client {
    let mut config = Config::new(format!("https://{address}").parse().unwrap());
    config.root_cert = Some(vec![CertificateDer::from_pem_slice(authority.as_bytes()).unwrap().to_vec()]);
    Client::try_from(config).unwrap()
}
