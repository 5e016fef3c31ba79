//! What each rule finds, in which part of a pod, and in which words.

use serde_json::json;

use super::*;

/// A pod that the level restricted admits.
fn modest() -> Value {
    json!({
        "metadata": {"name": "shop"},
        "spec": {
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "initContainers": [container("setup")],
            "containers": [container("app")],
            "ephemeralContainers": [container("tools")],
        },
    })
}

fn container(name: &str) -> Value {
    json!({
        "name": name,
        "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
    })
}

/// The modest pod with something else at a JSON Pointer.
fn with(pointer: &str, value: Value) -> Value {
    let mut pod = modest();
    set(&mut pod, pointer, value);
    pod
}

fn set(pod: &mut Value, pointer: &str, value: Value) {
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    pod.pointer_mut(parent).unwrap()[field] = value;
}

/// What both levels find: reasons and sentences.
fn found(pod: &Value) -> [Vec<(&'static str, String)>; 2] {
    [Level::Baseline, Level::Restricted].map(|level| {
        violations(pod, level).into_iter().map(|violation| (violation.reason, violation.detail)).collect()
    })
}

const APP: &str = "/spec/containers/0";
const OF_POD: &str = "/spec/securityContext";
const OF_APP: &str = "/spec/containers/0/securityContext";

#[test]
fn modest_pod_breaks_no_rule() {
    assert_eq!(found(&modest()), [vec![], vec![]]);
    assert_eq!(found(&Value::Null), [vec![], vec![]]);
}

/// Asserts that both levels find this one thing where something else is at a JSON Pointer.
fn assert_both(part: &str, field: &str, value: Value, (reason, detail): (&'static str, &str)) {
    let expected = vec![(reason, detail.to_owned())];
    assert_eq!(found(&with(&format!("{part}/{field}"), value)), [expected.clone(), expected], "{field}");
}

#[test]
fn rules_of_both_levels_name_what_the_pod_does() {
    for field in ["hostNetwork", "hostPID", "hostIPC"] {
        assert_both("/spec", field, json!(true), ("host namespaces", &format!("{field} is true")));
    }
    let annotations = json!({
        "container.apparmor.security.beta.kubernetes.io/app": "unconfined",
        "container.apparmor.security.beta.kubernetes.io/setup": "localhost/mine",
        "container.apparmor.security.beta.kubernetes.io/tools": "runtime/default",
    });
    let detail = "annotation container.apparmor.security.beta.kubernetes.io/app is \"unconfined\"";
    assert_both("/metadata", "annotations", annotations, ("forbidden AppArmor profile", detail));
    let sysctls = json!([{"name": "kernel.msgmax"}, {"name": "net.ipv4.tcp_rmem"}]);
    let expected = ("forbidden sysctls", "the pod sets the sysctl kernel.msgmax");
    assert_both(OF_POD, "sysctls", sysctls, expected);
    for (field, value, reason, what) in [
        ("seLinuxOptions", json!({"role": "r"}), "seLinuxOptions", "has the SELinux role r"),
        (
            "seccompProfile",
            json!({"type": "Unconfined"}),
            "seccompProfile",
            "has the seccompProfile Unconfined",
        ),
        ("windowsOptions", json!({"hostProcess": true}), "hostProcess", "is a hostProcess"),
    ] {
        assert_both(OF_POD, field, value, (reason, &format!("the pod {what}")));
    }
}

#[test]
fn rules_of_both_levels_name_what_a_container_does() {
    let unconfined = json!({"type": "Unconfined"});
    let (ports, hook) = (json!([{"hostPort": 80}]), json!({"preStop": {"tcpSocket": {"host": "node"}}}));
    for (part, field, value, reason, what) in [
        (OF_APP, "privileged", json!(true), "privileged", "is privileged"),
        (OF_APP, "procMount", json!("Unmasked"), "procMount", "has the procMount Unmasked"),
        (OF_APP, "seLinuxOptions", json!({"type": "a"}), "seLinuxOptions", "has the SELinux type a"),
        (
            OF_APP,
            "appArmorProfile",
            unconfined,
            "forbidden AppArmor profile",
            "has the appArmorProfile Unconfined",
        ),
        (APP, "ports", ports, "hostPort", "has a hostPort"),
        (APP, "lifecycle", hook, "probe or lifecycle host", "has a probe or a hook with a host of its own"),
    ] {
        assert_both(part, field, value, (reason, &format!("container app {what}")));
    }
}

#[test]
fn rules_of_the_level_restricted_take_the_place_of_weaker_ones() {
    let path = with("/spec/volumes", json!([{"name": "host", "hostPath": {"path": "/"}}]));
    let detail = "volume host is a hostPath".to_owned();
    let expected = [vec![("hostPath volumes", detail.clone())], vec![("restricted volume types", detail)]];
    assert_eq!(found(&path), expected);
    let adds = with("/spec/containers/0/securityContext/capabilities/add", json!(["CHOWN", "NET_ADMIN"]));
    let expected = [
        vec![("non-default capabilities", "container app adds capability NET_ADMIN".to_owned())],
        vec![("unrestricted capabilities", "container app adds capability CHOWN".to_owned())],
    ];
    assert_eq!(found(&adds), expected);
}

#[test]
fn container_that_says_nothing_breaks_what_the_level_restricted_asks_for() {
    let mut pod = with(OF_APP, Value::Null);
    assert_eq!(
        found(&pod),
        [
            vec![],
            vec![
                (
                    "allowPrivilegeEscalation != false",
                    "container app does not set allowPrivilegeEscalation to false".to_owned()
                ),
                ("unrestricted capabilities", "container app does not drop all capabilities".to_owned()),
            ]
        ]
    );
    set(&mut pod, OF_POD, Value::Null);
    let [baseline, restricted] = found(&pod);
    assert_eq!(baseline, []);
    for sentence in
        ["container app does not set runAsNonRoot to true", "container setup has no seccompProfile"]
    {
        assert!(restricted.iter().any(|(_, detail)| detail == sentence), "{restricted:?}");
    }
}

#[test]
fn who_denies_what_the_level_restricted_asks_for_is_named_alone() {
    for (pointer, value, reason, detail) in [
        ("runAsNonRoot", json!(false), "runAsNonRoot != true", "sets runAsNonRoot to false"),
        ("runAsUser", json!(0), "runAsUser=0", "runs as root"),
    ] {
        for (part, subject) in [(OF_POD, "the pod"), (OF_APP, "container app")] {
            let pod = with(&format!("{part}/{pointer}"), value.clone());
            assert_eq!(found(&pod), [vec![], vec![(reason, format!("{subject} {detail}"))]]);
        }
    }
}

#[test]
fn root_in_a_user_namespace_is_no_root() {
    let mut pod = with("/spec/hostUsers", json!(false));
    set(&mut pod, "/spec/securityContext/runAsNonRoot", json!(false));
    set(&mut pod, "/spec/securityContext/runAsUser", json!(0));
    assert_eq!(found(&pod), [vec![], vec![]]);
    set(&mut pod, "/spec/containers/0/securityContext/procMount", json!("Unmasked"));
    let expected = vec![("procMount", "container app has the procMount Unmasked".to_owned())];
    assert_eq!(found(&pod), [vec![], expected]);
}

#[test]
fn what_windows_lacks_is_not_asked_for() {
    let spec = json!({
        "os": {"name": "windows"}, "securityContext": {"runAsNonRoot": true}, "containers": [{"name": "app"}],
    });
    assert_eq!(found(&json!({"spec": spec})), [vec![], vec![]]);
}

#[test]
fn fields_that_are_null_are_not_there() {
    let mut pod =
        with("/spec/volumes", json!([{"name": "a", "hostPath": null, "emptyDir": {}}, {"name": "b"}]));
    for field in ["seccompProfile", "appArmorProfile", "seLinuxOptions", "privileged", "procMount"] {
        set(&mut pod, &format!("{OF_APP}/{field}"), Value::Null);
    }
    assert_eq!(found(&pod), [vec![], vec![]]);
}

#[test]
fn container_is_named_with_its_list() {
    for (list, name) in [("initContainers", "setup"), ("containers", "app"), ("ephemeralContainers", "tools")]
    {
        let pod = with(&format!("/spec/{list}/0/securityContext/privileged"), json!(true));
        let subject = Subject::Container { list, name };
        let found = violations(&pod, Level::Baseline);
        assert_eq!(found.iter().map(|violation| violation.subject).collect::<Vec<_>>(), [subject]);
    }
}
