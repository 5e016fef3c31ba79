//! Who hears what of an admission.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::catalog::compile_object;
use crate::review::Injector;

/// An injector with a template `a` that fails on each pod.
fn injector(on_error: &str) -> Injector {
    let mut injector = Injector::default();
    let object = json!({
        "apiVersion": "chandler.dev/v1alpha1", "kind": "ClusterInjectionTemplate", "metadata": {"name": "a"},
        "spec": {
            "onError": on_error, "parameters": [{"name": "team", "type": "string", "required": true}],
            "patches": [{"pod": {"metadata": {"labels": {"team": "{{params.team}}"}}}}],
        },
    });
    injector.templates.insert(compile_object(&object, "").unwrap());
    injector.namespaces.insert("shop".to_owned(), Arc::new(crate::facts::Namespace::named("shop")));
    injector
}

fn owner() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5d8f7c", "uid": "u-1", "controller": true})
}

fn notices(injector: &Injector, templates: &str, owners: Value, dry_run: bool) -> Option<Notices> {
    let pod = json!({
        "metadata": {"annotations": {"chandler.dev/templates": templates}, "ownerReferences": owners},
        "spec": {"containers": [{"name": "app"}]},
    });
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "1", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "operation": "CREATE",
            "namespace": "shop", "object": pod, "dryRun": dry_run,
        },
    });
    injector.answer(&serde_json::to_vec(&review).unwrap()).unwrap().notices
}

#[test]
fn controller_of_a_pod_hears_of_a_template_that_was_skipped_and_of_one_that_refused_it() {
    for (on_error, reason) in [("Skip", names::EVENT_SKIPPED), ("Deny", names::EVENT_DENIED)] {
        let told = notices(&injector(on_error), "a", json!([owner()]), false).unwrap();
        assert_eq!((told.owner.kind.as_str(), told.owner.uid.as_str()), ("ReplicaSet", "u-1"));
        assert_eq!(told.owner.namespace, "shop");
        let [notice] = &told.notices[..] else { panic!("{told:?}") };
        assert_eq!((notice.reason, notice.template.as_str()), (reason, "cluster/a"));
        assert!(
            notice.message.contains("cluster/a") && notice.message.contains("team"),
            "{}",
            notice.message
        );
    }
}

#[test]
fn nobody_hears_of_a_dry_run_of_a_pod_of_its_own_or_of_what_went_well() {
    let injector = injector("Deny");
    assert_eq!(notices(&injector, "a", json!([owner()]), true), None);
    assert_eq!(notices(&injector, "a", json!([]), false), None);
    assert_eq!(notices(&injector, "a", json!([{"kind": "Node", "name": "n"}]), false), None);
    assert_eq!(notices(&injector, "", json!([owner()]), false), None);
}

#[test]
fn template_that_does_not_exist_is_told_where_it_refuses_the_pod() {
    let mut injector = injector("Deny");
    assert_eq!(notices(&injector, "nothing", json!([owner()]), false), None);
    injector.settings.unknown_templates = UnknownTemplates::Deny;
    let told = notices(&injector, "nothing", json!([owner()]), false).unwrap();
    assert_eq!((told.notices[0].reason, told.notices[0].template.as_str()), (names::EVENT_DENIED, "nothing"));
}

#[test]
fn text_is_cut_between_characters() {
    assert_eq!(bounded("short".to_owned(), 5), "short");
    let cut = bounded("ä".repeat(10), 10);
    assert_eq!(cut, format!("{}…", "ä".repeat(3)));
}
