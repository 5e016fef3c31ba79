//! Objects of any kind, as raw JSON, and everything that the API server says about them.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use http::{Method, Request};
use kube::Client;
use kube::client::Body;
use kube::core::GroupVersionKind;
use kube::discovery::{ApiCapabilities, ApiResource, Discovery, Scope};
use serde_json::Value;

/// How long the API server may take to answer; it waits for webhooks itself.
const BOUND: Duration = Duration::from_secs(60);

/// Who fields belong to that are applied here.
const FIELD_MANAGER: &str = "chandler-e2e";

/// The API of a cluster, as it was when it was looked at.
pub struct Objects {
    client: Client,
    discovery: Discovery,
}

/// What the API server answers.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The warnings, as of unknown fields.
    pub warnings: Vec<String>,
    /// The object, or a `Status` that says what is wrong.
    pub body: Value,
}

impl Answer {
    /// The object, where the API server took it.
    ///
    /// # Errors
    /// It did not: then the error is its message.
    pub fn object(self) -> Result<Value> {
        ensure!(self.status < 300, "{}: {}", self.status, self.message());
        Ok(self.body)
    }

    /// What the API server says is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        self.body.get("message").and_then(Value::as_str).unwrap_or_default()
    }
}

impl Objects {
    /// Asks what kinds there are.
    ///
    /// # Errors
    /// The API server does not answer.
    pub async fn discover(client: &Client) -> Result<Self> {
        let discovery = Discovery::new(client.clone()).run().await?;
        Ok(Self { client: client.clone(), discovery })
    }

    /// Creates an object, or, with `dryRun=All` among the parameters, asks what would come of that. Where it has a
    /// namespace that is not its own, `namespace` is it.
    ///
    /// # Errors
    /// The kind does not exist, or the API server does not answer.
    pub async fn create(&self, object: &Value, namespace: &str, parameters: &str) -> Result<Answer> {
        let path = self.path(object, namespace)?;
        send(&self.client, Method::POST, &format!("{path}?{parameters}"), ("application/json", object)).await
    }

    /// Applies an object, whatever was there.
    ///
    /// # Errors
    /// The kind does not exist, or the API server does not answer.
    pub async fn apply(&self, object: &Value, namespace: &str) -> Result<Answer> {
        let path = self.path(object, namespace)?;
        let name =
            object.pointer("/metadata/name").and_then(Value::as_str).context("the object has no name")?;
        let uri = format!("{path}/{name}?fieldManager={FIELD_MANAGER}&force=true");
        send(&self.client, Method::PATCH, &uri, ("application/apply-patch+yaml", object)).await
    }

    /// Deletes an object.
    ///
    /// # Errors
    /// The kind does not exist, or the API server does not answer.
    pub async fn delete(&self, object: &Value, namespace: &str) -> Result<Answer> {
        let path = self.path(object, namespace)?;
        let name = name_of(object)?;
        send(&self.client, Method::DELETE, &format!("{path}/{name}"), ("application/json", &Value::Null))
            .await
    }

    /// Where the objects of this kind are, below the API server's address.
    ///
    /// # Errors
    /// The kind does not exist.
    pub fn path(&self, object: &Value, namespace: &str) -> Result<String> {
        let text = |field| object.get(field).and_then(Value::as_str).unwrap_or_default();
        let (version, kind) = (text("apiVersion"), text("kind"));
        let (resource, capabilities) = self.resolve(version, kind)?;
        let namespace = match capabilities.scope {
            Scope::Cluster => None,
            Scope::Namespaced => {
                Some(object.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or(namespace))
            }
        };
        let root = if resource.group.is_empty() { "api" } else { "apis" };
        let scope = namespace.map(|namespace| format!("namespaces/{namespace}/")).unwrap_or_default();
        Ok(format!("/{root}/{version}/{scope}{}", resource.plural))
    }

    fn resolve(&self, version: &str, kind: &str) -> Result<(ApiResource, ApiCapabilities)> {
        let (group, version) = version.split_once('/').unwrap_or(("", version));
        let kind = GroupVersionKind::gvk(group, version, kind);
        self.discovery.resolve_gvk(&kind).with_context(|| format!("the API server has no {kind:?}"))
    }
}

fn name_of(object: &Value) -> Result<&str> {
    object.pointer("/metadata/name").and_then(Value::as_str).context("the object has no name")
}

/// Sends a value to the API server; `content` is its media type and itself.
///
/// # Errors
/// The API server does not answer, or not in JSON.
pub async fn send(
    client: &Client,
    method: Method,
    uri: &str,
    (media_type, value): (&str, &Value),
) -> Result<Answer> {
    let request = Request::builder().method(method).uri(uri).header("content-type", media_type);
    let request = request.body(Body::from(serde_json::to_vec(value)?))?;
    let (parts, bytes) = tokio::time::timeout(BOUND, async {
        let (parts, body) = client.send(request).await?.into_parts();
        anyhow::Ok((parts, body.collect_bytes().await?))
    })
    .await
    .with_context(|| format!("no answer to {uri} within {} s", BOUND.as_secs()))??;
    let status = parts.status.as_u16();
    let warnings = parts.headers.get_all("warning").iter();
    let warnings =
        warnings.map(|value| text_of_warning(&String::from_utf8_lossy(value.as_bytes()))).collect();
    let body =
        serde_json::from_slice(&bytes).with_context(|| String::from_utf8_lossy(&bytes).into_owned())?;
    Ok(Answer { status, warnings, body })
}

/// The text of `299 - "text"`.
fn text_of_warning(header: &str) -> String {
    let quoted = header.splitn(3, ' ').nth(2).unwrap_or(header);
    let text = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted);
    text.replace("\\\"", "\"")
}

#[cfg(test)]
mod tests {
    use super::text_of_warning;

    #[test]
    fn text_of_a_warning_is_what_stands_between_its_quotes() {
        assert_eq!(text_of_warning(r#"299 - "unknown field \"spec.a\"""#), r#"unknown field "spec.a""#);
    }
}
