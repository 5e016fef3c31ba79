//! A test's place in a cluster: a client, and a namespace of its own that goes when the test ends. When the test fails,
//! what went on there is written down first.

mod dump;
mod shared;

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{DeleteParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Api, Client, Config, Resource};
use serde_json::json;

use crate::cluster::{Cluster, images_folder};
use crate::home::Kind;
use shared::Shared;
pub use shared::start_or_skip;

/// Longest part of a test's name that its namespace takes over: names of hosts have it in them, and are short.
const NAME: usize = 20;

/// On everything that tests make outside of a namespace of their own.
pub const TEST_LABEL: &str = "chandler.dev/test";

/// The home of a program under test: nobody has one there, and nobody can make one.
pub const NO_HOME: &str = "/proc/nowhere";

/// How long the end of a test may wait for the API server.
const GOODBYE: Duration = Duration::from_secs(20);

/// What a test needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// An API server.
    ApiServer,
    /// Pods that run.
    Node,
}

/// The place.
pub struct Scene {
    /// A client that may do everything.
    pub client: Client,
    /// The namespace of this test alone.
    pub namespace: String,
    test: String,
    kubeconfig: PathBuf,
    cluster: Option<&'static Cluster>,
}

impl Scene {
    /// Opens the scene of a test. All tests of a process share its clusters, which are started for the first that needs
    /// one. None, after a loud word, where this machine cannot have such a cluster.
    ///
    /// # Errors
    /// The cluster does not start or does not answer.
    pub async fn open(needs: Needs, test: &str) -> Result<Option<Self>> {
        let Some((kubeconfig, cluster)) = find_cluster(needs, test).await? else { return Ok(None) };
        let client = client_of(&kubeconfig).await?;
        let namespace = make_namespace(&client, test).await?;
        Ok(Some(Self { client, namespace, test: test.to_owned(), kubeconfig, cluster }))
    }

    /// The objects of a kind in the namespace of this test.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = k8s_openapi::NamespaceResourceScope, DynamicType = ()>,
    {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// The file that tells other programs where the cluster is.
    #[must_use]
    pub fn kubeconfig(&self) -> &std::path::Path {
        &self.kubeconfig
    }

    /// The cluster, where this process started it.
    #[must_use]
    pub fn cluster(&self) -> Option<&Cluster> {
        self.cluster
    }

    /// Brings one of our images, by the name of its folder, to the nodes. For a given cluster the command in
    /// `CHANDLER_LOAD_IMAGE` does it, with the path of the archive as its last argument; without one the images are
    /// taken to be there.
    ///
    /// # Errors
    /// There is no archive, or it is not taken.
    pub fn load_image(&self, image: &str) -> Result<()> {
        let archive = images_folder().join(format!("{image}.tar"));
        if let Some(cluster) = self.cluster {
            return Ok(shared::load_once(cluster, &archive)?);
        }
        let Ok(command) = std::env::var("CHANDLER_LOAD_IMAGE") else { return Ok(()) };
        let mut words = command.split_whitespace();
        let program = words.next().context("CHANDLER_LOAD_IMAGE is empty")?;
        let status = Command::new(program).args(words).arg(&archive).status().context(command.clone())?;
        ensure!(status.success(), "{command} {} failed", archive.display());
        Ok(())
    }
}

impl Drop for Scene {
    /// A test that panics or returns an error after `?` drops its scene; only the first is known here, so tests assert.
    fn drop(&mut self) {
        let kubeconfig = self.kubeconfig.clone();
        let (namespace, test) = (self.namespace.clone(), self.test.clone());
        let logs = self.cluster.map(|cluster| cluster.description.folder.join("logs"));
        let failed = std::thread::panicking();
        let keep = keeps();
        // The runtime of the test may be ending: this needs one of its own.
        let goodbye = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let client = client_of(&kubeconfig).await?;
                if failed {
                    let dump = dump::write(&client, &namespace, &test, logs.as_deref());
                    let dumped =
                        tokio::time::timeout(GOODBYE, dump).await.unwrap_or_else(|late| Err(late.into()));
                    dumped
                        .unwrap_or_else(|error| warn(&format!("{test} failed, and its dump too: {error:#}")));
                }
                if !keep {
                    let namespaces: Api<Namespace> = Api::all(client);
                    let parameters = DeleteParams::background();
                    tokio::time::timeout(GOODBYE, namespaces.delete(&namespace, &parameters)).await??;
                }
                anyhow::Ok(())
            })
        });
        match goodbye.join() {
            Ok(Ok(())) => {}
            Ok(Err(error)) => warn(&format!("{}: cannot take leave of the cluster: {error:#}", self.test)),
            Err(_) => warn(&format!("{}: taking leave of the cluster panicked", self.test)),
        }
    }
}

/// A client for tests that store nothing in any namespace.
///
/// # Errors
/// The cluster does not start or does not answer.
pub async fn client(needs: Needs, test: &str) -> Result<Option<Client>> {
    match find_cluster(needs, test).await? {
        Some((kubeconfig, _)) => client_of(&kubeconfig).await.map(Some),
        None => Ok(None),
    }
}

/// The cluster and the file that leads to it; none, after a loud word, where this machine cannot have one.
async fn find_cluster(needs: Needs, test: &str) -> Result<Option<(PathBuf, Option<&'static Cluster>)>> {
    crate::use_ring();
    Ok(match tokio::task::spawn_blocking(move || shared::cluster(needs)).await?? {
        Shared::Own(cluster) => Some((cluster.description.kubeconfig.clone(), Some(*cluster))),
        Shared::Given(kubeconfig) => Some((kubeconfig.clone(), None)),
        Shared::Missing(why) => {
            skip(test, why);
            None
        }
    })
}

async fn client_of(kubeconfig: &std::path::Path) -> Result<Client> {
    let kubeconfig = Kubeconfig::read_from(kubeconfig)?;
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
    Ok(Client::try_from(config)?)
}

/// Makes a namespace named after the test, with the account that the controllers make in each, where they run.
async fn make_namespace(client: &Client, test: &str) -> Result<String> {
    let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let plain: String =
        test.chars().map(|letter| if is_plain(letter) { letter } else { '-' }).take(NAME).collect();
    let object = json!({
        "metadata": {"generateName": format!("{}-", plain.trim_matches('-')), "labels": {TEST_LABEL: "true"}},
    });
    let namespaces: Api<Namespace> = Api::all(client.clone());
    let made = namespaces.create(&PostParams::default(), &serde_json::from_value(object)?).await?;
    let namespace = made.metadata.name.context("the namespace has no name")?;
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), &namespace);
    let account = serde_json::from_value(json!({"metadata": {"name": "default"}}))?;
    match accounts.create(&PostParams::default(), &account).await {
        Err(kube::Error::Api(status)) if status.code == 409 => {}
        made => drop(made?),
    }
    Ok(namespace)
}

/// Says that a test did not run. What counts tests looks for these lines.
pub fn skip(test: &str, why: &str) {
    warn(&format!("SKIPPED {test}: {why}"));
}

/// Whether clusters and namespaces are to stay.
fn keeps() -> bool {
    std::env::var("KEEP").is_ok_and(|keep| !matches!(keep.as_str(), "" | "0" | "no" | "false"))
}

/// Says something past the test runner, which shows only what tests print that fail. On a line of its own.
fn warn(line: &str) {
    use std::io::Write as _;
    // Nobody may be there to hear it.
    let _ = writeln!(std::io::stderr(), "\n{line}");
}

impl From<Needs> for Kind {
    fn from(needs: Needs) -> Self {
        match needs {
            Needs::ApiServer => Self::ApiServer,
            Needs::Node => Self::Node,
        }
    }
}
