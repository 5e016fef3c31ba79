//! What can never work is refused, and the API server refuses the pods; what is let through, it takes.

use serde_json::{Value, json};

use crate::stage::Validated;
use crate::templates::{adding, own, with_containers, with_pod};

/// Templates that can never work, each with the place that is named.
fn hopeless() -> Vec<(&'static str, Value)> {
    [hopeless_containers(), hopeless_resources(), hopeless_pods()].concat()
}

fn hopeless_containers() -> Vec<(&'static str, Value)> {
    let exec = json!({"exec": {"command": ["true"]}});
    let init = |container: Value| adding("initContainers", container);
    let main = |container: Value| adding("containers", container);
    vec![
        ("initContainers[0].startupProbe", init(json!({"startupProbe": exec}))),
        ("initContainers[0].lifecycle", init(json!({"lifecycle": {"preStop": exec}}))),
        (
            "initContainers[0].volumeMounts[0].name",
            init(json!({"volumeMounts": [{"name": "gone", "mountPath": "/a"}]})),
        ),
        ("containers[0].name", main(json!({"name": "Agent_1"}))),
        ("image", main(json!({"image": "", "$position": "last"}))),
        ("imagePullPolicy", main(json!({"imagePullPolicy": "Often"}))),
        ("restartPolicy", init(json!({"restartPolicy": "Sometimes"}))),
        ("terminationMessagePolicy", main(json!({"terminationMessagePolicy": "Pigeon"}))),
        ("containerPort", main(json!({"ports": [{"containerPort": 70000}]}))),
        ("containerPort", main(json!({"ports": [{"containerPort": "80"}]}))),
        ("ports[0].name", main(json!({"ports": [{"containerPort": 80, "name": "Web_Port"}]}))),
        (
            "ports[1].name",
            main(json!({"ports": [{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}]})),
        ),
        ("protocol", main(json!({"ports": [{"containerPort": 80, "protocol": "ICMP"}]}))),
        ("env[0].name", main(json!({"env": [{"name": "A=B", "value": "c"}]}))),
    ]
}

/// Resources, probes and security contexts.
fn hopeless_resources() -> Vec<(&'static str, Value)> {
    let main = |container: Value| adding("containers", container);
    vec![
        ("requests", main(json!({"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": 1}}}))),
        ("requests", main(json!({"resources": {"requests": {"memory": "lots"}}}))),
        ("limits", main(json!({"resources": {"limits": {"memory": "-1Mi"}}}))),
        ("requests", main(json!({"resources": {"requests": {"gpu": 1}}}))),
        (
            "requests",
            main(
                json!({"resources": {"requests": {"example.com/gpu": 1}, "limits": {"example.com/gpu": 2}}}),
            ),
        ),
        ("livenessProbe", main(json!({"livenessProbe": {"periodSeconds": 3}}))),
        ("port", main(json!({"readinessProbe": {"tcpSocket": {"port": 0}}}))),
        (
            "successThreshold",
            main(json!({"livenessProbe": {"exec": {"command": ["a"]}, "successThreshold": 2}})),
        ),
        ("periodSeconds", main(json!({"livenessProbe": {"exec": {"command": ["a"]}, "periodSeconds": -2}}))),
        ("scheme", main(json!({"readinessProbe": {"httpGet": {"port": 80, "scheme": "FTP"}}}))),
        (
            "terminationGracePeriodSeconds",
            main(json!({"readinessProbe": {"exec": {"command": ["a"]}, "terminationGracePeriodSeconds": 2}})),
        ),
        ("runAsUser", main(json!({"securityContext": {"runAsUser": -5}}))),
        (
            "allowPrivilegeEscalation",
            main(json!({"securityContext": {"privileged": true, "allowPrivilegeEscalation": false}})),
        ),
        ("localhostProfile", main(json!({"securityContext": {"seccompProfile": {"type": "Localhost"}}}))),
        ("seccompProfile", main(json!({"securityContext": {"seccompProfile": {"type": "Loose"}}}))),
    ]
}

fn hopeless_pods() -> Vec<(&'static str, Value)> {
    vec![
        ("volumes", with_pod(json!({"volumes": [{"name": "Upper", "emptyDir": {}}]}))),
        ("hostPath", with_pod(json!({"volumes": [{"name": "a", "hostPath": {"path": "/a/../b"}}]}))),
        ("claimName", with_pod(json!({"volumes": [{"name": "a", "persistentVolumeClaim": {}}]}))),
        ("sizeLimit", with_pod(json!({"volumes": [{"name": "a", "emptyDir": {"sizeLimit": "much"}}]}))),
        (
            "defaultMode",
            with_pod(json!({"volumes": [{"name": "a", "secret": {"secretName": "b", "defaultMode": 512}}]})),
        ),
        ("restartPolicy", with_pod(json!({"restartPolicy": "Sometimes"}))),
        ("dnsPolicy", with_pod(json!({"dnsPolicy": "Local"}))),
        ("hostname", with_pod(json!({"hostname": "a.b"}))),
        ("activeDeadlineSeconds", with_pod(json!({"activeDeadlineSeconds": 0}))),
        ("nodeSelector", with_pod(json!({"nodeSelector": {"a b": "c"}}))),
        ("nameservers", with_pod(json!({"dnsConfig": {"nameservers": ["resolver"]}}))),
        ("tolerations", with_pod(json!({"tolerations": [{"operator": "Equal", "value": "a"}]}))),
        ("tolerations", with_pod(json!({"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}))),
        (
            "maxSkew",
            with_pod(
                json!({"topologySpreadConstraints": [{"topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 0}]}),
            ),
        ),
        ("hostPID", with_pod(json!({"hostUsers": false, "hostPID": true}))),
        ("hostAliases", with_pod(json!({"hostAliases": [{"ip": "here", "hostnames": ["a"]}]}))),
        ("labels", json!({"patches": [{"pod": {"metadata": {"labels": {"a": "b c"}}}}]})),
        ("containers.patch.imagePullPolicy", with_containers(json!({"imagePullPolicy": "Often"}))),
        (
            "mountPath",
            with_json(
                json!({"op": "add", "path": "/spec/volumes", "value": [{"name": "a", "emptyDir": {}}]}),
                json!({
            "name": "agent", "image": "i", "volumeMounts": [{"name": "a", "mountPath": "/a"}, {"name": "a", "mountPath": "/a"}]}),
            ),
        ),
    ]
}

/// Operations that set the containers of a pod, so that no merge has a say.
fn with_json(first: Value, container: Value) -> Value {
    json!({"patches": [{"json": [first, {"op": "add", "path": "/spec/containers", "value": [container]}]}]})
}

/// Templates that work, near to those that do not.
fn fine() -> Vec<Value> {
    let exec = json!({"exec": {"command": ["true"]}});
    let resources = json!({"requests": {"cpu": 1, "memory": "1Gi", "example.com/gpu": 1}, "limits": {"cpu": 1.5, "memory": "1024Mi", "example.com/gpu": 1}});
    let local = json!({"type": "Localhost", "localhostProfile": "a/b.json"});
    vec![
        adding(
            "initContainers",
            json!({"startupProbe": exec, "lifecycle": {"preStop": exec}, "restartPolicy": "Always"}),
        ),
        adding("containers", json!({"resources": resources})),
        adding(
            "containers",
            json!({"ports": [{"containerPort": 81, "name": "a"}, {"containerPort": 81, "protocol": "UDP", "name": "b"}]}),
        ),
        adding("containers", json!({"env": [{"name": "a.b-c d"}, {"name": "1"}]})),
        adding(
            "containers",
            json!({"livenessProbe": {"grpc": {"port": 80}, "successThreshold": 0}, "readinessProbe": {"httpGet": {"port": "web"}}}),
        ),
        adding(
            "containers",
            json!({"securityContext": {"seccompProfile": local, "runAsUser": 0, "privileged": false}}),
        ),
        with_pod(
            json!({"volumes": [{"name": "a", "hostPath": {"path": "/a", "type": "Directory"}}, {"name": "b"}, {"name": "c", "secret": {"secretName": "s", "defaultMode": 256}}]}),
        ),
        with_pod(
            json!({"tolerations": {"$append": [{"operator": "Exists"}, {"key": "a", "value": "b", "effect": "NoExecute", "tolerationSeconds": 3}]}}),
        ),
        with_pod(
            json!({"dnsConfig": {"nameservers": ["1.2.3.4", "::1"]}, "hostAliases": [{"ip": "127.0.0.1", "hostnames": ["a.b"]}]}),
        ),
        with_pod(
            json!({"topologySpreadConstraints": [{"topologyKey": "a", "whenUnsatisfiable": "ScheduleAnyway", "maxSkew": 2, "labelSelector": {}}]}),
        ),
        private_users(),
        json!({"patches": [{"pod": {"metadata": {"labels": {"a/b": ""}, "annotations": {"A.example.com/B": "c"}}}}]}),
        with_containers(
            json!({"imagePullPolicy": "Never", "securityContext": {"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}}}),
        ),
    ]
}

/// For pods with a network of their own: others may not have users of their own.
fn private_users() -> Value {
    let mut spec = with_pod(json!({
        "hostUsers": false, "hostname": "a", "subdomain": "b", "terminationGracePeriodSeconds": 0,
    }));
    spec["select"] = json!({"hostNetwork": "Skip"});
    spec
}

#[tokio::test]
async fn template_that_can_never_work_is_refused_and_so_is_every_pod_that_it_makes() {
    let test = "template_that_can_never_work_is_refused_and_so_is_every_pod_that_it_makes";
    let Some(stage) = Validated::open(test).await else { return };
    let mut wrong = Vec::new();
    for (place, spec) in hopeless() {
        let template = own("t", spec);
        let answer = stage.dry(&template).await;
        let causes = answer.body["details"]["causes"].as_array().cloned().unwrap_or_default();
        let said: Vec<String> =
            causes.iter().map(|cause| format!("{}: {}", cause["field"], cause["message"])).collect();
        let is_named =
            matches!(said.as_slice(), [one] if one.starts_with("\"spec.patches") && one.contains(place));
        if answer.status != 422 || !is_named {
            wrong.push(format!("{place}: {}: {said:?}", answer.status));
        }
        let samples = stage.samples(&template);
        if samples.len() < 5 {
            wrong.push(format!("{place}: {} samples", samples.len()));
        }
        for (sort, pod) in samples {
            let answer = stage.dry_pod(&pod).await;
            if ![400, 422].contains(&answer.status) {
                wrong.push(format!("{place}: {sort} is taken: {}", answer.status));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    stage.close().await;
}

#[tokio::test]
async fn template_that_works_is_taken_without_a_word_and_so_is_every_pod_that_it_makes() {
    let test = "template_that_works_is_taken_without_a_word_and_so_is_every_pod_that_it_makes";
    let Some(stage) = Validated::open(test).await else { return };
    let mut wrong = Vec::new();
    for spec in fine() {
        let template = own("t", spec);
        let answer = stage.dry(&template).await;
        if answer.status >= 300 || !answer.warnings.is_empty() {
            wrong.push(format!("{template}: {}: {:?}", answer.message(), answer.warnings));
        }
        let samples = stage.samples(&template);
        assert!(samples.len() >= 4, "{template}: {} samples", samples.len());
        for (sort, pod) in samples {
            let answer = stage.dry_pod(&pod).await;
            if answer.status >= 300 {
                wrong.push(format!("{template}: {sort}: {}", answer.message()));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
    stage.close().await;
}

#[tokio::test]
async fn samples_for_windows_and_each_other_sort_pass_the_api_server_as_they_are() {
    let test = "samples_for_windows_and_each_other_sort_pass_the_api_server_as_they_are";
    let Some(stage) = Validated::open(test).await else { return };
    let mut spec = json!({"patches": [{"pod": {"metadata": {"labels": {"a": "b"}}}}]});
    spec["select"] = json!({"os": ["linux", "windows"], "podSelector": {"matchExpressions": [{"key": "x/y", "operator": "Exists"}]}});
    let template = own("t", spec.clone());
    assert_eq!(stage.samples(&template).len(), 6);
    for (sort, pod) in stage.samples(&template) {
        let answer = stage.dry_pod(&pod).await;
        assert!(answer.status < 300, "{sort}: {}", answer.message());
    }
    spec["select"]["os"] = json!(["windows"]);
    spec["patches"] = json!([{"containers": {"patch": {"securityContext": {"runAsUser": 5}}}}]);
    let template = own("t", spec);
    assert_eq!(stage.dry(&template).await.status, 422);
    for (sort, pod) in stage.samples(&template) {
        assert_eq!(stage.dry_pod(&pod).await.status, 422, "{sort}");
    }
    stage.close().await;
}

#[tokio::test]
async fn template_that_does_not_compile_is_refused_with_each_mistake() {
    let test = "template_that_does_not_compile_is_refused_with_each_mistake";
    let Some(stage) = Validated::open(test).await else { return };
    let spec = json!({
        "select": {"matchConditions": [{"name": "a", "expression": "pod.spec."}]},
        "patches": [
            {"pod": {"spec": {"hostname": "{{params.unknown}}"}}},
            {"pod": {"spec": {"containers": [{"name": "a", "image": "i"}], "initContainers": [{"name": "a", "image": "i"}]}}},
            {"json": [{"op": "add", "path": "/spec/containers/-", "value": {"name": "b", "image": "i"}}]},
        ],
    });
    let answer = stage.dry(&own("t", spec)).await;
    assert_eq!((answer.status, answer.body["reason"].as_str()), (422, Some("Invalid")));
    let message = answer.message();
    for part in
        ["InjectionTemplate \"t\"", "matchConditions[0].expression", "params.unknown", "initContainers"]
    {
        assert!(message.contains(part), "{part}: {message}");
    }
    let twice = json!({"patches": [{"json": [{"op": "add", "path": "/spec/containers/-", "value": {"name": "b", "image": "i"}}]}]});
    let answer = stage.dry(&own("t", twice)).await;
    assert!(answer.message().contains("applied to its own result"), "{answer:?}");
    stage.close().await;
}
