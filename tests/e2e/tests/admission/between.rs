//! What happens between the two times that the API server brings a pod: another webhook changes it, somebody a template.

use std::time::Duration;

use axum::routing::post;
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chandler_api::names;
use chandler_e2e::{Certificate, webhook_of};
use chandler_runtime::server::ServerArgs;
use chandler_runtime::shutdown::{Shutdown, ShutdownArgs, Trigger};
use chandler_runtime::tls::ServerTls;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::daemon::{Stage, pod};

/// A pod with this annotation is not answered before the test says so.
const HOLD: &str = "example.com/hold";

/// A webhook of somebody else, called after ours: it adds a container to each pod.
struct Meddler {
    held: mpsc::Receiver<oneshot::Sender<()>>,
    webhook: Value,
    _trigger: Trigger,
    _server: JoinHandle<()>,
}

impl Meddler {
    async fn start(stage: &Stage) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let own = Certificate::write(folder.path(), &stage.scene.namespace).unwrap();
        let certificate = CertificateDer::from_pem_file(folder.path().join("tls.crt")).unwrap();
        let key = PrivateKeyDer::from_pem_file(folder.path().join("tls.key")).unwrap();
        let builder = ServerConfig::builder().with_no_client_auth();
        let tls = ServerTls::waiting();
        tls.replace(builder.with_single_cert(vec![certificate], key).unwrap());
        let https = ServerArgs { address: "127.0.0.1:0".parse().unwrap(), max_connections: 16 };
        let server = https.bind(tls).await.unwrap();
        let name = format!("{}-z", stage.scene.namespace);
        let mut webhook = webhook_of(&stage.scene.namespace, &own.direct_config(server.address()));
        webhook["metadata"]["name"] = name.into();
        webhook["webhooks"][0]["name"] = "meddle.example.com".into();
        let (sender, held) = mpsc::channel(1);
        let router = Router::new().route("/inject", post(move |Json(review)| meddle(review, sender.clone())));
        let (trigger, shutdown): (Trigger, Shutdown) =
            ShutdownArgs { drain_seconds: 0, grace_seconds: 0 }.shutdown();
        let served = tokio::spawn(async move { server.serve(router, &shutdown).await });
        stage.objects.create(&webhook, "", "").await.unwrap().object().unwrap();
        Self { held, webhook, _trigger: trigger, _server: served }
    }

    async fn close(self, stage: &Stage) {
        stage.objects.delete(&self.webhook, "").await.unwrap().object().unwrap();
    }
}

async fn meddle(review: Value, held: mpsc::Sender<oneshot::Sender<()>>) -> Json<Value> {
    let request = &review["request"];
    let containers = request["object"]["spec"]["containers"].as_array().unwrap();
    let mut response = json!({"uid": request["uid"], "allowed": true});
    if !containers.iter().any(|container| container["name"] == "late") {
        if !request["object"]["metadata"]["annotations"][HOLD].is_null() {
            let (release, released) = oneshot::channel();
            held.send(release).await.unwrap();
            released.await.unwrap();
        }
        let late = json!({"name": "late", "image": "example.com/late:1"});
        let patch = json!([{"op": "add", "path": "/spec/containers/-", "value": late}]).to_string();
        response["patchType"] = "JSONPatch".into();
        response["patch"] = STANDARD.encode(patch).into();
    }
    Json(json!({"apiVersion": review["apiVersion"], "kind": review["kind"], "response": response}))
}

/// A label, and a variable in every container.
fn version(value: &str) -> Value {
    json!({"patches": [
        {"pod": {"metadata": {"labels": {"version": value}}}},
        {"containers": {"patch": {"env": [{"name": "VERSION", "value": value}]}}},
    ]})
}

fn versions(pod: &Value) -> Vec<&Value> {
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    containers.map(|container| &container["env"][0]["value"]).collect()
}

#[tokio::test]
async fn container_that_another_webhook_adds_is_fitted_out_too() {
    let Some(stage) = Stage::open("container_that_another_webhook_adds_is_fitted_out_too").await else {
        return;
    };
    stage.apply("version", version("1")).await;
    let asking = pod(json!({"chandler.dev/templates": "version"}));
    let meddler = Meddler::start(&stage).await;
    stage.until("both webhooks", &asking, |answer| versions(&answer.body) == ["1", "1"]).await;
    meddler.close(&stage).await;
    stage.close().await;
}

#[tokio::test]
async fn pod_meets_one_revision_also_when_the_template_changes_in_between() {
    let test = "pod_meets_one_revision_also_when_the_template_changes_in_between";
    let Some(stage) = Stage::open(test).await else { return };
    stage.apply("version", version("1")).await;
    let asking = pod(json!({"chandler.dev/templates": "version"}));
    let mut meddler = Meddler::start(&stage).await;
    let first =
        stage.until("both webhooks", &asking, |answer| versions(&answer.body) == ["1", "1"]).await.body;
    let slow = pod(json!({"chandler.dev/templates": "version", HOLD: "yes"}));
    let (fitted, ()) = tokio::join!(stage.dry(&slow), async {
        let release = tokio::time::timeout(Duration::from_secs(10), meddler.held.recv()).await;
        stage.apply("version", version("2")).await;
        stage.until("the second revision", &asking, |answer| versions(&answer.body) == ["2", "2"]).await;
        release.unwrap().unwrap().send(()).unwrap();
    });
    let fitted = fitted.object().unwrap();
    assert_eq!(versions(&fitted), ["1", "1"]);
    assert_eq!(fitted["metadata"]["labels"]["version"], "1");
    assert_eq!(
        fitted["metadata"]["annotations"][names::INJECTED],
        first["metadata"]["annotations"][names::INJECTED]
    );
    meddler.close(&stage).await;
    stage.close().await;
}
