//! Pods that look into nodes.

use super::*;
use crate::plan::{PodPlan, plan_node};

fn node() -> Value {
    json!({"metadata": {"name": "node-1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
}

fn plan(profile: Profile) -> PodPlan {
    let toolbox = Toolbox::built_in();
    plan_node(&node(), &Value::Null, &node_wish(wish(&toolbox, named(profile)))).unwrap().remove(0)
}

#[test]
fn a_node_is_seen_with_its_processes_its_network_and_its_files() {
    let plan = plan(Profile::General);
    let spec = &plan.pod["spec"];
    assert_eq!(spec["nodeName"], "node-1");
    assert_eq!((&spec["hostPID"], &spec["hostNetwork"]), (&json!(true), &json!(true)));
    assert!(spec.get("hostIPC").is_none());
    assert_eq!(spec["tolerations"], json!([{"operator": "Exists"}]));
    assert_eq!(spec["activeDeadlineSeconds"], 3600);
    assert_eq!(
        spec["containers"][0]["volumeMounts"],
        json!([{"name": "host", "mountPath": "/host", "readOnly": true, "recursiveReadOnly": "IfPossible"}])
    );
    assert_eq!(plan.pod["metadata"]["labels"], json!({"chandler.dev/debug": "node"}));
    assert_eq!((plan.container.as_str(), plan.target, plan.notes.len()), (NAME, None, 0));
}

#[test]
fn only_sysadmin_may_write_to_a_node() {
    let spec = &plan(Profile::Sysadmin).pod["spec"];
    assert_eq!(spec["hostIPC"], true);
    assert!(spec["containers"][0]["volumeMounts"][0].get("readOnly").is_none());
    assert_eq!(spec["containers"][0]["securityContext"]["privileged"], true);
}

#[test]
fn weak_profiles_see_nothing_of_the_node_and_say_so() {
    for profile in [Profile::Baseline, Profile::Restricted] {
        let plan = plan(profile);
        let spec = &plan.pod["spec"];
        assert!(
            ["hostPID", "hostNetwork", "volumes"].iter().all(|field| spec.get(field).is_none()),
            "{spec}"
        );
        assert!(plan.notes.iter().any(|note| note.contains("sees no processes")), "{:?}", plan.notes);
    }
}

#[test]
fn auto_is_general_and_nothing_less() {
    let toolbox = Toolbox::built_in();
    let wish = node_wish(wish(&toolbox, ProfileChoice::Auto));
    assert_eq!(plan_node(&node(), &namespace("privileged"), &wish).unwrap()[0].profile, Profile::General);
    let error = plan_node(&node(), &namespace("baseline"), &wish).unwrap_err();
    assert_eq!(
        error.to_string(),
        "namespace team enforces Pod Security baseline, under which no pod sees its node"
    );
    assert!(error.next_step().contains("-n"));
}

#[test]
fn a_node_that_is_not_ready_is_told_and_one_for_windows_refused() {
    let toolbox = Toolbox::built_in();
    let wish = node_wish(wish(&toolbox, ProfileChoice::Auto));
    let mut away = node();
    away["status"]["conditions"][0] =
        json!({"type": "Ready", "status": "Unknown", "message": "kubelet is silent"});
    let plan = plan_node(&away, &Value::Null, &wish).unwrap().remove(0);
    assert_eq!(plan.notes, ["node node-1 is not ready, and may start nothing: kubelet is silent"]);
    let mut windows = node();
    windows["metadata"]["labels"] = json!({"kubernetes.io/os": "windows"});
    assert_eq!(plan_node(&windows, &Value::Null, &wish).unwrap_err().reason(), "Windows");
    assert_eq!(plan_node(&Value::Null, &Value::Null, &wish).unwrap_err().reason(), "NotAnObject");
}
