//! What the chart lets the injector do, given to an account of a test: a daemon that acts as it shows which right is
//! missing.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::examples::documents_of;
use crate::helm::Helm;
use crate::objects::Objects;
use crate::scene::{Scene, TEST_LABEL};

/// The template of the chart with the roles.
const ROLES: &str = "templates/injector/rbac.yaml";

/// The kubeconfig of the account `default` of a test's namespace, which may do what the chart lets an injector do that
/// lives in `namespace`, and nothing else. Webhook configurations that it keeps have the name of the test's namespace.
///
/// # Errors
/// The chart has no roles, or the API server does not take them.
pub async fn grant_rights(helm: &Helm, scene: &Scene, namespace: &str) -> Result<String> {
    let objects = Objects::discover(&scene.client).await?;
    for mut object in helm.render(namespace, &["--show-only", ROLES])? {
        rename(&mut object, &scene.namespace).with_context(|| format!("{ROLES} has {object}"))?;
        objects.apply(&object, namespace).await?.object()?;
    }
    let mut kubeconfig = documents_of(scene.kubeconfig())?.pop().context("an empty kubeconfig")?;
    let user = kubeconfig.pointer_mut("/users/0/user").context("a kubeconfig without a user")?;
    let account = format!("system:serviceaccount:{}:default", scene.namespace);
    user.as_object_mut().context("a user without fields")?.insert("as".to_owned(), account.into());
    Ok(kubeconfig.to_string())
}

/// Gives a role, or a binding, of the chart the name of a test, and its account.
fn rename(object: &mut Value, name: &str) -> Option<()> {
    let metadata = object.get_mut("metadata")?.as_object_mut()?;
    metadata.insert("name".to_owned(), name.into());
    metadata.insert("labels".to_owned(), json!({TEST_LABEL: "true"}));
    if let Some(role) = object.get_mut("roleRef") {
        role.as_object_mut()?.insert("name".to_owned(), name.into());
        let account = json!([{"kind": "ServiceAccount", "name": "default", "namespace": name}]);
        object.as_object_mut()?.insert("subjects".to_owned(), account);
    }
    for rule in object.get_mut("rules").and_then(Value::as_array_mut).into_iter().flatten() {
        let is_of_webhooks = rule.pointer("/apiGroups/0")? == "admissionregistration.k8s.io";
        if is_of_webhooks {
            rule.as_object_mut()?.insert("resourceNames".to_owned(), json!([name]));
        }
    }
    Some(())
}
