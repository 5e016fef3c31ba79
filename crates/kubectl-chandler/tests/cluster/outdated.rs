//! `outdated`: which pods it lists, and how it ends.

use chandler_api::names;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::place::{Place, label, pod, run};

#[tokio::test]
async fn pods_are_grouped_by_workload_with_what_renews_them() {
    let Some(place) = Place::open("pods_are_grouped_by_workload_with_what_renews_them").await else { return };
    place.template("logs", label("yes")).await;
    let revision = place.revision("logs").await;
    let record = |text: &str| json!({names::INJECTED: text});
    place.pod("web-5d8f7c-a", Some("web"), record("logs@000000000000")).await;
    place.pod("web-5d8f7c-b", Some("web"), record("logs@000000000000")).await;
    place.pod("web-5d8f7c-c", Some("web"), record(&format!("logs@{revision}"))).await;
    place.pod("lost", None, record("lost@111111111111")).await;
    place.pod("misses", None, json!({names::TEMPLATES: "logs"})).await;
    place
        .pod(
            "pinned",
            None,
            json!({names::TEMPLATES: "logs@000000000000", names::INJECTED: "logs@000000000000"}),
        )
        .await;
    place.pod("fine", None, json!({})).await;

    let table = place.run("outdated").await;
    let namespace = &place.scene.namespace;
    let expected = format!(
        "\
WORKLOAD        PODS  TEMPLATE  STATE     RECORDED      CURRENT
deployment/web  2/3   logs      outdated  000000000000  {revision}
pod/lost        1/1   lost      gone      111111111111  -
pod/misses      1/1   logs      may miss  -             {revision}
pod/pinned      1/1   logs      pinned    000000000000  {revision}

To renew them:
  kubectl rollout restart deployment/web -n {namespace}

No command renews these:
  pod/lost: nothing makes it anew: delete it, and create it from its manifest
  pod/misses: nothing makes it anew: delete it, and create it from its manifest
  pod/pinned: nothing makes it anew: delete it, and create it from its manifest

pinned: take the pin out of chandler.dev/templates first, or a new pod gets none
"
    );
    assert_eq!((table.code, table.stdout.as_str(), table.stderr.as_str()), (0, expected.as_str(), ""));
    assert_eq!(place.run("outdated --exit-code -o name").await.code, 4);
    let selected = place.run("outdated --exit-code --selector app=web -o json").await;
    let values = selected.values();
    assert_eq!((selected.code, values.len()), (4, 1));
    assert_eq!((&values[0]["total"], &values[0]["stale"]), (&json!(3), &json!(2)));
    let none = place.run("outdated --exit-code --selector app=none").await;
    assert_eq!((none.code, none.stdout.as_str()), (0, ""), "{}", none.stderr);
}

#[tokio::test]
async fn command_leads_to_the_cluster_that_was_asked() {
    let Some(place) = Place::open("command_leads_to_the_cluster_that_was_asked").await else { return };
    place.pod("web-5d8f7c-a", Some("web"), json!({names::INJECTED: "lost@000000000000"})).await;
    let file = place.scene.kubeconfig().display().to_string();
    let namespace = &place.scene.namespace;
    let output = run(None, &format!("outdated --kubeconfig {file} -n {namespace}")).await;
    let command = format!("  kubectl --kubeconfig {file} rollout restart deployment/web -n {namespace}\n");
    assert!(output.stdout.contains(&command), "{}", output.stdout);
}

#[tokio::test]
async fn pods_that_have_ended_or_are_on_their_way_out_do_not_count() {
    let test = "pods_that_have_ended_or_are_on_their_way_out_do_not_count";
    let Some(place) = Place::open(test).await else { return };
    let stale = json!({names::INJECTED: "lost@000000000000"});
    place.pod("ended", None, stale.clone()).await;
    let uri = format!(
        "{}/ended/status",
        place.objects.path(&pod("x", None, json!({})), &place.scene.namespace).unwrap()
    );
    let patch = json!({"status": {"phase": "Succeeded"}});
    let patch = ("application/merge-patch+json", &patch);
    chandler_e2e::send(&place.scene.client, http::Method::PATCH, &uri, patch)
        .await
        .unwrap()
        .object()
        .unwrap();
    let mut leaving = pod("leaving", None, stale);
    leaving["metadata"]["finalizers"] = json!(["chandler.dev/test"]);
    place.apply(&leaving).await;
    place.objects.delete(&leaving, &place.scene.namespace).await.unwrap().object().unwrap();
    let output = place.run("outdated").await;
    leaving["metadata"]["finalizers"] = json!([]);
    place.apply(&leaving).await;
    assert_eq!(output.stdout, "", "{}", output.stdout);
}

#[tokio::test]
async fn two_thousand_pods_are_listed_page_by_page() {
    const PODS: usize = 2000;
    let Some(place) = Place::open("two_thousand_pods_are_listed_page_by_page").await else { return };
    place.template("logs", label("yes")).await;
    create_many(&place, PODS).await;
    let output = place.run("outdated -o json").await;
    assert_eq!(output.code, 0, "{}", output.stderr);
    let values = output.values();
    let pods: u64 = values.iter().filter_map(|value| value["total"].as_u64()).sum();
    let stale: u64 = values.iter().filter_map(|value| value["stale"].as_u64()).sum();
    assert_eq!((pods, stale), (PODS as u64, PODS as u64));
    assert_eq!(values.len(), 20, "workloads");
}

/// Twenty Deployments' worth of pods with an old revision.
async fn create_many(place: &Place, count: usize) {
    let uri = place.objects.path(&pod("x", None, json!({})), &place.scene.namespace).unwrap();
    let mut tasks = JoinSet::new();
    for index in 0..count {
        let owner = format!("app-{}", index % 20);
        let object: Value = pod(
            &format!("{owner}-5d8f7c-{index}"),
            Some(&owner),
            json!({names::INJECTED: "logs@000000000000"}),
        );
        let (client, uri) = (place.scene.client.clone(), uri.clone());
        if tasks.len() >= 16 {
            tasks.join_next().await.unwrap().unwrap();
        }
        tasks.spawn(async move {
            let object = ("application/json", &object);
            let answer = chandler_e2e::send(&client, http::Method::POST, &uri, object).await.unwrap();
            answer.object().unwrap();
        });
    }
    while let Some(task) = tasks.join_next().await {
        task.unwrap();
    }
}
