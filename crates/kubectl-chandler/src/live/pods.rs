//! Lists running pods, page by page and only their metadata, into a survey.

use std::collections::HashSet;

use chandler_injector::Owner;
use serde_json::Value;

use super::survey::Survey;
use super::{Live, pod_owner};
use crate::cluster::{Cluster, ClusterError, JOBS, Listing, PODS};
use crate::report::Reporter;

/// Pods that have ended run no revision.
const RUNNING: &str = "status.phase!=Succeeded,status.phase!=Failed";

/// Which pods.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'s> {
    /// None: of all namespaces.
    pub(crate) namespace: Option<&'s str>,
    /// A label selector, as people write it.
    pub(crate) labels: Option<&'s str>,
}

/// Surveys every running pod of the scope.
///
/// # Errors
/// The cluster gives no answer, or does not let us see the pods.
pub(crate) async fn survey_pods(
    cluster: &Cluster,
    scope: Scope<'_>,
    live: &Live,
    reporter: &mut Reporter,
) -> Result<Survey, ClusterError> {
    let mut survey = Survey::default();
    let Scope { namespace, labels } = scope;
    let listing = Listing { resource: &PODS, namespace, labels, fields: Some(RUNNING), metadata_only: true };
    let mut count = |pod: Value| {
        survey.count(&pod, live);
        reporter.advance();
    };
    cluster.list(listing, &mut count).await?;
    Ok(survey)
}

/// Adds the running pods of one workload to a survey, from its object and the workload that its pods say that they
/// belong to.
///
/// # Errors
/// The cluster gives no answer, or does not let us see the pods.
pub(crate) async fn survey_workload(
    cluster: &Cluster,
    (object, owner): (&Value, &Owner),
    live: &Live,
    mut survey: Survey,
) -> Result<Survey, ClusterError> {
    let namespace = object.pointer("/metadata/namespace").and_then(Value::as_str);
    let owners = owners_of_pods(cluster, namespace, owner).await?;
    let labels = object.pointer("/spec/selector").and_then(selector_text);
    let listing = Listing {
        resource: &PODS,
        namespace,
        labels: labels.as_deref(),
        fields: Some(RUNNING),
        metadata_only: true,
    };
    let mut count = |pod: Value| {
        let owner = pod_owner(&pod);
        if owners.contains(&(owner.kind, owner.name)) {
            survey.count(&pod, live);
        }
    };
    cluster.list(listing, &mut count).await?;
    Ok(survey)
}

/// The workloads that the pods of one say that they belong to, by kind and name: itself, or the Jobs of a CronJob.
async fn owners_of_pods(
    cluster: &Cluster,
    namespace: Option<&str>,
    owner: &Owner,
) -> Result<HashSet<(String, String)>, ClusterError> {
    if owner.kind != "CronJob" {
        return Ok(HashSet::from([(owner.kind.clone(), owner.name.clone())]));
    }
    let mut jobs = HashSet::new();
    let mut take = |job: Value| {
        if Owner::of_pod(&job) == *owner {
            let name = job.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default();
            jobs.insert(("Job".to_owned(), name.to_owned()));
        }
    };
    let listing = Listing { resource: &JOBS, namespace, labels: None, fields: None, metadata_only: true };
    cluster.list(listing, &mut take).await?;
    Ok(jobs)
}

/// A selector of a workload as the API server takes it in a list: a LabelSelector, or a map of labels.
pub(crate) fn selector_text(selector: &Value) -> Option<String> {
    let structured = ["matchLabels", "matchExpressions"].iter().any(|key| selector.get(key).is_some());
    let labels = if structured { selector.get("matchLabels") } else { Some(selector) };
    let labels = labels.and_then(Value::as_object).into_iter().flatten();
    let labels = labels.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)));
    let expressions = selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten();
    let parts: Vec<_> = labels.chain(expressions.filter_map(expression_text)).collect();
    (!parts.is_empty()).then(|| parts.join(","))
}

fn expression_text(expression: &Value) -> Option<String> {
    let key = expression.get("key")?.as_str()?;
    let values = expression.get("values").and_then(Value::as_array).into_iter().flatten();
    let values: Vec<_> = values.filter_map(Value::as_str).collect();
    let values = values.join(",");
    match expression.get("operator")?.as_str()? {
        "In" => Some(format!("{key} in ({values})")),
        "NotIn" => Some(format!("{key} notin ({values})")),
        "Exists" => Some(key.to_owned()),
        "DoesNotExist" => Some(format!("!{key}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn selectors_are_written_as_the_api_server_reads_them() {
        let expressions = json!([
            {"key": "tier", "operator": "In", "values": ["a", "b"]},
            {"key": "old", "operator": "DoesNotExist"},
        ]);
        let selector = json!({"matchLabels": {"app": "web"}, "matchExpressions": expressions});
        assert_eq!(selector_text(&selector).as_deref(), Some("app=web,tier in (a,b),!old"));
        assert_eq!(selector_text(&json!({"app": "web"})).as_deref(), Some("app=web"));
        assert_eq!(selector_text(&json!({})), None);
    }
}
