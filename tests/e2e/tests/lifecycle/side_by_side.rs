//! Clusters do not see each other.

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use chandler_e2e::{Cluster, Kind};
use serde_json::Value;

use crate::ends::{run_a_pod, start};
use crate::machine::{alone, processes_with};

#[test]
fn two_nodes_and_an_api_server_run_side_by_side() {
    let _alone = alone();
    let test = "two_nodes_and_an_api_server_run_side_by_side";
    let names = [1, 2, 3].map(|number| format!("lifecycle-side-{number}-{}", std::process::id()));
    let kinds = [Kind::Node, Kind::Node, Kind::ApiServer];
    let clusters: Vec<Cluster> = std::thread::scope(|scope| {
        let starts = names.iter().zip(kinds).map(|(name, kind)| scope.spawn(move || start(name, kind, test)));
        let threads: Vec<_> = starts.collect();
        threads.into_iter().filter_map(|thread| thread.join().unwrap()).collect()
    });
    if clusters.len() < kinds.len() {
        return;
    }
    let servers: BTreeSet<String> = clusters.iter().map(server_of).collect();
    assert_eq!(servers.len(), clusters.len(), "each has an address of its own");
    // The same name in both: what one has the others do not.
    clusters.iter().filter(|cluster| cluster.description.kind == Kind::Node).for_each(run_a_pod);
    kubectl(&clusters[0], &["create", "configmap", "mine"]);
    let have_it: Vec<bool> =
        clusters.iter().map(|cluster| kubectl(cluster, &["get", "configmap", "mine"])).collect();
    assert_eq!(have_it, [true, false, false]);
    for cluster in clusters {
        let name = cluster.description.name.clone();
        cluster.stop().unwrap();
        assert_eq!(processes_with(&name).len(), 0);
    }
}

fn server_of(cluster: &Cluster) -> String {
    let text = std::fs::read_to_string(&cluster.description.kubeconfig).unwrap();
    let kubeconfig: Value = serde_json::from_str(&text).unwrap();
    kubeconfig["clusters"][0]["cluster"]["server"].as_str().unwrap().to_owned()
}

/// Whether kubectl succeeds, from outside.
fn kubectl(cluster: &Cluster, arguments: &[&str]) -> bool {
    let program =
        cluster.description.path.iter().map(|folder| folder.join("kubectl")).find(|path| path.exists());
    let mut command = Command::new(program.unwrap());
    command.env("KUBECONFIG", &cluster.description.kubeconfig).args(arguments);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
}
