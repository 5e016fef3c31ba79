//! Decisions on small pods, each about one promise of the pipeline.

use std::collections::HashMap;

use chandler_api::InjectionTemplateSpec;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::facts::{Namespace, Owner, Request};
use crate::template::TemplateReference;

/// Templates by `name` or `cluster/name`, from their specs.
fn templates(specs: Value) -> TemplateSet {
    let mut set = TemplateSet::default();
    for (name, spec) in specs.as_object().unwrap() {
        set.insert(template(name, spec.clone()));
    }
    set
}

fn template(name: &str, spec: Value) -> Template {
    let spec: InjectionTemplateSpec = serde_json::from_value(spec).unwrap();
    let reference = match name.strip_prefix("cluster/") {
        Some(name) => TemplateReference { name: name.to_owned(), namespace: None },
        None => TemplateReference { name: name.to_owned(), namespace: Some("shop".to_owned()) },
    };
    Template::compile(reference, &spec).unwrap()
}

struct Case {
    templates: TemplateSet,
    settings: Settings,
    namespace: Namespace,
}

impl Case {
    fn new(specs: Value) -> Self {
        Self {
            templates: templates(specs),
            settings: Settings::default(),
            namespace: Namespace::named("shop"),
        }
    }

    fn in_namespace(mut self, metadata: Value) -> Self {
        self.namespace = Namespace::from_metadata("shop", &metadata);
        self
    }

    fn decide<'t>(&'t self, pod: &Value) -> Decision<'t> {
        let review =
            Review { pod, namespace: &self.namespace, owner: Owner::default(), request: Request::default() };
        decide(&self.templates, &self.settings, &review)
    }

    /// Names of the templates that apply, in order.
    fn applied(&self, pod: &Value) -> Vec<String> {
        let decision = self.decide(pod);
        let applied =
            decision.outcomes.iter().filter(|outcome| matches!(outcome.verdict, Verdict::Applied(_)));
        applied.map(|outcome| outcome.template.reference().to_string()).collect()
    }
}

fn label(name: &str) -> Value {
    json!({"patches": [{"pod": {"metadata": {"labels": {name: "yes"}}}}]})
}

fn mode(mode: &str, order: i32) -> Value {
    json!({"select": {"mode": mode}, "order": order, "patches": [{"pod": {"metadata": {"labels": {"x": "y"}}}}]})
}

fn pod(annotations: Value) -> Value {
    json!({"metadata": {"annotations": annotations}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}})
}

fn asking(list: &str) -> Value {
    pod(json!({"chandler.dev/templates": list}))
}

#[test]
fn pod_that_nothing_selects_is_not_touched() {
    let case = Case::new(json!({"cluster/a": label("a")}));
    let decision = case.decide(&pod(json!({})));
    assert!(decision.pod.is_none() && decision.outcomes.is_empty() && decision.warnings.is_empty());
}

#[test]
fn list_is_applied_in_its_order_without_blanks_and_repeats() {
    let case = Case::new(json!({"cluster/a": label("a"), "cluster/b": label("b"), "c": label("c")}));
    assert_eq!(case.applied(&asking(" c ,, cluster/b, a,c")), ["c", "cluster/b", "cluster/a"]);
}

#[test]
fn name_is_looked_up_in_the_namespace_first() {
    let case = Case::new(json!({"cluster/a": label("a"), "a": label("own")}));
    assert_eq!(case.applied(&asking("a")), ["a"]);
    assert_eq!(case.applied(&asking("cluster/a")), ["cluster/a"]);
}

#[test]
fn list_of_the_namespace_serves_pods_without_one_and_plus_adds_to_it() {
    let case = Case::new(json!({"cluster/a": label("a"), "cluster/b": label("b")}))
        .in_namespace(json!({"annotations": {"chandler.dev/templates": "a"}}));
    assert_eq!(case.applied(&pod(json!({}))), ["cluster/a"]);
    assert_eq!(case.applied(&asking("b")), ["cluster/b"]);
    assert_eq!(case.applied(&asking("+b")), ["cluster/a", "cluster/b"]);
    assert!(case.applied(&asking("")).is_empty());
}

#[test]
fn mandatory_and_default_come_first_by_order_and_name() {
    let case = Case::new(json!({
        "cluster/z": mode("Default", 10), "cluster/b": mode("Mandatory", 20), "a": mode("Default", 20),
        "cluster/asked": label("asked"),
    }));
    assert_eq!(case.applied(&asking("asked, z")), ["cluster/z", "a", "cluster/b", "cluster/asked"]);
}

#[test]
fn switch_turns_off_all_but_mandatory() {
    let specs =
        json!({"cluster/d": mode("Default", 0), "cluster/m": mode("Mandatory", 0), "cluster/a": label("a")});
    let off = json!({"chandler.dev/inject": "false", "chandler.dev/templates": "a"});
    assert_eq!(Case::new(specs.clone()).applied(&pod(off)), ["cluster/m"]);
    let case = Case::new(specs).in_namespace(json!({"annotations": {"chandler.dev/inject": "false"}}));
    assert_eq!(case.applied(&asking("a")), ["cluster/m"]);
}

#[test]
fn switch_with_another_word_is_ignored_with_a_warning() {
    let case = Case::new(json!({"cluster/d": mode("Default", 0)}));
    let decision = case.decide(&pod(json!({"chandler.dev/inject": "no"})));
    assert!(decision.pod.is_some());
    assert_eq!(
        decision.warnings,
        ["the annotation chandler.dev/inject of the pod is neither \"true\" nor \"false\" and is ignored"]
    );
}

#[test]
fn limits_hold_also_for_a_template_that_was_asked_for() {
    let specs = [
        json!({"podSelector": {"matchLabels": {"app": "web"}}}),
        json!({"namespaceSelector": {"matchLabels": {"team": "a"}}}),
        json!({"os": ["windows"]}),
        json!({"matchConditions": [{"name": "never", "expression": "false"}]}),
    ];
    for select in specs {
        let mut spec = label("a");
        spec["select"] = select;
        let case = Case::new(json!({"cluster/a": spec}));
        let decision = case.decide(&asking("a"));
        assert!(decision.pod.is_none());
        assert!(
            decision.warnings[0].starts_with("template cluster/a was requested by the pod and not applied: ")
        );
    }
}

#[test]
fn pod_with_host_network_is_skipped_where_the_template_says_so() {
    let mut spec = label("a");
    spec["select"] = json!({"hostNetwork": "Skip"});
    let case = Case::new(json!({"cluster/a": spec}));
    let mut on_host = asking("a");
    assert_eq!(case.applied(&on_host), ["cluster/a"]);
    on_host["spec"]["hostNetwork"] = json!(true);
    assert!(case.applied(&on_host).is_empty());
}

#[test]
fn unknown_template_is_a_warning_or_a_denial() {
    let mut case = Case::new(json!({"cluster/a": label("a")}));
    let decision = case.decide(&asking("a, b"));
    assert!(decision.pod.is_some() && decision.denial.is_none());
    assert_eq!(
        decision.warnings,
        ["the pod asks for template \"b\", which exists neither in the namespace nor in the cluster"]
    );
    case.settings.unknown_templates = UnknownTemplates::Deny;
    let decision = case.decide(&asking("a, b"));
    assert!(decision.pod.is_none() && decision.denial.is_some());
}

#[test]
fn pinned_revision_must_be_the_one_that_exists() {
    let case = Case::new(json!({"cluster/a": label("a")}));
    let revision = case.templates.unasked("").count().to_string();
    assert_eq!(revision, "0");
    let current = template("cluster/a", label("a")).revision().to_owned();
    assert_eq!(case.applied(&asking(&format!("a@{current}"))), ["cluster/a"]);
    let decision = case.decide(&asking("a@000000000000"));
    assert!(decision.warnings[0].ends_with(&format!("whose revision is now {current}")));
}

#[test]
fn parameter_comes_from_the_nearest_source() {
    let spec = json!({
        "parameters": [{"name": "level", "default": "d", "from": [{"podLabel": "level"}, {"namespaceLabel": "level"}]}],
        "patches": [{"pod": {"metadata": {"labels": {"result": "{{params.level}}"}}}}],
    });
    let sources = [
        (json!({"chandler.dev/param.a.level": "1", "chandler.dev/param.level": "2"}), "p", "1"),
        (json!({"chandler.dev/param.level": "2"}), "p", "2"),
        (json!({}), "p", "p"),
        (json!({}), "", "n"),
    ];
    let case = Case::new(json!({"cluster/a": spec})).in_namespace(json!({"labels": {"level": "n"}}));
    for (annotations, pod_label, expected) in sources {
        let mut pod = pod(annotations);
        pod["metadata"]["annotations"]["chandler.dev/templates"] = json!("a");
        if !pod_label.is_empty() {
            pod["metadata"]["labels"] = json!({"level": pod_label});
        }
        let decision = case.decide(&pod);
        assert_eq!(decision.pod.unwrap()["metadata"]["labels"]["result"], expected);
    }
}

#[test]
fn required_parameter_without_a_value_fails_its_template_alone() {
    let spec = json!({
        "parameters": [{"name": "who", "required": true}],
        "patches": [{"pod": {"metadata": {"labels": {"who": "{{params.who}}"}}}}],
    });
    let case = Case::new(json!({"cluster/a": spec, "cluster/b": label("b")}));
    let decision = case.decide(&asking("a, b"));
    assert_eq!(case.applied(&asking("a, b")), ["cluster/b"]);
    assert_eq!(
        decision.warnings,
        [
            "template cluster/a was skipped: parameter \"who\" is required: set the annotation chandler.dev/param.who on the pod"
        ]
    );
}

#[test]
fn misspelt_parameter_annotation_is_told() {
    let case = Case::new(json!({"cluster/a": label("a")}));
    let decision =
        case.decide(&pod(json!({"chandler.dev/templates": "a", "chandler.dev/param.levl": "debug"})));
    assert_eq!(
        decision.warnings,
        ["the annotation chandler.dev/param.levl sets no parameter of a selected template"]
    );
}

#[test]
fn template_that_fails_late_leaves_no_trace_and_the_others_apply() {
    let failing = json!({"patches": [
        {"pod": {"metadata": {"labels": {"trace": "left"}}}},
        {"json": [{"op": "replace", "path": "/spec/nothing/here", "value": 1}]},
    ]});
    let case = Case::new(json!({"cluster/bad": failing, "cluster/a": label("a"), "cluster/b": label("b")}));
    let decision = case.decide(&asking("a, bad, b"));
    let fitted = decision.pod.as_ref().unwrap();
    assert_eq!(fitted["metadata"]["labels"], json!({"a": "yes", "b": "yes"}));
    let reasons: Vec<_> =
        decision.outcomes.iter().map(|outcome| matches!(outcome.verdict, Verdict::Failed(_))).collect();
    assert_eq!(reasons, [false, true, false]);
}

#[test]
fn template_that_says_deny_refuses_the_pod_when_it_fails() {
    let mut failing = json!({"patches": [{"json": [{"op": "remove", "path": "/spec/nothing"}]}]});
    failing["onError"] = json!("Deny");
    let case = Case::new(json!({"cluster/bad": failing, "cluster/a": label("a")}));
    let decision = case.decide(&asking("a, bad"));
    assert!(decision.pod.is_none());
    assert!(decision.denial.unwrap().starts_with("template cluster/bad failed: patches[0]: json patch: "));
}

#[test]
fn json_patch_that_changes_its_own_result_is_an_error() {
    let append = json!({"patches": [{"json": [
        {"op": "add", "path": "/spec/containers/0/args", "value": []},
        {"op": "add", "path": "/spec/tolerations/-", "value": {"operator": "Exists"}},
    ]}]});
    let case = Case::new(json!({"cluster/a": append}));
    let mut pod = asking("a");
    pod["spec"]["tolerations"] = json!([]);
    assert!(case.decide(&pod).warnings[0].contains("applied to its own result it gives another pod"));
}

#[test]
fn containers_patch_reaches_containers_that_other_templates_add() {
    let every = json!({"patches": [{"containers": {"match": {"kinds": ["Container", "Sidecar", "InitContainer"]},
        "patch": {"env": [{"name": "SEEN", "value": "1"}]}}}]});
    let sidecar = json!({"patches": [{"pod": {"spec": {
        "initContainers": [{"name": "side", "image": "s", "restartPolicy": "Always"}, {"name": "init", "image": "i"}]}}}]});
    let case = Case::new(json!({"cluster/every": every, "cluster/sidecar": sidecar}));
    let fitted = case.decide(&asking("every, sidecar")).pod.unwrap();
    let seen = json!([{"name": "SEEN", "value": "1"}]);
    for pointer in ["/spec/containers/0/env", "/spec/initContainers/0/env", "/spec/initContainers/1/env"] {
        assert_eq!(fitted.pointer(pointer), Some(&seen), "{pointer}");
    }
}

#[test]
fn containers_are_matched_by_glob_exception_and_kind() {
    let spec = json!({"patches": [{"containers": {
        "match": {"names": ["app*", "s?de"], "except": ["app-2"], "kinds": ["Container", "Sidecar"]},
        "patch": {"stdin": true}}}]});
    let case = Case::new(json!({"cluster/a": spec}));
    let mut pod = asking("a");
    pod["spec"] = json!({
        "containers": [{"name": "app-1"}, {"name": "app-2"}, {"name": "other"}],
        "initContainers": [{"name": "side", "restartPolicy": "Always"}, {"name": "app-init"}],
    });
    let fitted = case.decide(&pod).pod.unwrap();
    let stdin = |pointer: &str| fitted.pointer(pointer).is_some();
    assert!(stdin("/spec/containers/0/stdin") && stdin("/spec/initContainers/0/stdin"));
    assert!(!stdin("/spec/containers/1/stdin") && !stdin("/spec/containers/2/stdin"));
    assert!(!stdin("/spec/initContainers/1/stdin"));
}

#[test]
fn conflict_is_won_by_template_or_pod_or_fails() {
    for (policy, image, warned) in
        [("Override", "new", true), ("Keep", "app:1", true), ("Fail", "app:1", true)]
    {
        let spec = json!({"conflicts": policy, "patches": [{"pod": {"spec": {"containers": [{"name": "app", "image": "new"}]}}}]});
        let case = Case::new(json!({"cluster/a": spec}));
        let pod = asking("a");
        let decision = case.decide(&pod);
        let fitted = decision.pod.as_ref().unwrap_or(&pod);
        assert_eq!(fitted["spec"]["containers"][0]["image"], image, "{policy}");
        assert_eq!(!decision.warnings.is_empty(), warned, "{policy}");
    }
}

#[test]
fn second_injection_changes_nothing_and_a_forged_record_changes_nothing() {
    let case = Case::new(json!({"cluster/a": label("a"), "cluster/b": mode("Default", 1)}));
    let first = case.decide(&asking("a")).pod.unwrap();
    let record = first["metadata"]["annotations"]["chandler.dev/injected"].as_str().unwrap();
    let again = case.decide(&first);
    assert!(again.patch("", &first).is_empty());

    let mut forged = asking("a");
    forged["metadata"]["annotations"]["chandler.dev/injected"] = json!(record);
    let fitted = case.decide(&forged).pod.unwrap();
    assert_eq!(fitted["metadata"]["labels"], first["metadata"]["labels"]);
}

#[test]
fn pods_of_any_shape_are_decided_about_without_a_panic() {
    let case = Case::new(json!({"cluster/d": {"select": {"mode": "Mandatory"}, "patches": [
        {"pod": {"spec": {"initContainers": [{"name": "s", "image": "s", "$position": "first"}], "volumes": [{"name": "v", "emptyDir": {}}]}}},
        {"containers": {"patch": {"env": [{"name": "A", "value": "1"}]}}},
    ]}}));
    for broken in [
        json!(null),
        json!({}),
        json!([]),
        json!({"metadata": 1, "spec": 2}),
        json!({"spec": {"containers": null}}),
        json!({"spec": {"containers": []}}),
        json!({"spec": {"containers": "x", "initContainers": {}}}),
        json!({"spec": {"containers": [null, 1, {"name": 3, "env": "x"}]}}),
        json!({"metadata": {"annotations": [], "labels": "x"}}),
    ] {
        let decision = case.decide(&broken);
        assert!(decision.pod.is_some() || !decision.warnings.is_empty(), "{broken}");
    }
}

#[test]
fn condition_may_read_parameters() {
    let spec = json!({
        "select": {"matchConditions": [{"name": "on", "expression": "params.enabled"}]},
        "parameters": [{"name": "enabled", "type": "boolean", "default": false}],
        "patches": [{"pod": {"metadata": {"labels": {"a": "yes"}}}}],
    });
    let case = Case::new(json!({"cluster/a": spec}));
    assert!(case.applied(&asking("a")).is_empty());
    let on = pod(json!({"chandler.dev/templates": "a", "chandler.dev/param.enabled": "true"}));
    assert_eq!(case.applied(&on), ["cluster/a"]);
}

proptest! {
    #[test]
    fn whatever_the_annotations_say_the_shape_of_the_patch_stays(value in any::<String>(), list in ".{0,40}") {
        let spec = json!({
            "select": {"mode": "Mandatory"},
            "parameters": [{"name": "p"}],
            "patches": [{"pod": {"spec": {"initContainers": [{"name": "s", "image": "s", "args": ["{{params.p}}", "x={{params.p}}"]}]}}}],
        });
        let case = Case::new(json!({"cluster/a": spec}));
        let pod = pod(json!({"chandler.dev/param.p": value, "chandler.dev/templates": list}));
        let fitted = case.decide(&pod).pod.unwrap();
        let args = &fitted["spec"]["initContainers"][0]["args"];
        prop_assert_eq!(args, &json!([value, format!("x={value}")]));
        let unique: HashMap<_, _> = fitted["spec"].as_object().unwrap().iter().collect();
        prop_assert_eq!(unique.len(), 2);
    }
}

#[test]
fn templates_that_undo_each_other_fail_in_the_first_injection_and_not_in_the_second() {
    let seconds = |seconds: u32| json!({"pod": {"spec": {"terminationGracePeriodSeconds": seconds}}});
    let sidecar =
        json!({"pod": {"spec": {"initContainers": [{"name": "s", "image": "s:1", "$position": "first"}]}}});
    let mirror =
        json!({"containers": {"match": {"kinds": ["InitContainer"]}, "patch": {"image": "mirror/s:1"}}});
    let cases = [
        json!({"cluster/a": {"conflicts": "Fail", "patches": [seconds(30)]}, "cluster/b": {"patches": [seconds(60)]}}),
        json!({"cluster/a": {"patches": [sidecar]}, "cluster/b": {"patches": [mirror]}}),
        json!({"cluster/a": {"patches": [{"pod": {"spec": {"volumes": [{"name": "v", "$patch": "delete"}]}}}]},
            "cluster/b": {"patches": [{"pod": {"spec": {"volumes": [{"name": "v", "emptyDir": {}}, {"name": "u", "emptyDir": {}}]}}}]}}),
    ];
    for specs in cases {
        let case = Case::new(specs.clone());
        let mut pod = asking("a, b");
        pod["spec"]["volumes"] = json!([{"name": "v", "hostPath": {"path": "/"}}, {"name": "w"}]);
        let first = case.decide(&pod).pod.unwrap();
        let again = case.decide(&first);
        assert!(again.patch("", &first).is_empty(), "{specs}: {:?}", again.patch("", &first));
    }
}

#[test]
fn template_that_fails_because_of_one_that_is_taken_out_has_a_second_chance() {
    let broken = json!({"patches": [
        {"pod": {"spec": {"containers": [{"name": "x", "image": "b:1"}]}}},
        {"json": [{"op": "replace", "path": "/spec/nothing", "value": 1}]},
    ]});
    let good = json!({"patches": [{"pod": {"spec": {"containers": [{"name": "x", "image": "a:1", "$position": "first"}]}}}]});
    let case = Case::new(json!({"cluster/broken": broken, "cluster/good": good}));
    assert_eq!(case.applied(&asking("broken, good")), ["cluster/good"]);
    assert_eq!(case.applied(&asking("good, broken")), ["cluster/good"]);
}

#[test]
fn json_patch_must_leave_a_pod() {
    let good = json!({"patches": [{"pod": {"spec": {"hostPID": true}}}]});
    for operation in [
        json!({"op": "add", "path": "/metadata/annotations", "value": 5}),
        json!({"op": "copy", "from": "/spec", "path": "/metadata/labels/x"}),
        json!({"op": "add", "path": "/spec/initContainers", "value": [{"name": "app", "image": "q"}]}),
    ] {
        let bad = json!({"patches": [{"json": [operation]}]});
        let case = Case::new(json!({"cluster/bad": bad, "cluster/good": good}));
        let applied = case.applied(&asking("good, bad"));
        assert_eq!(applied, ["cluster/good"], "{operation}");
    }
}

#[test]
fn annotation_that_is_no_text_is_told() {
    let case = Case::new(json!({"cluster/d": mode("Default", 0)}));
    let decision = case.decide(&pod(json!({"chandler.dev/inject": false})));
    assert_eq!(
        decision.warnings,
        ["the annotation chandler.dev/inject is ignored: its value is no text, quote it"]
    );
}

#[test]
fn parameter_annotation_is_told_also_where_no_template_was_asked_for() {
    let case = Case::new(json!({"cluster/a": label("a")}));
    let decision = case.decide(&pod(json!({"chandler.dev/param.x": "1"})));
    assert_eq!(
        decision.warnings,
        ["the annotation chandler.dev/param.x sets no parameter of a selected template"]
    );
}
