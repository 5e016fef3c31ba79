//! A release from its installation to its end, with pods that run.

use std::time::Duration;

use chandler_api::names;
use chandler_e2e::{Helm, Wait, wait_for};
use serde_json::{Value, json};

use crate::monitoring;
use crate::release::{Release, SECRET};

/// The label that the injector's pods are found by.
const INJECTOR: &str = "app.kubernetes.io/name=chandler-injector";

#[tokio::test]
async fn release_fits_pods_out_guards_them_goes_back_and_leaves_nothing_but_definitions() {
    let test = "release_fits_pods_out_guards_them_goes_back_and_leaves_nothing_but_definitions";
    let Some(release) = Release::prepare(test).await else { return };
    let namespace = release.scene.namespace.clone();

    let notes = release.install();
    assert!(notes.contains("The guard is off"), "{notes}");
    let replicas = release.until_ready(&namespace, INJECTOR, 2).await;
    release.apply_template(&template(&namespace)).await;
    let asking = pod(&namespace);
    release.until("the template to be effective", &asking, |answer| has_sidecar(&answer.body)).await;
    running_pod_has_its_sidecar(&release).await;
    left_alone(&release, &asking).await;
    monitoring::until_metrics_of_ours_exist(&release, &replicas).await;

    guard_speaks(&release, &asking).await;
    monitoring::metrics_of_the_api_server_exist(&release).await;

    other_certificate_serves(&release, &asking).await;
    api_server_shows_its_certificate(&release, &asking).await;
    release.tell(&["rollback", Helm::RELEASE, "1", "--wait", "--timeout=90s"]);
    release.until_ready(&namespace, INJECTOR, 2).await;
    release.until("pods to be fitted out again", &asking, |answer| has_sidecar(&answer.body)).await;

    removal_leaves_nothing_but_definitions(&release).await;
    release.delete_template(&template(&namespace)).await;
    release.close().await;
}

/// The Deployment of a team that knows an annotation, and nothing else.
async fn running_pod_has_its_sidecar(release: &Release) {
    let template = pod(&release.scene.namespace);
    let labels = json!({"app": "shop"});
    let metadata = json!({"labels": labels, "annotations": template["metadata"]["annotations"]});
    release
        .apply(&json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "shop", "namespace": release.applications},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": metadata, "spec": template["spec"]}},
        }))
        .await;
    let pods = release.until_ready(&release.applications, "app=shop", 1).await;
    let record = pods[0]["metadata"]["annotations"][names::INJECTED].as_str().unwrap();
    assert!(record.starts_with("cluster/"), "{record}");
    let sidecar = &pods[0]["status"]["initContainerStatuses"][0];
    assert_eq!((&sidecar["name"], &sidecar["ready"]), (&json!("sidecar"), &json!(true)));
}

/// The certificate may come from somewhere else, and pods that are fitted out say that the API server trusts it.
async fn other_certificate_serves(release: &Release, asking: &Value) {
    release.upgrade_to_own_certificate();
    let trusted = release.get(MUTATING).await.unwrap().object().unwrap();
    assert_eq!(trusted["webhooks"][0]["clientConfig"]["caBundle"], release.authority_base64());
    release.until("pods to be fitted out", asking, |answer| has_sidecar(&answer.body)).await;
}

/// Nobody is served without a certificate any more, and the API server has one.
async fn api_server_shows_its_certificate(release: &Release, asking: &Value) {
    // A given cluster may be configured otherwise.
    let Some(cluster) = release.scene.cluster() else { return };
    let authority = format!("injector.webhook.clientAuthority={}", cluster.authority().display());
    release.upgrade(&["--set-file", &authority]);
    let replicas = release.until_ready(&release.scene.namespace, INJECTOR, 2).await;
    let guarded = json!("--tls-client-authority=/etc/chandler/clients/ca.crt");
    let is_guarded =
        |pod: &Value| pod["spec"]["containers"][0]["args"].as_array().unwrap().contains(&guarded);
    assert!(replicas.iter().all(is_guarded), "{replicas:?}");
    release.until("pods to be fitted out", asking, |answer| has_sidecar(&answer.body)).await;
}

/// Pods of the release's own namespace are nobody's.
async fn left_alone(release: &Release, asking: &Value) {
    let mut own = asking.clone();
    own["spec"]["securityContext"] =
        json!({"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}});
    own["spec"]["containers"][0]["securityContext"] =
        json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
    let answer = release.objects.create(&own, &release.scene.namespace, "dryRun=All").await.unwrap();
    assert!(!has_sidecar(&answer.object().unwrap()));
}

/// What the guard says when no replica is there, by its mode.
async fn guard_speaks(release: &Release, asking: &Value) {
    let is_guard = |text: &str| text.contains("chandler-injector-guard-cluster");
    let guard = |mode: &str| {
        release.upgrade(&["--set", &format!("injector.guard={mode}"), "--set", "injector.replicas=0"])
    };
    guard("deny");
    release
        .until("the pod to be refused", asking, |answer| answer.status == 403 && is_guard(answer.message()))
        .await;
    let mut plain = asking.clone();
    plain["metadata"]["annotations"] = json!({});
    assert!(release.dry(&plain).await.unwrap().status < 300, "nobody asks");
    guard("warn");
    let warns = |warnings: &[String]| warnings.iter().any(|warning| is_guard(warning));
    release.until("a warning", asking, |answer| answer.status < 300 && warns(&answer.warnings)).await;
    guard("audit");
    release.until("no warning", asking, |answer| answer.status < 300 && !warns(&answer.warnings)).await;
    type_checked(release).await;
    // The webhook itself is gone: an upgrade brings it back.
    guard("deny");
    for path in [MUTATING, VALIDATING] {
        let object = release.get(path).await.unwrap().object().unwrap();
        release.objects.delete(&object, "").await.unwrap().object().unwrap();
    }
    release
        .until("the pod to be refused", asking, |answer| answer.status == 403 && is_guard(answer.message()))
        .await;
    release.upgrade(&["--set", "injector.replicas=2"]);
    let fitted =
        release.until("guard and injector to agree", asking, |answer| has_sidecar(&answer.body)).await;
    assert!(fitted.status < 300, "{}", fitted.message());
}

const MUTATING: &str =
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/chandler-injector";
const VALIDATING: &str =
    "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/chandler-injector";

/// The API server has checked the types of the guard's expressions, and has nothing to say.
async fn type_checked(release: &Release) {
    for policy in ["cluster", "namespaced"] {
        let path = format!(
            "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies/chandler-injector-guard-{policy}"
        );
        let checked = wait_for("the policy to be checked", Duration::from_secs(30), async || {
            let status = release.get(&path).await?.object()?["status"].clone();
            Ok(if status["typeChecking"].is_null() {
                Wait::NotYet(status.to_string())
            } else {
                Wait::Done(status)
            })
        })
        .await
        .unwrap();
        assert!(checked["typeChecking"]["expressionWarnings"].is_null(), "{checked}");
    }
}

async fn removal_leaves_nothing_but_definitions(release: &Release) {
    let manifest = release.manifest();
    release.tell(&["uninstall", Helm::RELEASE, "--wait", "--timeout=90s"]);
    for object in &manifest {
        let path = release.objects.path(object, &release.scene.namespace).unwrap();
        let name = object["metadata"]["name"].as_str().unwrap();
        let status = release.get(&format!("{path}/{name}")).await.unwrap().status;
        let stays = object["kind"] == "CustomResourceDefinition";
        assert_eq!(status, if stays { 200 } else { 404 }, "{} {name}", object["kind"]);
    }
    let template =
        format!("/apis/{}/clusterinjectiontemplates/{}", names::API_VERSION, release.scene.namespace);
    assert_eq!(release.get(&template).await.unwrap().status, 200, "templates stay with their definitions");
    // What the injector itself made, and what was there before.
    let names_at = async |path: &str| {
        let list = release.get(&format!("{path}?limit=100")).await.unwrap().object().unwrap();
        let items = list["items"].as_array().unwrap().iter();
        items.map(|item| item["metadata"]["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let namespace = &release.scene.namespace;
    let leases = names_at(&format!("/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases")).await;
    assert_eq!(leases, ["chandler-injector"]);
    let secrets = names_at(&format!("/api/v1/namespaces/{namespace}/secrets")).await;
    assert_eq!(secrets, ["chandler-injector-tls", SECRET]);
}

fn has_sidecar(pod: &Value) -> bool {
    pod["spec"]["initContainers"][0]["name"] == "sidecar"
}

/// A program that serves.
fn container(name: &str, port: &str) -> Value {
    json!({
        "name": name, "image": "chandler.dev/distroless:test", "imagePullPolicy": "IfNotPresent",
        "args": ["serve", "--port", port],
    })
}

/// A template of the cluster, named after the test's namespace.
fn template(namespace: &str) -> Value {
    let mut sidecar = container("sidecar", "20001");
    sidecar["restartPolicy"] = json!("Always");
    let patches = json!([{"pod": {"spec": {"initContainers": [sidecar]}}}]);
    json!({
        "apiVersion": names::API_VERSION, "kind": "ClusterInjectionTemplate", "metadata": {"name": namespace},
        "spec": {"patches": patches},
    })
}

fn pod(template: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "app", "annotations": {names::TEMPLATES: template}},
        "spec": {"automountServiceAccountToken": false, "containers": [container("app", "20000")]},
    })
}
