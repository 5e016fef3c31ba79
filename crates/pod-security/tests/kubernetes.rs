//! Kubernetes' own examples of pods that a level admits or refuses, from the Go module `k8s.io/pod-security-admission`,
//! whose folder `CHANDLER_POD_SECURITY` names.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use chandler_pod_security::{Level, Violation, violations};
use serde_json::{Value, json};

/// Examples of the newest version that the module has them for.
const VERSION: &str = "v1.35";

/// The rule that an example breaks at a level, by the name of the check that it is made for.
fn reason(check: &str, level: Level) -> &'static str {
    match (check, level) {
        ("allowprivilegeescalation", _) => "allowPrivilegeEscalation != false",
        ("apparmorprofile", _) => "forbidden AppArmor profile",
        ("capabilities_baseline", Level::Baseline) => "non-default capabilities",
        ("capabilities_baseline" | "capabilities_restricted", _) => "unrestricted capabilities",
        ("hostnamespaces", _) => "host namespaces",
        ("hostpathvolumes", Level::Baseline) => "hostPath volumes",
        ("hostpathvolumes" | "restrictedvolumes", _) => "restricted volume types",
        ("hostports", _) => "hostPort",
        ("hostprobesandhostlifecycle", _) => "probe or lifecycle host",
        ("privileged", _) => "privileged",
        ("procmount" | "procmount_restricted", _) => "procMount",
        ("runasnonroot", _) => "runAsNonRoot != true",
        ("runasuser", _) => "runAsUser=0",
        ("seccompprofile_baseline" | "seccompprofile_restricted", _) => "seccompProfile",
        ("selinuxoptions", _) => "seLinuxOptions",
        ("sysctls", _) => "forbidden sysctls",
        ("windowshostprocess", _) => "hostProcess",
        _ => "a rule that is not in this list",
    }
}

/// An example: its level, whether it is refused, its name, the pod.
struct Example {
    level: &'static str,
    is_refused: bool,
    name: String,
    pod: Value,
}

fn examples(root: &Path) -> Vec<Example> {
    let mut examples = Vec::new();
    for level in ["baseline", "restricted"] {
        for (outcome, is_refused) in [("pass", false), ("fail", true)] {
            let folder: PathBuf =
                [Path::new("test/testdata"), level.as_ref(), VERSION.as_ref(), outcome.as_ref()]
                    .iter()
                    .collect();
            for file in fs::read_dir(root.join(folder)).unwrap() {
                let path = file.unwrap().path();
                let pod = serde_saphyr::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
                let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
                examples.push(Example { level, is_refused, name, pod });
            }
        }
    }
    examples
}

#[test]
fn examples_of_kubernetes_are_judged_as_kubernetes_does() {
    let Some(root) = std::env::var_os("CHANDLER_POD_SECURITY") else {
        println!("SKIPPED examples_of_kubernetes: CHANDLER_POD_SECURITY is not set, run make test");
        return;
    };
    let mut counts = [0, 0];
    for Example { level: name, is_refused, name: example, pod } in examples(root.as_ref()) {
        let namespace = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": name}}});
        let level = Level::enforced(&namespace);
        let found = violations(&pod, level);
        counts[usize::from(is_refused)] += 1;
        let check = example.trim_end_matches(|digit: char| digit.is_ascii_digit());
        let is_expected = |violation: &Violation<'_>| violation.reason == reason(check, level);
        assert_eq!(!found.is_empty(), is_refused, "{name} {example}: {found:?}");
        // An example in the node's network also has the ports of the node.
        assert!(!is_refused || found.iter().any(is_expected), "{name} {example}: {found:?}");
        assert_eq!(violations(&pod, Level::Privileged), [], "{name} {example}");
    }
    assert!(counts.iter().all(|count| *count > 30), "{counts:?}");
}
