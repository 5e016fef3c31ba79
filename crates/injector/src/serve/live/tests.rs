//! Changes in, what requests read out.

use prometheus::Registry;
use serde_json::{Value, json};

use super::*;
use crate::catalog::compile_object;

struct Daemon {
    live: Live,
    gatherer: Gatherer,
    readiness: Readiness,
}

fn daemon() -> Daemon {
    let readiness = Readiness::default();
    let metrics = Metrics::register(&Registry::new()).unwrap();
    let (live, gatherer) = Live::new(Settings::default(), &readiness, metrics);
    Daemon { live, gatherer, readiness }
}

impl Daemon {
    fn take(&mut self, changes: impl IntoIterator<Item = Change>) {
        changes.into_iter().for_each(|change| self.gatherer.take(change));
        self.gatherer.publish();
    }

    fn list(&mut self, watched: Watched, changes: impl IntoIterator<Item = Change>) {
        self.take([Change::ListBegins(watched)]);
        self.take(changes);
        self.take([Change::ListEnds(watched)]);
    }

    fn list_all(&mut self, templates: impl IntoIterator<Item = Change>) {
        self.list(Watched::ClusterTemplates, templates);
        self.list(Watched::Templates, []);
        self.list(Watched::Namespaces, [namespace("shop")]);
    }

    fn revision(&self, name: &str) -> Option<String> {
        let injector = self.live.injector().unwrap();
        injector.templates.get(&reference(name)).map(|template| template.revision().to_owned())
    }
}

fn reference(name: &str) -> TemplateReference {
    TemplateReference { name: name.to_owned(), namespace: None }
}

fn template(name: &str, patch: Value) -> Change {
    let object = json!({
        "apiVersion": "chandler.dev/v1alpha1", "kind": "ClusterInjectionTemplate",
        "metadata": {"name": name}, "spec": {"patches": [{"pod": patch}]},
    });
    Change::Template(reference(name), Box::default(), compile_object(&object, ""))
}

/// A pod that was given what `first` says, as the API server brings it a second time.
fn answer_again(daemon: &Daemon, record: &str) -> Value {
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "7", "kind": {"group": "", "version": "v1", "kind": "Pod"}, "operation": "CREATE", "namespace": "shop",
            "object": {
                "metadata": {
                    "labels": {"a": "first"},
                    "annotations": {"chandler.dev/templates": "one", "chandler.dev/injected": record},
                },
                "spec": {"containers": [{"name": "app"}]},
            },
        },
    });
    let reply = daemon.live.injector().unwrap().answer(review.to_string().as_bytes()).unwrap();
    serde_json::from_slice(&reply.body).unwrap()
}

#[tokio::test(start_paused = true)]
async fn pod_that_comes_again_meets_the_revision_that_it_met_before() {
    let mut daemon = daemon();
    daemon.list_all([template("one", label("first"))]);
    let record = format!("cluster/one@{}", daemon.revision("one").unwrap());
    daemon.take([template("one", label("second"))]);
    assert_eq!(answer_again(&daemon, &record)["response"].get("patch"), None);
    daemon.take([Change::NoTemplate(reference("one"))]);
    assert_eq!(answer_again(&daemon, &record)["response"].get("patch"), None);
    daemon.take([template("one", label("second"))]);
    tokio::time::timeout(EARLIER * 2, daemon.gatherer.until_oldest_is_over()).await.unwrap();
    while !daemon.gatherer.retired.is_empty() {
        daemon.gatherer.forget_oldest();
    }
    daemon.gatherer.publish();
    assert_ne!(answer_again(&daemon, &record)["response"].get("patch"), None, "the new revision applies");
}

#[test]
fn only_so_many_earlier_revisions_are_kept() {
    let mut daemon = daemon();
    daemon.list_all((0..MOST_EARLIER + 10).map(|count| template("one", label(&count.to_string()))));
    assert_eq!(daemon.gatherer.retired.len(), MOST_EARLIER);
}

fn label(value: &str) -> Value {
    json!({"metadata": {"labels": {"a": value}}})
}

fn broken() -> Value {
    json!({"spec": {"hostname": "{{params.unknown}}"}})
}

fn namespace(name: &str) -> Change {
    Change::Namespace(Namespace::named(name))
}

#[test]
fn nothing_is_answered_before_everything_was_listed() {
    let mut daemon = daemon();
    daemon.list(Watched::ClusterTemplates, [template("a", label("1"))]);
    daemon.list(Watched::Templates, []);
    assert!(daemon.live.injector().is_none());
    assert_eq!(daemon.readiness.missing(), ["namespaces"]);
    daemon.list(Watched::Namespaces, [namespace("shop")]);
    assert!(daemon.readiness.is_ready());
    assert!(daemon.live.injector().unwrap().namespaces.contains_key("shop"));
    let _ending = daemon.readiness.condition("running");
    assert!(daemon.live.injector().is_some(), "one that is about to end still answers");
}

#[test]
fn last_good_revision_serves_while_the_newest_is_broken() {
    let mut daemon = daemon();
    daemon.list_all([template("a", label("1"))]);
    let first = daemon.revision("a");
    daemon.take([template("a", broken())]);
    assert_eq!(daemon.revision("a"), first);
    assert_eq!(daemon.gatherer.metrics.broken_templates.get(), 1);
    daemon.take([template("a", label("2"))]);
    assert!(daemon.revision("a").is_some_and(|second| Some(second) != first));
    assert_eq!(daemon.gatherer.metrics.broken_templates.get(), 0);
}

#[test]
fn what_a_new_list_does_not_name_is_gone_and_nothing_before_its_end() {
    let mut daemon = daemon();
    daemon.list_all([template("a", label("1")), template("b", label("1"))]);
    daemon.take([Change::ListBegins(Watched::ClusterTemplates), template("b", broken())]);
    assert!(daemon.revision("a").is_some(), "the list has not ended");
    daemon.take([Change::ListEnds(Watched::ClusterTemplates)]);
    assert!(daemon.revision("a").is_none());
    assert!(daemon.revision("b").is_some(), "a broken one was named: its last good revision stays");
    daemon.list(Watched::Namespaces, []);
    assert!(daemon.live.injector().unwrap().namespaces.is_empty());
    assert!(daemon.revision("b").is_some(), "another list says nothing of it");
}

#[test]
fn deleted_template_is_gone_also_when_it_was_broken() {
    let mut daemon = daemon();
    daemon.list_all([template("a", label("1")), template("a", broken())]);
    daemon.take([Change::NoTemplate(reference("a"))]);
    assert!(daemon.revision("a").is_none());
    assert_eq!(daemon.gatherer.metrics.broken_templates.get(), 0);
}

#[test]
fn newer_status_of_a_template_leaves_all_else_as_it_was() {
    let mut daemon = daemon();
    daemon.list_all([template("a", label("1")), template("a", broken())]);
    let first = daemon.revision("a");
    let status =
        InjectionTemplateStatus { observed_generation: Some(7), ..InjectionTemplateStatus::default() };
    let object = TemplateObject { status: Some(status.clone()), ..TemplateObject::default() };
    daemon.list(Watched::ClusterTemplates, [Change::SameTemplate(reference("a"), Box::new(object))]);
    let known = daemon.live.known().borrow().clone();
    assert_eq!(known.objects[&reference("a")].status, Some(status));
    assert!(known.objects[&reference("a")].problems.is_some(), "it is still broken");
    assert_eq!(daemon.revision("a"), first, "it was listed: nothing is gone");
}

#[test]
fn duties_see_since_when_the_revision_that_serves_is_in_force() {
    let mut daemon = daemon();
    let at = |since, change: Change| match change {
        Change::Template(reference, object, compiled) => {
            Change::Template(reference, Box::new(TemplateObject { since, ..*object }), compiled)
        }
        other => other,
    };
    daemon.list_all([at(10, template("a", label("1")))]);
    daemon.take([at(20, template("a", broken())), at(30, template("a", broken()))]);
    let since = |daemon: &Daemon| daemon.live.known().borrow().objects[&reference("a")].since;
    assert_eq!(since(&daemon), 10);
    daemon.take([at(40, template("a", label("2")))]);
    assert_eq!(since(&daemon), 40);
}
