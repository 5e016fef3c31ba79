//! The whole node, in namespaces of its own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use k8s_openapi::api::core::v1::{Node, ServiceAccount};
use kube::{Api, Client};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::mpsc;

use super::{Ended, Parts, connect, until, until_ready, watch};
use crate::component::{Component, tie_to_parent};
use crate::control_plane::{Address, ControlPlane};
use crate::forward::{Dialer, forward};
use crate::home::{Description, Home, log_tail, text_of};
use crate::node;
use crate::process::Process;
use crate::programs::Programs;

/// How long namespaces may take to be set up.
const SET_UP: Duration = Duration::from_secs(30);

/// The first process of the namespaces, and the one that made them.
struct Namespaces {
    maker: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

/// Starts the parts in order, and keeps them.
pub(super) async fn keep(
    home: &Home,
    programs: Programs,
    mut description: Description,
    images: &Path,
) -> Result<()> {
    let pause = images.join("pause.tar");
    if !pause.exists() {
        bail!("the image of a pod's first container is not at {}: `make images` builds it", pause.display());
    }
    let address = Address { host: node::ADDRESS.to_owned(), port: node::PORT };
    let plane = ControlPlane::write(home, programs, address)?;
    node::write_files(home)?;
    let namespaces = Namespaces::make(home).await?;
    let init = namespaces.first_process()?;
    description.init = Process::of(init);
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.context("no port is free on 127.0.0.1")?;
    let server = format!("https://{}", listener.local_addr()?);
    let kubeconfig = plane.admin(&server)?;
    home.write("kubeconfig", &kubeconfig)?;
    let target = SocketAddr::new(IpAddr::V4(node::ADDRESS.parse()?), node::PORT);
    tokio::spawn(forward(listener, Dialer::inside(init, target).context("cannot enter the node's network")?));

    let Namespaces { maker: _maker, mut input, output } = namespaces;
    let (imported, mut import) = mpsc::unbounded_channel();
    let mut parts = Parts { folder: home.path().to_owned(), ended: listen(output, imported) };
    for component in [plane.etcd(), plane.containerd(), plane.api_server()] {
        start(&mut input, &component).await?;
    }
    let client = connect(&kubeconfig).await?;
    parts.wait_for("the API server is ready", until_ready(&client)).await?;
    for component in [plane.kubelet(), plane.controller_manager(), plane.scheduler(), plane.proxy()] {
        start(&mut input, &component).await?;
    }
    let socket = PathBuf::from(format!("/proc/{init}/root{}", node::SOCKET));
    parts.wait_for("containerd is ready", until("containerd", async || Ok(socket.exists()))).await?;
    start(&mut input, &plane.import(&pause)).await?;
    parts.wait_for("the node's first image is there", until_imported(home, &mut import)).await?;
    parts.wait_for("the node is ready", until_node_ready(&client)).await?;
    watch(home, description, parts).await
}

impl Namespaces {
    /// Makes the namespaces and waits until they are set up.
    async fn make(home: &Home) -> Result<Self> {
        let program = std::env::current_exe().context("cannot find this program")?;
        let folder = home.path();
        let unshare = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
        let arguments = unshare.iter().map(std::ffi::OsStr::new).chain([
            program.as_os_str(),
            "init".as_ref(),
            folder.as_os_str(),
        ]);
        let mut command = tie_to_parent("unshare".as_ref(), arguments);
        let log = std::fs::File::create(folder.join("logs/init.log"))?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut command = tokio::process::Command::from(command);
        let mut maker = command.kill_on_drop(true).spawn().context("cannot run unshare")?;
        let (Some(input), Some(output)) = (maker.stdin.take(), maker.stdout.take()) else {
            bail!("unshare has no input and output");
        };
        let mut output = BufReader::new(output).lines();
        let first = tokio::time::timeout(SET_UP, output.next_line()).await;
        if !matches!(first, Ok(Ok(Some(_)))) {
            let tail = log_tail(folder, "init", 5);
            bail!("the node's namespaces were not set up (this needs root): {tail}");
        }
        Ok(Self { maker, input, output })
    }

    /// The number of the first process, as seen from outside.
    fn first_process(&self) -> Result<u32> {
        let maker = self.maker.id().context("unshare has ended")?;
        let children = std::fs::read_to_string(format!("/proc/{maker}/task/{maker}/children"))?;
        children
            .split_whitespace()
            .next()
            .and_then(|child| child.parse().ok())
            .context("unshare has no child")
    }
}

async fn start(input: &mut ChildStdin, component: &Component) -> Result<()> {
    let mut line = serde_json::to_vec(component)?;
    line.push(b'\n');
    input.write_all(&line).await.context("the node's first process has ended")
}

/// Reads what the first process says: the end of an import goes to `imported`, that of any other part is given back.
fn listen(
    mut output: Lines<BufReader<ChildStdout>>,
    imported: mpsc::UnboundedSender<Ended>,
) -> mpsc::UnboundedReceiver<Ended> {
    let (sender, ended) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok(Some(line)) = output.next_line().await {
            let message = serde_json::from_str(&line).unwrap_or_default();
            let text = |field| text_of(&message, field).unwrap_or_default().to_owned();
            let news = Ended { name: text("ended"), status: text("status") };
            // Nobody may listen any more.
            let _ = if news.name == "ctr" { imported.send(news) } else { sender.send(news) };
        }
    });
    ended
}

async fn until_imported(home: &Home, imported: &mut mpsc::UnboundedReceiver<Ended>) -> Result<()> {
    match imported.recv().await {
        Some(Ended { status, .. }) if status == "exit code 0" => Ok(()),
        _ => bail!("the image was not imported: {}", log_tail(home.path(), "ctr", 5)),
    }
}

/// A pod can be made when the node is ready and its namespace has an account for it.
async fn until_node_ready(client: &Client) -> Result<()> {
    let nodes: Api<Node> = Api::all(client.clone());
    let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), "default");
    until("the node", async || {
        let asked = async { (nodes.get_opt("node").await, accounts.get_opt("default").await) };
        let answers = tokio::time::timeout(Duration::from_secs(5), asked).await;
        let Ok((Ok(Some(node)), Ok(Some(_)))) = answers else { return Ok(false) };
        let conditions = node.status.and_then(|status| status.conditions).unwrap_or_default();
        Ok(conditions.iter().any(|condition| condition.type_ == "Ready" && condition.status == "True"))
    })
    .await
}
