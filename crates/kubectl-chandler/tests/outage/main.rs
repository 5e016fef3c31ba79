//! The API server is killed while a command runs: a cluster of its own, for that is the end of it.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use chandler_e2e::{
    Cluster, Kind, NO_HOME, Name, Outage, Start, Wait, images_folder, start_or_skip, wait_for,
};
use k8s_openapi::api::core::v1::{Namespace, Pod, ServiceAccount};
use kube::api::PostParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

const NAMESPACE: &str = "outage";

/// How long the program may take to tell that the API server is gone.
const BOUND: Duration = Duration::from_secs(60);

#[tokio::test]
async fn command_ends_with_the_code_of_a_lost_connection_when_the_api_server_is_killed() {
    let test = "command_ends_with_the_code_of_a_lost_connection_when_the_api_server_is_killed";
    let name: Name = format!("outage-{}", std::process::id()).parse().unwrap();
    let start = Start { name: &name, kind: Kind::Node, tied: true };
    let Some(cluster) = start_or_skip(&start, test).unwrap() else { return };
    run_pod(&cluster).await;
    let mut child = debug(&cluster.description.kubeconfig);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first = timeout(BOUND, lines.next_line()).await.unwrap().unwrap();
    assert_eq!(first.as_deref(), Some("begun"));

    let _outage = Outage::begin(&cluster).await.unwrap();
    let output = timeout(BOUND, child.wait_with_output()).await.unwrap().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(255), "{said}");
    assert!(said.contains("error: pod web: the connection was lost"), "{said}");
    assert!(said.contains("\n  next: "), "{said}");
}

fn debug(kubeconfig: &Path) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-chandler"));
    command.args(["debug", "web", "--namespace", NAMESPACE, "--image", "chandler.dev/toolbox:test"]);
    command.args(["--", "sh", "-c", "echo begun; exec sleep 300"]);
    command.env("KUBECONFIG", kubeconfig).env("HOME", NO_HOME).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// A pod to look into, ready.
async fn run_pod(cluster: &Cluster) {
    for image in ["toolbox", "workload"] {
        cluster.load(&images_folder().join(format!("{image}.tar"))).unwrap();
    }
    let kubeconfig = Kubeconfig::read_from(&cluster.description.kubeconfig).unwrap();
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    let client = Client::try_from(config).unwrap();
    let namespace = json!({"metadata": {"name": NAMESPACE}});
    let namespaces: Api<Namespace> = Api::all(client.clone());
    namespaces.create(&PostParams::default(), &serde_json::from_value(namespace).unwrap()).await.unwrap();
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), NAMESPACE);
    wait_for("the namespace's account", BOUND, async || {
        accounts.get("default").await.map(|_| Wait::Done(())).map_err(Into::into)
    })
    .await
    .unwrap();
    let container = json!({"name": "app", "image": "chandler.dev/workload:test"});
    let pod = json!({"metadata": {"name": "web"}, "spec": {"containers": [container]}});
    let pods: Api<Pod> = Api::namespaced(client, NAMESPACE);
    pods.create(&PostParams::default(), &serde_json::from_value(pod).unwrap()).await.unwrap();
    wait_for("the pod to run", BOUND, async || {
        let status = pods.get("web").await?.status.unwrap_or_default();
        let runs = status.phase.as_deref() == Some("Running");
        Ok(if runs { Wait::Done(()) } else { Wait::NotYet(format!("{status:?}")) })
    })
    .await
    .unwrap();
}
