//! What is measured: pods and reviews of any size, templates, and files of Deployments.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use chandler_injector::Injector;
use chandler_injector::catalog::{CatalogArgs, SettingsArgs, UnknownTemplatesArg};
use serde_json::{Value, json};

const POD: &str = include_str!("../inputs/pod.json");
const PATCH: &str = include_str!("../inputs/patch.json");
const DEPLOYMENT: &str = include_str!("../inputs/deployment.yaml");

/// The pod of 5 KB, as the API server sends it.
///
/// # Errors
/// The input is no JSON.
pub fn pod() -> Result<Value> {
    serde_json::from_str(POD).context("inputs/pod.json")
}

/// The strategic merge patch of 2 KB for that pod.
///
/// # Errors
/// The input is no JSON.
pub fn patch() -> Result<Value> {
    serde_json::from_str(PATCH).context("inputs/patch.json")
}

/// The pod with `count` more variables in its first container.
///
/// # Errors
/// The pod has no such container.
pub fn pod_with_variables(count: usize) -> Result<Value> {
    let mut pod = pod()?;
    let variables = pod.pointer_mut("/spec/containers/0/env").and_then(Value::as_array_mut);
    let variables = variables.context("the pod has no container with variables")?;
    variables.extend((0..count).map(|index| variable("SETTING", index)));
    Ok(pod)
}

/// A pod of 1 MiB, as large as the API server takes: 256 KiB of annotations, which is their limit, and sixteen
/// containers, each with a script of 16 KiB and 545 variables.
///
/// # Errors
/// The pod is no object.
pub fn large_pod() -> Result<Value> {
    let mut pod = pod()?;
    let annotations = pod.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    let annotations = annotations.context("the pod has no annotations")?;
    annotations.insert("example.com/configuration".to_owned(), text_of(255 * 1024).into());
    let containers = pod.pointer_mut("/spec/containers").and_then(Value::as_array_mut);
    let containers = containers.context("the pod has no containers")?;
    containers.extend((0..16).map(|index| {
        let variables: Vec<_> = (0..545).map(|number| variable("SETTING", number)).collect();
        json!({
            "name": format!("job-{index}"),
            "image": "registry.example.com/shop/job:3.2.0",
            "command": ["/bin/sh", "-c", text_of(16 * 1024)],
            "env": variables,
            "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        })
    }));
    Ok(pod)
}

/// Lines of text with something to escape in each, as scripts and configuration have.
fn text_of(size: usize) -> String {
    let line = "if [ \"$MODE\" = ready ]; then run --input /data/current --verbose; fi\n";
    line.repeat(size / line.len())
}

/// A pod of about `size` bytes of JSON. It grows by whole containers of half a KB each, so that the work of a
/// patch for every container grows with it.
///
/// # Errors
/// A value cannot be written as JSON.
pub fn pod_of_size(size: usize) -> Result<Value> {
    let mut containers = vec![container(0)];
    let length = |value: &Value| serde_json::to_string(value).map(|text| text.len());
    let fixed = length(&pod_with(&[]))?;
    let mut left = size.saturating_sub(fixed + length(&container(0))?);
    while left > 0 {
        let next = container(containers.len());
        left = left.saturating_sub(length(&next)? + 1);
        containers.push(next);
    }
    Ok(pod_with(&containers))
}

fn pod_with(containers: &[Value]) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "grown", "namespace": "shop", "labels": {"app.kubernetes.io/part-of": "shop"}},
        "spec": {"containers": containers, "restartPolicy": "Always", "serviceAccountName": "grown"},
    })
}

fn container(index: usize) -> Value {
    json!({
        "name": format!("application-{index}"),
        "image": "registry.example.com/shop/application:3.2.0",
        "ports": [{"name": format!("http-{index}"), "containerPort": 8080 + index, "protocol": "TCP"}],
        "env": (0..4).map(|variable_index| variable("SETTING", variable_index)).collect::<Vec<_>>(),
        "resources": {"limits": {"memory": "1Gi"}, "requests": {"cpu": "250m", "memory": "512Mi"}},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
        "imagePullPolicy": "IfNotPresent",
    })
}

fn variable(prefix: &str, index: usize) -> Value {
    json!({"name": format!("{prefix}_{index:04}"), "value": format!("value-of-setting-{index:04}")})
}

/// The bytes of the AdmissionReview that brings a pod.
///
/// # Errors
/// The pod cannot be written as JSON.
pub fn review(pod: &Value) -> Result<Vec<u8>> {
    let groups = ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"];
    let review = json!({
        "kind": "AdmissionReview",
        "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "requestKind": {"group": "", "version": "v1", "kind": "Pod"},
            "requestResource": {"group": "", "version": "v1", "resource": "pods"},
            "namespace": "shop",
            "operation": "CREATE",
            "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller", "groups": groups},
            "object": pod,
            "oldObject": null,
            "dryRun": false,
            "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        },
    });
    Ok(serde_json::to_vec(&review)?)
}

/// The folder of the three templates that apply to every pod here.
#[must_use]
pub fn templates_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("inputs/templates")
}

/// An injector with the three templates that apply, and as many others as make `count`. The others are for every
/// pod that has their labels, which none has. `folder` is where they are written.
///
/// # Errors
/// A file cannot be written, or a template is wrong.
pub fn injector(count: usize, folder: &Path) -> Result<Injector> {
    let mut templates = vec![templates_folder()];
    if count > 3 {
        let others = folder.join("other-templates.yaml");
        let documents: String = (3..count).map(other_template).collect();
        std::fs::write(&others, documents).with_context(|| others.display().to_string())?;
        templates.push(others);
    }
    let arguments = CatalogArgs {
        templates,
        namespaces: Vec::new(),
        namespace: "default".to_owned(),
        recursive: false,
        settings: SettingsArgs {
            cluster_name: String::new(),
            cluster_values: Vec::new(),
            unknown_templates: UnknownTemplatesArg::Warn,
        },
    };
    let read = arguments.load();
    let problems: Vec<_> = read.problems.iter().map(ToString::to_string).collect();
    ensure!(problems.is_empty(), "{}", problems.join("\n"));
    ensure!(
        read.found.templates.len() == count,
        "want {count} templates, got {}",
        read.found.templates.len()
    );
    Ok(read.found)
}

fn other_template(index: usize) -> String {
    format!(
        "---
apiVersion: chandler.dev/v1alpha1
kind: ClusterInjectionTemplate
metadata: {{name: other-{index}}}
spec:
  select:
    mode: Default
    podSelector: {{matchLabels: {{app.kubernetes.io/part-of: suite-{index}}}}}
  patches:
    - pod: {{spec: {{containers: [{{name: other-{index}, image: \"registry.example.com/other:{index}\"}}]}}}}
"
    )
}

/// Writes a file of `count` Deployments of 2 KB each, with comments as people write them.
///
/// # Errors
/// The file cannot be written.
pub fn write_deployments(path: &Path, count: usize) -> io::Result<()> {
    let mut file = io::BufWriter::new(std::fs::File::create(path)?);
    (0..count).try_for_each(|index| file.write_all(deployment(index).as_bytes()))?;
    file.flush()
}

/// One document of that file, with its separator.
#[must_use]
pub fn deployment(index: usize) -> String {
    let mut variables = String::new();
    for setting in 0..5 {
        let name = format!("SETTING_{setting}");
        // Writing to a String cannot fail.
        let _ = write!(
            variables,
            "\n            - name: {name}\n              value: setting {setting} of {index}"
        );
    }
    DEPLOYMENT.replace("@INDEX@", &index.to_string()).replace("@VARIABLES@", &variables)
}

#[cfg(test)]
mod tests {
    use chandler_injector::{Namespace, Outcome, Owner, Request, Review, Verdict, decide};

    use super::*;

    fn size_of(value: &Value) -> usize {
        value.to_string().len()
    }

    #[test]
    fn inputs_have_the_sizes_that_the_table_says() {
        assert!(size_of(&pod().unwrap()).abs_diff(5120) < 100);
        assert!(size_of(&patch().unwrap()).abs_diff(2048) < 100);
        assert!(deployment(1234).len().abs_diff(2048) < 200, "{}", deployment(1234).len());
        assert!(
            size_of(&large_pod().unwrap()).abs_diff(1024 * 1024) < 20_000,
            "{}",
            size_of(&large_pod().unwrap())
        );
        for size in [4096, 65_536, 1_048_576] {
            assert!(size_of(&pod_of_size(size).unwrap()).abs_diff(size) < 700, "{size}");
        }
    }

    #[test]
    fn three_templates_of_many_apply() {
        let folder = std::env::temp_dir();
        for count in [3, 10] {
            let injector = injector(count, &folder).unwrap();
            let (pod, namespace) = (pod().unwrap(), Namespace::named("shop"));
            let (owner, request) = (Owner::of_pod(&pod), Request::default());
            let review = Review { pod: &pod, namespace: &namespace, owner, request };
            let decision = decide(&injector.templates, &injector.settings, &review);
            let is_applied = |outcome: &&Outcome<'_>| matches!(outcome.verdict, Verdict::Applied(_));
            assert_eq!(decision.outcomes.iter().filter(is_applied).count(), 3);
            assert_eq!(decision.rejected.len(), count - 3);
        }
    }
}
