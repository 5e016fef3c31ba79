//! The agent as a sidecar that a template adds: what an application writes into a shared volume becomes metrics.

use std::time::Duration;

use chandler_e2e::{Needs, Objects, Scene, Wait, examples, wait_for};
use serde_json::{Value, json};

use crate::fitted_pods::fitted_pods;
use crate::pods::{create, exec, until_ready};

const EXAMPLE: &str = "statistics-agent";

/// Two orders of which one was paid, by the rules of the example, and a line that is none.
const WRITE: &str = r#"
log=$STATISTICS_DIR/stat-$(date +%F).log
echo '{"event":"order","pay":{"method":"card","ok":true,"amount":250}}' >$log
echo '{"event":"order","pay":{"method":"card","ok":false,"amount":100}}' >>$log
echo 'no json' >>$log
mv $log $log.1
echo '{"event":"order","pay":{"method":"cash","ok":true,"amount":17}}' >$log
exec sleep 3600
"#;

#[tokio::test]
async fn agent_that_a_template_adds_counts_what_the_application_writes() {
    let test = "agent_that_a_template_adds_counts_what_the_application_writes";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    ["suite", "workload"].iter().for_each(|image| scene.load_image(image).unwrap());
    let rules =
        documents("manifest.yaml").into_iter().find(|document| document["kind"] == "ConfigMap").unwrap();
    let objects = Objects::discover(&scene.client).await.unwrap();
    objects.create(&rules, &scene.namespace, "").await.unwrap().object().unwrap();
    create(&scene, &pod()).await;
    until_ready(&scene, EXAMPLE).await;

    let get = ["chandler-workload", "get", "http://127.0.0.1:9780/metrics"];
    let wanted = [
        r#"shop_orders_total{payment="card"} 2"#,
        r#"shop_orders_total{payment="cash"} 1"#,
        "shop_revenue_cents_total 267",
        r#"chandler_agent_faults_total{reason="not_json",rule="",source="shop"} 1"#,
    ];
    wait_for("every line to be counted", Duration::from_secs(60), async || {
        let (code, page) = exec(&scene, (EXAMPLE, "web"), &get).await;
        anyhow::ensure!(code == 0, "{page}");
        let has_all = wanted.iter().all(|line| page.lines().any(|shown| shown == *line));
        Ok(if has_all { Wait::Done(()) } else { Wait::NotYet(page) })
    })
    .await
    .unwrap();
}

/// The pod of the example, with images that are here and values that are shown at once.
fn pod() -> Value {
    let (_, mut pod) = fitted_pods().into_iter().find(|(example, _)| example == EXAMPLE).unwrap();
    pod["metadata"]["name"] = json!(EXAMPLE);
    let agent = &mut pod["spec"]["initContainers"][0];
    agent["image"] = json!("chandler.dev/chandler:test");
    agent["imagePullPolicy"] = json!("IfNotPresent");
    let zero_first =
        agent["args"].as_array_mut().unwrap().iter_mut().find(|flag| **flag == "--zero-first=90");
    *zero_first.unwrap() = json!("--zero-first=0");
    let web = &mut pod["spec"]["containers"][0];
    web["image"] = json!("chandler.dev/workload:test");
    web["imagePullPolicy"] = json!("IfNotPresent");
    web["command"] = json!(["sh", "-c", WRITE]);
    pod
}

fn documents(file: &str) -> Vec<Value> {
    let documents = examples(file).unwrap().into_iter().filter(|example| example.name == EXAMPLE);
    documents.map(|example| example.document).collect()
}
