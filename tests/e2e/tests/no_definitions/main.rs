//! A daemon in a cluster that does not know our kinds yet.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::time::Duration;

use chandler_e2e::{Needs, Objects, Scene, Wait, install_definitions, wait_for};
use chandler_injector::serve::{Daemon, ServeArgs};
use clap::Parser;
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;

#[derive(Debug, Parser)]
struct Flags {
    #[command(flatten)]
    serve: ServeArgs,
}

/// A watch that fails rests for half a minute at most.
const BOUND: Duration = Duration::from_secs(90);

#[tokio::test]
async fn daemon_is_not_ready_until_the_definitions_are_there_and_then_without_a_restart() {
    let test = "daemon_is_not_ready_until_the_definitions_are_there";
    let Some(scene) = Scene::open(Needs::ApiServer, test).await.unwrap() else { return };
    // In the cluster of somebody else the definitions may be in use.
    if scene.cluster().is_none() {
        eprintln!("\nSKIPPED {test}: the cluster is not its own");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(folder.path().join("tls.crt"), certificate.pem()).unwrap();
    std::fs::write(folder.path().join("tls.key"), key.serialize_pem()).unwrap();
    let flags = Flags::parse_from([
        "test".to_owned(),
        "--address=127.0.0.1:0".to_owned(),
        "--admin-address=127.0.0.1:0".to_owned(),
        "--status-milliseconds=100".to_owned(),
        format!("--tls-certificate={}", folder.path().join("tls.crt").display()),
        format!("--tls-key={}", folder.path().join("tls.key").display()),
        format!("--namespace={}", scene.namespace),
    ]);
    let daemon = Daemon::start(&flags.serve, scene.client.clone()).await.unwrap();
    let readiness = daemon.readiness().clone();
    let missing = async |expected: &[&str]| {
        wait_for(&format!("{expected:?} to be missing"), BOUND, async || {
            let missing = readiness.missing();
            Ok(if missing == expected { Wait::Done(()) } else { Wait::NotYet(missing.join(", ")) })
        })
        .await
        .unwrap();
    };
    // Namespaces are there, so the others were asked for as well.
    missing(&["cluster-templates", "templates"]).await;
    let (_trigger, shutdown) = flags.serve.shutdown.shutdown();
    let _serving = tokio::spawn(async move { daemon.serve(&shutdown).await });

    install_definitions(&scene.client).await.unwrap();
    missing(&[]).await;
    // All the rest works as well, although it began before.
    let objects = Objects::discover(&scene.client).await.unwrap();
    let template = json!({
        "apiVersion": "chandler.dev/v1alpha1", "kind": "ClusterInjectionTemplate",
        "metadata": {"name": "late"}, "spec": {"patches": [{"pod": {}}]},
    });
    wait_for("the status of a template", BOUND, async || {
        let object = objects.apply(&template, "").await?.object()?;
        let condition = object["status"]["conditions"][0].clone();
        Ok(if condition["status"] == "True" { Wait::Done(()) } else { Wait::NotYet(object.to_string()) })
    })
    .await
    .unwrap();
}
