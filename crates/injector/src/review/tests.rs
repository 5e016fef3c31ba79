//! Answers to AdmissionReviews, checked as an API server would check them.

use super::*;
use crate::template::{Template, TemplateReference};
use serde_json::json;

fn injector(spec: Value) -> Injector {
    let mut injector = Injector::default();
    let reference = TemplateReference { name: "a".to_owned(), namespace: None };
    injector.templates.insert(Template::compile(reference, &serde_json::from_value(spec).unwrap()).unwrap());
    injector
}

fn labels() -> Injector {
    injector(
        json!({"select": {"mode": "Default"}, "patches": [{"pod": {"metadata": {"labels": {"a": "b"}}}}]}),
    )
}

fn review(change: impl FnOnce(&mut Value)) -> Value {
    let mut review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "705ab4f5", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "operation": "CREATE",
            "namespace": "shop", "userInfo": {"username": "ann"}, "dryRun": false,
            "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "elsewhere"}, "spec": {"containers": []}},
        },
    });
    change(&mut review);
    review
}

fn answer(injector: &Injector, review: &Value) -> Value {
    let answer: Value =
        serde_json::from_slice(&injector.answer(review.to_string().as_bytes()).unwrap().body).unwrap();
    let response = &answer["response"];
    assert_eq!(answer["kind"], "AdmissionReview");
    assert_eq!(answer["apiVersion"], review["apiVersion"]);
    assert_eq!(response["uid"], "705ab4f5");
    assert_eq!(response.get("patch").is_some(), response.get("patchType").is_some());
    answer["response"].clone()
}

fn patch_of(response: &Value) -> Value {
    serde_json::from_slice(&STANDARD.decode(response["patch"].as_str().unwrap()).unwrap()).unwrap()
}

#[test]
fn answer_carries_a_patch_that_a_strict_engine_applies() {
    for version in request::VERSIONS {
        let review = review(|review| review["apiVersion"] = json!(version));
        let response = answer(&labels(), &review);
        assert_eq!((&response["allowed"], &response["patchType"]), (&json!(true), &json!("JSONPatch")));
        let mut pod = review["request"]["object"].clone();
        let patch: json_patch::Patch = serde_json::from_value(patch_of(&response)).unwrap();
        json_patch::patch(&mut pod, &patch).unwrap();
        assert_eq!(pod["metadata"]["labels"], json!({"a": "b"}));
    }
}

#[test]
fn requests_that_are_not_the_creation_of_a_pod_are_allowed_untouched() {
    let changes: [fn(&mut Value); 7] = [
        |review| review["request"]["operation"] = json!("UPDATE"),
        |review| review["request"]["operation"] = json!("DELETE"),
        |review| review["request"]["kind"]["kind"] = json!("Deployment"),
        |review| review["request"]["kind"]["group"] = json!("example.com"),
        |review| review["request"]["subResource"] = json!("ephemeralcontainers"),
        |review| review["request"]["object"] = json!(null),
        |review| {
            review["request"]["object"]["metadata"]["annotations"] =
                json!({"kubernetes.io/config.mirror": "x"});
        },
    ];
    for change in changes {
        assert_eq!(answer(&labels(), &review(change)), json!({"uid": "705ab4f5", "allowed": true}));
    }
}

#[test]
fn namespace_is_the_requests_and_never_the_objects() {
    let spec = json!({
        "select": {"mode": "Default"},
        "patches": [{"pod": {"metadata": {"labels": {"ns": "{{namespace.metadata.name}}"}}}}],
    });
    let response = answer(&injector(spec), &review(|_| {}));
    assert!(patch_of(&response).to_string().contains("\"ns\":\"shop\""));
}

#[test]
fn denial_is_an_answer_with_a_reason() {
    let spec = json!({
        "select": {"mode": "Default"}, "onError": "Deny",
        "patches": [{"json": [{"op": "remove", "path": "/spec/nothing"}]}],
    });
    let response = answer(&injector(spec), &review(|_| {}));
    assert_eq!(response["allowed"], false);
    assert!(response["status"]["message"].as_str().unwrap().starts_with("template cluster/a failed: "));
    assert_eq!(response.get("patch"), None);
}

#[test]
fn dry_run_gets_the_same_patch() {
    let dry = answer(&labels(), &review(|review| review["request"]["dryRun"] = json!(true)));
    assert_eq!(dry, answer(&labels(), &review(|_| {})));
}

#[test]
fn what_is_no_review_is_an_error_and_no_denial() {
    let broken = [
        "",
        "{",
        "[]",
        "null",
        "{}",
        r#"{"apiVersion":"v1","kind":"Pod"}"#,
        r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#,
        r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{}}"#,
        r#"{"apiVersion":"admission.k8s.io/v2","kind":"AdmissionReview","request":{"uid":"1"}}"#,
    ];
    for text in broken {
        assert!(labels().answer(text.as_bytes()).is_err(), "{text}");
    }
    assert!(labels().answer(b"{\"apiVersion\": \"\xff\"}").is_err());
    let large = vec![b' '; MAX_REVIEW_SIZE + 1];
    assert!(matches!(labels().answer(&large), Err(ReviewError::TooLarge { .. })));
}

#[test]
fn review_of_more_values_than_there_is_room_for_is_an_error_wherever_they_are() {
    let many = Value::from(vec![0; MAX_REVIEW_VALUES]);
    for field in ["object", "userInfo"] {
        let large =
            review(|review| review["request"][field] = json!({"metadata": many, "x": {}})).to_string();
        let refused = labels().answer(large.as_bytes()).unwrap_err();
        assert!(matches!(refused, ReviewError::TooManyValues { values: MAX_REVIEW_VALUES }), "{refused}");
        assert_eq!(refused.reason(), "too_many_values");
    }
    let unread = review(|review| {
        review["request"]["oldObject"] = many.clone();
        review["request"]["object"]["metadata"]["managedFields"] = many.clone();
    });
    assert!(labels().answer(unread.to_string().as_bytes()).is_ok(), "what nobody asks for takes no room");
}

#[test]
fn warnings_stay_within_what_the_api_server_passes_on() {
    let list: Vec<_> = (0..100).map(|index| format!("{}{index}", "é".repeat(300))).collect();
    let response = answer(
        &labels(),
        &review(|review| {
            review["request"]["object"]["metadata"]["annotations"] =
                json!({"chandler.dev/templates": list.join(",")});
        }),
    );
    let warnings = response["warnings"].as_array().unwrap();
    assert!(warnings.iter().all(|warning| warning.as_str().unwrap().chars().count() <= MAX_WARNING_LENGTH));
    assert!(
        warnings.iter().map(|warning| warning.as_str().unwrap().len()).sum::<usize>() <= MAX_WARNINGS_SIZE
    );
    assert!(!warnings.is_empty());
}

#[test]
fn same_review_gives_the_same_bytes() {
    let review = review(|_| {}).to_string();
    assert_eq!(labels().answer(review.as_bytes()).unwrap(), labels().answer(review.as_bytes()).unwrap());
}

#[test]
fn audit_log_learns_what_was_applied_and_what_failed() {
    let response = answer(&labels(), &review(|_| {}));
    let applied = response["auditAnnotations"]["applied"].as_str().unwrap();
    assert!(applied.starts_with("cluster/a@"), "{applied}");
    let failing = injector(json!({
        "select": {"mode": "Default"}, "parameters": [{"name": "team", "type": "string", "required": true}],
        "patches": [{"pod": {"metadata": {"labels": {"team": "{{params.team}}"}}}}],
    }));
    let annotations = answer(&failing, &review(|_| {}))["auditAnnotations"].clone();
    assert!(annotations["failed"].as_str().unwrap().starts_with("cluster/a@"), "{annotations}");
    assert_eq!(annotations.get("applied"), None);
}

#[test]
fn namespace_of_which_only_the_name_is_known_is_told_of() {
    let review = review(|_| {}).to_string();
    let unknown = labels().answer(review.as_bytes()).unwrap().unknown_namespace;
    assert_eq!(unknown.as_deref(), Some("shop"));
    let found = Namespace::named("shop");
    let known = labels().answer_in(review.as_bytes(), Some(&found), MAX_REVIEW_VALUES).unwrap();
    assert_eq!(known.unknown_namespace, None);
    let nobodys = review.replace("CREATE", "UPDATE");
    assert_eq!(labels().answer(nobodys.as_bytes()).unwrap().unknown_namespace, None, "it is not for us");
}

#[test]
fn error_quotes_no_more_than_the_start_of_what_was_sent() {
    let review = review(|review| review["apiVersion"] = json!("é".repeat(1_000_000)));
    let error = labels().answer(review.to_string().as_bytes()).unwrap_err();
    assert!(error.to_string().len() < 300, "{} bytes", error.to_string().len());
}
