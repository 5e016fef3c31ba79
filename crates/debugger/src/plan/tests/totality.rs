//! Whatever an API server, a webhook or a person sends: a plan or an error, and no panic.

use proptest::prelude::*;

use super::*;
use crate::existing::{session_to_enter, sessions};
use crate::plan::{plan_copy, plan_node, plan_session};
use crate::standing::judge;

/// Any JSON at all, with the words that the code looks for.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec![
        "app",
        "running",
        "waiting",
        "terminated",
        "CrashLoopBackOff",
        "ErrImagePull",
        "Failed",
        "",
        "Always",
        "False",
        "2026-01-01T00:00:00Z",
        "CHANDLER_SESSION",
        "PodScheduled",
        "Unschedulable",
        "restricted",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        word.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "metadata",
        "spec",
        "status",
        "name",
        "containers",
        "initContainers",
        "ephemeralContainers",
        "containerStatuses",
        "ephemeralContainerStatuses",
        "initContainerStatuses",
        "env",
        "envFrom",
        "valueFrom",
        "resourceFieldRef",
        "secretKeyRef",
        "volumeMounts",
        "mountPath",
        "subPath",
        "volumes",
        "securityContext",
        "state",
        "running",
        "waiting",
        "terminated",
        "reason",
        "message",
        "exitCode",
        "startedAt",
        "finishedAt",
        "labels",
        "annotations",
        "conditions",
        "type",
        "phase",
        "ports",
        "lastState",
        "restartCount",
        "user",
        "linux",
        "uid",
        "value",
        "capabilities",
        "add",
    ])
    .prop_map(str::to_owned)
}

/// A good pod in which one thing is anything.
fn odd_pod() -> impl Strategy<Value = Value> {
    let places = prop::sample::select(vec![
        "/metadata/name",
        "/metadata/annotations",
        "/spec/containers",
        "/spec/containers/0",
        "/spec/containers/1",
        "/spec/volumes",
        "/spec/securityContext",
        "/spec/nodeName",
        "/status/containerStatuses",
        "/status/containerStatuses/0",
        "/status/phase",
        "/status/conditions",
        "/spec/ephemeralContainers",
        "/status/ephemeralContainerStatuses",
        "/spec/initContainers",
        "/status/initContainerStatuses",
    ]);
    (places, any_json()).prop_map(|(place, value)| pod_with(place, value))
}

fn try_all(pod: &Value, other: &Value) {
    let mut toolbox = Toolbox::built_in();
    toolbox.env = vec![other.clone()];
    toolbox.volume_mounts = vec![other.clone()];
    for profile in Profile::ALL.map(ProfileChoice::Named).into_iter().chain([ProfileChoice::Auto]) {
        let session = SessionWish { custom: other.get("spec"), ..wish(&toolbox, profile) };
        let _ = plan_session(pod, other, &session);
        let _ = plan_node(pod, other, &node_wish(session.clone()));
        let images = [("*".to_owned(), "i".to_owned())];
        let command = ["sh".to_owned()];
        let wish = CopyWish { images: &images, command: &command, keep_labels: true, ..copy_wish(session) };
        let _ = plan_copy(pod, other, &wish);
        let _ = session_to_enter(pod, "app", "i", profile);
    }
    let _ = (sessions(pod), judge(pod, "app", std::slice::from_ref(other)), judge(pod, NAME, &[]));
}

proptest! {
    #[test]
    fn any_json_gives_a_plan_or_an_error(pod in any_json(), other in any_json()) {
        try_all(&pod, &other);
    }

    #[test]
    fn a_pod_with_one_odd_thing_gives_a_plan_or_an_error(pod in odd_pod(), other in any_json()) {
        try_all(&pod, &other);
    }

    /// Whatever the target is: the container is one that the API lets be added to a pod, and it has its marks.
    #[test]
    fn every_session_has_its_marks_and_no_field_that_is_not_allowed(pod in odd_pod(), namespace in any_json()) {
        let toolbox = Toolbox::built_in();
        let plans = plan_session(&pod, &namespace, &wish(&toolbox, ProfileChoice::Auto)).unwrap_or_default();
        for plan in plans {
            for field in ["ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "resources", "restartPolicy"] {
                prop_assert!(plan.container.get(field).is_none(), "{}", plan.container);
            }
            let env = plan.container["env"].as_array().unwrap();
            prop_assert!(env.iter().any(|item| item["name"] == "CHANDLER_SESSION" && item["value"] == NAME));
            prop_assert_eq!(&plan.container["name"], NAME);
        }
    }
}
