//! A leader that hears nothing from the API server any more.

use std::time::Duration;

use chandler_e2e::{Line, Needs, Scene};
use chandler_runtime::leader::{LeaderArgs, Leadership};
use kube::Client;
use kube::config::{KubeConfigOptions, Kubeconfig};
use tokio::task::JoinHandle;

const LEASE: &str = "captain";

/// Much longer than the lease, which is three seconds.
const BOUND: Duration = Duration::from_secs(30);

fn stand(scene: &Scene, client: &Client, identity: &str) -> (Leadership, JoinHandle<()>) {
    let arguments =
        LeaderArgs { namespace: scene.namespace.clone(), identity: identity.to_owned(), lease_seconds: 3 };
    let (candidate, leadership) = arguments.candidate(client, LEASE);
    (leadership, tokio::spawn(candidate.run(std::future::pending())))
}

async fn until_leads(leadership: &mut Leadership) {
    tokio::time::timeout(BOUND, leadership.until(true)).await.unwrap();
}

/// A line to the API server, and a client that goes over it.
async fn connect_over_line(scene: &Scene) -> (Line, Client) {
    let mut kubeconfig = Kubeconfig::read_from(scene.kubeconfig()).unwrap();
    let server = kubeconfig.clusters[0].cluster.as_mut().unwrap().server.as_mut().unwrap();
    let line = Line::open(vec![server.strip_prefix("https://").unwrap().parse().unwrap()]).await.unwrap();
    *server = format!("https://{}", line.address());
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    (line, Client::try_from(config.unwrap()).unwrap())
}

#[tokio::test]
async fn leader_whose_calls_are_not_answered_stops_before_another_begins() {
    let test = "leader_whose_calls_are_not_answered_stops_before_another_begins";
    let Some(scene) = Scene::open(Needs::ApiServer, test).await.unwrap() else { return };
    let (line, client) = connect_over_line(&scene).await;
    let (mut first, _task) = stand(&scene, &client, "first");
    until_leads(&mut first).await;
    let (mut second, _other) = stand(&scene, &scene.client, "second");
    line.freeze();
    until_leads(&mut second).await;
    assert!(!first.leads(), "it cannot have renewed the lease");
}
