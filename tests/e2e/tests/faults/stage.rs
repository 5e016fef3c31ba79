//! A cluster of one test, a daemon, and the line between the two, which the test holds in its hand.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chandler_e2e::{
    Certificate, Cluster, Kind, Line, Name, Objects, Replica, ReplicaSpec, Start, Wait, install_definitions,
    start_or_skip, wait_for,
};
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};

use crate::review::{Reviews, label_of};

/// The namespace of templates and pods.
pub(crate) const NAMESPACE: &str = "default";

/// How long news may take to arrive when the way is free again: a watch that failed waits before it tries again, and one
/// that hears nothing goes on for most of a minute.
const BOUND: Duration = Duration::from_secs(120);

/// The cluster, the line and the daemon.
pub(crate) struct Stage {
    pub(crate) replica: Replica,
    pub(crate) line: Line,
    pub(crate) reviews: Reviews,
    pub(crate) client: Client,
    pub(crate) cluster: Cluster,
    api_server: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Stage {
    /// Starts all and waits until a template is effective; none where this machine cannot have a cluster.
    pub(crate) async fn open(test: &str, wrapper: &[&str]) -> Option<Self> {
        let stage = Self::begin(test, wrapper).await?;
        stage.define().await;
        stage.apply("first").await;
        stage.until_label("first").await;
        Some(stage)
    }

    /// Starts all in a cluster that does not know the kinds of templates.
    pub(crate) async fn begin(test: &str, wrapper: &[&str]) -> Option<Self> {
        static OPENED: AtomicUsize = AtomicUsize::new(0);
        let number = OPENED.fetch_add(1, Ordering::Relaxed);
        let name: Name = format!("faults-{}-{number}", std::process::id()).parse().unwrap();
        let cluster =
            start_or_skip(&Start { name: &name, kind: Kind::ApiServer, tied: true }, test).unwrap()?;
        let mut kubeconfig = Kubeconfig::read_from(&cluster.description.kubeconfig).unwrap();
        let client = connect(kubeconfig.clone()).await;
        let server = kubeconfig.clusters[0].cluster.as_mut().unwrap().server.as_mut().unwrap();
        let api_server: SocketAddr = server.strip_prefix("https://").unwrap().parse().unwrap();
        let line = Line::open(vec![api_server]).await.unwrap();
        *server = format!("https://{}", line.address());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kubeconfig");
        std::fs::write(&file, serde_json::to_vec(&kubeconfig).unwrap()).unwrap();
        let certificate = Certificate::write(folder.path(), NAMESPACE).unwrap();
        let spec = ReplicaSpec {
            name: "replica".to_owned(),
            folder: folder.path().to_owned(),
            kubeconfig: file,
            flags: [
                certificate.flags(),
                vec![format!("--namespace={NAMESPACE}"), "--lease-seconds=3".to_owned()],
            ]
            .concat(),
            wrapper: wrapper.iter().map(|word| (*word).to_owned()).collect(),
        };
        let replica = spec.start().await.unwrap();
        let reviews = Reviews::new(replica.webhook, &certificate.authority);
        Some(Self { replica, line, reviews, client, cluster, api_server, _folder: folder })
    }

    /// Defines the kinds of templates, and waits until the daemon is ready.
    pub(crate) async fn define(&self) {
        install_definitions(&self.client).await.unwrap();
        self.replica.until_ready().await.unwrap();
    }

    /// Lets the template set another label.
    pub(crate) async fn apply(&self, value: &str) {
        let template = json!({
            "apiVersion": "chandler.dev/v1alpha1", "kind": "InjectionTemplate", "metadata": {"name": "label"},
            "spec": {"select": {"mode": "Default"}, "patches": [{"pod": {"metadata": {"labels": {"fitted": value}}}}]},
        });
        let objects = Objects::discover(&self.client).await.unwrap();
        objects.apply(&template, NAMESPACE).await.unwrap().object().unwrap();
    }

    /// What the daemon makes of a pod, asked as the API server asks.
    pub(crate) async fn label(&self) -> Value {
        label_of(&self.reviews.answer().await.unwrap())
    }

    /// Waits until the daemon sets that label.
    pub(crate) async fn until_label(&self, value: &str) {
        wait_for("the template to be effective", BOUND, async || {
            let label = label_of(&self.reviews.answer().await?);
            Ok(if label == value { Wait::Done(()) } else { Wait::NotYet(label.to_string()) })
        })
        .await
        .unwrap();
    }

    /// Waits until the daemon has logged something.
    pub(crate) async fn until_logged(&self, words: &str) {
        wait_for(&format!("the log to say {words:?}"), BOUND, async || {
            let log = self.replica.log()?;
            Ok(if log.contains(words) { Wait::Done(()) } else { Wait::NotYet(log) })
        })
        .await
        .unwrap();
    }

    /// Lets the line lead to the API server again.
    pub(crate) fn mend(&self) {
        self.line.lead_to(vec![self.api_server]);
    }
}

async fn connect(kubeconfig: Kubeconfig) -> Client {
    let config =
        kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}
