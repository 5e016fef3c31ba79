//! What is planned for pods and nodes in all their states.

mod copies;
mod nodes;
mod sessions;
mod totality;

use std::time::Duration;

use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use super::{CopyWish, NodeWish, PodWish, SessionWish};
use crate::profile::{Profile, ProfileChoice};
use crate::toolbox::Toolbox;

const NAME: &str = "chandler-bcdfg";

/// A pod that runs, as the API server shows it.
fn pod() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shop", "namespace": "team", "uid": "1", "labels": {"app": "shop"}},
        "spec": {
            "nodeName": "node-1",
            "restartPolicy": "Always",
            "containers": [
                {"name": "app", "image": "app:1"},
                {"name": "side", "image": "side:1"},
            ],
            "volumes": [{"name": "data", "emptyDir": {}}],
        },
        "status": {"phase": "Running", "containerStatuses": [running("app"), running("side")]},
    })
}

fn running(name: &str) -> Value {
    json!({"name": name, "restartCount": 0, "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}})
}

/// A pod of which a part is something else.
fn pod_with(pointer: &str, value: Value) -> Value {
    let mut pod = pod();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    let parent = pod.pointer_mut(parent).unwrap();
    match (parent.as_array_mut(), field.parse::<usize>()) {
        (Some(list), Ok(index)) => list[index] = value,
        _ => parent[field] = value,
    }
    pod
}

fn namespace(level: &str) -> Value {
    json!({"metadata": {"name": "team", "labels": {"pod-security.kubernetes.io/enforce": level}}})
}

fn wish<'w>(toolbox: &'w Toolbox, profile: ProfileChoice) -> SessionWish<'w> {
    SessionWish {
        name: NAME,
        target: None,
        toolbox,
        profile,
        custom: None,
        idle: Duration::from_secs(1800),
        pull_policy: None,
    }
}

fn pod_wish<'w>() -> PodWish<'w> {
    PodWish {
        name: "shop-copy",
        namespace: "team",
        now: Timestamp::from_second(1_767_225_600).unwrap(),
        lifetime: Some(Duration::from_secs(3600)),
        made_by: Some("ada"),
        inject: false,
    }
}

fn copy_wish<'w>(session: SessionWish<'w>) -> CopyWish<'w> {
    CopyWish {
        session,
        pod: pod_wish(),
        images: &[],
        command: &[],
        share_processes: true,
        keep_labels: false,
        same_node: false,
    }
}

fn node_wish<'w>(session: SessionWish<'w>) -> NodeWish<'w> {
    NodeWish { session, pod: pod_wish() }
}

fn named(profile: Profile) -> ProfileChoice {
    ProfileChoice::Named(profile)
}
