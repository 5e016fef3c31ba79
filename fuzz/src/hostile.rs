//! Values that would break out of a document if templates were text, and a pod that carries them.

use serde_json::{Value, json};

const TEXT: &str = "\"'\n- a: {b: [c, &x *x !!str d]}\n--- # {{params.text}} \\{{ }} $(A) $patch \u{0}\u{85}\u{2028}\u{feff}é\u{10ffff}";

/// What expressions may read, by name.
pub fn variables() -> [(&'static str, Value); 6] {
    [
        ("params", params()),
        ("pod", pod()),
        (
            "namespace",
            json!({"metadata": {"name": TEXT, "labels": {"a": TEXT}, "annotations": {"a": "{{a}}"}}}),
        ),
        ("owner", json!({"kind": TEXT, "name": "a"})),
        (
            "request",
            json!({"operation": "CREATE", "dryRun": true, "userInfo": {"username": TEXT, "groups": [TEXT, ""]}}),
        ),
        ("cluster", json!({"name": "", "values": {"a": [1, {"$if": false}], "b": u64::MAX}})),
    ]
}

fn params() -> Value {
    json!({
        "a": TEXT, "b": "", "c": null, "d": false, "e": 0, "f": -0.0, "g": 1e308, "h": i64::MIN, "i": u64::MAX,
        "text": TEXT, "long": TEXT.repeat(200), "level": "{{params.level}}", "port": 8080, "cpu": "100m",
        "memory": "9e99", "timeout": "1h", "metrics": true, "upstreams": ["a", TEXT, ""],
        "list": [1, [2, [3]], {"$for": {"in": "{{params.list}}", "as": "x"}}, null, TEXT],
        "many": (0..500).collect::<Vec<u32>>(),
        "object": {"$patch": "delete", "a/b~c": TEXT, "": {}, "x": [[[]]]},
    })
}

/// A pod whose texts are hostile and whose structure is not.
pub fn pod() -> Value {
    json!({
        "metadata": {
            "labels": {"app": "a", "text": "b"},
            "annotations": {"chandler.dev/templates": "+ cluster/a, a ,a@0, nothing", "text": TEXT, "chandler.dev/param.a": TEXT},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "a-b", "controller": true}, null],
        },
        "spec": {
            "containers": [
                {"name": "a", "image": "a", "env": [{"name": "A", "value": "$(B)"}], "ports": [{"containerPort": 80}]},
                {"name": "app", "image": TEXT, "args": ["-a", TEXT], "resources": {"limits": {"cpu": 1}}},
            ],
            "initContainers": [{"name": "side", "restartPolicy": "Always"}],
            "volumes": [{"name": "v", "emptyDir": {}}],
            "futureField": [1, null],
        },
    })
}
