//! Copies whose making is not told, or told late: none stays behind.

use std::sync::Mutex;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::api::{Answer, Api, Request};

fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop", "uid": "original"},
        "spec": {"nodeName": "a", "containers": [{"name": "app", "image": "app:1"}]},
        "status": {"phase": "Running", "containerStatuses": [
            {"name": "app", "containerID": "containerd://1", "state": {"running": {}}}]},
    })
}

/// What is made is there, with a uid, when it was looked for more than `misses` times.
struct Store {
    made: Option<Value>,
    misses: usize,
}

impl Store {
    fn take(&mut self, request: &Request) {
        let mut made = request.body.clone();
        made["metadata"]["uid"] = json!("copy");
        self.made = Some(made);
    }

    fn get(&mut self) -> Answer {
        if self.misses > 0 {
            self.misses -= 1;
            return Answer::Object(404, json!({"status": "Failure", "reason": "NotFound", "code": 404}));
        }
        Answer::Object(200, self.made.clone().unwrap())
    }
}

fn answer(store: &mut Store, request: &Request, to_create: impl FnOnce(&mut Store) -> Answer) -> Answer {
    match request {
        _ if request.watches() => Answer::Never,
        _ if request.is("POST", "/pods") => to_create(store),
        _ if request.is("GET", "/pods/web") => Answer::Object(200, pod("web")),
        _ if request.is("GET", "/pods/copy") => store.get(),
        _ if request.is("GET", "/exec") => Answer::Cat,
        _ => Answer::Object(200, json!({"items": []})),
    }
}

fn deleted(api: &Api) -> Vec<Value> {
    let asked = api.asked.lock().unwrap();
    let deletes = asked.iter().filter(|request| request.is("DELETE", "/pods/copy"));
    deletes.map(|request| request.body["preconditions"]["uid"].clone()).collect()
}

#[tokio::test]
async fn copy_whose_answer_was_lost_is_used_and_removed() {
    let store = Mutex::new(Store { made: None, misses: 0 });
    let api = Api::serve(move |request| {
        let mut store = store.lock().unwrap();
        answer(&mut store, request, |store| {
            if store.made.is_some() {
                let message = "pods \"copy\" already exists";
                return Answer::Object(
                    409,
                    json!({"status": "Failure", "reason": "AlreadyExists", "code": 409, "message": message}),
                );
            }
            store.take(request);
            Answer::Nothing
        })
    })
    .await;
    let output = api.debug("web --copy=copy -- true", "").await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(api.count("POST", "/pods"), 2);
    assert_eq!(deleted(&api), ["copy"]);
}

#[tokio::test]
async fn copy_that_appears_after_a_signal_is_removed() {
    let store = Mutex::new(Store { made: None, misses: 3 });
    let api = Api::serve(move |request| {
        let mut store = store.lock().unwrap();
        answer(&mut store, request, |store| {
            store.take(request);
            Answer::Never
        })
    })
    .await;
    let mut child = api.start("web --copy=copy -- true");
    while api.count("POST", "/pods") == 0 {
        tokio::task::yield_now().await;
    }
    kill_process(Pid::from_raw(child.id().unwrap().cast_signed()).unwrap(), Signal::TERM).unwrap();
    let status = tokio::time::timeout(Duration::from_secs(60), child.wait()).await.unwrap().unwrap();
    assert_eq!(status.code(), Some(128 + 15));
    assert_eq!(deleted(&api), ["copy"]);
}
