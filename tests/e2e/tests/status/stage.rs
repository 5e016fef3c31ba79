//! Daemons of one test, the webhook that leads to them, and what the test makes and sees. Tests of this suite take turns:
//! a leader counts for the whole cluster.

use std::net::SocketAddr;
use std::time::Duration;

use chandler_e2e::{
    Certificate, Helm, Needs, Objects, Scene, Wait, grant_rights, install_definitions, send, wait_for,
    webhook_of,
};
use chandler_injector::serve::{Daemon, ServeArgs};
use chandler_runtime::readiness::Readiness;
use chandler_runtime::shutdown::Trigger;
use clap::Parser;
use http::Method;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::JoinHandle;

/// More than enough for any of it.
const BOUND: Duration = Duration::from_secs(60);

/// Where the lease of all daemons is; it may not be where pods are counted.
const LEASE_NAMESPACE: &str = "kube-public";

static TURN: Mutex<()> = Mutex::const_new(());

/// The scene of a test.
pub(crate) struct Stage {
    pub(crate) scene: Scene,
    pub(crate) objects: Objects,
    client: Client,
    _folder: tempfile::TempDir,
    certificate: Certificate,
    pub(crate) replicas: Vec<Replica>,
    _turn: MutexGuard<'static, ()>,
}

/// One daemon.
pub(crate) struct Replica {
    address: SocketAddr,
    admin: SocketAddr,
    trigger: Trigger,
    daemon: JoinHandle<()>,
}

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    serve: ServeArgs,
}

impl Stage {
    /// A place with one daemon that is ready, and no webhook yet; none where this machine cannot have a cluster.
    pub(crate) async fn open(test: &str) -> Option<Self> {
        let helm = Helm::find(test).unwrap()?;
        let turn = TURN.lock().await;
        let scene = Scene::open(Needs::ApiServer, test).await.unwrap()?;
        install_definitions(&scene.client).await.unwrap();
        let objects = Objects::discover(&scene.client).await.unwrap();
        let kubeconfig = grant_rights(&helm, &scene, LEASE_NAMESPACE).await.unwrap();
        let client = client_of(&kubeconfig).await;
        let folder = tempfile::tempdir().unwrap();
        let certificate = Certificate::write(folder.path(), &scene.namespace).unwrap();
        let replicas = Vec::new();
        let mut stage = Self { scene, objects, client, _folder: folder, certificate, replicas, _turn: turn };
        stage.start("first").await;
        Some(stage)
    }

    /// Starts a daemon and waits until it is ready.
    pub(crate) async fn start(&mut self, identity: &str) {
        let admin = free_address();
        let flags = [
            "test".to_owned(),
            "--address=127.0.0.1:0".to_owned(),
            format!("--admin-address={admin}"),
            "--drain-seconds=0".to_owned(),
            format!("--namespace={LEASE_NAMESPACE}"),
            format!("--identity={}-{identity}", self.scene.namespace),
            "--lease-seconds=3".to_owned(),
            "--status-milliseconds=100".to_owned(),
        ];
        let flags = Flags::parse_from(flags.into_iter().chain(self.certificate.flags()));
        let daemon = Daemon::start(&flags.serve, self.client.clone()).await.unwrap();
        let (address, readiness) = (daemon.address(), daemon.readiness().clone());
        let (trigger, shutdown) = flags.serve.shutdown.shutdown();
        let daemon = tokio::spawn(async move { daemon.serve(&shutdown).await.unwrap() });
        wait_for("the daemon to be ready", BOUND, async || {
            let missing = readiness.missing();
            Ok(if missing.is_empty() { Wait::Done(()) } else { Wait::NotYet(missing.join(", ")) })
        })
        .await
        .unwrap();
        self.replicas.push(Replica { address, admin, trigger, daemon });
    }

    /// Leads the API server to a replica, and waits until it goes there.
    pub(crate) async fn call(&self, replica: usize) {
        let webhook = self.webhook(self.replicas[replica].address);
        self.objects.apply(&webhook, "").await.unwrap().object().unwrap();
        self.until_called().await;
    }

    /// A pod that asks for what there is not gets a warning when the webhook is called.
    async fn until_called(&self) {
        let asking = pod("probe", json!({"chandler.dev/templates": "nothing-of-that-name"}));
        wait_for("the API server to know of the webhook", BOUND, async || {
            let answer = self.objects.create(&asking, &self.scene.namespace, "dryRun=All").await?;
            let warned = answer.warnings.iter().any(|warning| warning.contains("nothing-of-that-name"));
            Ok(if warned { Wait::Done(()) } else { Wait::NotYet(answer.body.to_string()) })
        })
        .await
        .unwrap();
    }

    /// Applies a template to the namespace of this test; gives the object.
    pub(crate) async fn apply(&self, name: &str, spec: Value) -> Value {
        let template = json!({
            "apiVersion": "chandler.dev/v1alpha1", "kind": "InjectionTemplate", "metadata": {"name": name}, "spec": spec,
        });
        self.objects.apply(&template, &self.scene.namespace).await.unwrap().object().unwrap()
    }

    /// Makes an object in the namespace of this test.
    pub(crate) async fn create(&self, object: &Value) -> Value {
        self.objects.create(object, &self.scene.namespace, "").await.unwrap().object().unwrap()
    }

    /// A template of this test as it is now.
    pub(crate) async fn template(&self, name: &str) -> Value {
        let namespace = &self.scene.namespace;
        let uri = format!("/apis/chandler.dev/v1alpha1/namespaces/{namespace}/injectiontemplates/{name}");
        self.get(&uri).await
    }

    /// What the API server has there.
    pub(crate) async fn get(&self, uri: &str) -> Value {
        let nothing = ("application/json", &Value::Null);
        send(&self.scene.client, Method::GET, uri, nothing).await.unwrap().object().unwrap()
    }

    /// Waits until the status of a template is so.
    pub(crate) async fn until(&self, what: &str, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
        wait_for(what, BOUND, async || {
            let template = self.template(name).await;
            Ok(if holds(&template) {
                Wait::Done(template)
            } else {
                Wait::NotYet(template["status"].to_string())
            })
        })
        .await
        .unwrap()
    }

    /// Waits until so many pods are injected, outdated and missed, and no others matched.
    pub(crate) async fn until_counts(&self, name: &str, [injected, outdated, missed]: [i64; 3]) -> Value {
        let matched = injected + outdated + missed;
        let counts =
            json!({"matched": matched, "injected": injected, "outdated": outdated, "missed": missed});
        self.until(&format!("the counts {counts}"), name, |template| template["status"]["pods"] == counts)
            .await
    }

    /// Waits until what is made now is clearly younger than a change that was made before.
    pub(crate) async fn until_younger(&self) {
        let created = async || {
            let answer =
                self.objects.create(&pod("clock", json!({})), &self.scene.namespace, "dryRun=All").await;
            answer.unwrap().body["metadata"]["creationTimestamp"].as_str().unwrap().to_owned()
        };
        let mut seconds = std::collections::BTreeSet::from([created().await]);
        wait_for("four seconds of the API server's clock", BOUND, async || {
            seconds.insert(created().await);
            Ok(if seconds.len() > 4 { Wait::Done(()) } else { Wait::NotYet(format!("{seconds:?}")) })
        })
        .await
        .unwrap();
    }

    /// Takes the webhook away and ends the daemons.
    pub(crate) async fn close(mut self) {
        self.objects.delete(&self.webhook(([127, 0, 0, 1], 443).into()), "").await.unwrap();
        for replica in self.replicas.drain(..) {
            replica.trigger.end(&Readiness::default()).await;
            replica.daemon.await.unwrap();
        }
    }

    fn webhook(&self, address: SocketAddr) -> Value {
        webhook_of(&self.scene.namespace, &self.certificate.direct_config(address))
    }
}

impl Replica {
    /// Ends without a goodbye: the lease stays taken.
    pub(crate) fn kill(&self) {
        self.daemon.abort();
    }

    /// The value of a metric, with its labels as they are printed; zero where there is none.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let mut stream = tokio::net::TcpStream::connect(self.admin).await.unwrap();
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.trim().parse().unwrap())
    }
}

/// A pod with those annotations.
pub(crate) fn pod(name: &str, annotations: Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "annotations": annotations},
        "spec": {"automountServiceAccountToken": false, "containers": [{"name": "app", "image": "example.com/app:1"}]},
    })
}

/// A pod that asks for a template.
pub(crate) fn asking(name: &str, template: &str) -> Value {
    pod(name, json!({"chandler.dev/templates": template}))
}

/// A template that gives a label.
pub(crate) fn label(value: &str) -> Value {
    json!({"patches": [{"pod": {"metadata": {"labels": {"fitted": value}}}}]})
}

async fn client_of(kubeconfig: &str) -> Client {
    let kubeconfig = Kubeconfig::from_yaml(kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}

/// An address of this machine that nobody listens at.
fn free_address() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}
