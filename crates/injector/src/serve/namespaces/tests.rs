//! An API server of a few lines that counts what it is asked, and may not answer.

use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::future::join_all;
use http::StatusCode;
use serde_json::json;
use tower::ServiceExt as _;

use super::*;

/// What was asked, and how many questions were open at once at most.
#[derive(Default)]
struct Asked {
    calls: AtomicUsize,
    open: AtomicUsize,
    most: AtomicUsize,
}

async fn answer(State(asked): State<Arc<Asked>>, Path(name): Path<String>) -> Response {
    asked.calls.fetch_add(1, Ordering::SeqCst);
    let open = asked.open.fetch_add(1, Ordering::SeqCst) + 1;
    asked.most.fetch_max(open, Ordering::SeqCst);
    if name == "silent" {
        std::future::pending::<()>().await;
    }
    // Others come meanwhile, if they may.
    tokio::task::yield_now().await;
    asked.open.fetch_sub(1, Ordering::SeqCst);
    if name.starts_with("none") {
        let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404, "reason": "NotFound"});
        return (StatusCode::NOT_FOUND, status.to_string()).into_response();
    }
    json!({"metadata": {"name": name, "labels": {"team": "a"}}}).to_string().into_response()
}

fn namespaces() -> (Arc<Namespaces>, Arc<Asked>) {
    let asked = Arc::new(Asked::default());
    let router = Router::new().route("/api/v1/namespaces/{name}", get(answer)).with_state(Arc::clone(&asked));
    let router = router.map_request(|request: http::Request<kube::client::Body>| request.map(Body::new));
    (Arc::new(Namespaces::new(&Client::new(router, "default"))), asked)
}

#[tokio::test]
async fn namespace_is_fetched_once_for_all_who_ask_and_also_where_there_is_none() {
    let (namespaces, asked) = namespaces();
    for (name, is_there) in [("shop", true), ("none", false)] {
        let before = asked.calls.load(Ordering::SeqCst);
        let found = join_all((0..50).map(|_| namespaces.fetch(name))).await;
        assert!(found.into_iter().all(|found| found.unwrap().is_some() == is_there));
        assert_eq!(asked.calls.load(Ordering::SeqCst) - before, 1, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn name_that_is_not_answered_for_holds_up_no_other() {
    let (namespaces, _) = namespaces();
    let mut silent = std::pin::pin!(namespaces.fetch("silent"));
    tokio::select! {
        biased;
        _ = silent.as_mut() => panic!("nobody answers"),
        found = namespaces.fetch("shop") => assert!(found.unwrap().is_some()),
    }
    let late = silent.await.unwrap_err();
    assert!(matches!(&*late, FetchError::Late { name } if name == "silent"), "{late}");
}

#[tokio::test]
async fn invented_names_are_asked_for_a_few_at_once_and_no_more_than_so_many() {
    let (namespaces, asked) = namespaces();
    let names: Vec<_> = (0..NAMES + 10).map(|index| format!("none-{index}")).collect();
    let found = join_all(names.iter().map(|name| namespaces.fetch(name))).await;
    assert!(asked.most.load(Ordering::SeqCst) <= CALLS);
    let busy = found
        .iter()
        .filter(|found| matches!(found, Err(error) if matches!(**error, FetchError::Busy { .. })));
    assert_eq!(busy.count(), 10);
    let calls = asked.calls.load(Ordering::SeqCst);
    for name in ["", "../pods", "A", &"a".repeat(64)] {
        assert!(namespaces.fetch(name).await.unwrap().is_none(), "{name}");
    }
    assert_eq!(asked.calls.load(Ordering::SeqCst), calls, "no namespace has such a name");
}
