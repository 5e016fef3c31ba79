//! What is planned is what a real API server takes: nothing here is stored but the pods that are looked into.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod place;

use std::time::Duration;

use chandler_debugger::plan::{CopyWish, NodeWish, PodWish, SessionWish, plan_copy, plan_node, plan_session};
use chandler_debugger::profile::{Profile, ProfileChoice};
use chandler_debugger::toolbox::Toolbox;
use k8s_openapi::jiff::Timestamp;
use serde_json::{Value, json};

use place::{Place, full_pod, modest_pod};

fn wish(toolbox: &Toolbox, profile: ProfileChoice) -> SessionWish<'_> {
    SessionWish {
        name: "chandler-bcdfg",
        target: None,
        toolbox,
        profile,
        custom: None,
        idle: Duration::from_secs(60),
        pull_policy: Some("IfNotPresent"),
    }
}

fn pod_wish(place: &Place) -> PodWish<'_> {
    PodWish {
        name: "made",
        namespace: place.namespace(),
        now: Timestamp::now(),
        lifetime: Some(Duration::from_secs(3600)),
        made_by: Some("ada@example.com"),
        inject: false,
    }
}

fn copy_wish<'w>(place: &'w Place, session: SessionWish<'w>) -> CopyWish<'w> {
    CopyWish {
        session,
        pod: pod_wish(place),
        images: &[],
        command: &[],
        share_processes: true,
        keep_labels: false,
        same_node: true,
    }
}

const NAMED: [ProfileChoice; 5] = [
    ProfileChoice::Named(Profile::Restricted),
    ProfileChoice::Named(Profile::Baseline),
    ProfileChoice::Named(Profile::General),
    ProfileChoice::Named(Profile::Netadmin),
    ProfileChoice::Named(Profile::Sysadmin),
];

#[tokio::test]
async fn sessions_of_every_profile_are_taken() {
    let Some(place) = Place::open("sessions_of_every_profile_are_taken").await else { return };
    let pod = place.run(&full_pod()).await;
    let toolbox = Toolbox::built_in();
    for choice in NAMED {
        for target in [None, Some("side"), Some("sidecar")] {
            let wish = SessionWish { target, ..wish(&toolbox, choice) };
            let plan = plan_session(&pod, &place.read_namespace().await, &wish).unwrap().remove(0);
            place.assert_added(&pod, &plan.container).await;
        }
    }
}

#[tokio::test]
async fn auto_offers_first_what_pod_security_takes() {
    let Some(place) = Place::open("auto_offers_first_what_pod_security_takes").await else { return };
    let pod = place.run(&modest_pod()).await;
    let toolbox = Toolbox::built_in();
    for (level, profile) in [
        ("privileged", Profile::General),
        ("baseline", Profile::Baseline),
        ("restricted", Profile::Restricted),
    ] {
        let namespace = place.enforce(level).await;
        let plans = plan_session(&pod, &namespace, &wish(&toolbox, ProfileChoice::Auto)).unwrap();
        assert_eq!(plans[0].profile, profile);
        place.assert_added(&pod, &plans[0].container).await;
    }
}

/// What is left out is what would have been refused, so nothing is given up for nothing.
#[tokio::test]
async fn what_auto_leaves_out_is_refused() {
    let Some(place) = Place::open("what_auto_leaves_out_is_refused").await else { return };
    let pod = place.run(&modest_pod()).await;
    let toolbox = Toolbox::built_in();
    for (level, profile) in [("baseline", Profile::General), ("restricted", Profile::Baseline)] {
        let namespace = place.enforce(level).await;
        let wish = wish(&toolbox, ProfileChoice::Named(profile));
        let plan = plan_session(&pod, &namespace, &wish).unwrap().remove(0);
        let answer = place.add(&pod, &plan.container).await;
        assert_eq!(answer.status, 403, "{}", answer.message());
        assert!(answer.message().contains("violates PodSecurity"), "{}", answer.message());
        assert!(plan.notes.iter().any(|note| note.contains("will be refused")), "{:?}", plan.notes);
    }
}

/// The whole pod is looked at: the note says so before the API server does.
#[tokio::test]
async fn a_pod_older_than_its_level_takes_nothing_and_is_told() {
    let Some(place) = Place::open("a_pod_older_than_its_level_takes_nothing").await else { return };
    let pod = place.run(&full_pod()).await;
    let namespace = place.enforce("restricted").await;
    let toolbox = Toolbox::built_in();
    let plan = plan_session(&pod, &namespace, &wish(&toolbox, ProfileChoice::Auto)).unwrap().remove(0);
    assert!(plan.notes.iter().any(|note| note.contains("the pod itself does not meet")), "{:?}", plan.notes);
    assert_eq!(place.add(&pod, &plan.container).await.status, 403);
}

#[tokio::test]
async fn copies_of_every_profile_are_taken() {
    let Some(place) = Place::open("copies_of_every_profile_are_taken").await else { return };
    let toolbox = Toolbox::built_in();
    let images = [("*".to_owned(), "other:1".to_owned())];
    let command = ["sleep".to_owned(), "1d".to_owned()];
    let pod = place.run(&full_pod()).await;
    for choice in NAMED {
        let session = SessionWish { target: Some("side"), ..wish(&toolbox, choice) };
        let plain = copy_wish(&place, session);
        let changed = CopyWish { images: &images, command: &command, keep_labels: true, ..plain.clone() };
        for wish in [plain, changed] {
            let plan = plan_copy(&pod, &Value::Null, &wish).unwrap().remove(0);
            place.assert_made(&plan.pod).await;
        }
    }
}

#[tokio::test]
async fn pods_on_nodes_of_every_profile_are_taken() {
    let Some(place) = Place::open("pods_on_nodes_of_every_profile_are_taken").await else { return };
    let toolbox = Toolbox::built_in();
    let node = json!({"metadata": {"name": "node"}});
    for choice in NAMED {
        let wish = NodeWish { session: wish(&toolbox, choice), pod: pod_wish(&place) };
        let plan = plan_node(&node, &Value::Null, &wish).unwrap().remove(0);
        place.assert_made(&plan.pod).await;
    }
}
