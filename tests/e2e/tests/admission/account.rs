//! A client that may do what a test says, and nothing else.

use chandler_e2e::TEST_LABEL;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::daemon::Stage;

const GROUP: &str = "rbac.authorization.k8s.io";

/// The account `default` of the test's namespace, with those rights in the whole cluster.
pub(crate) async fn client_with(stage: &Stage, rules: Value) -> Client {
    let name = &stage.scene.namespace;
    let metadata = json!({"name": name, "labels": {TEST_LABEL: "true"}});
    let version = format!("{GROUP}/v1");
    let role = json!({"apiVersion": version, "kind": "ClusterRole", "metadata": metadata, "rules": rules});
    let binding = json!({
        "apiVersion": version, "kind": "ClusterRoleBinding", "metadata": metadata,
        "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": name}],
    });
    for object in [role, binding] {
        stage.objects.apply(&object, "").await.unwrap().object().unwrap();
    }
    let mut kubeconfig = Kubeconfig::read_from(stage.scene.kubeconfig()).unwrap();
    let account = kubeconfig.auth_infos[0].auth_info.as_mut().unwrap();
    account.impersonate = Some(format!("system:serviceaccount:{name}:default"));
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await.unwrap();
    Client::try_from(config).unwrap()
}
