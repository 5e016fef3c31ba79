//! What may not work is taken, with a warning.

use std::time::Duration;

use chandler_e2e::{Wait, send, wait_for};
use http::Method;
use serde_json::{Value, json};

use crate::daemon::pod;
use crate::stage::Validated;
use crate::templates::{adding, cluster, own, with_containers, with_pod};

/// The one warning of a template that is taken.
async fn warning(stage: &Validated, template: &Value) -> String {
    let answer = stage.dry(template).await;
    assert!(answer.status < 300, "{}", answer.message());
    let mine = answer.warnings.iter().filter(|text| is_about(text, stage)).collect::<Vec<_>>();
    assert_eq!(mine.len(), 1, "{:?}", answer.warnings);
    mine[0].clone()
}

/// Warnings about other tests' namespaces are theirs.
fn is_about(text: &str, stage: &Validated) -> bool {
    let names_other = text.contains("Pod Security") || text.contains("ResourceQuota");
    !names_other || text.contains(&stage.stage.scene.namespace)
}

#[tokio::test]
async fn quota_that_wants_resources_is_warned_of_and_the_api_server_enforces_it() {
    let test = "quota_that_wants_resources_is_warned_of_and_the_api_server_enforces_it";
    let Some(stage) = Validated::open(test).await else { return };
    let hard = json!({"limits.memory": "1Gi", "requests.cpu": "4"});
    let quota = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": hard}});
    stage.create(&quota, "").await.object().unwrap();
    let bare = own("t", adding("containers", json!({})));
    let text = warning(&stage, &bare).await;
    assert!(
        text.ends_with("/q would refuse pods: containers[agent] has no requests.cpu, limits.memory"),
        "{text}"
    );
    let resources = json!({"resources": {"limits": {"memory": "1Mi", "cpu": "1m"}}});
    let sized = own("t", adding("containers", resources.clone()));
    assert_eq!(stage.dry(&sized).await.warnings, [""; 0]);
    // The same of a pod whose own container is not the cause. No controller counts what is used: somebody has to.
    let status = json!({"status": {"hard": hard, "used": {"limits.memory": "0", "requests.cpu": "0"}}});
    let path =
        format!("{}/q/status", stage.stage.objects.path(&quota, &stage.stage.scene.namespace).unwrap());
    let content = ("application/merge-patch+json", &status);
    send(&stage.stage.scene.client, Method::PATCH, &path, content).await.unwrap().object().unwrap();
    let pod_of = |template| {
        let mut pod = stage.samples(template).remove(0).1;
        pod["spec"]["containers"][0]["resources"] = resources["resources"].clone();
        pod
    };
    let refused = pod_of(&bare);
    wait_for("the quota to be enforced", Duration::from_secs(20), async || {
        let message = stage.dry_pod(&refused).await.message().to_owned();
        let is_meant = message.contains("must specify") && message.contains("agent");
        Ok(if is_meant { Wait::Done(()) } else { Wait::NotYet(message) })
    })
    .await
    .unwrap();
    stage.dry_pod(&pod_of(&sized)).await.object().unwrap();
    let limits =
        json!([{"type": "Container", "default": {"memory": "1Mi"}, "defaultRequest": {"cpu": "1m"}}]);
    let range = json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "r"}, "spec": {"limits": limits}});
    stage.create(&range, "").await.object().unwrap();
    assert_eq!(stage.dry(&bare).await.warnings, [""; 0]);
    stage.close().await;
}

#[tokio::test]
async fn mount_and_container_that_only_some_pods_have_are_warned_of() {
    let test = "mount_and_container_that_only_some_pods_have_are_warned_of";
    let Some(stage) = Validated::open(test).await else { return };
    let mount = with_containers(json!({"volumeMounts": [{"name": "data", "mountPath": "/data"}]}));
    assert!(warning(&stage, &own("t", mount)).await.starts_with("pods without a volume \"data\""));
    let part = with_pod(json!({"containers": [{"name": "server", "env": [{"name": "A", "value": "1"}]}]}));
    assert!(warning(&stage, &own("t", part)).await.starts_with("pods without a container \"server\""));
    let port = adding("containers", json!({"ports": [{"containerPort": 80, "hostPort": 81}]}));
    assert!(warning(&stage, &own("t", port)).await.starts_with("a pod in the network of its node"));
    let mut values = adding("initContainers", json!({"restartPolicy": "{{params.policy}}"}));
    values["parameters"] = json!([{"name": "policy", "default": "Always", "enum": ["Always", "Sometimes"]}]);
    assert!(
        warning(&stage, &own("t", values)).await.starts_with("with the parameter policy = \"Sometimes\"")
    );
    let loose = adding("containers", json!({"image": "example.com/agent"}));
    assert!(warning(&stage, &own("t", loose)).await.contains("has no fixed tag"));
    stage.close().await;
}

#[tokio::test]
async fn pod_that_is_there_and_on_which_the_template_would_fail_is_named() {
    let test = "pod_that_is_there_and_on_which_the_template_would_fail_is_named";
    let Some(stage) = Validated::open(test).await else { return };
    let mut other = pod(json!({}));
    other["spec"]["containers"][0]["name"] = json!("agent");
    stage.create(&other, "").await.object().unwrap();
    let mut spec = adding("containers", json!({"$position": "first"}));
    let on_request = own("t", spec.clone());
    assert_eq!(stage.dry(&on_request).await.warnings, [""; 0], "nobody asks for it");
    spec["select"] = json!({"mode": "Default"});
    let text = warning(&stage, &own("t", spec)).await;
    let name = format!("{}/app", stage.stage.scene.namespace);
    assert!(text.starts_with(&format!("the template would fail on the pod {name}: ")), "{text}");
    stage.close().await;
}

#[tokio::test]
async fn two_templates_that_always_apply_and_disagree_are_warned_of() {
    let test = "two_templates_that_always_apply_and_disagree_are_warned_of";
    let Some(stage) = Validated::open(test).await else { return };
    let always = |value: &str| {
        let mut spec = with_containers(json!({"env": [{"name": "LEVEL", "value": value}]}));
        spec["select"] = json!({"mode": "Default"});
        spec
    };
    stage.create(&own("first", always("a")), "").await.object().unwrap();
    let second = own("second", always("b"));
    stage.until_warned(&second, "template first (Default) applies to the same pods and sets spec.").await;
    assert!(warning(&stage, &second).await.contains("env[LEVEL].value"));
    assert_eq!(stage.dry(&own("third", always("a"))).await.warnings, [""; 0]);
    stage.close().await;
}

#[tokio::test]
async fn template_that_could_lock_the_cluster_out_or_hides_another_is_warned_of() {
    let test = "template_that_could_lock_the_cluster_out_or_hides_another_is_warned_of";
    let Some(stage) = Validated::open(test).await else { return };
    let label = json!({"patches": [{"pod": {"metadata": {"labels": {"a": "b"}}}}]});
    let mut strict = label.clone();
    strict["onError"] = json!("Deny");
    strict["select"] = json!({"mode": "Mandatory"});
    assert!(
        warning(&stage, &cluster("t", strict.clone())).await.starts_with("mode Mandatory with onError Deny")
    );
    strict["select"]["namespaceSelector"] =
        json!({"matchLabels": {"kubernetes.io/metadata.name": stage.stage.scene.namespace}});
    assert_eq!(stage.dry(&cluster("t", strict)).await.warnings, [""; 0]);

    let name = &stage.stage.scene.namespace;
    stage.create(&own(name, label.clone()), "").await.object().unwrap();
    stage.until_warned(&cluster(name, label.clone()), &format!("of that name: in {name}")).await;
    stage.stage.objects.delete(&own(name, label.clone()), name).await.unwrap().object().unwrap();
    let shared = cluster(name, label.clone());
    stage.create(&shared, "").await.object().unwrap();
    stage.until_warned(&own(name, label), "no longer the cluster's of that name").await;
    stage.stage.objects.delete(&shared, "").await.unwrap().object().unwrap();
    stage.close().await;
}
