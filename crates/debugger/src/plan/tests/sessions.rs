//! Sessions in pods that run, and in those that do not.

use super::*;
use crate::plan::{PlanError, SessionPlan, plan_session};

fn plans(pod: &Value, namespace: &Value, choice: ProfileChoice) -> Vec<SessionPlan> {
    plan_session(pod, namespace, &wish(&Toolbox::built_in(), choice)).unwrap()
}

fn plan(pod: &Value, profile: Profile) -> SessionPlan {
    plans(pod, &Value::Null, named(profile)).remove(0)
}

fn refusal(pod: &Value) -> PlanError {
    plan_session(pod, &Value::Null, &wish(&Toolbox::built_in(), ProfileChoice::Auto)).unwrap_err()
}

fn profiles(plans: &[SessionPlan]) -> Vec<&'static str> {
    plans.iter().map(|plan| plan.profile.name()).collect()
}

fn variables(plan: &SessionPlan) -> Vec<&str> {
    plan.container["env"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[test]
fn a_plain_session_looks_as_it_does() {
    let plan = plan(&pod(), Profile::General);
    let marks = json!([
        {"name": "CHANDLER_SESSION", "value": NAME},
        {"name": "CHANDLER_TARGET", "value": "app"},
        {"name": "CHANDLER_PROFILE", "value": "general"},
        {"name": "CHANDLER_IDLE_SECONDS", "value": "1800"},
    ]);
    let expected = json!({
        "name": NAME,
        "image": crate::toolbox::DEFAULT_IMAGE,
        "command": crate::script::sleeper(),
        "targetContainerName": "app",
        "env": marks,
        "securityContext": {
            "capabilities": {"add": ["SYS_PTRACE"]}, "runAsGroup": 0, "runAsNonRoot": false, "runAsUser": 0,
        },
    });
    assert_eq!((plan.container, plan.target.as_str(), plan.notes), (expected, "app", vec![]));
}

#[test]
fn auto_leaves_out_what_the_namespace_refuses_and_says_so() {
    let of = |level: &str| plans(&pod(), &namespace(level), ProfileChoice::Auto);
    assert_eq!(profiles(&of("privileged")), ["general", "baseline", "restricted"]);
    assert_eq!(profiles(&of("baseline")), ["baseline", "restricted"]);
    let restricted = of("restricted");
    assert_eq!(profiles(&restricted), ["restricted"]);
    assert_eq!(
        restricted[0].notes[..2],
        [
            "profile general is given up: namespace team enforces Pod Security restricted",
            "profile baseline is given up: namespace team enforces Pod Security restricted",
        ]
    );
}

#[test]
fn a_profile_with_a_name_is_tried_whatever_the_namespace_says() {
    let plans = plans(&pod(), &namespace("baseline"), named(Profile::Sysadmin));
    assert_eq!(profiles(&plans), ["sysadmin"]);
    assert!(plans[0].notes[0].contains("will be refused there unless"), "{:?}", plans[0].notes);
}

#[test]
fn a_pod_that_its_namespace_would_refuse_itself_is_told() {
    let notes =
        |pod: &Value, level: &str| plans(pod, &namespace(level), ProfileChoice::Auto)[0].notes.join("\n");
    let host = pod_with("/spec/hostNetwork", json!(true));
    assert!(notes(&host, "baseline").contains("hostNetwork is true"));
    assert!(!notes(&host, "privileged").contains("hostNetwork"));
    assert!(notes(&pod(), "restricted").contains("does not set allowPrivilegeEscalation to false"));
    let path = pod_with("/spec/volumes/0", json!({"name": "host", "hostPath": {"path": "/"}}));
    assert!(notes(&path, "baseline").contains("volume host is a hostPath"));
    let setting =
        pod_with("/spec/securityContext", json!({"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}));
    assert!(notes(&setting, "baseline").contains("the pod sets the sysctl kernel.msgmax"));
    assert!(!notes(&pod(), "baseline").contains("itself"));
}

#[test]
fn environment_and_mounts_of_the_target_are_there_by_reference() {
    let pod = pod_with(
        "/spec/containers/0",
        json!({
            "name": "app",
            "image": "app:1",
            "envFrom": [{"secretRef": {"name": "s"}}, {"prefix": "P_", "configMapRef": {"name": "c"}}],
            "env": [
                {"name": "A", "value": "b"},
                {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
                {"name": "C", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                {"name": "PATH", "value": "/app/bin"},
            ],
            "volumeMounts": [{"name": "data", "mountPath": "/data", "mountPropagation": "Bidirectional"}],
            "ports": [{"containerPort": 80}], "livenessProbe": {}, "resources": {}, "lifecycle": {},
        }),
    );
    let plan = plan(&pod, Profile::General);
    assert_eq!(
        plan.container["envFrom"],
        json!([
            {"secretRef": {"name": "s", "optional": true}},
            {"prefix": "P_", "configMapRef": {"name": "c", "optional": true}},
        ])
    );
    assert_eq!(
        plan.container["env"].as_array().unwrap()[..3],
        [
            json!({"name": "A", "value": "b"}),
            json!({"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k", "optional": true}}}),
            json!({"name": "C", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu", "containerName": "app"}}}),
        ]
    );
    assert_eq!(plan.container["volumeMounts"], json!([{"name": "data", "mountPath": "/data"}]));
    for field in ["ports", "livenessProbe", "resources", "lifecycle", "stdin", "tty"] {
        assert!(plan.container.get(field).is_none(), "{field}");
    }
    assert_eq!(plan.notes, ["variable PATH of the target is left out: it is for the target's own image"]);
}

#[test]
fn mounts_that_cannot_be_are_left_out_with_a_note() {
    let mounts = json!([
        {"name": "data", "mountPath": "/a", "subPath": "x"},
        {"name": "data", "mountPath": "/b", "subPathExpr": "$(A)"},
        {"name": "data", "mountPath": "/usr/"},
        {"name": "data", "mountPath": "/c", "subPath": ""},
    ]);
    let pod = pod_with("/spec/containers/0/volumeMounts", mounts);
    let plan = plan(&pod, Profile::General);
    assert_eq!(plan.container["volumeMounts"].as_array().unwrap().len(), 1);
    let subpath = "Kubernetes allows no subPath in a container that is added to a pod";
    assert_eq!(
        plan.notes,
        [
            format!("/a is not mounted: {subpath}"),
            format!("/b is not mounted: {subpath}"),
            "/usr is not mounted: it would hide the tools".to_owned(),
        ]
    );
}

#[test]
fn a_toolboxs_variables_and_mounts_go_before_the_targets() {
    let container = json!({
        "name": "app", "image": "app:1",
        "env": [{"name": "A", "value": "target"}, {"name": "B", "value": "target"}],
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    });
    let mut toolbox = Toolbox::built_in();
    toolbox.env = vec![json!({"name": "A", "value": "toolbox"})];
    toolbox.volume_mounts = vec![
        json!({"name": "data", "mountPath": "/data/", "readOnly": true}),
        json!({"name": "other", "mountPath": "/other"}),
    ];
    let pod = pod_with("/spec/containers/0", container);
    let plan = plan_session(&pod, &Value::Null, &wish(&toolbox, ProfileChoice::Auto)).unwrap().remove(0);
    assert_eq!(variables(&plan)[..2], ["B", "A"]);
    assert_eq!(
        plan.container["volumeMounts"],
        json!([{"name": "data", "mountPath": "/data/", "readOnly": true}])
    );
    assert_eq!(plan.notes, [r#"/other is not mounted: the pod has no volume "other""#]);
}

#[test]
fn weak_profiles_run_as_the_targets_user_as_the_kubelet_shows_it() {
    let mut status = running("app");
    status["user"] = json!({"linux": {"uid": 1000, "gid": 3000}});
    let seen = pod_with("/status/containerStatuses/0", status);
    let context = |pod: &Value, profile| plan(pod, profile).container["securityContext"].clone();
    assert_eq!(context(&seen, Profile::Baseline), json!({"runAsUser": 1000, "runAsGroup": 3000}));
    assert_eq!(context(&seen, Profile::Restricted)["runAsUser"], 1000);
    let asked = pod_with("/spec/securityContext", json!({"runAsUser": 7, "runAsGroup": 8}));
    assert_eq!(context(&asked, Profile::Baseline), json!({"runAsUser": 7, "runAsGroup": 8}));
    assert_eq!(context(&asked, Profile::General)["runAsUser"], 0);
    assert_eq!(context(&pod(), Profile::Baseline), Value::Null);
}

#[test]
fn who_may_not_be_root_is_somebody_else_where_the_target_is_root() {
    let plan_of = |pod: &Value, profile| plan(pod, profile);
    let unknown = plan_of(&pod(), Profile::Restricted);
    assert_eq!(unknown.container["securityContext"]["runAsUser"], 65534);
    assert!(unknown.notes[0].starts_with("nobody says as whom app runs"), "{:?}", unknown.notes);
    let root = pod_with("/spec/containers/0/securityContext", json!({"runAsUser": 0}));
    let note = &plan_of(&root, Profile::Restricted).notes[0];
    assert!(note.starts_with("app runs as root") && note.contains("65534"), "{note}");
    assert_eq!(plan_of(&root, Profile::Baseline).container["securityContext"]["runAsUser"], 0);
    let forbidden = pod_with("/spec/securityContext", json!({"runAsNonRoot": true}));
    assert_eq!(plan_of(&forbidden, Profile::Baseline).container["securityContext"]["runAsUser"], 65534);
}

#[test]
fn restricted_asks_for_all_that_pod_security_wants() {
    let context = &plan(&pod(), Profile::Restricted).container["securityContext"];
    assert_eq!(context["allowPrivilegeEscalation"], false);
    assert_eq!(context["capabilities"], json!({"drop": ["ALL"]}));
    assert_eq!(context["runAsNonRoot"], true);
    assert_eq!(context["seccompProfile"], json!({"type": "RuntimeDefault"}));
}

#[test]
fn a_custom_container_is_merged_last_and_takes_no_mark_away() {
    let custom = json!({
        "env": [{"name": "DEBUG", "value": "1"}, {"name": "CHANDLER_SESSION", "value": "no"}],
        "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}, "runAsGroup": null},
    });
    let toolbox = Toolbox::built_in();
    let wish = SessionWish { custom: Some(&custom), ..wish(&toolbox, named(Profile::General)) };
    let plan = plan_session(&pod(), &Value::Null, &wish).unwrap().remove(0);
    let names = variables(&plan);
    assert_eq!(names[0], "DEBUG");
    assert_eq!(names.iter().filter(|name| **name == "CHANDLER_SESSION").count(), 1);
    assert_eq!(plan.container["securityContext"]["capabilities"]["add"], json!(["NET_ADMIN"]));
    assert!(plan.container["securityContext"].get("runAsGroup").is_none());
}

#[test]
fn a_custom_container_that_does_not_fit_is_refused() {
    let toolbox = Toolbox::built_in();
    let refusal = |custom: Value| {
        let wish = SessionWish { custom: Some(&custom), ..wish(&toolbox, ProfileChoice::Auto) };
        plan_session(&pod(), &Value::Null, &wish).unwrap_err().to_string()
    };
    assert_eq!(
        refusal(json!({"command": ["x"]})),
        "the custom container does not fit: command is the session's own"
    );
    assert_eq!(refusal(json!({"env": {}})), "the custom container does not fit: env: expected a list");
    assert!(refusal(json!({"name": "other"})).contains("may not rename"));
    assert!(refusal(json!([])).contains("expected an object"));
}

#[test]
fn the_default_container_is_what_the_annotation_says_where_there_is_one() {
    let target = |pod: &Value| plan(pod, Profile::General).target;
    let annotated = |name: &str| {
        pod_with("/metadata/annotations", json!({"kubectl.kubernetes.io/default-container": name}))
    };
    assert_eq!(target(&annotated("side")), "side");
    assert_eq!(target(&annotated("gone")), "app");
}

#[test]
fn an_unknown_container_lists_those_that_there_are() {
    let toolbox = Toolbox::built_in();
    let mut pod = pod();
    pod["spec"]["initContainers"] = json!([{"name": "setup", "image": "s"}]);
    let wish = SessionWish { target: Some("ap"), ..wish(&toolbox, ProfileChoice::Auto) };
    let error = plan_session(&pod, &Value::Null, &wish).unwrap_err();
    assert_eq!(error.to_string(), r#"pod shop has no container "ap"; it has app, side, setup"#);
    assert_eq!(error.reason(), "NoContainer");
}

#[test]
fn pods_that_can_have_no_session_say_why_and_what_next() {
    let mirror = pod_with("/metadata/annotations", json!({"kubernetes.io/config.mirror": "x"}));
    let windows = pod_with("/spec/os", json!({"name": "windows"}));
    let selected = pod_with("/spec/nodeSelector", json!({"kubernetes.io/os": "windows"}));
    let finished = pod_with("/status/phase", json!("Succeeded"));
    let deleting = pod_with("/metadata/deletionTimestamp", json!("2026-01-01T00:00:00Z"));
    let unscheduled = pod_with("/spec/nodeName", Value::Null);
    let cases = [
        (mirror, "StaticPod", "node/node-1"),
        (windows, "Windows", "kubectl exec"),
        (selected, "Windows", "kubectl exec"),
        (finished, "PodFinished", "--copy"),
        (deleting, "PodDeleting", "TYPE/NAME"),
        (unscheduled, "Unscheduled", "kubectl describe pod shop"),
    ];
    for (pod, reason, next_step) in cases {
        let error = refusal(&pod);
        assert_eq!(error.reason(), reason);
        assert!(
            error.to_string().contains("shop") && error.next_step().contains(next_step),
            "{error}: {}",
            error.next_step()
        );
    }
}

#[test]
fn targets_that_do_not_run_say_why_and_offer_a_copy() {
    let state =
        |state: Value| pod_with("/status/containerStatuses/0", json!({"name": "app", "state": state}));
    let crashing = json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}});
    let cases = [
        (json!({"waiting": {"reason": "ContainerCreating"}}), "TargetNotStarted", true),
        (json!({"waiting": {"reason": "ImagePullBackOff", "message": "no"}}), "TargetBroken", false),
        (json!({"terminated": {"exitCode": 7, "reason": "Error"}}), "TargetCrashing", true),
        (crashing, "TargetCrashing", true),
        (json!({}), "TargetNotStarted", true),
    ];
    for (shown, reason, may_pass) in cases {
        let error = refusal(&state(shown));
        assert_eq!((error.reason(), error.may_pass()), (reason, may_pass));
        assert!(error.next_step().contains("--copy"), "{error}");
    }
    let mut ended = state(json!({"terminated": {"exitCode": 0, "reason": "Completed"}}));
    ended["spec"]["restartPolicy"] = json!("OnFailure");
    assert_eq!(
        refusal(&ended).to_string(),
        r#"container "app" of pod shop has ended: exit code 0 (Completed)"#
    );
}

#[test]
fn an_init_container_is_a_target_while_it_runs() {
    let mut pod = pod();
    pod["spec"]["initContainers"] = json!([{"name": "setup", "image": "s"}]);
    pod["status"]["initContainerStatuses"] = json!([running("setup")]);
    let toolbox = Toolbox::built_in();
    let wish = SessionWish { target: Some("setup"), ..wish(&toolbox, ProfileChoice::Auto) };
    let plans = plan_session(&pod, &Value::Null, &wish).unwrap();
    assert_eq!(plans[0].container["targetContainerName"], "setup");
    pod["status"]["initContainerStatuses"] =
        json!([{"name": "setup", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}]);
    assert_eq!(plan_session(&pod, &Value::Null, &wish).unwrap_err().reason(), "TargetEnded");
}

#[test]
fn a_target_that_has_restarted_is_told() {
    let mut status = running("app");
    status["restartCount"] = json!(3);
    status["lastState"] = json!({"terminated": {"exitCode": 1, "reason": "Error"}});
    let notes = plan(&pod_with("/status/containerStatuses/0", status), Profile::General).notes;
    assert!(notes[0].starts_with("container app has restarted 3 times: exit code 1 (Error)"), "{notes:?}");
}

#[test]
fn an_earlier_container_that_is_still_made_is_told() {
    let mut pod = pod();
    pod["spec"]["ephemeralContainers"] =
        json!([{"name": "a", "image": "big"}, {"name": "b", "image": "bad"}]);
    pod["status"]["ephemeralContainerStatuses"] = json!([
        {"name": "a", "state": {"waiting": {"reason": "ContainerCreating"}}},
        {"name": "b", "state": {"waiting": {"reason": "ImagePullBackOff"}}},
    ]);
    let notes = plan(&pod, Profile::General).notes;
    assert_eq!(
        notes,
        [
            "the node starts one container after the other, and container a is not there yet: its image may take a while"
        ]
    );
}
