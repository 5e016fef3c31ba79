//! Whoever may not is told which rule is missing, before anything is left in the pod.

use serde_json::{Value, json};

use crate::place::Place;

#[tokio::test]
async fn missing_right_is_named_with_its_rule_before_anything_is_made() {
    let test = "missing_right_is_named_with_its_rule_before_anything_is_made";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let account = format!("system:serviceaccount:{}:default", place.scene.namespace);
    let words = format!("web --as {account}");
    let told = async || {
        let output = place.debug(&words, &["true"]).await;
        assert_eq!(output.code, 125, "{output:?}");
        assert_eq!(place.session_count("web").await, 0);
        output.stderr
    };
    let get = r#"{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}"#;
    assert!(told().await.contains(get));
    give(&place, &[json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]})]).await;
    let patch = r#"{"apiGroups":[""],"resources":["pods/ephemeralcontainers"],"verbs":["patch"]}"#;
    let stderr = told().await;
    assert!(stderr.contains(patch), "{stderr}");
    let patching = json!({"apiGroups": [""], "resources": ["pods/ephemeralcontainers"], "verbs": ["patch"]});
    let getting = json!({"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]});
    give(&place, &[getting.clone(), patching.clone()]).await;
    let exec = r#"{"apiGroups":[""],"resources":["pods/exec"],"verbs":["create"]}"#;
    let stderr = told().await;
    assert!(stderr.contains(exec), "{stderr}");

    // These are enough: no watch, no namespaces, no Events.
    let entering = json!({"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create", "get"]});
    give(&place, &[getting, patching, entering]).await;
    let output = place.debug(&words, &["echo", "in"]).await;
    assert_eq!((output.code, output.stdout.as_str()), (0, "in\n"), "{output:?}");
    assert!(output.stderr.contains("no Event says who was here"), "{output:?}");
}

async fn give(place: &Place, rules: &[Value]) {
    let (kind, name) = ("rbac.authorization.k8s.io", "debugging");
    let version = format!("{kind}/v1");
    let role = json!({"apiVersion": version, "kind": "Role", "metadata": {"name": name}, "rules": rules});
    place.apply(&role).await;
    let subject = json!({"kind": "ServiceAccount", "name": "default", "namespace": place.scene.namespace});
    place
        .apply(&json!({
            "apiVersion": version, "kind": "RoleBinding", "metadata": {"name": name},
            "roleRef": {"apiGroup": kind, "kind": "Role", "name": name}, "subjects": [subject],
        }))
        .await;
}
