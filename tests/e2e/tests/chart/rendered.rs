//! What helm renders, as the API server reads it: no field that it does not know, no value that it refuses.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use chandler_e2e::{
    Answer, Helm, Needs, Objects, Scene, Wait, documents_of, install_definitions, repository, send, wait_for,
};
use http::Method;
use kube::Client;
use serde_json::Value;

/// Nothing is stored, and every unknown field is an error.
const STRICT: &str = "fieldManager=helm&force=true&dryRun=All&fieldValidation=Strict";

/// Go modules that hold the definitions of others' kinds, and the files.
const DEFINITIONS: [(&str, &[&str]); 2] = [
    (
        "github.com/prometheus-operator/prometheus-operator",
        &[
            "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
            "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
        ],
    ),
    (
        "github.com/cert-manager/cert-manager",
        &["deploy/crds/cert-manager.io_certificates.yaml", "deploy/crds/cert-manager.io_issuers.yaml"],
    ),
];

/// Kinds that are there when the definitions are served.
const KINDS: [(&str, &str); 4] = [
    ("monitoring.coreos.com/v1", "ServiceMonitor"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
    ("cert-manager.io/v1", "Certificate"),
    ("cert-manager.io/v1", "Issuer"),
];

#[tokio::test]
async fn every_combination_of_values_renders_to_objects_that_the_api_server_takes() {
    let test = "every_combination_of_values_renders_to_objects_that_the_api_server_takes";
    let Some(helm) = Helm::find(test).unwrap() else { return };
    let Some(scene) = Scene::open(Needs::ApiServer, test).await.unwrap() else { return };
    install_definitions(&scene.client).await.unwrap();
    let objects = with_kinds_of_others(&scene.client).await;
    let mut kinds = std::collections::BTreeSet::new();
    for values in combinations() {
        let rendered = helm.render(&scene.namespace, &["--values".as_ref(), values.as_os_str()]).unwrap();
        assert!(!rendered.is_empty(), "{} renders nothing", values.display());
        for object in &rendered {
            let answer = apply_dry(&scene, &objects, object).await;
            let (kind, name) = (&object["kind"], &object["metadata"]["name"]);
            assert!(answer.status < 300, "{}: {kind} {name}: {}", values.display(), answer.message());
            assert!(answer.warnings.is_empty(), "{}: {kind} {name}: {:?}", values.display(), answer.warnings);
            kinds.insert(kind.as_str().unwrap().to_owned());
        }
    }
    for (_, kind) in KINDS {
        assert!(kinds.contains(kind), "no combination has a {kind}");
    }
}

#[tokio::test]
async fn field_that_nobody_knows_is_refused() {
    let Some(scene) = Scene::open(Needs::ApiServer, "field_that_nobody_knows_is_refused").await.unwrap()
    else {
        return;
    };
    let objects = Objects::discover(&scene.client).await.unwrap();
    let service = serde_json::json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"},
        "spec": {"ports": [{"port": 443, "targetport": 8443}]},
    });
    let answer = apply_dry(&scene, &objects, &service).await;
    assert!(answer.status >= 400 && answer.message().contains("targetport"), "{answer:?}");
}

async fn apply_dry(scene: &Scene, objects: &Objects, object: &Value) -> Answer {
    let path = objects.path(object, &scene.namespace).unwrap();
    let uri = format!("{path}/{}?{STRICT}", object["metadata"]["name"].as_str().unwrap());
    send(&scene.client, Method::PATCH, &uri, ("application/apply-patch+yaml", object)).await.unwrap()
}

/// The files of values, one a combination.
pub(crate) fn combinations() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(Helm::chart().join("ci")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The API with the kinds of the Prometheus operator and of cert-manager.
async fn with_kinds_of_others(client: &Client) -> Objects {
    let objects = Objects::discover(client).await.unwrap();
    for (module, files) in DEFINITIONS {
        let folder = module_folder(module);
        for file in files {
            for definition in documents_of(&folder.join(file)).unwrap() {
                objects.apply(&definition, "").await.unwrap().object().unwrap();
            }
        }
    }
    wait_for("the kinds of others to be served", Duration::from_secs(20), async || {
        let objects = Objects::discover(client).await?;
        let is_missing = |(version, kind): &&(&str, &str)| {
            objects.path(&serde_json::json!({"apiVersion": version, "kind": kind}), "default").is_err()
        };
        let missing: Vec<_> = KINDS.iter().filter(is_missing).collect();
        Ok(if missing.is_empty() { Wait::Done(objects) } else { Wait::NotYet(format!("{missing:?}")) })
    })
    .await
    .unwrap()
}

/// Where Go keeps a module whose version the corpus pins.
fn module_folder(module: &str) -> PathBuf {
    let corpus = repository().join("tests/oracle/corpus");
    let list = ["list", "-m", "-f", "{{.Dir}}", module];
    let output = Command::new("go").args(list).current_dir(corpus).output().unwrap();
    let folder = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    assert!(Path::new(&folder).is_dir(), "{module} is not downloaded: make e2e-prepare sees to it");
    folder.into()
}
