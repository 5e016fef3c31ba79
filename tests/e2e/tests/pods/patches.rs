//! Strategic merge patches for any pod, with every directive that Kubernetes has.

use serde_json::{Value, json};

/// Patches that fit a pod, each with what it is about. Where our merge differs on purpose there is none: ports and
/// topology spread constraints have other keys, and directives in what is new to the pod act here and not there.
pub(crate) fn patches_for(pod: &Value) -> Vec<(&'static str, Value)> {
    let spec = &pod["spec"];
    let first = &spec["containers"][0]["name"];
    let mut patches = of_metadata();
    patches.extend(of_spec());
    patches.extend(of_volumes(spec));
    patches.extend(of_container(&spec["containers"][0]).into_iter().map(|(what, mut container)| {
        container["name"] = first.clone();
        (what, json!({"spec": {"containers": [container]}}))
    }));
    patches.extend(of_containers(spec));
    patches.retain(|(_, patch)| !directs_new(patch, pod));
    patches
}

/// Whether a directive of the patch stands in an object that the pod does not have.
fn directs_new(patch: &Value, pod: &Value) -> bool {
    match patch {
        Value::Object(members) => {
            let is_directed =
                ["$patch", "$retainKeys"].iter().any(|directive| members.contains_key(*directive));
            (is_directed && pod.is_null())
                || members.iter().any(|(key, value)| directs_new(value, &pod[key.as_str()]))
        }
        Value::Array(items) => items.iter().filter(|item| item["$patch"].is_null()).any(|item| {
            let is_same =
                |other: &&Value| other["name"] == item["name"] && other["mountPath"] == item["mountPath"];
            directs_new(
                item,
                pod.as_array().and_then(|list| list.iter().find(is_same)).unwrap_or(&Value::Null),
            )
        }),
        _ => false,
    }
}

fn of_metadata() -> Vec<(&'static str, Value)> {
    let metadata = |metadata| json!({"metadata": metadata});
    vec![
        (
            "a label and an annotation",
            metadata(json!({"labels": {"added": "1"}, "annotations": {"added/a": "1"}})),
        ),
        ("annotations go", metadata(json!({"annotations": null}))),
        ("finalizers merge", metadata(json!({"finalizers": ["example.com/a", "example.com/b"]}))),
        (
            "finalizers in an order",
            metadata(json!({
                "$setElementOrder/finalizers": ["example.com/c", "example.com/a"],
                "finalizers": ["example.com/c", "example.com/a"],
            })),
        ),
        ("finalizers go", metadata(json!({"$deleteFromPrimitiveList/finalizers": ["example.com/a"]}))),
        ("annotations are replaced", metadata(json!({"annotations": {"$patch": "replace", "only/a": "1"}}))),
    ]
}

fn of_spec() -> Vec<(&'static str, Value)> {
    let toleration = json!({"key": "a", "operator": "Exists"});
    let spec = |spec| json!({"spec": spec});
    vec![
        ("a scalar", spec(json!({"terminationGracePeriodSeconds": 7}))),
        ("scalars go", spec(json!({"terminationGracePeriodSeconds": null, "dnsPolicy": null}))),
        ("a map merges", spec(json!({"nodeSelector": {"added": "1"}}))),
        ("a map is replaced", spec(json!({"nodeSelector": {"$patch": "replace", "only": "1"}}))),
        ("a map goes", spec(json!({"nodeSelector": {"$patch": "delete"}}))),
        ("tolerations are replaced", spec(json!({"tolerations": [toleration]}))),
        ("tolerations go", spec(json!({"tolerations": null}))),
        ("pull secrets merge", spec(json!({"imagePullSecrets": [{"name": "a"}, {"name": "b"}]}))),
        ("host aliases merge", spec(json!({"hostAliases": [{"ip": "10.0.0.1", "hostnames": ["a"]}]}))),
        (
            "security context merges",
            spec(
                json!({"securityContext": {"fsGroup": 7, "runAsNonRoot": null, "sysctls": [{"name": "a.b", "value": "1"}]}}),
            ),
        ),
        (
            "security context is replaced",
            spec(json!({"securityContext": {"$patch": "replace", "fsGroup": 7}})),
        ),
        (
            "affinity",
            spec(json!({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}],
            }}}})),
        ),
        ("affinity goes", spec(json!({"affinity": null}))),
        ("dns configuration", spec(json!({"dnsConfig": {"nameservers": ["10.0.0.2"], "searches": ["a"]}}))),
        ("scheduling gates", spec(json!({"schedulingGates": [{"name": "example.com/gate"}]}))),
        ("names of the host", spec(json!({"hostname": "web", "subdomain": "shop"}))),
        ("keys are retained", spec(json!({"securityContext": {"$retainKeys": ["fsGroup"], "fsGroup": 9}}))),
    ]
}

fn of_volumes(spec: &Value) -> Vec<(&'static str, Value)> {
    let added = json!({"name": "added", "emptyDir": {"medium": "Memory"}});
    let mut patches = vec![("a volume", json!({"spec": {"volumes": [added]}}))];
    if let Some(name) = spec["volumes"][0]["name"].as_str() {
        let other = json!({"name": name, "$retainKeys": ["name", "hostPath"], "hostPath": {"path": "/a"}});
        let order = json!([{"name": "added"}, {"name": name}]);
        patches.push(("a volume has another source", json!({"spec": {"volumes": [other]}})));
        patches.push((
            "volumes in an order",
            json!({"spec": {"$setElementOrder/volumes": order, "volumes": [added]}}),
        ));
        let volumes = spec["volumes"].as_array().into_iter().flatten();
        let others = volumes.map(|volume| json!({"name": volume["name"], "emptyDir": {"sizeLimit": "1Mi"}}));
        let items: Vec<Value> = others.chain([json!({"$patch": "replace"}), added]).collect();
        patches.push(("volumes are replaced", json!({"spec": {"volumes": items}})));
    }
    patches
}

fn of_container(container: &Value) -> Vec<(&'static str, Value)> {
    let mut patches = vec![
        ("an image", json!({"image": "example.com/other:1"})),
        ("a command", json!({"command": ["/a"], "args": null})),
        (
            "variables",
            json!({"env": [{"name": "ADDED", "value": "1"}, {"name": "FIELD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}),
        ),
        ("variables are replaced", json!({"env": [{"$patch": "replace"}, {"name": "ONLY", "value": "1"}]})),
        (
            "variables in an order",
            json!({
                "$setElementOrder/env": [{"name": "ADDED"}], "env": [{"name": "ADDED", "value": "1"}],
            }),
        ),
        ("sources of variables", json!({"envFrom": [{"configMapRef": {"name": "a"}}]})),
        (
            "resources",
            json!({"resources": {"limits": {"cpu": "2", "memory": "3Gi"}, "requests": {"cpu": "500m"}}}),
        ),
        ("resources go", json!({"resources": {"limits": null, "requests": null}})),
        (
            "a probe",
            json!({"readinessProbe": {"$patch": "replace", "tcpSocket": {"port": 80}, "periodSeconds": 3}}),
        ),
        ("a probe goes", json!({"livenessProbe": null, "readinessProbe": null, "startupProbe": null})),
        ("capabilities", json!({"securityContext": {"capabilities": {"add": ["NET_ADMIN"], "drop": null}}})),
        ("a security context is replaced", json!({"securityContext": {"$patch": "replace", "runAsUser": 7}})),
        (
            "a hook",
            json!({"lifecycle": {"$retainKeys": ["preStop"], "preStop": {"exec": {"command": ["/a"]}}}}),
        ),
        (
            "policies",
            json!({"imagePullPolicy": "Always", "terminationMessagePolicy": "FallbackToLogsOnError"}),
        ),
    ];
    if let Some(name) = container["env"][0]["name"].as_str() {
        patches.push((
            "a variable changes",
            json!({"env": [{"name": name, "value": "other", "valueFrom": null}]}),
        ));
        patches.push(("a variable goes", json!({"env": [{"name": name, "$patch": "delete"}]})));
    }
    if let Some(path) = container["volumeMounts"][0]["mountPath"].as_str() {
        patches.push(("a mount changes", json!({"volumeMounts": [{"mountPath": path, "readOnly": true}]})));
        patches.push(("a mount goes", json!({"volumeMounts": [{"mountPath": path, "$patch": "delete"}]})));
    }
    patches
}

fn of_containers(spec: &Value) -> Vec<(&'static str, Value)> {
    let first = &spec["containers"][0]["name"];
    let added = json!({"name": "added", "image": "example.com/added:1"});
    let sidecar = json!({"name": "sidecar", "image": "example.com/added:1", "restartPolicy": "Always"});
    let mut patches = vec![
        ("a container", json!({"spec": {"containers": [added]}})),
        ("a sidecar", json!({"spec": {"initContainers": [sidecar]}})),
        (
            "containers in an order",
            json!({"spec": {
                "$setElementOrder/containers": [{"name": "added"}, {"name": first}],
                "containers": [{"name": "added", "image": "example.com/added:1"}, {"name": first, "tty": true}],
            }}),
        ),
        (
            "a device",
            json!({"spec": {
                "volumes": [{"name": "block", "persistentVolumeClaim": {"claimName": "a"}}],
                "containers": [{"name": first, "volumeDevices": [{"name": "block", "devicePath": "/dev/block"}]}],
            }}),
        ),
        ("containers are replaced", json!({"spec": {"containers": [{"$patch": "replace"}, added]}})),
        (
            "a container is replaced",
            json!({"spec": {"containers": [added, {"name": first, "$patch": "delete"}]}}),
        ),
    ];
    if let Some(init) = spec["initContainers"][0]["name"].as_str() {
        patches.push((
            "an init container goes",
            json!({"spec": {"initContainers": [{"name": init, "$patch": "delete"}]}}),
        ));
        patches.push(("init containers go", json!({"spec": {"initContainers": null}})));
    }
    patches
}
