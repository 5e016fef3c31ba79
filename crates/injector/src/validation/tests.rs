//! What becomes of templates: errors, warnings, and none of either.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;

fn template(spec: Value) -> Value {
    object("InjectionTemplate", "t", spec)
}

fn object(kind: &str, name: &str, spec: Value) -> Value {
    let mut metadata = json!({"name": name});
    if kind == "InjectionTemplate" {
        metadata["namespace"] = "shop".into();
    }
    json!({"apiVersion": "chandler.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec})
}

fn injector(others: &[Value], labels: Value) -> Injector {
    let mut injector = Injector::default();
    for other in others {
        injector.templates.insert(compile_object(other, "").unwrap());
    }
    let namespace = Namespace::from_metadata("shop", &json!({"labels": labels}));
    injector.namespaces.insert("shop".to_owned(), Arc::new(namespace));
    injector
}

fn examined(object: &Value, injector: &Injector, pods: &[Value], quotas: &[Value]) -> Verdict {
    validate(object, &Surroundings { injector, pods, quotas, limit_ranges: &[], has_time: &|| true })
}

fn alone(spec: Value) -> Verdict {
    examined(&template(spec), &injector(&[], json!({})), &[], &[])
}

fn errors(spec: Value) -> Vec<String> {
    alone(spec).errors.iter().map(ToString::to_string).collect()
}

fn pod_patch(spec: Value) -> Value {
    json!({"patches": [{"pod": {"spec": spec}}]})
}

fn init(container: Value) -> Value {
    let mut container = container;
    container["name"] = "agent".into();
    container["image"] = "example.com/agent:1".into();
    container["resources"] =
        json!({"requests": {"cpu": "1m", "memory": "1Mi"}, "limits": {"cpu": 1, "memory": "1Gi"}});
    pod_patch(json!({"initContainers": [container]}))
}

#[test]
fn template_that_does_not_compile_names_each_mistake() {
    let spec = json!({
        "select": {"matchConditions": [{"name": "a", "expression": "pod.spec."}]},
        "patches": [{"pod": {"spec": {"hostname": "{{params.unknown}}"}}}],
    });
    assert_eq!(errors(spec).len(), 2);
}

#[test]
fn init_container_with_a_probe_is_an_error_at_its_place() {
    let probe = json!({"startupProbe": {"exec": {"command": ["true"]}}, "lifecycle": {"preStop": {"exec": {"command": ["x"]}}}});
    let place = "spec.patches[0].pod.spec.initContainers[0]";
    let message = "may not be set for an init container without restartPolicy: Always";
    assert_eq!(
        errors(init(probe)),
        [format!("{place}.lifecycle: {message}"), format!("{place}.startupProbe: {message}")]
    );
}

#[test]
fn mount_without_its_volume_is_an_error_unless_the_pods_may_have_it() {
    let mount = json!({"volumeMounts": [{"name": "data", "mountPath": "/data"}]});
    let found = errors(init(mount.clone()));
    assert!(
        found[0].contains("initContainers[0].volumeMounts[0].name: the pod has no volume \"data\""),
        "{found:?}"
    );

    let mut conditional = init(mount.clone());
    let condition = json!({"name": "has-data", "expression": "has(pod.spec.volumes) && pod.spec.volumes.exists(v, v.name == 'data')"});
    conditional["select"] = json!({"matchConditions": [condition]});
    assert_eq!(alone(conditional), Verdict::default());

    let bringer = object(
        "ClusterInjectionTemplate",
        "bringer",
        pod_patch(json!({"volumes": [{"name": "data", "emptyDir": {}}]})),
    );
    let verdict = examined(&template(init(mount.clone())), &injector(&[bringer], json!({})), &[], &[]);
    assert_eq!(verdict.errors, []);
    assert!(verdict.warnings[0].contains("unless template cluster/bringer brings it"), "{verdict:?}");

    let pod = json!({"metadata": {"namespace": "shop", "name": "p"}, "spec": {"containers": [{"name": "a", "image": "i"}], "volumes": [{"name": "data", "emptyDir": {}}]}});
    assert_eq!(examined(&template(init(mount)), &injector(&[], json!({})), &[pod], &[]).errors, []);
}

#[test]
fn mount_in_containers_of_the_pod_is_a_warning() {
    let patch = json!({"patches": [{"containers": {"patch": {"volumeMounts": [{"name": "data", "mountPath": "/data"}]}}}]});
    let verdict = alone(patch);
    assert_eq!(verdict.errors, []);
    assert_eq!(
        verdict.warnings,
        ["pods without a volume \"data\" would be refused: the template mounts it and does not bring it"]
    );
}

#[test]
fn container_that_is_not_new_for_sure_may_lack_an_image() {
    let verdict =
        alone(pod_patch(json!({"containers": [{"name": "server", "env": [{"name": "A", "value": "1"}]}]})));
    assert_eq!(verdict.errors, []);
    assert!(
        verdict.warnings[0].starts_with("pods without a container \"server\" would be refused"),
        "{verdict:?}"
    );
    let placed = errors(pod_patch(json!({"containers": [{"name": "server", "$position": "last"}]})));
    assert_eq!(
        placed,
        ["spec.patches[0].pod.spec.containers[0]: spec.containers[server].image: is required"]
    );
}

#[test]
fn mistake_in_containers_of_the_pod_is_an_error() {
    let patch = |kinds: Value| json!({"patches": [{"containers": {"match": {"kinds": kinds}, "patch": {"imagePullPolicy": "Often"}}}]});
    let expected =
        ["spec.patches[0].containers.patch.imagePullPolicy: is none of Always, IfNotPresent, Never"];
    assert_eq!(errors(patch(json!(["Container"]))), expected);
    assert_eq!(errors(patch(json!(["Container", "InitContainer", "Sidecar"]))), expected);
}

#[test]
fn probe_for_every_container_is_a_warning_for_pods_with_init_containers() {
    let patch = json!({"readinessProbe": {"tcpSocket": {"port": 80}}});
    let kinds = json!(["Container", "InitContainer"]);
    let verdict = alone(json!({"patches": [{"containers": {"match": {"kinds": kinds}, "patch": patch}}]}));
    assert_eq!(verdict.errors, []);
    assert!(verdict.warnings[0].starts_with("a pod with an init container of its own"), "{verdict:?}");
}

#[test]
fn mistake_that_only_some_values_bring_is_a_warning_that_names_them() {
    let mut spec = init(json!({"restartPolicy": "{{params.policy}}"}));
    spec["parameters"] =
        json!([{"name": "policy", "type": "string", "enum": ["Always", "Sometimes"], "default": "Always"}]);
    let verdict = alone(spec.clone());
    assert_eq!(verdict.errors, []);
    assert!(
        verdict.warnings[0].starts_with("with the parameter policy = \"Sometimes\" a pod would be refused"),
        "{verdict:?}"
    );
    spec["parameters"][0]["enum"] = json!(["Sometimes"]);
    spec["parameters"][0]["default"] = json!("Sometimes");
    assert_eq!(errors(spec).len(), 1);
}

#[test]
fn guessed_value_is_nobodys_mistake() {
    let mut spec = pod_patch(json!({"hostAliases": [{"ip": "{{params.address}}", "hostnames": ["a"]}]}));
    spec["parameters"] = json!([{"name": "address", "type": "string", "required": true}]);
    assert_eq!(alone(spec), Verdict::default());
}

#[test]
fn json_patch_that_is_not_idempotent_is_an_error() {
    let operation = json!({"op": "add", "path": "/spec/containers/-", "value": {"name": "b", "image": "i"}});
    let found = errors(json!({"patches": [{"json": [operation]}]}));
    assert!(found[0].starts_with("spec.patches[0]: json patch: applied to its own result"), "{found:?}");
}

#[test]
fn level_of_pod_security_warns_of_what_the_template_adds() {
    let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
    let verdict = examined(&template(init(json!({}))), &injector(&[], labels), &[], &[]);
    assert_eq!(
        verdict.warnings,
        [
            "Pod Security \"restricted\" (namespace shop) would refuse initContainers[agent]: allowPrivilegeEscalation != false, unrestricted capabilities"
        ]
    );
    let labels = json!({"pod-security.kubernetes.io/enforce": "baseline"});
    assert_eq!(examined(&template(init(json!({}))), &injector(&[], labels), &[], &[]).warnings, [""; 0]);
}

#[test]
fn quota_warns_of_resources_that_are_not_said() {
    let quota = json!({"metadata": {"namespace": "shop", "name": "q"}, "spec": {"hard": {"limits.cpu": "1", "pods": "5"}}});
    let mut spec = init(json!({}));
    assert_eq!(
        examined(&template(spec.clone()), &injector(&[], json!({})), &[], std::slice::from_ref(&quota))
            .warnings,
        [""; 0]
    );
    spec["patches"][0]["pod"]["spec"]["initContainers"][0]["resources"] = json!({"requests": {"cpu": "1"}});
    let verdict = examined(&template(spec), &injector(&[], json!({})), &[], &[quota]);
    assert_eq!(
        verdict.warnings,
        ["the ResourceQuota shop/q would refuse pods: initContainers[agent] has no limits.cpu"]
    );
}

#[test]
fn templates_that_always_apply_and_differ_in_a_field_warn() {
    let always = |value: &str| {
        json!({"select": {"mode": "Default"}, "patches": [
            {"pod": {"spec": {"priorityClassName": value}}}, {"containers": {"patch": {"env": [{"name": "A", "value": value}]}}},
        ]})
    };
    let other = injector(&[object("ClusterInjectionTemplate", "other", always("a"))], json!({}));
    let verdict = examined(&template(always("b")), &other, &[], &[]);
    assert_eq!(verdict.warnings.len(), 1);
    let text = &verdict.warnings[0];
    assert!(
        text.starts_with(
            "template cluster/other (Default) applies to the same pods and sets spec.containers["
        ),
        "{text}"
    );
    assert_eq!(examined(&template(always("a")), &other, &[], &[]).warnings, [""; 0]);
    let mut chosen = always("b");
    chosen["select"]["podSelector"] = json!({"matchLabels": {"a": "b"}});
    assert_eq!(examined(&template(chosen), &other, &[], &[]).warnings, [""; 0]);
    let json = json!({"select": {"mode": "Default"}, "patches": [{"json": [{"op": "add", "path": "/spec/priorityClassName", "value": "c"}]}]});
    let verdict = examined(&template(json), &other, &[], &[]);
    assert!(verdict.warnings[0].ends_with("sets spec.priorityClassName differently"), "{verdict:?}");
}

#[test]
fn template_that_can_lock_a_cluster_out_warns() {
    let spec = json!({"onError": "Deny", "select": {"mode": "Mandatory"}, "patches": [{"pod": {"metadata": {"labels": {"a": "b"}}}}]});
    let verdict =
        examined(&object("ClusterInjectionTemplate", "t", spec.clone()), &injector(&[], json!({})), &[], &[]);
    assert!(verdict.warnings[0].starts_with("mode Mandatory with onError Deny"), "{verdict:?}");
    assert_eq!(alone(spec).warnings, [""; 0]);
}

#[test]
fn name_that_a_template_of_the_cluster_has_warns() {
    let spec = json!({"patches": [{"pod": {"metadata": {"labels": {"a": "b"}}}}]});
    let (own, shared) =
        (object("InjectionTemplate", "t", spec.clone()), object("ClusterInjectionTemplate", "t", spec));
    let over = examined(&own, &injector(std::slice::from_ref(&shared), json!({})), &[], &[]);
    assert!(over.warnings[0].contains("no longer the cluster's of that name"), "{over:?}");
    let under = examined(&shared, &injector(&[own], json!({})), &[], &[]);
    assert!(under.warnings[0].ends_with("in shop"), "{under:?}");
}

#[test]
fn image_without_a_fixed_tag_warns() {
    let mut spec = init(json!({}));
    for (image, is_loose) in
        [("a", true), ("r:5000/a", true), ("r:5000/a:latest", true), ("a:1", false), ("a@sha256:00", false)]
    {
        spec["patches"][0]["pod"]["spec"]["initContainers"][0]["image"] = image.into();
        assert_eq!(!alone(spec.clone()).warnings.is_empty(), is_loose, "{image}");
    }
}

#[test]
fn pod_that_is_there_warns_where_the_template_would_fail_on_it() {
    let mut spec = init(json!({"$position": "first"}));
    spec["select"] = json!({"mode": "Default"});
    let mut pod = json!({
        "metadata": {"namespace": "shop", "name": "web"},
        "spec": {"containers": [{"name": "a", "image": "i"}], "initContainers": [{"name": "agent", "image": "other"}]},
    });
    let verdict = examined(&template(spec.clone()), &injector(&[], json!({})), &[pod.clone()], &[]);
    assert!(verdict.warnings[0].starts_with("the template would fail on the pod shop/web"), "{verdict:?}");
    pod["metadata"]["annotations"] = json!({"chandler.dev/injected": "t@0123"});
    assert_eq!(examined(&template(spec), &injector(&[], json!({})), &[pod], &[]).warnings, [""; 0]);
}

#[test]
fn mistake_in_pods_of_one_sort_is_a_warning_that_says_which() {
    let verdict = alone(pod_patch(json!({"containers": [
        {"name": "agent", "image": "a:1", "ports": [{"containerPort": 80, "hostPort": 81}]},
    ]})));
    assert_eq!(verdict.errors, []);
    assert!(
        verdict.warnings[0].starts_with("a pod in the network of its node would be refused"),
        "{verdict:?}"
    );
}

#[test]
fn every_example_is_accepted_without_a_word() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir())
    {
        // One that is of no template has none.
        let Ok(file) = std::fs::File::open(entry.path().join("template.yaml")) else { continue };
        for document in chandler_manifest::Documents::new(std::io::BufReader::new(file)) {
            let Some(object) = document.unwrap().parse().unwrap() else { continue };
            let verdict = examined(&object, &injector(&[], json!({})), &[], &[]);
            assert_eq!(verdict, Verdict::default(), "{}", object["metadata"]["name"]);
            count += 1;
        }
    }
    assert!(count >= 10, "{count} templates");
}

#[test]
fn template_without_time_says_that_it_was_not_looked_at() {
    let injector = injector(&[], json!({}));
    let surroundings =
        Surroundings { injector: &injector, pods: &[], quotas: &[], limit_ranges: &[], has_time: &|| false };
    let verdict = validate(&template(init(json!({}))), &surroundings);
    assert_eq!(verdict.errors, []);
    assert!(verdict.warnings[0].contains("not everything was looked at"), "{verdict:?}");
}
