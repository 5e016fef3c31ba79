//! A container, and what the kubelet says of it.

use serde_json::Value;

use super::{Diagnosis, Standing, image, start};
use crate::plan::field::{items, named, text};

/// Where a pod has containers, and where what is said of them.
const LISTS: [(&str, &str); 3] = [
    ("/spec/ephemeralContainers", "/status/ephemeralContainerStatuses"),
    ("/spec/containers", "/status/containerStatuses"),
    ("/spec/initContainers", "/status/initContainerStatuses"),
];

static NOTHING: Value = Value::Null;

/// A container of a pod.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'p> {
    pub(crate) name: &'p str,
    pub(crate) spec: &'p Value,
    pub(crate) status: &'p Value,
}

impl<'p> Subject<'p> {
    /// The container of that name; one of which nothing is known where there is none.
    pub(crate) fn find(pod: &'p Value, name: &'p str) -> Self {
        let found = LISTS.iter().find_map(|(list, statuses)| {
            let spec = named(items(pod, list), name);
            let status = named(items(pod, statuses), name);
            spec.or(status)?;
            Some(Self { name, spec: spec.unwrap_or(&NOTHING), status: status.unwrap_or(&NOTHING) })
        });
        found.unwrap_or(Self { name, spec: &NOTHING, status: &NOTHING })
    }

    pub(crate) fn is_running(&self) -> bool {
        self.status.pointer("/state/running").is_some()
    }

    /// Why it waits: the kubelet's reason and message.
    pub(crate) fn waiting(&self) -> Option<(&'p str, &'p str)> {
        let waiting = self.status.pointer("/state/waiting")?;
        Some((text(waiting, "/reason").unwrap_or_default(), text(waiting, "/message").unwrap_or_default()))
    }

    pub(crate) fn terminated(&self) -> Option<&'p Value> {
        self.status.pointer("/state/terminated")
    }

    /// The image as it was asked for.
    pub(crate) fn image(&self) -> &'p str {
        text(self.spec, "/image").or_else(|| text(self.status, "/image")).unwrap_or("without a name")
    }

    /// The container that it looks into.
    pub(crate) fn target(&self) -> &'p str {
        text(self.spec, "/targetContainerName").unwrap_or("its target")
    }

    /// How it ended.
    pub(crate) fn ended(&self) -> Option<Standing> {
        let terminated = self.terminated()?;
        let code =
            terminated.get("exitCode").and_then(Value::as_i64).and_then(|code| i32::try_from(code).ok());
        let reason = text(terminated, "/reason").unwrap_or_default().to_owned();
        Some(Standing::Ended { code: code.unwrap_or(-1), reason })
    }
}

/// Why it does not start, as far as its own status says.
pub(crate) fn diagnose(subject: &Subject<'_>) -> Option<Diagnosis> {
    if let Some(terminated) = subject.terminated() {
        return start::diagnose_end(subject, terminated);
    }
    let (reason, message) = subject.waiting()?;
    match reason {
        "ErrImagePull" | "ImagePullBackOff" | "RegistryUnavailable" => {
            image::diagnose_pull(subject, message, reason != "ErrImagePull")
        }
        "InvalidImageName" | "ErrImageNeverPull" | "ImageInspectError" | "SignatureValidationFailed" => {
            Some(image::diagnose_image(subject, reason, message))
        }
        "CreateContainerConfigError" => Some(start::diagnose_config(subject, message)),
        "CreateContainerError" | "PreCreateHookError" => Some(start::diagnose_creation(subject, message)),
        "RunContainerError" | "PreStartHookError" | "PostStartHookError" | "ContainerCannotRun" => {
            Some(start::diagnose_start(subject, message))
        }
        "CrashLoopBackOff" => Some(start::diagnose_crashes(subject)),
        _ => None,
    }
}
