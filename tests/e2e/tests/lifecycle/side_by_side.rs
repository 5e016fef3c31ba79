//! Clusters do not see each other.

use chandler_e2e::Kind;

use crate::ends::start;
use crate::machine::{alone, processes_with};

#[test]
fn two_nodes_and_an_api_server_run_side_by_side() {
    let _alone = alone();
    let test = "two_nodes_and_an_api_server_run_side_by_side";
    let names = ["lifecycle-beside-1", "lifecycle-beside-2", "lifecycle-beside-3"];
    let kinds = [Kind::Node, Kind::Node, Kind::ApiServer];
    let clusters: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = names
            .iter()
            .zip(kinds)
            .map(|(name, kind)| scope.spawn(move || start(name, kind, test)))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let configurations: std::collections::BTreeSet<_> = clusters
        .iter()
        .flatten()
        .map(|cluster| std::fs::read_to_string(&cluster.description.kubeconfig).unwrap())
        .collect();
    assert_eq!(configurations.len(), clusters.iter().flatten().count(), "each has an address of its own");
    for cluster in clusters.into_iter().flatten() {
        let name = cluster.description.name.clone();
        cluster.stop().unwrap();
        assert_eq!(processes_with(&name).len(), 0);
    }
}
