//! Which containers are sessions, and which of them is gone back into.

use serde_json::json;

use super::*;

const IMAGE: &str = "tools:1";

fn container(name: &str, profile: &str) -> Value {
    json!({"name": name, "image": IMAGE, "env": [
        {"name": "A", "value": "b"},
        {"name": names::SESSION_VARIABLE, "value": name},
        {"name": names::TARGET_VARIABLE, "value": "app"},
        {"name": names::PROFILE_VARIABLE, "value": profile},
    ]})
}

fn status(name: &str, state: &str) -> Value {
    json!({"name": name, "state": {state: {}}})
}

fn pod(containers: &[(&str, &str, &str)]) -> Value {
    let made = containers.iter().map(|(name, profile, _)| container(name, profile)).collect::<Vec<_>>();
    let statuses = containers.iter().map(|(name, _, state)| status(name, state)).collect::<Vec<_>>();
    json!({
        "spec": {"containers": [{"name": "app", "image": "app:1"}], "ephemeralContainers": made},
        "status": {"ephemeralContainerStatuses": statuses},
    })
}

fn entered(pod: &Value, choice: ProfileChoice) -> Option<String> {
    session_to_enter(pod, "app", IMAGE, choice).map(|session| session.name)
}

#[test]
fn the_containers_of_others_are_no_sessions() {
    let mut pod = pod(&[("a", "general", "running")]);
    pod["spec"]["ephemeralContainers"]
        .as_array_mut()
        .unwrap()
        .push(json!({"name": "debugger-x", "image": IMAGE}));
    // A container that has the marks of another by `envFrom` or a copy is none either.
    let mut copied = container("a", "general");
    copied["name"] = json!("b");
    pod["spec"]["ephemeralContainers"].as_array_mut().unwrap().push(copied);
    let expected = Session {
        name: "a".into(),
        image: IMAGE.into(),
        target: "app".into(),
        profile: Profile::General,
        running: true,
    };
    assert_eq!(sessions(&pod), [expected]);
}

#[test]
fn only_what_runs_is_gone_back_into() {
    let pod = pod(&[("a", "general", "terminated"), ("b", "general", "waiting")]);
    assert_eq!(entered(&pod, ProfileChoice::Auto), None);
    assert_eq!(sessions(&pod).len(), 2);
}

#[test]
fn another_target_or_image_is_another_session() {
    let pod = pod(&[("a", "general", "running")]);
    assert!(session_to_enter(&pod, "other", IMAGE, ProfileChoice::Auto).is_none());
    assert!(session_to_enter(&pod, "app", "tools:2", ProfileChoice::Auto).is_none());
}

#[test]
fn auto_takes_the_strongest_up_to_general_and_of_equals_the_newest() {
    let pod = pod(&[
        ("a", "restricted", "running"),
        ("b", "general", "running"),
        ("c", "general", "running"),
        ("d", "sysadmin", "running"),
    ]);
    assert_eq!(entered(&pod, ProfileChoice::Auto).as_deref(), Some("c"));
}

#[test]
fn a_profile_with_a_name_takes_that_one_alone() {
    let pod = pod(&[("a", "restricted", "running"), ("b", "sysadmin", "running")]);
    assert_eq!(entered(&pod, ProfileChoice::Named(Profile::Restricted)).as_deref(), Some("a"));
    assert_eq!(entered(&pod, ProfileChoice::Named(Profile::Netadmin)), None);
}

#[test]
fn the_tooling_container_of_a_copy_is_a_session_too() {
    let pod = json!({
        "spec": {"containers": [container("a", "general")]},
        "status": {"containerStatuses": [status("a", "running")]},
    });
    assert_eq!(entered(&pod, ProfileChoice::Auto).as_deref(), Some("a"));
}
