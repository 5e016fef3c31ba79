//! What ten thousand pods cost. A process of its own measures it, since other tests allocate as well.

use std::alloc::System;
use std::process::Command;

use serde_json::json;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};

use super::*;

/// Set for the process that measures, to how many pods a workload has.
const PODS_OF_WORKLOAD: &str = "CENSUS_PODS_OF_WORKLOAD";

const PODS: usize = 10_000;

/// The metadata of a pod as a real one has it, of so many that are alike.
fn realistic(index: usize, alike: usize) -> PodMetadata {
    let workload = index / alike;
    let manager = |name: &str, subresource: &str, fields: Value| {
        json!({
            "manager": name, "operation": "Update", "apiVersion": "v1", "time": time(SINCE + 60),
            "subresource": subresource, "fieldsType": "FieldsV1", "fieldsV1": fields,
        })
    };
    metadata(json!({
        "name": format!("storefront-{workload}-7d9f8b6c5d-{index:05}"),
        "namespace": format!("team-{}", workload % 100),
        "uid": format!("0f3a9c1e-5b7d-4e2a-9c1f-{index:012}"),
        "resourceVersion": index.to_string(),
        "creationTimestamp": time(SINCE + 60),
        "labels": {
            "app.kubernetes.io/name": "storefront", "app.kubernetes.io/instance": format!("storefront-{workload}"),
            "app.kubernetes.io/version": "1.24.3", "app.kubernetes.io/part-of": "shop",
            "app.kubernetes.io/managed-by": "Helm", "helm.sh/chart": "storefront-1.24.3",
            "pod-template-hash": "7d9f8b6c5d", "tier": "frontend",
        },
        "annotations": {
            "chandler.dev/templates": "mesh,logs",
            "chandler.dev/injected": "cluster/mesh@0c1d5f7a9b2c,cluster/logs@9f86d081884c",
            "prometheus.io/scrape": "true", "checksum/config": "x".repeat(64),
        },
        "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u", "controller": true}],
        "managedFields": [
            manager("kube-controller-manager", "", json!({"f:metadata": {"f:labels": {"f:tier": {}}}, "f:spec": {}})),
            manager("kubelet", "status", json!({"f:status": {"f:conditions": {}}})),
        ],
    }))
}

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are allocated now.
fn allocated() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

/// Measures, in the process that does nothing else.
#[test]
fn measurement_of_memory() {
    let Ok(alike) = std::env::var(PODS_OF_WORKLOAD) else { return };
    let alike: usize = alike.parse().unwrap();
    let templates = (0..20).map(|index| template(&format!("t{index}"), "1", default_mode()));
    let mut town =
        Town::new(templates.chain([template("logs", "1", json!({})), template("mesh", "1", json!({}))]));
    // What is paid once.
    town.see([realistic(PODS, alike)]);
    town.census.count();
    let before = allocated();
    town.see((0..PODS).map(|index| realistic(index, alike)));
    let counts = town.census.count().counts;
    let cost = (allocated() - before) / PODS;
    assert_eq!(usize::try_from(counts[&reference("t7")].missed).unwrap(), PODS + 1);
    println!("{cost}");
}

#[test]
fn pod_of_a_workload_costs_less_than_three_hundred_bytes() {
    let cost = |alike: &str| -> usize {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "census::tests::memory::measurement_of_memory", "--nocapture"]);
        let output = command.env(PODS_OF_WORKLOAD, alike).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        text.lines().find_map(|line| line.parse().ok()).unwrap()
    };
    let (alike, unlike) = (cost("5"), cost("1"));
    println!("bytes a pod: {alike} in workloads of five, {unlike} where no two are alike");
    assert!(alike <= 300, "{alike} bytes a pod in workloads of five");
    // The texts of their labels and annotations, each kept once, are most of it.
    assert!(unlike <= 1_000, "{unlike} bytes a pod where no two are alike");
}
