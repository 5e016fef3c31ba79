//! The rules, one by one. That the API server has the same ones, a suite of tests/e2e shows.

use serde_json::{Value, json};

use super::super::samples::{restricted_samples, samples};
use super::inspect;

/// What is found in a pod with that container, besides an image.
fn found(list: &str, container: Value) -> Vec<String> {
    let mut pod = json!({"spec": {"containers": [{"name": "a", "image": "i"}], "volumes": [{"name": "v", "emptyDir": {}}]}});
    let mut container = container;
    container["name"] = "c".into();
    container["image"] = "i".into();
    match pod["spec"].get_mut(list).and_then(Value::as_array_mut) {
        Some(containers) => containers.push(container),
        None => pod["spec"][list] = json!([container]),
    }
    texts(&pod)
}

fn texts(pod: &Value) -> Vec<String> {
    inspect(pod).iter().map(|finding| format!("{}: {}", finding.path(), finding.message)).collect()
}

#[test]
fn samples_are_legal() {
    let template = json!({"spec": {"patches": []}});
    for sample in samples(&template).into_iter().chain(restricted_samples(&template)) {
        assert_eq!(texts(&sample.pod), [""; 0], "{}", sample.sort);
    }
}

#[test]
fn init_container_has_a_probe_only_when_it_is_a_sidecar() {
    let probe = json!({"exec": {"command": ["true"]}});
    let found_in =
        |policy: Value| found("initContainers", json!({"startupProbe": probe, "restartPolicy": policy}));
    let message = "may not be set for an init container without restartPolicy: Always";
    assert_eq!(found_in(Value::Null), [format!("spec.initContainers[c].startupProbe: {message}")]);
    assert_eq!(found_in(json!("Always")), [""; 0]);
}

#[test]
fn every_mistake_in_a_container_is_found() {
    let mistakes = json!({
        "imagePullPolicy": "Often",
        "ports": [{"containerPort": 70000}, {"containerPort": 80, "name": "Web"}, {"containerPort": 81, "protocol": "ICMP"}],
        "env": [{"name": "A=B"}, {"name": "C", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "volumeMounts": [{"name": "v", "mountPath": "/a"}, {"name": "w", "mountPath": "/b", "subPath": "../c"}],
        "resources": {"requests": {"cpu": "2", "gpu": 1, "memory": "lots"}, "limits": {"cpu": 1, "memory": "-1"}},
        "readinessProbe": {"httpGet": {"port": "Web"}, "tcpSocket": {"port": 1}},
    });
    let found = found("containers", mistakes);
    let mut fields: Vec<&str> = found.iter().map(|text| text.split(": ").next().unwrap()).collect();
    fields.sort_unstable();
    let expected = [
        "env[A=B].name",
        "env[C].valueFrom",
        "imagePullPolicy",
        "ports[70000/TCP].containerPort",
        "ports[80/TCP].name",
        "ports[81/ICMP].protocol",
        "readinessProbe",
        "readinessProbe.httpGet.port",
        "resources.limits[memory]",
        "resources.requests[cpu]",
        "resources.requests[gpu]",
        "resources.requests[memory]",
        "volumeMounts[/b].name",
        "volumeMounts[/b].subPath",
    ];
    assert_eq!(fields, expected.map(|field| format!("spec.containers[c].{field}")));
}

#[test]
fn value_of_another_type_is_found_and_a_number_for_a_quantity_is_none() {
    let found = found(
        "containers",
        json!({"ports": [{"containerPort": "80"}], "resources": {"limits": {"cpu": 1.5}}}),
    );
    assert!(found[0].starts_with("spec.containers[c].ports[0].containerPort: invalid type"), "{found:?}");
    let ports: Vec<_> = found.iter().filter(|text| text.contains("resources")).collect();
    assert_eq!(ports, [""; 0]);
}

#[test]
fn regular_containers_do_not_share_a_port_of_the_node() {
    let port = json!([{"containerPort": 80, "hostPort": 8080}]);
    let pod = json!({"spec": {"containers": [
        {"name": "a", "image": "i", "ports": port}, {"name": "b", "image": "i", "ports": port},
    ]}});
    assert_eq!(
        texts(&pod),
        ["spec.containers[b].ports[80/TCP].hostPort: another container has that port of the node"]
    );
}
