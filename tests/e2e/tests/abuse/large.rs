//! Reviews that are small in bytes, or large but allowed, and would take far more memory than that if nobody counted.

use std::sync::Arc;
use std::time::Duration;

use chandler_e2e::{Objects, Wait, review_of, wait_for};
use chandler_injector::{MAX_REVIEW_SIZE, MAX_REVIEW_VALUES};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::{Client, Seen, post};
use crate::target::Target;

/// Clients at once, and how often each sends each body.
const CLIENTS: usize = 16;
const ROUNDS: usize = 3;

/// What the chart lets the daemon take.
const MEMORY_LIMIT: u64 = 128 << 20;

/// More than a template takes to be effective.
const BOUND: Duration = Duration::from_secs(30);

/// Values that the review has besides those that a test adds, and more.
const OTHERS: usize = 100;

/// A body, by what it is, and what is said to it where there is room.
type Body = (&'static str, Vec<u8>, u16);

/// A template that adds to each container, so that pods are copied and compared.
async fn apply_template(target: &Target) {
    let patch = json!({"match": {"names": ["*"]}, "patch": {"env": [{"name": "A", "value": "b"}]}});
    let template = json!({
        "apiVersion": "chandler.dev/v1alpha1", "kind": "InjectionTemplate", "metadata": {"name": "add"},
        "spec": {"select": {"mode": "Default"}, "patches": [{"containers": patch}]},
    });
    let objects = Objects::discover(&target.scene.client).await.unwrap();
    objects.apply(&template, &target.scene.namespace).await.unwrap().object().unwrap();
    wait_for("the template to be effective", BOUND, async || {
        let log = target.replica.log()?;
        Ok(if log.contains("a template is effective") { Wait::Done(()) } else { Wait::NotYet(log) })
    })
    .await
    .unwrap();
}

fn with_object(namespace: &str, object: &Value) -> Vec<u8> {
    post("application/json", review_of(object, namespace).to_string().as_bytes())
}

fn with_arguments(namespace: &str, arguments: &Value) -> Vec<u8> {
    let container = json!({"name": "app", "image": "example.com/app:1", "args": arguments});
    with_object(namespace, &json!({"metadata": {"name": "app"}, "spec": {"containers": [container]}}))
}

fn bodies(namespace: &str) -> Vec<Body> {
    let most = MAX_REVIEW_VALUES - OTHERS;
    let zeros = vec![json!(0); (MAX_REVIEW_SIZE - 10_000) / 2];
    let empty = vec![json!(""); 1 << 20];
    // A list of one takes the most memory for its bytes, and a mapping of one more than that.
    let lists = vec![json!([0]); most / 2];
    let mappings = vec![json!({"": 0}); most / 2];
    let text = "a".repeat(MAX_REVIEW_SIZE - 10_000);
    vec![
        ("numbers that are no object", with_object(namespace, &Value::from(zeros)), 413),
        ("empty arguments", with_arguments(namespace, &Value::from(empty)), 413),
        ("as many lists as are allowed", with_arguments(namespace, &Value::from(lists)), 200),
        ("as many mappings as are allowed", with_arguments(namespace, &Value::from(mappings)), 200),
        ("as long a text as is allowed", with_arguments(namespace, &json!([text])), 200),
    ]
}

async fn send_all(client: Client, bodies: Arc<Vec<Body>>) {
    for (name, body, expected) in bodies.iter().cycle().take(bodies.len() * ROUNDS) {
        let seen = client.ask(body).await;
        // Who is told to come again may still be sending, and miss it.
        let is_told = [Seen::Status(*expected), Seen::Status(503), Seen::HungUp].contains(&seen);
        assert!(is_told, "{name}: {seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reviews_of_many_values_fit_into_the_memory_that_the_chart_gives() {
    let test = "reviews_of_many_values_fit_into_the_memory_that_the_chart_gives";
    let Some(target) = Target::open(test, &[], &[]).await else { return };
    apply_template(&target).await;
    let bodies = Arc::new(bodies(&target.scene.namespace));
    for (name, body, expected) in bodies.iter() {
        assert_eq!(target.client.ask(body).await, Seen::Status(*expected), "{name}");
        println!("after {name}: {:?}", target.usage());
    }
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(send_all(target.client.clone(), bodies.clone()));
    }
    clients.join_all().await;
    target.answers("reviews of many values").await;
    let peak = target.usage().peak;
    println!("{CLIENTS} clients with large reviews: {peak} bytes at most");
    assert!(peak < MEMORY_LIMIT, "{peak} bytes at once");
}
