//! Makes a pod of the examples run on a bare node: images that are there, and none of what other machines and
//! controllers would have to give it. What templates did to its containers stays.

use serde_json::{Map, Value, json};

/// The image that stands for all others: one static program, no shell, no root.
const IMAGE: &str = "chandler.dev/distroless:test";

/// Its program.
pub(crate) const PROGRAM: &str = "/chandler-workload";

/// Fields that ask for other nodes, other schedulers or controllers than there are.
const PLACEMENT: [&str; 15] = [
    "affinity",
    "nodeName",
    "nodeSelector",
    "overhead",
    "priorityClassName",
    "readinessGates",
    "resourceClaims",
    "resources",
    "runtimeClassName",
    "schedulerName",
    "schedulingGates",
    "serviceAccountName",
    "tolerations",
    "topologySpreadConstraints",
    "hostUsers",
];

/// Ports of containers that serve none of their own, from this one on.
const PORTS: u16 = 20_000;

/// Makes the spec of a pod run here: containers serve HTTP, init containers end at once.
pub(crate) fn make_local(spec: &mut Value) {
    let spec = spec.as_object_mut().unwrap();
    PLACEMENT.iter().for_each(|field| drop(spec.remove(*field)));
    for volume in list(spec, "volumes") {
        let name = volume["name"].clone();
        *volume = json!({"name": name, "emptyDir": {}});
    }
    let mut port = PORTS;
    for container in list(spec, "initContainers") {
        let stays = container["restartPolicy"] == "Always";
        let arguments = if stays { serve(container, &mut port) } else { json!(["exit", "0"]) };
        run(container, &arguments);
    }
    for container in list(spec, "containers") {
        let arguments = serve(container, &mut port);
        run(container, &arguments);
    }
}

/// The program with these arguments, in place of what the container ran.
pub(crate) fn run(container: &mut Value, arguments: &Value) {
    let fields = container.as_object_mut().unwrap();
    ["command", "resources", "envFrom", "volumeDevices", "workingDir"]
        .iter()
        .for_each(|field| drop(fields.remove(*field)));
    fields.insert("image".into(), json!(IMAGE));
    fields.insert("imagePullPolicy".into(), json!("IfNotPresent"));
    fields.insert("args".into(), arguments.clone());
    for variable in list(fields, "env") {
        let is_elsewhere = |source: &str| !variable["valueFrom"][source].is_null();
        if is_elsewhere("secretKeyRef") || is_elsewhere("configMapKeyRef") || is_elsewhere("resourceFieldRef")
        {
            *variable = json!({"name": variable["name"], "value": "from elsewhere"});
        }
    }
    for field in ["startupProbe", "livenessProbe", "readinessProbe"] {
        fields.get_mut(field).into_iter().for_each(make_action_local);
    }
    let hooks = fields.get_mut("lifecycle").and_then(Value::as_object_mut);
    hooks.into_iter().flat_map(Map::values_mut).for_each(make_action_local);
}

/// Arguments that serve at the port that the container's probes ask at, else at one that nothing else uses.
fn serve(container: &Value, next: &mut u16) -> Value {
    let ports = container["ports"].as_array();
    let number_of = |port: &Value| match port {
        Value::String(name) => ports?.iter().find(|port| port["name"] == **name)?["containerPort"].as_u64(),
        number => number.as_u64(),
    };
    let probed = ["startupProbe", "livenessProbe", "readinessProbe"]
        .iter()
        .flat_map(|probe| [&container[*probe]["httpGet"]["port"], &container[*probe]["tcpSocket"]["port"]])
        .find_map(number_of);
    let port = probed.unwrap_or_else(|| {
        *next += 1;
        u64::from(*next)
    });
    json!(["serve", "--port", port.to_string()])
}

/// What a probe or hook does is done by our program.
fn make_action_local(action: &mut Value) {
    if !action["exec"].is_null() {
        action["exec"] = json!({"command": [PROGRAM, "exit", "0"]});
    }
    if !action["httpGet"].is_null() {
        action["httpGet"]["path"] = json!("/healthz");
        action["httpGet"].as_object_mut().unwrap().remove("scheme");
    }
}

fn list<'a>(object: &'a mut Map<String, Value>, field: &str) -> impl Iterator<Item = &'a mut Value> {
    object.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten()
}
