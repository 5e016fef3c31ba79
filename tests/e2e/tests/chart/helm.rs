//! helm, the real one, and our chart.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use chandler_e2e::{Programs, documents_of, repository, skip};
use serde_json::Value;
use tokio::sync::Mutex;

/// The name of every release here.
pub(crate) const RELEASE: &str = "chandler";

/// What the chart makes has the same names in every release: one test at a time, since all may be in one cluster.
pub(crate) static ALONE: Mutex<()> = Mutex::const_new(());

/// helm.
pub(crate) struct Helm {
    program: PathBuf,
}

impl Helm {
    /// helm, where it is built; else a loud word.
    pub(crate) fn find(test: &str) -> Option<Self> {
        if let Some(programs) = Programs::find_sets(&["helm"]) {
            return Some(Self { program: programs.path("helm") });
        }
        let why = "helm is not built; make e2e-prepare sees to it";
        assert!(std::env::var_os("CHANDLER_REQUIRE_CLUSTERS").is_none(), "{why}");
        skip(test, why);
        None
    }

    /// The objects of a release in a namespace, with further arguments.
    pub(crate) fn render<A: AsRef<OsStr>>(&self, namespace: &str, arguments: &[A]) -> Vec<Value> {
        let mut command = Command::new(&self.program);
        command.args(["template", RELEASE]).arg(chart()).args(["--namespace", namespace]);
        command.args(["--kube-version", "1.36"]).args(arguments);
        documents_in(&run(&mut command).unwrap())
    }

    /// What helm says when it is told something about a cluster.
    pub(crate) fn tell(&self, kubeconfig: &Path, arguments: &[&str]) -> Result<String> {
        run(Command::new(&self.program).arg("--kubeconfig").arg(kubeconfig).args(arguments))
    }
}

/// The folder of the chart.
pub(crate) fn chart() -> PathBuf {
    repository().join("charts/chandler")
}

/// The documents of a text.
pub(crate) fn documents_in(text: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("objects.yaml");
    std::fs::write(&file, text).unwrap();
    let mut documents = documents_of(&file).unwrap();
    documents.retain(|document| !document.is_null());
    documents
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    Ok(text(&output.stdout))
}
