//! Everything that the daemon of these tests may do, given to an account that it acts as.

use chandler_e2e::{Objects, Scene, TEST_LABEL};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

/// Each right of the whole cluster: group, resources, verbs.
const RIGHTS: [(&str, &[&str], &[&str]); 7] = [
    ("chandler.dev", &["injectiontemplates", "clusterinjectiontemplates"], &["list", "watch"]),
    ("chandler.dev", &["injectiontemplates/status", "clusterinjectiontemplates/status"], &["patch"]),
    ("", &["namespaces"], &["list", "watch"]),
    ("", &["pods"], &["get", "list", "watch"]),
    ("apps", &["replicasets"], &["get"]),
    ("batch", &["jobs"], &["get"]),
    ("events.k8s.io", &["events"], &["create", "patch"]),
];

/// Rights in the namespace of the lease.
const OWN_RIGHTS: (&str, &[&str], &[&str]) =
    ("coordination.k8s.io", &["leases"], &["get", "create", "update"]);

fn rule((group, resources, verbs): (&str, &[&str], &[&str])) -> Value {
    json!({"apiGroups": [group], "resources": resources, "verbs": verbs})
}

/// A client that may do what the daemon may do, and nothing else.
pub(crate) async fn restricted_client(scene: &Scene, objects: &Objects, lease_namespace: &str) -> Client {
    let name = &scene.namespace;
    let role = |kind: &str, rules: Vec<Value>| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "rules": rules,
            "metadata": {"name": name, "labels": {TEST_LABEL: "true"}},
        })
    };
    let binding = |kind: &str| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": format!("{kind}Binding"),
            "metadata": {"name": name, "labels": {TEST_LABEL: "true"}},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": name}],
        })
    };
    for object in [
        role("ClusterRole", RIGHTS.map(rule).to_vec()),
        binding("ClusterRole"),
        role("Role", vec![rule(OWN_RIGHTS)]),
        binding("Role"),
    ] {
        objects.apply(&object, lease_namespace).await.unwrap().object().unwrap();
    }
    let mut kubeconfig = Kubeconfig::read_from(scene.kubeconfig()).unwrap();
    let account = kubeconfig.auth_infos[0].auth_info.as_mut().unwrap();
    account.impersonate = Some(format!("system:serviceaccount:{name}:default"));
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}
