//! Pod Security: what is warned of is what the API server's own admission refuses.

use std::time::Duration;

use chandler_e2e::{Wait, wait_for};
use serde_json::{Value, json};

use crate::stage::Validated;
use crate::templates::{adding, own, with_containers, with_pod};

/// Templates of which a level may think differently.
fn doubtful() -> Vec<Value> {
    let main = |container: Value| adding("containers", container);
    let context = |context: Value| main(json!({"securityContext": context}));
    let safe = json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
    let with = |field: &str, value: Value| {
        let mut context = safe.clone();
        context[field] = value;
        main(json!({"securityContext": context}))
    };
    vec![
        main(json!({})),
        context(safe.clone()),
        adding("initContainers", json!({"restartPolicy": "Always"})),
        context(json!({"privileged": true})),
        with("allowPrivilegeEscalation", Value::Null),
        with("capabilities", json!({"add": ["NET_ADMIN"], "drop": ["ALL"]})),
        with("capabilities", json!({"add": ["NET_BIND_SERVICE"], "drop": ["ALL"]})),
        with("capabilities", json!({"add": ["CHOWN"]})),
        with("runAsNonRoot", json!(false)),
        with("runAsUser", json!(0)),
        with("runAsUser", json!(1000)),
        with("seccompProfile", json!({"type": "Unconfined"})),
        with("seccompProfile", json!({"type": "Localhost", "localhostProfile": "a"})),
        with("appArmorProfile", json!({"type": "Unconfined"})),
        with("seLinuxOptions", json!({"type": "spc_t"})),
        with("seLinuxOptions", json!({"type": "container_t", "level": "s0"})),
        main(json!({"securityContext": safe, "ports": [{"containerPort": 80, "hostPort": 8080}]})),
        main(
            json!({"securityContext": safe, "readinessProbe": {"httpGet": {"port": 80, "host": "10.0.0.1"}}}),
        ),
        main(
            json!({"securityContext": safe, "lifecycle": {"preStop": {"httpGet": {"port": 80, "host": "10.0.0.1"}}}}),
        ),
        with_pod(json!({"hostPID": true})),
        with_pod(json!({"hostNetwork": true})),
        with_pod(json!({"hostUsers": false, "securityContext": {"runAsNonRoot": false}})),
        with_pod(json!({"securityContext": {"runAsUser": 0}})),
        with_pod(json!({"securityContext": {"seccompProfile": null}})),
        with_pod(json!({"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}})),
        with_pod(json!({"securityContext": {"sysctls": [{"name": "net.ipv4.tcp_rmem", "value": "1"}]}})),
        with_pod(json!({"volumes": [{"name": "a", "hostPath": {"path": "/a"}}]})),
        with_pod(json!({"volumes": [{"name": "a", "nfs": {"server": "a", "path": "/a"}}]})),
        with_pod(
            json!({"volumes": [{"name": "a", "emptyDir": {}}, {"name": "b", "secret": {"secretName": "b"}}]}),
        ),
        with_containers(json!({"securityContext": {"capabilities": {"$patch": "replace"}}})),
        with_containers(json!({"securityContext": {"procMount": "Default"}})),
    ]
}

#[tokio::test]
async fn template_is_warned_of_where_pod_security_refuses_what_it_makes() {
    let test = "template_is_warned_of_where_pod_security_refuses_what_it_makes";
    let Some(stage) = Validated::open(test).await else { return };
    let (mut counts, mut wrong) = ([0, 0], Vec::new());
    for level in ["baseline", "restricted"] {
        stage.label(json!({"pod-security.kubernetes.io/enforce": level})).await;
        let privileged = own("t", adding("containers", json!({"securityContext": {"privileged": true}})));
        stage.until_warned(&privileged, &format!("Pod Security \"{level}\"")).await;
        until_refused(&stage, &privileged).await;
        for spec in doubtful() {
            let template = own("t", spec);
            let answer = stage.dry(&template).await;
            assert!(answer.status < 300, "{template}: {}", answer.message());
            let warned: Vec<_> =
                answer.warnings.iter().filter(|text| text.contains("Pod Security")).collect();
            let refused = stage.dry_pod(&stage.restricted_sample(&template)).await;
            assert!(
                refused.status < 300 || refused.message().contains("PodSecurity"),
                "{template}: {refused:?}"
            );
            let is_refused = refused.status == 403;
            counts[usize::from(is_refused)] += 1;
            // Each of the reasons that it has, we have.
            let reasons = refused.message().split_once(": ").map(|(_, reasons)| reasons).unwrap_or_default();
            let is_known = |warning: &&String| {
                let ours = warning.rsplit_once(": ").unwrap().1;
                ours.split(", ").all(|reason| reasons.contains(reason))
            };
            if warned.is_empty() == is_refused || !warned.iter().copied().all(|text| is_known(&text)) {
                wrong.push(format!("{level}: {template}: {warned:?}: {}", refused.message()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(counts.iter().all(|count| *count > 10), "{counts:?}");
    stage.close().await;
}

/// Admission of the API server learns of a label a moment later, too.
async fn until_refused(stage: &Validated, template: &Value) {
    let pod = stage.restricted_sample(template);
    wait_for("Pod Security to refuse", Duration::from_secs(10), async || {
        let answer = stage.dry_pod(&pod).await;
        Ok(if answer.status == 403 { Wait::Done(()) } else { Wait::NotYet(answer.body.to_string()) })
    })
    .await
    .unwrap();
}
