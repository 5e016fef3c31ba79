//! Templates that change, examples, and many at once.

use std::sync::Arc;

use chandler_e2e::{Example, examples};
use serde_json::json;
use tokio::task::JoinSet;

use crate::stage::Validated;
use crate::templates::{adding, own};

#[tokio::test]
async fn bad_update_is_refused_and_the_old_template_stays() {
    let test = "bad_update_is_refused_and_the_old_template_stays";
    let Some(stage) = Validated::open_unasked(test).await else { return };
    let bad = adding("initContainers", json!({"readinessProbe": {"exec": {"command": ["true"]}}}));
    let namespace = &stage.stage.scene.namespace;
    let objects = &stage.stage.objects;
    stage.create(&own("older", bad.clone()), "").await.object().unwrap();
    stage.register().await;

    let good = own("t", adding("initContainers", json!({})));
    objects.apply(&good, namespace).await.unwrap().object().unwrap();
    let refused = objects.apply(&own("t", bad.clone()), namespace).await.unwrap();
    assert_eq!(refused.status, 422, "{refused:?}");
    let kept = objects.apply(&good, namespace).await.unwrap().object().unwrap();
    assert_eq!(kept["metadata"]["generation"], 1);

    // One that was there before anybody looked may still be labelled and deleted.
    let mut labelled = own("older", bad);
    labelled["metadata"]["labels"] = json!({"team": "a"});
    objects.apply(&labelled, namespace).await.unwrap().object().unwrap();
    objects.delete(&labelled, namespace).await.unwrap().object().unwrap();
    stage.close().await;
}

#[tokio::test]
async fn every_example_is_accepted_without_a_word() {
    let test = "every_example_is_accepted_without_a_word";
    let Some(stage) = Validated::open(test).await else { return };
    let namespace = stage.stage.scene.namespace.clone();
    let templates = examples("template.yaml").unwrap();
    assert!(templates.len() >= 10, "{} templates", templates.len());
    for Example { name, mut document } in templates {
        if document["kind"] == "InjectionTemplate" {
            document["metadata"]["namespace"] = json!(namespace);
        }
        document["metadata"]["labels"] = json!({});
        let answer = stage.dry(&document).await;
        assert!(answer.status < 300, "{name}: {}", answer.message());
        // Tests beside this one have quotas and Pod Security levels in namespaces of their own, and templates there.
        let other = |text: &&String| {
            text.contains("Pod Security")
                || text.contains("ResourceQuota")
                || text.contains("applies to the same pods")
        };
        let own: Vec<&String> = answer.warnings.iter().filter(|text| !other(text)).collect();
        assert!(own.is_empty(), "{name}: {own:?}");
    }
    stage.close().await;
}

#[tokio::test]
async fn five_hundred_templates_at_once_are_all_answered() {
    let test = "five_hundred_templates_at_once_are_all_answered";
    let Some(stage) = Validated::open(test).await else { return };
    let stage = Arc::new(stage);
    let mut answers = JoinSet::new();
    for index in 0..500 {
        let stage = Arc::clone(&stage);
        let probe =
            if index % 5 == 0 { json!({"startupProbe": {"exec": {"command": ["a"]}}}) } else { json!({}) };
        let template = own(&format!("t-{index}"), adding("initContainers", probe));
        answers.spawn(async move {
            let answer = stage.create(&template, "").await;
            (index % 5 == 0, answer.status, answer.message().to_owned())
        });
    }
    let answers = answers.join_all().await;
    let expected = |is_bad: bool| if is_bad { 422 } else { 201 };
    let wrong: Vec<_> = answers.iter().filter(|(is_bad, status, _)| *status != expected(*is_bad)).collect();
    assert!(wrong.is_empty(), "{} of {}: {:?}", wrong.len(), answers.len(), wrong.first());
    Arc::into_inner(stage).unwrap().close().await;
}
