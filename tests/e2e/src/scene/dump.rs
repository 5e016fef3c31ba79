//! What went on in the namespace of a test that failed, as files: events, pods, logs of containers and components.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::api::{ListParams, LogParams};
use kube::{Api, Client};

use super::warn;

/// Writes the files, and says where.
pub(super) async fn write(client: &Client, namespace: &str, test: &str, logs: Option<&Path>) -> Result<()> {
    let folder = folder_of(test)?;
    let events: Api<Event> = Api::namespaced(client.clone(), namespace);
    let events = events.list(&ListParams::default()).await?.items;
    write_json(&folder.join("events.json"), &events)?;
    let pods: Api<Pod> = Api::namespaced(client.clone(), namespace);
    let list = pods.list(&ListParams::default()).await?.items;
    write_json(&folder.join("pods.json"), &list)?;
    for pod in &list {
        write_logs(&pods, pod, &folder).await;
    }
    for entry in logs.map(fs::read_dir).into_iter().flatten().flatten().flatten() {
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    warn(&format!("{test} failed; events, pods and logs are in {}", folder.display()));
    Ok(())
}

/// Logs of every container that has any.
async fn write_logs(pods: &Api<Pod>, pod: &Pod, folder: &Path) {
    let (Some(name), Some(spec)) = (pod.metadata.name.as_deref(), pod.spec.as_ref()) else { return };
    let containers = spec.init_containers.iter().flatten().chain(&spec.containers);
    for container in containers {
        for previous in [false, true] {
            let container_name = Some(container.name.clone());
            let parameters = LogParams { container: container_name, previous, ..LogParams::default() };
            let suffix = if previous { "previous.log" } else { "log" };
            if let Ok(text) = pods.logs(name, &parameters).await {
                let _ = fs::write(folder.join(format!("{name}.{}.{suffix}", container.name)), text);
            }
        }
    }
}

fn folder_of(test: &str) -> Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/e2e").join(test);
    // What an earlier run left there would mislead.
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    Ok(folder.canonicalize()?)
}

fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<()> {
    fs::write(path, serde_json::to_vec_pretty(value)?).with_context(|| path.display().to_string())
}
