//! Files that tell a client where the API server is and who it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::pki::{Authority, Certified};

/// A kubeconfig with everything in it. JSON is YAML.
#[must_use]
pub fn kubeconfig(server: &str, authority: &Authority, user: &Certified) -> String {
    let data = |pem: &str| Value::String(STANDARD.encode(pem));
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "chandler",
        "clusters": [{
            "name": "chandler",
            "cluster": {"server": server, "certificate-authority-data": data(&authority.certificate)},
        }],
        "users": [{
            "name": "chandler",
            "user": {
                "client-certificate-data": data(&user.certificate),
                "client-key-data": data(&user.key),
            },
        }],
        "contexts": [{"name": "chandler", "context": {"cluster": "chandler", "user": "chandler"}}],
    });
    format!("{config:#}\n")
}
