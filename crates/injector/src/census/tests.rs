//! What is counted as what.

mod memory;

use chandler_api::names;
use serde_json::{Value, json};

use super::*;
use crate::catalog::compile_object;
use crate::facts::Namespace;
use crate::template::Template;

/// When templates of these tests came into force; pods are a minute younger unless they say otherwise.
const SINCE: i64 = 1_000;

fn metadata(value: Value) -> PodMetadata {
    PodMetadata::of(&serde_json::from_value(value).unwrap())
}

fn time(second: i64) -> String {
    k8s_openapi::jiff::Timestamp::from_second(second).unwrap().to_string()
}

/// A pod of the namespace `shop`, with these fields of its metadata besides.
fn pod(uid: &str, fields: Value) -> PodMetadata {
    let mut object =
        json!({"name": uid, "namespace": "shop", "uid": uid, "creationTimestamp": time(SINCE + 60)});
    object.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    metadata(object)
}

fn recorded(uid: &str, record: &str) -> PodMetadata {
    pod(uid, json!({"annotations": {names::INJECTED: record}}))
}

fn template(name: &str, value: &str, select: Value) -> Template {
    let object = json!({
        "apiVersion": "chandler.dev/v1alpha1", "kind": "ClusterInjectionTemplate", "metadata": {"name": name},
        "spec": {"select": select, "patches": [{"pod": {"metadata": {"labels": {"a": value}}}}]},
    });
    compile_object(&object, "").unwrap()
}

fn reference(name: &str) -> TemplateReference {
    TemplateReference { name: name.to_owned(), namespace: None }
}

/// A census and what it is told of templates.
struct Town {
    census: Census,
    injector: Injector,
    since: HashMap<TemplateReference, i64>,
}

impl Town {
    fn new(templates: impl IntoIterator<Item = Template>) -> Self {
        let census = Census::new(["kube-system".to_owned()]);
        let mut town = Self { census, injector: Injector::default(), since: HashMap::new() };
        town.injector.namespaces.insert("shop".to_owned(), Arc::new(Namespace::named("shop")));
        templates.into_iter().for_each(|template| town.set(template, SINCE));
        town
    }

    fn set(&mut self, template: Template, since: i64) {
        self.since.insert(template.reference().clone(), since);
        self.injector.templates.insert(template);
        self.know();
    }

    fn know(&mut self) {
        self.census.know(Arc::new(self.injector.clone()), &self.since);
    }

    fn see(&mut self, pods: impl IntoIterator<Item = PodMetadata>) {
        for pod in pods {
            self.census.see(pod);
        }
    }

    /// Injected, outdated and missed, after a check that these are all that matched.
    fn counts(&mut self, name: &str) -> (i32, i32, i32) {
        let counts = self.census.count().counts[&reference(name)];
        assert_eq!(counts.matched, counts.injected + counts.outdated + counts.missed);
        (counts.injected, counts.outdated, counts.missed)
    }

    fn revision(&self, name: &str) -> String {
        self.injector.templates.get(&reference(name)).unwrap().revision().to_owned()
    }

    /// Looks at every pod that has to be looked at, as a cluster has them.
    fn look(&mut self, pods: &[Value]) -> usize {
        self.census.count();
        let looks = self.census.looks(100, &HashSet::new());
        let count = looks.len();
        for look in looks {
            let found = pods.iter().find(|pod| pod["metadata"]["uid"] == look.name.as_str());
            let seen = look.at(found);
            self.census.take_over(&seen);
        }
        count
    }
}

fn default_mode() -> Value {
    json!({"mode": "Default"})
}

#[test]
fn record_says_what_a_pod_carries() {
    let mut town = Town::new([template("a", "1", default_mode())]);
    let current = format!("cluster/a@{}", town.revision("a"));
    town.see([recorded("new", &current), recorded("old", "cluster/a@0123"), recorded("other", "a@0123")]);
    town.see([pod("none", json!({}))]);
    assert_eq!(
        town.counts("a"),
        (1, 1, 2),
        "a record of a template of the namespace says nothing of the cluster's"
    );
    town.set(template("a", "2", default_mode()), SINCE);
    assert_eq!(town.counts("a"), (0, 2, 2));
}

#[test]
fn pod_that_is_older_than_the_template_was_not_missed() {
    let mut town = Town::new([template("a", "1", default_mode())]);
    let made = |uid: &str, second| pod(uid, json!({"creationTimestamp": time(second)}));
    town.see([made("before", SINCE - 1), made("with", SINCE + GRACE), made("after", SINCE + GRACE + 1)]);
    assert_eq!(town.counts("a"), (0, 2, 1));
    town.set(template("a", "2", default_mode()), SINCE + 100);
    assert_eq!(town.counts("a"), (0, 3, 0));
}

#[test]
fn pod_of_a_namespace_that_was_labelled_later_was_not_missed() {
    let select = json!({"mode": "Default", "namespaceSelector": {"matchLabels": {"team": "a"}}});
    let mut town = Town::new([template("a", "1", select)]);
    town.see([pod("p", json!({}))]);
    assert_eq!(town.counts("a"), (0, 0, 0));
    let labelled = Namespace::from_metadata("shop", &json!({"labels": {"team": "a"}}));
    town.injector.namespaces.insert("shop".to_owned(), Arc::new(labelled.clone()));
    town.know();
    assert_eq!(town.counts("a"), (0, 0, 1));
    town.injector.namespaces.insert("shop".to_owned(), Arc::new(labelled.changed_at(SINCE + 90)));
    town.know();
    assert_eq!(town.counts("a"), (0, 1, 0));
}

#[test]
fn pod_that_was_labelled_later_was_not_missed() {
    let changed = |fields: Value, second| json!({"managedFields": [{"manager": "m", "operation": "Update", "time": time(second), "fieldsV1": fields}]});
    let (labels, other) =
        (json!({"f:metadata": {"f:labels": {}}}), json!({"f:metadata": {"f:annotations": {"f:cni/ip": {}}}}));
    let asks = json!({"f:metadata": {"f:annotations": {"f:chandler.dev/templates": {}}}});
    let mut town = Town::new([template("a", "1", default_mode())]);
    town.see([pod("labelled", changed(labels.clone(), SINCE + 90)), pod("asks", changed(asks, SINCE + 90))]);
    town.see([pod("as made", changed(labels, SINCE + 60)), pod("other", changed(other, SINCE + 90))]);
    assert_eq!(town.counts("a"), (0, 2, 2));
}

#[test]
fn pods_that_no_admission_can_change_are_not_counted() {
    let mut town = Town::new([template("a", "1", json!({"mode": "Mandatory"}))]);
    town.see([
        pod("static", json!({"annotations": {names::MIRROR_POD: "x"}})),
        pod("ending", json!({"deletionTimestamp": time(SINCE)})),
        pod("excluded", json!({"namespace": "kube-system"})),
        pod("huge", json!({"annotations": {names::TEMPLATES: "x".repeat(10_000)}})),
        pod("off", json!({"annotations": {names::INJECT: "false"}})),
    ]);
    assert_eq!(town.counts("a"), (0, 0, 1), "nobody turns a mandatory one off");
    assert_eq!(town.census.len(), 1);
    town.set(template("a", "1", default_mode()), SINCE);
    assert_eq!(town.counts("a"), (0, 0, 0));
}

#[test]
fn pod_that_ends_or_is_not_listed_any_more_is_forgotten() {
    let mut town = Town::new([template("a", "1", default_mode())]);
    town.census.begin_list();
    town.see(["p", "q", "r"].map(|uid| pod(uid, json!({}))));
    town.census.end_list();
    town.see([pod("q", json!({"deletionTimestamp": time(SINCE)}))]);
    assert_eq!(town.counts("a"), (0, 0, 2));
    town.census.begin_list();
    town.see([pod("r", json!({}))]);
    town.census.end_list();
    assert_eq!(town.counts("a"), (0, 0, 1));
    assert!(town.census.lose(PodKey::of("r")));
    assert_eq!(town.counts("a"), (0, 0, 0));
    assert!(town.census.classes.is_empty());
}

#[test]
fn pods_are_asked_what_their_annotations_and_the_template_of_their_namespace_say() {
    let mut town = Town::new([template("a", "1", json!({})), template("b", "1", json!({}))]);
    let own = json!({
        "apiVersion": "chandler.dev/v1alpha1", "kind": "InjectionTemplate",
        "metadata": {"name": "a", "namespace": "shop"}, "spec": {"patches": [{"pod": {}}]},
    });
    let asks = |uid: &str, list: &str| pod(uid, json!({"annotations": {names::TEMPLATES: list}}));
    town.see([asks("p", "a, b"), asks("q", "cluster/a"), asks("r", "nothing"), pod("s", json!({}))]);
    assert_eq!((town.counts("a"), town.counts("b")), ((0, 0, 2), (0, 0, 1)));
    town.set(compile_object(&own, "").unwrap(), SINCE);
    let own = TemplateReference { namespace: Some("shop".to_owned()), ..reference("a") };
    assert_eq!(town.census.count().counts[&own].missed, 1, "the nearer one is meant from now on");
    assert_eq!((town.counts("a"), town.counts("b")), ((0, 0, 1), (0, 0, 1)));
    town.injector.templates.remove(&own);
    town.since.remove(&own);
    town.know();
    assert_eq!(town.counts("a"), (0, 0, 2));
    assert!(!town.census.count().counts.contains_key(&own));
}

#[test]
fn template_of_which_nothing_serves_has_outdated_pods_only() {
    let mut town = Town::new([]);
    town.since.insert(reference("a"), SINCE);
    town.know();
    town.see([recorded("p", "cluster/a@0123"), pod("q", json!({}))]);
    assert_eq!(town.counts("a"), (0, 1, 0));
}

#[test]
fn what_only_the_spec_of_a_pod_says_is_looked_up_once_for_each_revision() {
    let conditional = |value: &str| {
        let condition = json!([{"name": "c", "expression": "pod.spec.containers.exists(c, has(c.ports))"}]);
        template("a", value, json!({"mode": "Default", "matchConditions": condition}))
    };
    let mut town =
        Town::new([conditional("1"), template("b", "1", json!({"mode": "Default", "hostNetwork": "Skip"}))]);
    town.see([pod("ports", json!({})), pod("plain", json!({})), pod("gone", json!({}))]);
    assert_eq!((town.census.count().undecided, town.counts("a")), (3, (0, 0, 0)));
    let ports =
        json!({"metadata": {"uid": "ports"}, "spec": {"hostNetwork": true, "containers": [{"ports": [{}]}]}});
    let plain = json!({"metadata": {"uid": "plain"}, "spec": {"containers": [{}]}});
    let pods = [ports, plain];
    assert_eq!(town.look(&pods), 3);
    assert_eq!((town.counts("a"), town.counts("b")), ((0, 0, 1), (0, 0, 1)));
    assert_eq!((town.census.count().undecided, town.look(&pods)), (0, 0), "what was decided is remembered");
    town.know();
    assert_eq!(town.look(&pods), 0, "the same revision");
    town.set(conditional("2"), SINCE);
    assert_eq!((town.counts("a"), town.counts("b")), ((0, 0, 0), (0, 0, 1)), "the other one has not changed");
    assert_eq!(town.look(&pods), 3);
    town.see([pod("plain", json!({"labels": {"new": "label"}}))]);
    assert_eq!(town.census.count().undecided, 1, "a pod that changed is another");
}

#[test]
fn pod_for_another_system_is_counted_when_it_was_looked_at() {
    let mut town = Town::new([template("a", "1", json!({"mode": "Default", "os": ["windows"]}))]);
    town.see([pod("linux", json!({})), pod("windows", json!({}))]);
    let pods = ["linux", "windows"]
        .map(|os| json!({"metadata": {"uid": os}, "spec": {"os": {"name": os}, "containers": [{}]}}));
    assert_eq!(town.look(&pods), 2);
    assert_eq!(town.counts("a"), (0, 0, 1));
}

#[test]
fn template_that_fails_on_a_pod_was_missed_and_a_condition_without_an_answer_is_false() {
    let failing = json!({
        "apiVersion": "chandler.dev/v1alpha1", "kind": "ClusterInjectionTemplate", "metadata": {"name": "a"},
        "spec": {
            "select": {"mode": "Default", "hostNetwork": "Skip"},
            "parameters": [{"name": "team", "type": "string", "required": true}],
            "patches": [{"pod": {"metadata": {"labels": {"team": "{{params.team}}"}}}}],
        },
    });
    let who = json!([{"name": "c", "expression": "request.userInfo.username == 'x'"}]);
    let mut town = Town::new([
        compile_object(&failing, "").unwrap(),
        template("b", "1", json!({"mode": "Default", "matchConditions": who})),
    ]);
    town.see([pod("p", json!({}))]);
    town.look(&[json!({"metadata": {"uid": "p"}, "spec": {"containers": [{}]}})]);
    assert_eq!((town.counts("a"), town.counts("b")), ((0, 0, 1), (0, 0, 0)));
}

#[test]
fn look_that_comes_too_late_says_nothing() {
    let select = json!({"mode": "Default", "hostNetwork": "Skip"});
    let mut town = Town::new([template("a", "1", select.clone())]);
    town.see([pod("p", json!({}))]);
    town.census.count();
    let object = json!({"metadata": {"uid": "p"}, "spec": {"containers": [{}]}});
    let mut looks = town.census.looks(10, &HashSet::new());
    town.set(template("a", "2", select), SINCE);
    town.census.count();
    let seen = looks.remove(0).at(Some(&object));
    town.census.take_over(&seen);
    assert_eq!(town.counts("a"), (0, 0, 0), "another revision");
    let look = town.census.looks(10, &HashSet::new()).remove(0);
    town.see([pod("p", json!({"labels": {"a": "b"}}))]);
    town.census.take_over(&look.at(Some(&object)));
    assert_eq!(town.counts("a"), (0, 0, 0), "another pod");
}

#[test]
fn what_was_counted_change_by_change_is_what_a_newcomer_counts() {
    let selects = [
        default_mode(),
        json!({"mode": "Default", "podSelector": {"matchLabels": {"tier": "1"}}}),
        json!({"mode": "Mandatory", "namespaceSelector": {"matchLabels": {"team": "a"}}}),
        json!({}),
    ];
    let mut town = Town::new([]);
    let mut random = 7_u64;
    let mut next = |most: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (random >> 33) % most
    };
    for _ in 0..300 {
        let (name, uid) = (format!("t{}", next(4)), format!("p{}", next(12)));
        match next(5) {
            0 => {
                let select = selects[usize::try_from(next(4)).unwrap()].clone();
                town.set(template(&name, &next(3).to_string(), select), SINCE);
            }
            1 => {
                town.injector.templates.remove(&reference(&name));
                town.since.remove(&reference(&name));
                town.know();
            }
            2 => _ = town.census.lose(PodKey::of(&uid)),
            3 => {
                let team = ["a", "b"][usize::try_from(next(2)).unwrap()];
                let labels = json!({"labels": {"team": team}});
                let namespace = Arc::new(Namespace::from_metadata("shop", &labels));
                town.injector.namespaces.insert("shop".to_owned(), namespace);
                town.know();
            }
            _ => {
                let annotations =
                    json!({names::TEMPLATES: name, names::INJECTED: format!("cluster/{name}@0123")});
                town.see([pod(
                    &uid,
                    json!({"labels": {"tier": next(2).to_string()}, "annotations": annotations}),
                )]);
            }
        }
        let counted = town.census.count().counts;
        let mut fresh = Town::new([]);
        (fresh.injector, fresh.since) = (town.injector.clone(), town.since.clone());
        fresh.know();
        for (key, known) in &town.census.pods {
            let class = town.census.classes.get(known.class).unwrap();
            fresh.see([PodMetadata {
                key: *key,
                namespace: "shop".into(),
                name: known.name.clone(),
                traits: class.traits().into(),
                created: known.created.into(),
                relabelled: false,
                is_counted: true,
            }]);
        }
        assert_eq!(counted, fresh.census.count().counts);
    }
}
