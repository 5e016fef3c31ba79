//! What the webhook answers where there is no API server to ask: reviews of templates, and requests that are none.

use axum::body::Body;
use chandler_runtime::readiness::Readiness;
use http::StatusCode;
use prometheus::Registry;
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use super::*;
use crate::decision::Settings;
use crate::review::MAX_REVIEW_SIZE;
use crate::serve::live::{Change, Watched};

/// A webhook that knows of nothing, and is ready or not. Nothing listens where its client asks.
async fn router(is_ready: bool) -> Router {
    chandler_runtime::use_ring();
    let metrics = Metrics::register(&Registry::new()).unwrap();
    let (live, gatherer) = Live::new(Settings::default(), &Readiness::default(), metrics.clone());
    let (sender, changes) = mpsc::channel(16);
    if is_ready {
        for watched in [Watched::Templates, Watched::ClusterTemplates, Watched::Namespaces] {
            sender.send(Change::ListBegins(watched)).await.unwrap();
            sender.send(Change::ListEnds(watched)).await.unwrap();
        }
    }
    drop(sender);
    gatherer.gather(changes).await;
    let client = Client::try_from(kube::Config::new("http://127.0.0.1:1".parse().unwrap())).unwrap();
    Validator::new(Arc::new(live), client, metrics, Reception::default()).router()
}

async fn ask(router: &Router, media_type: &str, body: impl Into<Body>) -> (StatusCode, String) {
    let request =
        http::Request::post("/validate").header("content-type", media_type).body(body.into()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn template(label: &str) -> Value {
    json!({
        "apiVersion": names::API_VERSION, "kind": "InjectionTemplate",
        "metadata": {"name": "t", "namespace": "shop"},
        "spec": {"patches": [{"pod": {"metadata": {"labels": {"a": label}}}}]},
    })
}

fn review(version: &str, operation: &str, object: &Value, old: &Value) -> Value {
    let kind = json!({"group": names::GROUP, "version": names::VERSION, "kind": "InjectionTemplate"});
    json!({
        "apiVersion": format!("admission.k8s.io/{version}"), "kind": "AdmissionReview",
        "request": {"uid": "7", "kind": kind, "operation": operation, "namespace": "shop", "object": object, "oldObject": old},
    })
}

async fn answer(review: &Value) -> Value {
    let (status, body) = ask(&router(true).await, "application/json", review.to_string()).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    serde_json::from_str(&body).unwrap()
}

#[tokio::test]
async fn good_template_is_allowed_though_the_api_server_is_away() {
    for version in ["v1", "v1beta1"] {
        let answer = answer(&review(version, "CREATE", &template("b"), &Value::Null)).await;
        assert_eq!(answer["apiVersion"], format!("admission.k8s.io/{version}"));
        assert_eq!(answer["response"], json!({"uid": "7", "allowed": true}));
    }
}

#[tokio::test]
async fn bad_template_is_refused_with_every_field() {
    let bad = template("{{params.unknown}}");
    let response = answer(&review("v1", "CREATE", &bad, &Value::Null)).await["response"].clone();
    assert_eq!(response["allowed"], false);
    assert_eq!(
        (&response["status"]["code"], &response["status"]["reason"]),
        (&json!(422), &json!("Invalid"))
    );
    let message = response["status"]["message"].as_str().unwrap();
    assert!(message.starts_with("InjectionTemplate \"t\" is invalid: spec.patches[0]: "), "{message}");
    assert_eq!(response["status"]["details"]["causes"][0]["field"], "spec.patches[0]");
}

#[tokio::test]
async fn errors_are_bounded_in_number_and_length() {
    let patches: Vec<Value> =
        (0..60).map(|index| json!({"pod": {"metadata": {"labels": {"a": format!("{{{{params.p{index}{}}}}}", "x".repeat(600))}}}})).collect();
    let mut bad = template("b");
    bad["spec"]["patches"] = json!(patches);
    let response = answer(&review("v1", "CREATE", &bad, &Value::Null)).await["response"].clone();
    let causes = response["status"]["details"]["causes"].as_array().unwrap();
    assert_eq!(causes.len(), MAX_ERRORS);
    let message = response["status"]["message"].as_str().unwrap();
    assert!(message.ends_with("; and 40 more") && message.len() < 16 * 1024, "{}", message.len());
}

#[tokio::test]
async fn what_does_not_change_what_a_template_says_is_allowed_without_a_word() {
    let bad = template("{{params.unknown}}");
    let mut labelled = bad.clone();
    labelled["metadata"]["labels"] = json!({"team": "a"});
    let mut status = review("v1", "UPDATE", &bad, &template("b"));
    status["request"]["subResource"] = json!("status");
    let mut pod = review("v1", "CREATE", &bad, &Value::Null);
    pod["request"]["kind"] = json!({"group": "", "version": "v1", "kind": "Pod"});
    let silent = [
        review("v1", "UPDATE", &labelled, &bad),
        review("v1", "DELETE", &Value::Null, &bad),
        review("v1", "CONNECT", &bad, &Value::Null),
        status,
        pod,
    ];
    for review in silent {
        assert_eq!(answer(&review).await["response"], json!({"uid": "7", "allowed": true}), "{review}");
    }
    let changed = review("v1", "UPDATE", &bad, &template("b"));
    assert_eq!(answer(&changed).await["response"]["allowed"], false);
}

#[tokio::test]
async fn request_that_is_no_review_has_the_status_that_the_other_webhook_gives() {
    let whole = review("v1", "CREATE", &template("b"), &Value::Null).to_string();
    let ready = router(true).await;
    let cases = [
        ("text/plain", whole.clone(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/json", whole.chars().take(whole.len() / 2).collect(), StatusCode::BAD_REQUEST),
        ("application/json", whole.replace("\"7\"", "\"\""), StatusCode::BAD_REQUEST),
        ("application/json", whole.replace("k8s.io/v1", "k8s.io/v9"), StatusCode::BAD_REQUEST),
        ("application/json", " ".repeat(MAX_REVIEW_SIZE + 1), StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (media_type, body, expected) in cases {
        assert_eq!(ask(&ready, media_type, body).await.0, expected, "{media_type}");
        assert_eq!(ask(&ready, "application/json", whole.clone()).await.0, StatusCode::OK);
    }
    let (status, _) = ask(&router(false).await, "application/json", whole).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}
