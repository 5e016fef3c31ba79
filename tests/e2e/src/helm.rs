//! helm, the real one, and our chart.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::examples::{documents_in, repository};
use crate::programs::Programs;
use crate::scene::skip;

/// helm.
#[derive(Debug)]
pub struct Helm {
    program: PathBuf,
}

impl Helm {
    /// The name of every release.
    pub const RELEASE: &str = "chandler";

    /// helm, where it is built; none, after a loud word, where it is not.
    ///
    /// # Errors
    /// It is not built, and `CHANDLER_REQUIRE_CLUSTERS` is set.
    pub fn find(test: &str) -> Result<Option<Self>> {
        if let Some(programs) = Programs::find_sets(&["helm"]) {
            return Ok(Some(Self { program: programs.path("helm") }));
        }
        let why = "helm is not built; make e2e-prepare sees to it";
        ensure!(std::env::var_os("CHANDLER_REQUIRE_CLUSTERS").is_none(), "{why}");
        skip(test, why);
        Ok(None)
    }

    /// The objects of a release in a namespace, with further arguments.
    ///
    /// # Errors
    /// helm does not render them.
    pub fn render<A: AsRef<OsStr>>(&self, namespace: &str, arguments: &[A]) -> Result<Vec<Value>> {
        let mut command = Command::new(&self.program);
        command.args(["template", Self::RELEASE]).arg(Self::chart()).args(["--namespace", namespace]);
        command.args(["--kube-version", "1.36"]).args(arguments);
        documents_in(&run(&mut command)?)
    }

    /// What helm says when it is told something about a cluster.
    ///
    /// # Errors
    /// It fails; then the error is what it says.
    pub fn tell(&self, kubeconfig: &Path, arguments: &[&str]) -> Result<String> {
        run(Command::new(&self.program).arg("--kubeconfig").arg(kubeconfig).args(arguments))
    }

    /// The folder of the chart.
    #[must_use]
    pub fn chart() -> PathBuf {
        repository().join("charts/chandler")
    }
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    Ok(text(&output.stdout))
}
