//! What the webhook answers to requests that are none, and that the next one is answered.

use axum::body::{Body, Bytes};
use chandler_runtime::readiness::Readiness;
use http::StatusCode;
use prometheus::Registry;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tower::ServiceExt as _;

use super::*;
use crate::decision::Settings;
use crate::review::{MAX_REVIEW_SIZE, MAX_REVIEW_VALUES};
use crate::serve::live::{Change, Watched};
use crate::serve::reception::{BODY, LARGE, LARGE_ROOM, SMALL_ROOM};

/// A webhook that knows of one namespace, and is ready or not. Its API server is away.
async fn webhook(is_ready: bool) -> Router {
    chandler_runtime::use_ring();
    let registry = Registry::new();
    let metrics = Metrics::register(&registry).unwrap();
    let (events, _) = Teller::unheard(&registry);
    let (live, gatherer) = Live::new(Settings::default(), &Readiness::default(), metrics.clone());
    let (sender, changes) = mpsc::channel(16);
    if is_ready {
        for watched in [Watched::Templates, Watched::ClusterTemplates, Watched::Namespaces] {
            sender.send(Change::ListBegins(watched)).await.unwrap();
            if watched == Watched::Namespaces {
                sender.send(Change::Namespace(Namespace::named("shop"))).await.unwrap();
            }
            sender.send(Change::ListEnds(watched)).await.unwrap();
        }
    }
    drop(sender);
    gatherer.gather(changes).await;
    let nowhere = kube::Config::new("https://127.0.0.1:1".parse().unwrap());
    let namespaces = Namespaces::new(&kube::Client::try_from(nowhere).unwrap());
    let reception = Reception::default();
    Webhook { live: Arc::new(live), namespaces: Arc::new(namespaces), metrics, events, reception }.router()
}

fn review() -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "7", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "operation": "CREATE", "namespace": "shop",
            "object": {"metadata": {}, "spec": {"containers": []}},
        },
    })
}

async fn ask(router: &Router, media_type: &str, body: impl Into<Body>) -> (StatusCode, String) {
    let request =
        http::Request::post("/inject").header("content-type", media_type).body(body.into()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn review_is_answered_with_its_uid() {
    let router = webhook(true).await;
    let (status, body) = ask(&router, "application/json; charset=utf-8", review().to_string()).await;
    assert_eq!(status, StatusCode::OK);
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(answer["response"], json!({"uid": "7", "allowed": true}));
}

#[tokio::test]
async fn namespace_that_cannot_be_found_out_about_is_an_error_and_no_guess() {
    let router = webhook(true).await;
    let review = review().to_string().replace("shop", "newer");
    let (status, message) = ask(&router, "application/json", review).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(message.contains("\"newer\""), "{message}");
}

#[tokio::test]
async fn nothing_is_answered_before_everything_is_known() {
    let router = webhook(false).await;
    let (status, _) = ask(&router, "application/json", review().to_string()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn what_is_no_review_gets_the_status_that_says_so_and_the_next_is_answered() {
    let router = webhook(true).await;
    let whole = review().to_string();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let cases: [(&str, String, StatusCode); 8] = [
        ("text/plain", whole.clone(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("", whole.clone(), StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/json", whole.chars().take(whole.len() / 2).collect(), StatusCode::BAD_REQUEST),
        ("application/json", String::new(), StatusCode::BAD_REQUEST),
        ("application/json", deep, StatusCode::BAD_REQUEST),
        ("application/json", whole.replace("\"7\"", "\"\""), StatusCode::BAD_REQUEST),
        ("application/json", whole.replace("k8s.io/v1", "k8s.io/v9"), StatusCode::BAD_REQUEST),
        ("application/json", " ".repeat(MAX_REVIEW_SIZE + 1), StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (media_type, body, expected) in cases {
        let start = body.get(..body.len().min(60)).unwrap_or_default().to_owned();
        let (status, _) = ask(&router, media_type, body).await;
        assert_eq!(status, expected, "{media_type} {start}");
        assert_eq!(ask(&router, "application/json", whole.clone()).await.0, StatusCode::OK);
    }
}

#[tokio::test(start_paused = true)]
async fn body_that_never_ends_is_given_up() {
    let router = webhook(true).await;
    let endless = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
    let (status, body) = ask(&router, "application/json", endless).await;
    assert_eq!((status, body.as_str()), (StatusCode::REQUEST_TIMEOUT, "the body did not arrive within 10 s"));
}

#[tokio::test]
async fn body_that_breaks_off_is_no_review() {
    let router = webhook(true).await;
    let parts = [Ok(Bytes::from("{")), Err(std::io::Error::other("gone"))];
    let (status, _) =
        ask(&router, "application/json", Body::from_stream(futures_util::stream::iter(parts))).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn api_server_is_asked_to_come_again_while_nothing_is_known() {
    let request = http::Request::post("/inject").body(Body::empty()).unwrap();
    let response = webhook(false).await.oneshot(request).await.unwrap();
    assert_eq!(response.headers().get("retry-after").unwrap(), "1");
}

/// Bodies that begin with that many bytes, never end, and take more room together than there is.
async fn stall(router: &Router, size: usize, room: usize) -> Vec<tokio::task::JoinHandle<StatusCode>> {
    let mut stalled = Vec::new();
    for _ in 0..=room / size {
        let begin = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from(vec![b' '; size]))]);
        let stream = futures_util::StreamExt::chain(begin, futures_util::stream::pending());
        let router = router.clone();
        stalled.push(tokio::spawn(async move {
            ask(&router, "application/json", Body::from_stream(stream)).await.0
        }));
        tokio::task::yield_now().await;
    }
    stalled
}

#[tokio::test(start_paused = true)]
async fn bodies_that_stall_are_bounded_in_memory_and_no_other_waits_for_them() {
    let router = webhook(true).await;
    let padded = format!("{}{}", review(), " ".repeat(LARGE));
    for (size, room) in [(SMALL_ROOM / 256, SMALL_ROOM), (LARGE_ROOM / 4, LARGE_ROOM)] {
        let stalled = stall(&router, size, room).await;
        for body in [review().to_string(), padded.clone()] {
            let answer = tokio::time::timeout(BODY / 10, ask(&router, "application/json", body)).await;
            assert_eq!(answer.unwrap().0, StatusCode::OK);
        }
        let mut statuses = Vec::new();
        for stalled in stalled {
            statuses.push(stalled.await.unwrap());
        }
        let (first, last) = (statuses.first().unwrap(), statuses.last().unwrap());
        assert_eq!((*first, *last), (StatusCode::SERVICE_UNAVAILABLE, StatusCode::REQUEST_TIMEOUT));
    }
}

#[tokio::test]
async fn review_of_too_many_values_is_too_large_though_it_has_few_bytes() {
    let router = webhook(true).await;
    let with = |values: usize| {
        let mut review = review();
        review["request"]["object"]["spec"]["containers"] = json!([{"name": "a", "args": vec![0; values]}]);
        review.to_string()
    };
    let (many, more) = (with(MAX_REVIEW_VALUES - 100), with(MAX_REVIEW_VALUES));
    assert!(more.len() < 2 * LARGE);
    assert_eq!(ask(&router, "application/json", many).await.0, StatusCode::OK, "on a thread of its own");
    assert_eq!(ask(&router, "application/json", more).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}
