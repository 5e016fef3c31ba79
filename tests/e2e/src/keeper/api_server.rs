//! etcd and the API server, on loopback.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::{Context as _, Result};
use tokio::sync::mpsc;

use super::{Ended, Parts, connect, until_ready, watch};
use crate::component::Component;
use crate::control_plane::{Address, ControlPlane};
use crate::home::{Description, Home, log_tail};
use crate::programs::Programs;

/// How often another port is tried, where one that was free is taken a moment later.
const TRIES: usize = 5;

/// Starts the two, and keeps them.
pub(super) async fn keep(home: &Home, programs: Programs, description: Description) -> Result<()> {
    let (sender, ended) = mpsc::unbounded_channel();
    let mut parts = Parts { folder: home.path().to_owned(), ended };
    let mut tries = 0;
    let (plane, _watched) = loop {
        let address = Address { host: "127.0.0.1".to_owned(), port: free_port()? };
        let plane = ControlPlane::write(home, programs.clone(), address.clone())?;
        if tries == 0 {
            start(home, &plane.etcd(), &sender)?;
        }
        let server = start(home, &plane.api_server(), &sender)?;
        let kubeconfig = plane.admin(&format!("https://{}:{}", address.host, address.port))?;
        home.write("kubeconfig", &kubeconfig)?;
        let client = connect(&kubeconfig).await?;
        match parts.wait_for("the API server is ready", until_ready(&client)).await {
            Ok(()) => break (plane, server),
            Err(error) if tries >= TRIES || !is_taken(home) => return Err(error),
            Err(_) => tries += 1,
        }
    };
    drop(plane);
    watch(home, description, parts).await
}

/// Starts a part that ends with this thread, and with the task that waits for it.
fn start(
    home: &Home,
    component: &Component,
    ended: &mpsc::UnboundedSender<Ended>,
) -> Result<tokio::task::JoinHandle<()>> {
    let logs = home.path().join("logs");
    let program = component.program.display();
    let mut child = component.start_tied(&logs).with_context(|| format!("cannot run {program}"))?;
    let (name, ended) = (component.name.clone(), ended.clone());
    Ok(tokio::spawn(async move {
        let status = child.wait().await.map_or_else(|error| error.to_string(), |status| status.to_string());
        // The keeper may be ending as well.
        let _ = ended.send(Ended { name, status });
    }))
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free on 127.0.0.1")?;
    Ok(listener.local_addr()?.port())
}

fn is_taken(home: &Home) -> bool {
    log_tail(home.path(), "kube-apiserver", 20).contains("address already in use")
}
