//! What those hear who create pods, and what the audit log does: warnings, refusals, errors of ours.

use std::time::Duration;

use chandler_api::names;
use chandler_e2e::{AUDITED, Wait, review_of, send, skip, wait_for};
use http::Method;
use serde_json::{Value, json};

use crate::account::client_with;
use crate::daemon::{Stage, pod};

/// Characters of one warning, and bytes of all, that the API server passes on.
const LIMITS: [usize; 2] = [256, 4096];

#[tokio::test]
async fn warnings_reach_the_client_as_they_are_and_the_api_server_cuts_none() {
    let test = "warnings_reach_the_client_as_they_are_and_the_api_server_cuts_none";
    let Some(stage) = Stage::open(test).await else { return };
    let many: Vec<String> = (0..60).map(|index| format!("{index}-{}", "é".repeat(300))).collect();
    let asking = pod(json!({names::TEMPLATES: many.join(",")}));
    let heard = stage.dry(&asking).await;
    assert!(heard.status < 300, "{heard:?}");
    let said = stage.daemon.direct.post(&review_of(&asking, &stage.scene.namespace)).await.review();
    assert_eq!(json!(heard.warnings), said["response"]["warnings"]);
    assert!(heard.warnings.len() > 5, "{heard:?}");
    assert!(heard.warnings.iter().all(|warning| warning.chars().count() <= LIMITS[0]), "{heard:?}");
    assert!(heard.warnings.iter().map(String::len).sum::<usize>() <= LIMITS[1], "{heard:?}");
    assert!(
        heard.warnings.iter().all(|warning| warning.ends_with('…')),
        "each says that it is cut: {heard:?}"
    );
    stage.close().await;
}

#[tokio::test]
async fn unknown_template_refuses_the_pod_where_the_daemon_is_told_so() {
    let test = "unknown_template_refuses_the_pod_where_the_daemon_is_told_so";
    let Some(stage) = Stage::open_with(test, &["--unknown-templates=deny"]).await else { return };
    let denied = stage.dry(&pod(json!({names::TEMPLATES: "no-such-template"}))).await;
    assert_eq!(denied.status, 403, "{denied:?}");
    assert!(denied.message().contains("no-such-template"), "{}", denied.message());
    assert!(stage.dry(&pod(json!({}))).await.status < 300, "nobody asks");
    stage.close().await;
}

#[tokio::test]
async fn error_of_ours_is_for_the_failure_policy_and_never_a_denial() {
    let test = "error_of_ours_is_for_the_failure_policy_and_never_a_denial";
    let Some(stage) = Stage::open(test).await else { return };
    // It may list nothing, so it is never ready, and answers 503.
    let powerless = stage.start_another(client_with(&stage, json!([])).await, &[]).await;
    let asking = pod(json!({names::TEMPLATES: "anything"}));
    let said = powerless.direct.post(&review_of(&asking, &stage.scene.namespace)).await;
    assert_eq!(said.status, 503, "{said:?}");
    let lead_there = |policy: &'static str| {
        stage.change_webhook(move |webhook| {
            webhook["clientConfig"]["url"] = format!("https://{}/inject", powerless.address).into();
            webhook["failurePolicy"] = policy.into();
            webhook["timeoutSeconds"] = 1.into();
        })
    };
    let webhook = lead_there("Ignore").await;
    let before = stage.passed_by(&webhook).await;
    let passed = stage.dry(&asking).await;
    assert!(passed.status < 300 && passed.warnings.is_empty(), "{passed:?}");
    assert_eq!(stage.passed_by(&webhook).await, before + 1);
    lead_there("Fail").await;
    let refused = stage.until("the policy", &asking, |answer| answer.status >= 300).await;
    // Forbidden would be a denial.
    assert_eq!(refused.status, 500, "{refused:?}");
    assert!(refused.message().contains("failed calling webhook"), "{}", refused.message());
    powerless.end().await;
    stage.close().await;
}

#[tokio::test]
async fn namespace_that_cannot_be_read_is_an_error_and_no_denial() {
    let test = "namespace_that_cannot_be_read_is_an_error_and_no_denial";
    let Some(stage) = Stage::open(test).await else { return };
    let watch = json!(["list", "watch"]);
    let kinds = json!(["injectiontemplates", "clusterinjectiontemplates"]);
    let rules = json!([
        {"apiGroups": ["chandler.dev"], "resources": kinds, "verbs": watch},
        {"apiGroups": [""], "resources": ["namespaces"], "verbs": watch},
    ]);
    let blind = stage.start_another(client_with(&stage, rules).await, &[]).await;
    blind.until_ready().await;
    // A namespace that no watch has shown: the daemon has to ask for it, and may not.
    let review = review_of(&pod(json!({})), "newer-than-the-watch");
    let said = blind.direct.post(&review).await;
    let text = String::from_utf8_lossy(&said.body);
    assert!(
        said.status == 503 && text.contains("\"newer-than-the-watch\" cannot be read"),
        "{said:?}: {text}"
    );
    let known = blind.direct.post(&review_of(&pod(json!({})), &stage.scene.namespace)).await;
    assert_eq!(known.review()["response"]["allowed"], true, "others are not concerned");
    blind.end().await;
    stage.close().await;
}

#[tokio::test]
async fn audit_log_names_the_templates_that_were_applied_and_those_that_failed() {
    let test = "audit_log_names_the_templates_that_were_applied_and_those_that_failed";
    let Some(stage) = Stage::open(test).await else { return };
    let Some(cluster) = stage.scene.cluster() else {
        return skip(test, "the audit log of a given cluster is nobody's business");
    };
    let patches = |value: &str| json!([{"pod": {"metadata": {"labels": {"team": value}}}}]);
    let parameters = json!([{"name": "team", "type": "string", "required": true}]);
    stage.apply("sound", json!({"patches": patches("a")})).await;
    stage.apply("lacking", json!({"parameters": parameters, "patches": patches("{{params.team}}")})).await;
    let mut audited = pod(json!({names::TEMPLATES: "sound, lacking"}));
    audited["metadata"]["name"] = AUDITED.into();
    let is_fitted = |pod: &Value| pod["metadata"]["labels"]["team"] == "a";
    stage
        .until("the templates", &audited, |answer| is_fitted(&answer.body) && !answer.warnings.is_empty())
        .await;
    let namespace = &stage.scene.namespace;
    let uri = format!("/api/v1/namespaces/{namespace}/pods/{AUDITED}?fieldManager=test&dryRun=All");
    let content = ("application/apply-patch+yaml", &audited);
    let applied = send(&stage.scene.client, Method::PATCH, &uri, content).await.unwrap().object().unwrap();
    let log = cluster.audit_log();
    let annotations = wait_for("a line in the audit log", Duration::from_secs(10), async || {
        let text = std::fs::read_to_string(&log)?;
        let mut lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let line = lines.find(|line| line["objectRef"]["namespace"] == namespace.as_str());
        Ok(line.map_or(Wait::NotYet(text), |line| Wait::Done(line["annotations"].clone())))
    });
    let annotations = annotations.await.unwrap();
    let record = &applied["metadata"]["annotations"][names::INJECTED];
    assert_eq!(&annotations["inject.chandler.dev/applied"], record, "{annotations}");
    let failed = annotations["inject.chandler.dev/failed"].as_str().unwrap_or_default();
    assert!(failed.starts_with("lacking@"), "{annotations}");
    stage.close().await;
}
