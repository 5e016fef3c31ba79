//! `explain` on live objects.

use chandler_api::names;
use serde_json::json;

use crate::place::{Place, deployment, label, pod};

#[tokio::test]
async fn pod_is_told_what_it_has_and_what_a_new_one_would_get() {
    let Some(place) = Place::open("pod_is_told_what_it_has_and_what_a_new_one_would_get").await else {
        return;
    };
    place.template("logs", label("yes")).await;
    place.template("mesh", label("no")).await;
    let (logs, mesh) = (place.revision("logs").await, place.revision("mesh").await);
    let record = format!("logs@{logs},mesh@000000000000,lost@111111111111");
    let annotations = json!({names::INJECTED: record, names::TEMPLATES: "logs, mesh"});
    place.pod("shop-5d8f7c-a", Some("shop"), annotations).await;

    let text = place.run("explain pod/shop-5d8f7c-a").await;
    assert_eq!((text.code, text.stderr.as_str()), (0, ""));
    let expected = format!(
        "Pod {}/shop-5d8f7c-a (of Deployment shop)
  was given, when it was created:
    logs@{logs}: current
    mesh@000000000000: outdated, the template is now {mesh}
    lost@111111111111: gone, there is no such template any more
  a pod like it, created now, would get (what it has already stays as it is):
    applied logs@{logs}: requested by the pod
    applied mesh@{mesh}: requested by the pod
",
        place.scene.namespace
    );
    assert!(text.stdout.starts_with(&expected), "{}", text.stdout);

    let account = &place.run("explain po shop-5d8f7c-a -o json").await.values()[0];
    assert_eq!(account["owner"], json!({"kind": "Deployment", "name": "shop"}));
    let states: Vec<_> = account["record"].as_array().unwrap().iter().map(|entry| &entry["state"]).collect();
    assert_eq!(states, ["Current", "Outdated", "Gone"]);
}

#[tokio::test]
async fn pod_that_was_never_fitted_out_is_told_so() {
    let Some(place) = Place::open("pod_that_was_never_fitted_out_is_told_so").await else { return };
    place.template("logs", json!({"select": {"mode": "Default"}, "patches": label("yes")["patches"]})).await;
    place.pod("plain", None, json!({})).await;
    let text = place.run("explain pods plain").await;
    assert!(
        text.stdout.contains("was given nothing when it was created: it carries no record"),
        "{}",
        text.stdout
    );
    assert!(text.stdout.contains("    applied logs@"), "{}", text.stdout);
}

#[tokio::test]
async fn deployment_is_told_what_its_pods_would_get_and_how_those_that_run_stand() {
    let test = "deployment_is_told_what_its_pods_would_get_and_how_those_that_run_stand";
    let Some(place) = Place::open(test).await else { return };
    let parameters = json!([{"name": "level", "type": "string", "default": "info"}]);
    let patches = json!([{"pod": {"metadata": {"labels": {"level": "{{params.level}}"}}}}]);
    place.template("logs", json!({"parameters": parameters, "patches": patches})).await;
    let revision = place.revision("logs").await;
    let asking = json!({names::TEMPLATES: "logs", "chandler.dev/param.level": "debug"});
    place.apply(&deployment("web", asking)).await;
    let current = json!({names::INJECTED: format!("logs@{revision}"), names::TEMPLATES: "logs"});
    place.pod("web-5d8f7c-a", Some("web"), current.clone()).await;
    place.pod("web-5d8f7c-b", Some("web"), json!({names::INJECTED: "logs@000000000000"})).await;
    place.pod("other", None, json!({names::INJECTED: "logs@000000000000"})).await;

    let text = place.run("explain deploy/web").await;
    assert_eq!(text.code, 0, "{}", text.stderr);
    let namespace = &place.scene.namespace;
    for line in [
        format!("    applied logs@{revision}: requested by the pod"),
        "        level = \"debug\" (pod annotation chandler.dev/param.level)".to_owned(),
        "  its pods: 2, 1 of them not as a new one would be:".to_owned(),
        format!("    1 of 2: logs@000000000000: outdated, the template is now {revision}"),
        format!("  to renew them: kubectl rollout restart deployment/web -n {namespace}"),
    ] {
        assert!(text.stdout.lines().any(|found| found == line), "{line}: {}", text.stdout);
    }
    let account = &place.run("explain deployments.apps web -o json").await.values()[0];
    assert_eq!((&account["pods"]["total"], &account["pods"]["stale"]), (&json!(2), &json!(1)));
}

#[tokio::test]
async fn owner_of_a_cron_jobs_pods_is_the_job_as_in_admission() {
    let Some(place) = Place::open("owner_of_a_cron_jobs_pods_is_the_job_as_in_admission").await else {
        return;
    };
    let condition =
        json!({"name": "job", "expression": "owner.kind == 'Job' && owner.name.startsWith('tick-')"});
    let select = json!({"mode": "Default", "matchConditions": [condition]});
    place.template("jobs", json!({"select": select, "patches": label("yes")["patches"]})).await;
    let mut template = pod("tick", None, json!({}));
    template["spec"]["restartPolicy"] = json!("Never");
    let template = json!({"spec": {"template": {"spec": template["spec"]}}});
    let spec = json!({"schedule": "* * * * *", "jobTemplate": template});
    place
        .apply(
            &json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "tick"}, "spec": spec}),
        )
        .await;
    let text = place.run("explain cj/tick").await;
    assert!(
        text.stdout.contains("    applied jobs@") && text.stdout.contains("  it has no pods"),
        "{}",
        text.stdout
    );
}

#[tokio::test]
async fn local_template_takes_the_place_of_the_live_one() {
    let Some(place) = Place::open("local_template_takes_the_place_of_the_live_one").await else { return };
    place.template("logs", label("live")).await;
    let live = place.revision("logs").await;
    let annotations = json!({names::INJECTED: format!("logs@{live}"), names::TEMPLATES: "logs"});
    place.pod("app", None, annotations).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("logs.json");
    let metadata = json!({"name": "logs"});
    let local = json!({"apiVersion": "chandler.dev/v1alpha1", "kind": "InjectionTemplate", "metadata": metadata, "spec": label("local")});
    std::fs::write(&file, local.to_string()).unwrap();
    let text = place.run(&format!("explain pod/app -t {}", file.display())).await;
    // The record is compared with what the cluster has, the decision is made with the file.
    assert!(text.stdout.contains(&format!("logs@{live}: current")), "{}", text.stdout);
    assert!(text.stdout.contains("applied logs@") && !text.stdout.contains(&format!("applied logs@{live}")));
}

#[tokio::test]
async fn template_that_refuses_the_pod_or_does_not_compile_shows_in_the_exit_code() {
    let test = "template_that_refuses_the_pod_or_does_not_compile_shows_in_the_exit_code";
    let Some(place) = Place::open(test).await else { return };
    let required = json!([{"name": "team", "type": "string", "required": true}]);
    let patches = json!([{"pod": {"metadata": {"labels": {"team": "{{params.team}}"}}}}]);
    place.template("strict", json!({"onError": "Deny", "parameters": required, "patches": patches})).await;
    place.template("broken", label("{{params.unknown}}")).await;
    place.pod("asks", None, json!({names::TEMPLATES: "strict"})).await;
    place.pod("asks-broken", None, json!({names::TEMPLATES: "broken"})).await;
    place.pod("plain", None, json!({})).await;

    let refused = place.run("explain pod/asks").await;
    assert!(
        refused.code == 3 && refused.stdout.contains("    denied: template strict failed"),
        "{}",
        refused.stdout
    );
    let broken = place.run("explain pod/asks-broken").await;
    assert!(
        broken.code == 1 && broken.stderr.contains("broken does not compile: spec.patches[0]"),
        "{}",
        broken.stderr
    );
    // One that the pod does not ask for is told, and nobody's error.
    let plain = place.run("explain pod/plain").await;
    assert!(
        plain.code == 0 && plain.stdout.contains("    broken broken: spec.patches[0]"),
        "{}",
        plain.stdout
    );
}

#[tokio::test]
async fn object_that_is_not_there_hides_none_of_the_others() {
    let Some(place) = Place::open("object_that_is_not_there_hides_none_of_the_others").await else { return };
    place.pod("app", None, json!({})).await;
    let output = place.run("explain pod/nobody deploy/nothing pod/app").await;
    assert_eq!(output.code, 1);
    let namespace = &place.scene.namespace;
    assert!(
        output.stderr.contains(&format!("there is no pod \"nobody\" in namespace {namespace}")),
        "{}",
        output.stderr
    );
    assert!(output.stderr.contains("there is no deployment \"nothing\""), "{}", output.stderr);
    assert!(output.stdout.starts_with(&format!("Pod {namespace}/app\n")), "{}", output.stdout);
}
