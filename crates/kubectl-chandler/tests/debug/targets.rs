//! Targets of many kinds: each gets a session that sees its files, and a workload has a pod picked.

use std::time::Duration;

use chandler_e2e::{Wait, wait_for};
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use crate::place::{Place, pod};

/// A pod with the image without a shell, which has another user than root.
fn bare(name: &str) -> Value {
    let mut bare = pod(name);
    bare["spec"]["containers"][0]["image"] = json!("chandler.dev/distroless:test");
    bare
}

#[tokio::test]
async fn targets_without_a_shell_without_root_and_read_only_show_their_files() {
    let test = "targets_without_a_shell_without_root_and_read_only_show_their_files";
    let Some(place) = Place::open(test).await else { return };
    let mut user = pod("user");
    let nobody = json!({"runAsUser": 1000, "runAsGroup": 1000, "runAsNonRoot": true});
    user["spec"]["containers"][0]["securityContext"] = nobody;
    let mut fixed = pod("fixed");
    fixed["spec"]["containers"][0]["securityContext"] = json!({"readOnlyRootFilesystem": true});
    for target in [bare("bare"), user, fixed] {
        place.apply(&target).await;
    }
    for (name, file) in [
        ("bare", "/chandler-workload"),
        ("user", "/bin/chandler-workload"),
        ("fixed", "/bin/chandler-workload"),
    ] {
        place.until_ready(name).await;
        let output = place.debug(name, &["ls", file]).await;
        assert_eq!((output.code, output.stdout), (0, format!("{file}\n")), "{name}: {}", output.stderr);
        let lacks = ["note: ", "chandler: "].iter().any(|word| output.stderr.contains(word));
        assert!(!lacks, "{name}: {}", output.stderr);
    }
}

#[tokio::test]
async fn restricted_namespace_gets_the_files_and_a_word_on_what_was_given_up() {
    let test = "restricted_namespace_gets_the_files_and_a_word_on_what_was_given_up";
    let Some(place) = Place::open(test).await else { return };
    let namespaces: Api<Namespace> = Api::all(place.scene.client.clone());
    let label = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    namespaces.patch(&place.scene.namespace, &PatchParams::default(), &Patch::Merge(label)).await.unwrap();
    let mut target = bare("web");
    target["spec"]["containers"][0]["securityContext"] = json!({
        "runAsNonRoot": true, "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"}, "runAsUser": 65532, "runAsGroup": 65532,
    });
    place.apply(&target).await;
    place.until_ready("web").await;
    let script = "ls $CHANDLER_TARGET_ROOT/chandler-workload; id -u";
    let output = place.debug("web", &["sh", "-c", script]).await;
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (0, "/proc/1/root/chandler-workload\n65532\n"),
        "{output:?}"
    );
    assert!(output.stderr.contains("restricted"), "{output:?}");
    assert!(output.stderr.contains("SYS_CHROOT"), "{output:?}");

    let asked = place.debug("web --profile sysadmin", &["true"]).await;
    assert_eq!(asked.code, 125, "{asked:?}");
    assert!(asked.stderr.contains("restricted") && asked.stderr.contains("next: "), "{asked:?}");
}

#[tokio::test]
async fn pod_of_a_service_a_stateful_set_or_a_job_is_picked_and_named() {
    let test = "pod_of_a_service_a_stateful_set_or_a_job_is_picked_and_named";
    let Some(place) = Place::open(test).await else { return };
    let template = |name: &str| json!({"metadata": {"labels": {"app": name}}, "spec": pod(name)["spec"]});
    let selector = json!({"matchLabels": {"app": "db"}});
    place
        .apply(&json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "db"},
            "spec": {"serviceName": "db", "replicas": 1, "selector": selector, "template": template("db")},
        }))
        .await;
    place
        .apply(&json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": "front"},
            "spec": {"selector": {"app": "db"}, "ports": [{"port": 80}]},
        }))
        .await;
    let mut once = template("once");
    once["spec"]["restartPolicy"] = json!("Never");
    place
        .apply(&json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "once"}, "spec": {"template": once},
        }))
        .await;
    let of_job = until_there(&place, "once-").await;
    for (target, name, what) in [
        ("sts/db", "db-0", "statefulset/db"),
        ("svc/front", "db-0", "service/front"),
        ("job/once", of_job.as_str(), "job/once"),
    ] {
        place.until_ready(name).await;
        let output = place.debug(target, &["sh", "-c", "echo $HOSTNAME"]).await;
        assert_eq!((output.code, output.stdout), (0, format!("{name}\n")), "{target}: {}", output.stderr);
        assert!(output.stderr.contains(&format!("pod {name} of {what}\n")), "{}", output.stderr);
    }
}

/// The name of the pod that begins like this.
async fn until_there(place: &Place, beginning: &str) -> String {
    wait_for(&format!("a pod {beginning}…"), Duration::from_secs(60), async || {
        let names = place.pod_names().await;
        let found = names.iter().find(|name| name.starts_with(beginning)).cloned();
        Ok(found.map_or_else(|| Wait::NotYet(format!("{names:?}")), Wait::Done))
    })
    .await
    .unwrap()
}
