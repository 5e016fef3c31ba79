//! Volumes and where they are mounted.

use std::collections::HashSet;

use serde_json::Value;

use super::read::{count_present, flag, integer, items, present, text};
use super::resources::quantity;
use super::{Inspection, Nature, spec_of, words};

/// Fields without which a source is refused, each below the source.
const REQUIRED: [(&str, &str); 5] = [
    ("hostPath", "path"),
    ("persistentVolumeClaim", "claimName"),
    ("configMap", "name"),
    ("secret", "secretName"),
    ("csi", "driver"),
];

pub(super) fn check_volumes(inspection: &mut Inspection<'_>) {
    let mut seen = HashSet::new();
    for volume in items(spec_of(inspection.pod), "volumes") {
        let name = text(volume, "name");
        let place = |field: &str| format!("spec.volumes[{name}].{field}");
        if name.is_empty() {
            inspection.note(place("name"), "is required");
        }
        inspection.check_words(volume, ("name", &place("name")), words::label);
        if !seen.insert(name) {
            inspection.note(place("name"), "another volume of the pod has that name");
        }
        check_source(inspection, volume, &place);
    }
}

fn check_source(inspection: &mut Inspection<'_>, volume: &Value, place: &dyn Fn(&str) -> String) {
    for (source, field) in REQUIRED {
        if present(volume, source).is_some_and(|source| text(source, field).is_empty()) {
            inspection.note(place(&format!("{source}.{field}")), "is required");
        }
    }
    if count_present(volume, &REQUIRED.map(|(source, _)| source)) > 1 {
        inspection.note_as(Nature::Presence, place("name"), "has more than one source");
    }
    for source in ["configMap", "secret", "downwardAPI", "projected"] {
        let mode = present(volume, source).and_then(|source| integer(source, "defaultMode"));
        if mode.is_some_and(|mode| !(0..=0o777).contains(&mode)) {
            inspection.note(place(&format!("{source}.defaultMode")), "is not a file mode: 0 to 0777");
        }
    }
    if let Some(host) = present(volume, "hostPath") {
        inspection.check_words(host, ("path", &place("hostPath.path")), words::path_without_backsteps);
    }
    if let Some(limit) = present(volume, "emptyDir").and_then(|source| present(source, "sizeLimit")) {
        match quantity(limit) {
            None => inspection.note(place("emptyDir.sizeLimit"), "is not a quantity such as 500m or 1Gi"),
            Some(limit) if limit.nanos() < 0 => {
                inspection.note(place("emptyDir.sizeLimit"), "must not be negative");
            }
            Some(_) => {}
        }
    }
}

pub(super) fn check_mounts(inspection: &mut Inspection<'_>, container: &Value) {
    let volumes: HashSet<&str> =
        items(spec_of(inspection.pod), "volumes").map(|volume| text(volume, "name")).collect();
    let mut paths = HashSet::new();
    for mount in items(container, "volumeMounts") {
        let (name, path) = (text(mount, "name"), text(mount, "mountPath"));
        let place = |field: &str| format!("volumeMounts[{path}].{field}");
        if name.is_empty() {
            inspection.note(place("name"), "is required");
        } else if !volumes.contains(name) {
            let message = format!("the pod has no volume {name:?}");
            inspection.note_as(Nature::Volume(name.to_owned()), place("name"), message);
        }
        if path.is_empty() {
            inspection.note(place("mountPath"), "is required");
        } else if !paths.insert(path) {
            inspection.note(place("mountPath"), "another mount of the container has that path");
        }
        check_mount(inspection, container, mount, &place);
    }
}

fn check_mount(
    inspection: &mut Inspection<'_>,
    container: &Value,
    mount: &Value,
    place: &dyn Fn(&str) -> String,
) {
    for field in ["subPath", "subPathExpr"] {
        inspection.check_words(mount, (field, &place(field)), words::descending_path);
    }
    if !text(mount, "subPath").is_empty() && !text(mount, "subPathExpr").is_empty() {
        inspection.note_as(Nature::Presence, place("subPathExpr"), "may not be set beside subPath");
    }
    let modes = ["None", "HostToContainer", "Bidirectional"];
    inspection.check_choice(mount, ("mountPropagation", &place("mountPropagation")), &modes);
    let is_privileged =
        present(container, "securityContext").is_some_and(|context| flag(context, "privileged"));
    if text(mount, "mountPropagation") == "Bidirectional" && !is_privileged {
        inspection.note(place("mountPropagation"), "Bidirectional is for privileged containers only");
    }
}
