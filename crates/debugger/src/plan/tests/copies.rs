//! Copies of pods.

use std::sync::LazyLock;

use super::*;
use crate::plan::{PodPlan, plan_copy};

static TOOLBOX: LazyLock<Toolbox> = LazyLock::new(Toolbox::built_in);

fn plan<'w>(pod: &Value, change: impl FnOnce(&mut CopyWish<'w>)) -> PodPlan {
    let mut wish = copy_wish(wish(&TOOLBOX, named(Profile::General)));
    change(&mut wish);
    plan_copy(pod, &Value::Null, &wish).unwrap().remove(0)
}

/// A pod as the API server shows it, with all that was written on it.
fn lived() -> Value {
    let mut pod = pod();
    pod["metadata"]["ownerReferences"] = json!([{"kind": "ReplicaSet", "name": "shop-1"}]);
    pod["metadata"]["finalizers"] = json!(["example.com/a"]);
    pod["metadata"]["resourceVersion"] = json!("7");
    pod["metadata"]["annotations"] = json!({
        "example.com/kept": "yes",
        "chandler.dev/injected": "a@1",
        "chandler.dev/templates": "a",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "kubernetes.io/config.mirror": "x",
    });
    let token =
        json!({"name": "kube-api-access-x", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"});
    pod["spec"]["containers"][0] = json!({
        "name": "app", "image": "app:1", "command": ["serve"], "args": ["--all"],
        "livenessProbe": {}, "readinessProbe": {}, "startupProbe": {}, "lifecycle": {"preStop": {}},
        "ports": [{"containerPort": 80, "hostPort": 8080}],
        "volumeMounts": [token, {"name": "data", "mountPath": "/data", "subPath": "x"}],
    });
    pod["spec"]["volumes"] =
        json!([{"name": "data", "emptyDir": {}}, {"name": "kube-api-access-x", "projected": {}}]);
    pod["spec"]["ephemeralContainers"] = json!([{"name": "chandler-old", "image": "t"}]);
    pod["spec"]["priority"] = json!(0);
    pod["spec"]["schedulingGates"] = json!([{"name": "example.com/a"}]);
    pod
}

#[test]
fn a_copy_has_nothing_that_others_wrote_and_nothing_that_serves() {
    let plan = plan(&lived(), |_| {});
    assert_eq!(
        plan.pod["metadata"],
        json!({
            "name": "shop-copy",
            "namespace": "team",
            "labels": {"chandler.dev/debug": "copy"},
            "annotations": {
                "example.com/kept": "yes",
                "chandler.dev/copy-of": "shop",
                "chandler.dev/inject": "false",
                "chandler.dev/made-by": "ada",
                "chandler.dev/expires": "2026-01-01T01:00:00Z",
            },
        })
    );
    assert!(plan.pod.get("status").is_none());
    let spec = &plan.pod["spec"];
    for field in ["nodeName", "ephemeralContainers", "priority", "schedulingGates"] {
        assert!(spec.get(field).is_none(), "{field}");
    }
    assert_eq!((&spec["restartPolicy"], &spec["activeDeadlineSeconds"]), (&json!("Never"), &json!(3600)));
    assert_eq!(spec["volumes"], json!([{"name": "data", "emptyDir": {}}]));
    assert_eq!(spec["shareProcessNamespace"], true);
    let app = &spec["containers"][0];
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        assert!(app.get(field).is_none(), "{field}");
    }
    assert_eq!(app["ports"], json!([{"containerPort": 80}]));
    assert_eq!(app["volumeMounts"], json!([{"name": "data", "mountPath": "/data", "subPath": "x"}]));
    assert_eq!((&app["command"], &app["args"]), (&json!(["serve"]), &json!(["--all"])));
}

#[test]
fn the_tooling_container_stands_beside_the_others_with_the_targets_mounts() {
    let plan = plan(&lived(), |_| {});
    let tooling = &plan.pod["spec"]["containers"][2];
    assert_eq!((tooling["name"].as_str(), plan.container.as_str()), (Some(NAME), NAME));
    assert_eq!(plan.target.as_deref(), Some("app"));
    assert!(tooling.get("targetContainerName").is_none());
    // A container that is there from the start may have a part of a volume.
    assert_eq!(tooling["volumeMounts"], json!([{"name": "data", "mountPath": "/data", "subPath": "x"}]));
}

#[test]
fn a_command_takes_the_place_of_the_targets_own() {
    let command = ["sleep".to_owned(), "1d".to_owned()];
    let plan = plan(&lived(), |wish| wish.command = &command);
    let app = &plan.pod["spec"]["containers"][0];
    assert_eq!(app["command"], json!(["sleep", "1d"]));
    assert!(app.get("args").is_none() && app.get("lifecycle").is_none());
    assert!(plan.pod["spec"]["containers"][1].get("command").is_none());
}

#[test]
fn images_are_replaced_by_container_or_everywhere() {
    let images = [("*".to_owned(), "all:1".to_owned()), ("side".to_owned(), "side:2".to_owned())];
    let plan = plan(&lived(), |wish| wish.images = &images);
    let image = |index: usize| plan.pod["spec"]["containers"][index]["image"].clone();
    assert_eq!((image(0), image(1)), (json!("all:1"), json!("side:2")));
    assert_eq!(image(2), crate::toolbox::DEFAULT_IMAGE);
    let toolbox = Toolbox::built_in();
    let unknown = [("sid".to_owned(), "x".to_owned())];
    let wish = CopyWish { images: &unknown, ..copy_wish(wish(&toolbox, ProfileChoice::Auto)) };
    let error = plan_copy(&pod(), &Value::Null, &wish).unwrap_err();
    assert_eq!(error.to_string(), r#"pod shop has no container "sid"; it has app, side"#);
}

#[test]
fn labels_are_kept_on_request_and_never_the_mark() {
    let plan = plan(&lived(), |wish| wish.keep_labels = true);
    assert_eq!(plan.pod["metadata"]["labels"], json!({"app": "shop", "chandler.dev/debug": "copy"}));
    let mut copied = lived();
    copied["metadata"]["labels"]["chandler.dev/debug"] = json!("node");
    let plan = self::plan(&copied, |wish| wish.keep_labels = true);
    assert_eq!(plan.pod["metadata"]["labels"]["chandler.dev/debug"], "copy");
}

#[test]
fn a_pod_with_a_claim_stays_on_its_node() {
    let claim = json!({"name": "data", "persistentVolumeClaim": {"claimName": "c"}});
    let plan = plan(&pod_with("/spec/volumes/0", claim), |_| {});
    assert_eq!(plan.pod["spec"]["nodeName"], "node-1");
    assert!(plan.notes[0].contains("written for both"), "{:?}", plan.notes);
    let same = self::plan(&pod(), |wish| wish.same_node = true);
    assert_eq!(same.pod["spec"]["nodeName"], "node-1");
}

#[test]
fn a_copy_that_is_to_stay_has_no_end() {
    let plan = plan(&lived(), |wish| wish.pod.lifetime = None);
    assert!(plan.pod["spec"].get("activeDeadlineSeconds").is_none());
    assert!(plan.pod["metadata"]["annotations"].get("chandler.dev/expires").is_none());
}

#[test]
fn processes_that_are_not_shared_are_told() {
    let apart = |pod: &Value| plan(pod, |wish| wish.share_processes = false);
    assert!(apart(&pod()).notes[0].contains("--share-processes"));
    // A pod may not have both.
    let host = plan(&pod_with("/spec/hostPID", json!(true)), |_| {});
    assert!(host.pod["spec"].get("shareProcessNamespace").is_none());
}

#[test]
fn pods_that_have_ended_or_are_static_are_copied() {
    for pod in [pod_with("/status/phase", json!("Failed")), lived()] {
        assert_eq!(plan(&pod, |_| {}).profile, Profile::General);
    }
}

#[test]
fn injection_is_left_to_who_wants_it() {
    let plan = plan(&lived(), |wish| wish.pod.inject = true);
    assert!(plan.pod["metadata"]["annotations"].get("chandler.dev/inject").is_none());
}
