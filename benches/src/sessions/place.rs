//! The node where sessions are measured, and the programs that open them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use chandler_e2e::{Needs, Objects, Programs, Scene, Wait, wait_for};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

/// What every session works with.
pub const IMAGE: &str = "chandler.dev/toolbox:test";

/// What is waited for in the output.
const WORD: &[u8] = b"chandler-bench-word";

/// Asks for a line before it answers: nothing is said before somebody listens.
const ANSWER: &str = "read line; echo chandler-bench-word";

/// Answers without being asked, and ends.
const SAY: &str = "echo chandler-bench-word";

/// A run that takes longer hangs.
const BOUND: Duration = Duration::from_secs(60);

/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;

/// The node.
pub struct Place {
    scene: Scene,
    objects: Objects,
    ours: PathBuf,
    kubectl: PathBuf,
}

/// A way to run a command in, or beside, the container of a pod.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Way {
    /// `kubectl chandler debug`; a session that is there is entered.
    Ours,
    /// `kubectl chandler debug --new`.
    OursAnew,
    /// `kubectl debug`.
    Debug,
    /// `kubectl exec` in the container itself.
    Exec,
}

impl Place {
    /// Opens it; none where this machine cannot have a node.
    ///
    /// # Errors
    /// The cluster does not start.
    pub async fn open(ours: &Path) -> Result<Option<Self>> {
        let Some(scene) = Scene::open(Needs::Node, "sessions").await? else { return Ok(None) };
        for image in ["toolbox", "workload"] {
            scene.load_image(image)?;
        }
        let objects = Objects::discover(&scene.client).await?;
        let programs = Programs::find_sets(&["kubernetes"]).context("kubectl is not built")?;
        ensure!(ours.is_file(), "{} is not built", ours.display());
        Ok(Some(Self { scene, objects, ours: ours.to_owned(), kubectl: programs.path("kubectl") }))
    }

    /// Makes pods of these names, and waits until they are ready.
    ///
    /// # Errors
    /// They are not.
    pub async fn make_pods(&self, names: &[String]) -> Result<()> {
        for name in names {
            let pod = json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
                "spec": {
                    "terminationGracePeriodSeconds": 0,
                    "containers": [{
                        "name": "app", "image": "chandler.dev/workload:test", "imagePullPolicy": "IfNotPresent",
                    }],
                },
            });
            self.objects.apply(&pod, &self.scene.namespace).await?.object()?;
        }
        wait_for("pods to be ready", BOUND, async || {
            let pods = self.scene.api::<Pod>().list(&ListParams::default()).await?;
            let ready = pods.items.iter().filter(|pod| is_ready(pod)).count();
            Ok(if ready == names.len() { Wait::Done(()) } else { Wait::NotYet(format!("{ready} are")) })
        })
        .await
    }

    /// Removes all pods, and waits until they are gone.
    ///
    /// # Errors
    /// They are not.
    pub async fn remove_pods(&self) -> Result<()> {
        let pods = self.scene.api::<Pod>();
        pods.delete_collection(&DeleteParams::default().grace_period(0), &ListParams::default()).await?;
        wait_for("pods to be gone", BOUND, async || {
            let left = pods.list(&ListParams::default()).await?.items.len();
            Ok(if left == 0 { Wait::Done(()) } else { Wait::NotYet(format!("{left} are left")) })
        })
        .await
    }

    /// How long it takes until a command has answered; none where its answer never came.
    ///
    /// # Errors
    /// The program cannot be run, or hangs.
    pub async fn answer(&self, way: Way, pod: &str) -> Result<Option<Duration>> {
        let run = async {
            let start = Instant::now();
            let mut child = self.command(way, pod, ANSWER).spawn()?;
            let mut input = child.stdin.take().context("no input")?;
            input.write_all(b"line\n").await?;
            input.flush().await?;
            let answered = read_word(&mut child).await?;
            let elapsed = start.elapsed();
            drop(input);
            child.wait().await?;
            Ok(answered.then_some(elapsed))
        };
        tokio::time::timeout(BOUND, run).await.with_context(|| format!("{way:?} hangs"))?
    }

    /// Whether the output of a command that ends at once comes.
    ///
    /// # Errors
    /// The program cannot be run, or hangs.
    pub async fn says(&self, way: Way, pod: &str) -> Result<bool> {
        let run = async {
            let mut child = self.command(way, pod, SAY).spawn()?;
            // Open to the end, as that of a person is.
            let input = child.stdin.take();
            let said = read_word(&mut child).await?;
            drop(input);
            child.wait().await?;
            Ok(said)
        };
        tokio::time::timeout(BOUND, run).await.with_context(|| format!("{way:?} hangs"))?
    }

    /// Bytes a second that come out.
    ///
    /// # Errors
    /// They do not all come.
    pub async fn rate_out(&self, way: Way, pod: &str, blocks: usize) -> Result<f64> {
        let zeros = format!("dd if=/dev/zero bs=65536 count={blocks} 2>/dev/null");
        let run = async {
            let start = Instant::now();
            let mut child = self.command(way, pod, &zeros).stdin(Stdio::null()).spawn()?;
            let mut output = child.stdout.take().context("no output")?;
            let (mut chunk, mut size) = (vec![0; CHUNK], 0);
            loop {
                match output.read(&mut chunk).await? {
                    0 => break,
                    length => size += length,
                }
            }
            child.wait().await?;
            ensure!(size == blocks * 65536, "{way:?}: {size} bytes came");
            Ok(size as f64 / start.elapsed().as_secs_f64())
        };
        tokio::time::timeout(BOUND, run).await.with_context(|| format!("{way:?} hangs"))?
    }

    /// Bytes a second that go in.
    ///
    /// # Errors
    /// They do not all go.
    pub async fn rate_into(&self, way: Way, pod: &str, blocks: usize) -> Result<f64> {
        let run = async {
            let start = Instant::now();
            let mut child = self.command(way, pod, "wc -c").spawn()?;
            let mut input = child.stdin.take().context("no input")?;
            let mut output = child.stdout.take().context("no output")?;
            let zeros = vec![0; 65536];
            for _ in 0..blocks {
                input.write_all(&zeros).await?;
            }
            drop(input);
            let mut count = String::new();
            output.read_to_string(&mut count).await?;
            child.wait().await?;
            ensure!(count.trim() == (blocks * 65536).to_string(), "{way:?}: {count} bytes went");
            Ok((blocks * 65536) as f64 / start.elapsed().as_secs_f64())
        };
        tokio::time::timeout(BOUND, run).await.with_context(|| format!("{way:?} hangs"))?
    }

    fn command(&self, way: Way, pod: &str, script: &str) -> Command {
        let new = if way == Way::OursAnew { &["--new"][..] } else { &[] };
        let (program, verb, words) = match way {
            Way::Ours | Way::OursAnew => (&self.ours, "debug", [&["--image", IMAGE][..], new].concat()),
            Way::Debug => (&self.kubectl, "debug", vec!["--image", IMAGE]),
            Way::Exec => (&self.kubectl, "exec", vec!["--container", "app"]),
        };
        let mut command = Command::new(program);
        command.args([verb, "--stdin", "--namespace", &self.scene.namespace, pod]).args(words);
        command.args(["--", "sh", "-c", script]).env("KUBECONFIG", self.scene.kubeconfig());
        // What whoever runs this has set up is not measured; what `kubectl` learns of the server it may keep.
        let home = self.scene.kubeconfig().parent().map_or(OsStr::new("/"), Path::as_os_str);
        command.env("HOME", home).env_remove("XDG_CONFIG_HOME");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        command
    }
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| condition.type_ == "Ready" && condition.status == "True")
}

async fn read_word(child: &mut Child) -> Result<bool> {
    let mut output = child.stdout.take().context("no output")?;
    let mut said = Vec::new();
    while !said.windows(WORD.len()).any(|window| window == WORD) {
        if output.read_buf(&mut said).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}
