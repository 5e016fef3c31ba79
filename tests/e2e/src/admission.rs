//! What the API server does beside admitting: which requests it writes to its audit log, and which certificate it shows
//! to webhooks that ask for one.

use std::path::Path;

use serde_json::{Value, json};

/// The audit log, among the logs of a cluster.
pub(crate) const AUDIT_LOG: &str = "logs/audit.log";

/// The certificate that webhooks are shown, and its key.
const CERTIFICATE: [&str; 2] = ["pki/to-webhooks.crt", "pki/to-webhooks.key"];

/// The name of pods whose admission is written to the audit log when they are applied: a log of everything would slow
/// the API server down.
pub const AUDITED: &str = "audited";

/// The files, by their names in the folder of the cluster.
pub(crate) fn files(folder: &Path) -> [(&'static str, String); 3] {
    [
        ("audit-policy.json", audit_policy().to_string()),
        ("admission.json", configuration(&folder.join("webhooks.kubeconfig")).to_string()),
        ("webhooks.kubeconfig", users(folder).to_string()),
    ]
}

fn audit_policy() -> Value {
    let pods = json!([{"group": "", "resources": ["pods"], "resourceNames": [AUDITED]}]);
    json!({
        "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
        "rules": [{"level": "Metadata", "verbs": ["patch"], "resources": pods}, {"level": "None"}],
    })
}

/// Who the API server is to webhooks.
fn configuration(kubeconfig: &Path) -> Value {
    let plugin = |name: &str| {
        json!({"name": name, "configuration": {
            "apiVersion": "apiserver.config.k8s.io/v1", "kind": "WebhookAdmissionConfiguration",
            "kubeConfigFile": kubeconfig,
        }})
    };
    let plugins = ["MutatingAdmissionWebhook", "ValidatingAdmissionWebhook"].map(plugin);
    json!({"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration", "plugins": plugins})
}

/// The same to all of them. Only those that ask see it.
fn users(folder: &Path) -> Value {
    let [certificate, key] = CERTIFICATE.map(|file| folder.join(file));
    let user = json!({"client-certificate": certificate, "client-key": key});
    json!({"apiVersion": "v1", "kind": "Config", "users": [{"name": "*", "user": user}]})
}
