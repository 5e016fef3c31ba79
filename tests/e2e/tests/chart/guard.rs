//! The guard and the injector agree: a pod that the injector would fit out, because somebody asks or must, is refused
//! when it comes without a record, and no other one is.

use std::time::Duration;

use chandler_api::names;
use chandler_e2e::{Helm, Needs, Objects, Scene, Wait, install_definitions, wait_for};
use chandler_injector::catalog::{expand_sources, read_templates};
use chandler_injector::{Namespace, Origin, Owner, Request, Review, Settings, TemplateSet, Verdict, decide};
use serde_json::{Value, json};
use tokio::sync::MutexGuard;

use crate::turn::ALONE;

/// The scene of a test, guarded.
struct Guarded {
    _alone: MutexGuard<'static, ()>,
    scene: Scene,
    objects: Objects,
    policies: Vec<Value>,
    templates: Vec<Value>,
}

impl Guarded {
    /// Applies the guard to the namespace of the test alone, and templates.
    async fn open(test: &str, templates: impl Fn(&str) -> Vec<Value>) -> Option<Self> {
        let helm = Helm::find(test).unwrap()?;
        let scene = Scene::open(Needs::ApiServer, test).await.unwrap()?;
        let alone = ALONE.lock().await;
        install_definitions(&scene.client).await.unwrap();
        let objects = Objects::discover(&scene.client).await.unwrap();
        let templates = templates(&scene.namespace);
        for template in &templates {
            objects.apply(template, &scene.namespace).await.unwrap().object().unwrap();
        }
        let only =
            json!([{"key": names::NAMESPACE_NAME_LABEL, "operator": "In", "values": [scene.namespace]}]);
        let selector = format!("injector.webhook.namespaceSelector.matchExpressions={only}");
        let show = "templates/injector/guard.yaml";
        let policies = helm.render(
            "elsewhere",
            &["--set", "injector.guard=deny", "--set-json", &selector, "--show-only", show],
        );
        let policies = policies.unwrap();
        assert_eq!(policies.len(), 4, "two policies and their bindings");
        for policy in &policies {
            objects.apply(policy, "").await.unwrap().object().unwrap();
        }
        Some(Self { _alone: alone, scene, objects, policies, templates })
    }

    /// Which of the pods the API server refuses, and that the guard is why.
    async fn refused(&self, pods: &[Value]) -> anyhow::Result<Vec<bool>> {
        let mut refused = Vec::new();
        for pod in pods {
            let answer = self.objects.create(pod, &self.scene.namespace, "dryRun=All").await?;
            let is_guard = answer.message().contains("chandler-injector-guard");
            assert!(answer.status < 300 || is_guard, "{pod}: {}", answer.message());
            refused.push(is_guard);
        }
        Ok(refused)
    }

    /// Writes labels and annotations of the namespace, and gives it as the injector knows it.
    async fn describe_namespace(&self, labels: Value, annotations: Value) -> Namespace {
        let name = &self.scene.namespace;
        let metadata = json!({"name": name, "labels": labels, "annotations": annotations});
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata});
        let stored = self.objects.apply(&namespace, "").await.unwrap().object().unwrap();
        Namespace::from_metadata(name, &stored["metadata"])
    }

    async fn close(self) {
        for object in self.policies.iter().chain(&self.templates) {
            self.objects.delete(object, &self.scene.namespace).await.unwrap();
        }
    }
}

#[tokio::test]
async fn guard_refuses_the_pods_that_the_injector_would_fit_out_and_no_others() {
    let test = "guard_refuses_the_pods_that_the_injector_would_fit_out_and_no_others";
    let Some(guarded) = Guarded::open(test, templates).await else { return };
    let (pods, compiled) = (pods(&guarded.scene.namespace), compile(&guarded));
    let mut seen = [0, 0];
    for (labels, annotations) in [
        (json!({}), json!({})),
        (json!({"tenant": "a"}), json!({names::TEMPLATES: " ,own, asked-of-nobody"})),
        (json!({}), json!({names::TEMPLATES: "own", names::INJECT: "false"})),
        (json!({}), json!({names::TEMPLATES: "limited"})),
    ] {
        let namespace = guarded.describe_namespace(labels, annotations).await;
        let wanted: Vec<bool> = pods.iter().map(|pod| is_fitted_out(&compiled, &namespace, pod)).collect();
        wait_for("the guard to agree with the injector", Duration::from_secs(30), async || {
            let refused = guarded.refused(&pods).await?;
            let differ = pods.iter().zip(&refused).zip(&wanted).filter(|((_, is), should)| is != should);
            let differ: Vec<String> = differ.map(|((pod, is), _)| format!("refused: {is}: {pod}")).collect();
            Ok(if differ.is_empty() { Wait::Done(()) } else { Wait::NotYet(differ.join("\n")) })
        })
        .await
        .unwrap();
        wanted.iter().for_each(|refused| seen[usize::from(*refused)] += 1);
    }
    assert!(seen.iter().all(|count| *count > 30), "passed and refused: {seen:?}");
    guarded.close().await;
}

#[tokio::test]
async fn record_a_condition_or_a_mirror_pod_is_no_matter_of_the_guard() {
    let test = "record_a_condition_or_a_mirror_pod_is_no_matter_of_the_guard";
    let only_conditions = |_: &str| {
        let condition = json!([{"name": "never", "expression": "false"}]);
        let select = |mode: &str| json!({"mode": mode, "podSelector": {"matchLabels": {"app": mode}}});
        let mut conditioned = select("Mandatory");
        conditioned["matchConditions"] = condition;
        vec![template("conditioned", conditioned), template("strict", select("OnRequest"))]
    };
    let Some(guarded) = Guarded::open(test, only_conditions).await else { return };
    let strict = pod(json!({names::TEMPLATES: "strict"}), json!({"app": "OnRequest"}), json!({}));
    wait_for("the guard to be there", Duration::from_secs(20), async || {
        let is_refused = guarded.refused(std::slice::from_ref(&strict)).await?[0];
        Ok(if is_refused { Wait::Done(()) } else { Wait::NotYet("passed".to_owned()) })
    })
    .await
    .unwrap();
    let with = |key: &str, value: &str| {
        let mut pod = strict.clone();
        pod["metadata"]["annotations"][key] = json!(value);
        pod
    };
    let mut mirror = with(names::MIRROR_POD, "hash");
    mirror["spec"]["nodeName"] = json!("node");
    let pods = [
        with(names::INJECTED, "strict@0c1d"),
        mirror,
        pod(json!({}), json!({"app": "Mandatory"}), json!({})),
        with(names::INJECTED, ""),
    ];
    assert_eq!(guarded.refused(&pods).await.unwrap(), [false, false, false, true]);
    guarded.close().await;
}

/// Whether the injector applies a template to the pod that somebody asks for, or that is mandatory.
fn is_fitted_out(templates: &TemplateSet, namespace: &Namespace, pod: &Value) -> bool {
    let request = Request { operation: "CREATE".to_owned(), user_info: Value::Null, dry_run: true };
    let review = Review { pod, namespace, owner: Owner::of_pod(pod), request };
    let decision = decide(templates, &Settings::default(), &review);
    decision
        .outcomes
        .iter()
        .any(|outcome| matches!(outcome.verdict, Verdict::Applied(_)) && outcome.origin != Origin::Default)
}

fn compile(guarded: &Guarded) -> TemplateSet {
    let folder = tempfile::tempdir().unwrap();
    for (index, template) in guarded.templates.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{index}.json")), template.to_string()).unwrap();
    }
    let (sources, _) = expand_sources(&[folder.path().to_owned()], false);
    let read = read_templates(&sources, &guarded.scene.namespace);
    assert!(read.problems.is_empty(), "{:?}", read.problems);
    read.found
}

/// A template of the namespace.
fn template(name: &str, select: Value) -> Value {
    let patches = json!([{"pod": {"metadata": {"labels": {"fitted": name}}}}]);
    json!({
        "apiVersion": names::API_VERSION, "kind": "InjectionTemplate", "metadata": {"name": name},
        "spec": {"select": select, "patches": patches},
    })
}

/// One of the cluster: its name is that of the test's namespace and its own.
fn cluster_template(namespace: &str, name: &str, select: Value) -> Value {
    let mut template = template(&format!("{namespace}-{name}"), select);
    template["kind"] = json!("ClusterInjectionTemplate");
    template
}

fn templates(namespace: &str) -> Vec<Value> {
    let here = json!({"matchLabels": {names::NAMESPACE_NAME_LABEL: namespace}});
    let mandatory =
        |pods: Value| json!({"mode": "Mandatory", "namespaceSelector": here, "podSelector": pods});
    let tenants = json!({"matchExpressions": [{"key": "tenant", "operator": "In", "values": ["a", "b"]}]});
    let mut tenant = mandatory(json!({"matchLabels": {"app": "tenant"}}));
    tenant["namespaceSelector"] = tenants;
    let cluster = |name: &str, select: Value| cluster_template(namespace, name, select);
    vec![
        cluster("asked", json!({"podSelector": null, "namespaceSelector": null})),
        cluster("shop", mandatory(json!({"matchLabels": {"app": "shop"}}))),
        cluster(
            "gold",
            mandatory(json!({"matchExpressions": [
                {"key": "tier", "operator": "In", "values": ["gold", "silver"]},
                {"key": "zone", "operator": "NotIn", "values": ["far"]},
                {"key": "owner", "operator": "Exists"},
                {"key": "legacy", "operator": "DoesNotExist"},
            ]})),
        ),
        cluster("tenant", tenant),
        cluster("off-host", json!({"hostNetwork": "Skip"})),
        cluster("linux", json!({"os": ["linux"]})),
        cluster("any-system", json!({"os": []})),
        template("own", json!({})),
        template("limited", json!({"podSelector": {"matchLabels": {"app": "limited"}}})),
        template(
            "mandatory",
            json!({"mode": "Mandatory", "podSelector": {"matchLabels": {"app": "mandatory"}}}),
        ),
        template("usual", json!({"mode": "Default", "podSelector": {"matchLabels": {"app": "usual"}}})),
    ]
}

fn pods(namespace: &str) -> Vec<Value> {
    let asks = |list: String| pod(json!({names::TEMPLATES: list}), json!({}), json!({}));
    let labelled = |labels: Value| pod(json!({}), labels, json!({}));
    let off = |labels: Value| pod(json!({names::INJECT: " false "}), labels, json!({}));
    let asked = format!("{namespace}-asked");
    let one = |name: &str| json!({names::TEMPLATES: format!("cluster/{namespace}-{name}")});
    let gold = |changes: Value| {
        let mut labels = json!({"tier": "gold", "owner": "me", "zone": "near"});
        labels.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        labels
    };
    vec![
        labelled(json!({})),
        asks(String::new()),
        asks(" , ".to_owned()),
        asks(asked.clone()),
        asks(format!("cluster/{asked}")),
        asks(format!(" + {asked}")),
        asks("+own".to_owned()),
        asks("+".to_owned()),
        asks("own".to_owned()),
        asks("cluster/own".to_owned()),
        asks("nothing-of-that-name , own".to_owned()),
        asks("nothing-of-that-name".to_owned()),
        asks("limited".to_owned()),
        pod(json!({names::TEMPLATES: "limited"}), json!({"app": "limited"}), json!({})),
        pod(json!({names::TEMPLATES: "own", names::INJECT: "false"}), json!({}), json!({})),
        pod(json!({names::TEMPLATES: "own", names::INJECT: "no"}), json!({}), json!({})),
        labelled(json!({"app": "shop"})),
        off(json!({"app": "shop"})),
        off(json!({"app": "mandatory"})),
        labelled(json!({"app": "tenant"})),
        labelled(json!({"app": "usual"})),
        labelled(json!({"app": "limited"})),
        labelled(gold(json!({}))),
        labelled(gold(json!({"tier": "silver"}))),
        labelled(gold(json!({"tier": "bronze"}))),
        labelled(gold(json!({"zone": "far"}))),
        labelled(gold(json!({"legacy": ""}))),
        labelled(json!({"tier": "gold", "zone": "near"})),
        labelled(json!({"tier": "gold", "owner": "me"})),
        pod(one("off-host"), json!({}), json!({})),
        pod(one("off-host"), json!({}), json!({"hostNetwork": true})),
        pod(one("asked"), json!({}), json!({"hostNetwork": true})),
        pod(one("linux"), json!({}), json!({})),
        pod(one("linux"), json!({}), json!({"os": {"name": "linux"}})),
        pod(one("linux"), json!({}), json!({"os": {"name": "windows"}})),
        pod(one("linux"), json!({}), json!({"nodeSelector": {"kubernetes.io/os": "windows"}})),
        pod(one("any-system"), json!({}), json!({"os": {"name": "windows"}})),
    ]
}

fn pod(annotations: Value, labels: Value, spec: Value) -> Value {
    let mut pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "app", "annotations": annotations, "labels": labels},
        "spec": {"automountServiceAccountToken": false, "containers": [{"name": "app", "image": "example.com/app:1"}]},
    });
    pod["spec"].as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    pod
}
