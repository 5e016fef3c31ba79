//! The daemon: answers the API server's AdmissionReviews from templates and namespaces that it watches. No request asks
//! the API server for anything.

mod certificate;
mod events;
mod leading;
mod live;
mod metrics;
mod namespaces;
mod raw;
mod reception;
mod room;
mod status;
mod surroundings;
mod validate;
mod watches;
mod webhook;

use std::sync::Arc;

use anyhow::Context as _;
use chandler_api::names;
use chandler_runtime::admin::AdminArgs;
use chandler_runtime::certificate::Certificate;
use chandler_runtime::cluster;
use chandler_runtime::leader::{Candidate, LeaderArgs};
use chandler_runtime::readiness::Readiness;
use chandler_runtime::server::ServerArgs;
use chandler_runtime::shutdown::{Phase, Shutdown, ShutdownArgs, Signals, Trigger};
use chandler_runtime::telemetry::TelemetryArgs;
use chandler_runtime::tls::TlsArgs;
use clap::Args;
use kube::Client;
use prometheus::Registry;
use tokio::task::JoinSet;

use crate::catalog::SettingsArgs;
use certificate::CertificateArgs;
use events::EventMetrics;
use live::Live;
use metrics::Metrics;
use namespaces::Namespaces;
use reception::Reception;
use status::{Duty, StatusArgs, StatusMetrics};
use validate::Validator;
use webhook::Webhook;

/// How the daemon serves.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// What the platform says.
    #[command(flatten)]
    pub settings: SettingsArgs,
    /// The webhook's port.
    #[command(flatten)]
    pub https: ServerArgs,
    /// Its certificate, where it is in files.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// Its certificate, where it is its own.
    #[command(flatten)]
    pub certificate: CertificateArgs,
    /// Who it is among its replicas.
    #[command(flatten)]
    pub leader: LeaderArgs,
    /// What it says of templates.
    #[command(flatten)]
    pub status: StatusArgs,
    /// The port of those who run it.
    #[command(flatten)]
    pub admin: AdminArgs,
    /// How it ends.
    #[command(flatten)]
    pub shutdown: ShutdownArgs,
    /// What it logs.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// Runs the daemon until a signal ends it.
///
/// # Errors
/// A flag, a file or the cluster's address is wrong, or a port is taken.
pub fn run(arguments: &ServeArgs) -> anyhow::Result<()> {
    chandler_runtime::use_ring();
    arguments.telemetry.start()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = cluster::connect().await?;
        let daemon = Daemon::start(arguments, client).await?;
        let (trigger, shutdown) = arguments.shutdown.shutdown();
        daemon.serve_until_signal(trigger, shutdown).await
    })
}

/// The daemon, its ports open and its watches begun.
#[derive(Debug)]
pub struct Daemon {
    server: chandler_runtime::server::Server,
    webhook: Webhook,
    validator: Validator,
    readiness: Readiness,
    candidate: Candidate,
    /// What keeps its state; ends with the daemon.
    background: JoinSet<()>,
}

impl Daemon {
    /// Opens the certificate and the ports, and begins to watch.
    ///
    /// # Errors
    /// A flag or a file cannot be used, or a port not opened.
    pub async fn start(arguments: &ServeArgs, client: Client) -> anyhow::Result<Self> {
        let own = arguments.certificate.own_authority(&arguments.leader.namespace)?;
        let certificate = Certificate::open(&arguments.tls, own)?;
        let server = arguments.https.bind(certificate.tls()).await?;
        let admin = arguments.admin.bind().await?;
        let (registry, readiness) = (Registry::new(), Readiness::default());
        let metrics = Metrics::register(&registry)?;
        let (live, gatherer) = Live::new(arguments.settings.settings(), &readiness, metrics.clone());
        let live = Arc::new(live);
        let reception = Reception::default();
        let validator = Validator::new(Arc::clone(&live), client.clone(), metrics.clone(), reception.clone());
        let (sender, changes) = tokio::sync::mpsc::channel(watches::QUEUE);
        let namespaces = Arc::new(Namespaces::new(&client));
        let duty = Duty {
            client: client.clone(),
            arguments: arguments.status.clone(),
            own_namespace: arguments.leader.namespace.clone(),
            known: live.known(),
            metrics: StatusMetrics::register(&registry)?,
        };
        let (events, herald) =
            events::events(client.clone(), &arguments.leader.identity, EventMetrics::register(&registry)?);
        let webhook = Webhook { live, namespaces, metrics, events, reception };
        tracing::info!(webhook = %server.address(), admin = %admin.address(), "listening");
        let mut background = JoinSet::new();
        let duties = certificate.begin(&mut background, &client, (&readiness, &registry))?;
        background.spawn(admin.serve(readiness.clone(), registry));
        background.spawn(gatherer.gather(changes));
        watches::begin(&mut background, &client, &sender);
        background.spawn(herald.herald());
        let (candidate, leadership) = arguments.leader.candidate(&client, names::INJECTOR);
        let begin_duties = move || {
            let mut tasks = JoinSet::new();
            duties.begin(&mut tasks);
            tasks.spawn(status::keep_status(duty.clone()));
            tasks
        };
        background.spawn(leading::lead(leadership, begin_duties));
        Ok(Self { server, webhook, validator, readiness, candidate, background })
    }

    /// Where the webhook listens.
    #[must_use]
    pub fn address(&self) -> std::net::SocketAddr {
        self.server.address()
    }

    /// Whether everything that it needs is there.
    #[must_use]
    pub fn readiness(&self) -> &Readiness {
        &self.readiness
    }

    /// Serves until SIGTERM or SIGINT, and then until what has begun is finished.
    ///
    /// # Errors
    /// The process cannot wait for signals, or a part of it has failed.
    pub async fn serve_until_signal(self, trigger: Trigger, shutdown: Shutdown) -> anyhow::Result<()> {
        let signals = Signals::catch().context("cannot wait for signals")?;
        let readiness = self.readiness.clone();
        let signalled = async {
            trigger.on_signal(signals, &readiness).await;
            anyhow::Ok(())
        };
        tokio::try_join!(signalled, self.serve(&shutdown)).map(|_| ())
    }

    /// Serves until the shutdown has come to its end.
    ///
    /// # Errors
    /// What keeps its state has failed: it would answer from what grows old.
    pub async fn serve(mut self, shutdown: &Shutdown) -> anyhow::Result<()> {
        let stand = self.candidate.run(shutdown.reached(Phase::Draining));
        let routes = self.webhook.router().merge(self.validator.router());
        tokio::select! {
            failed = shutdown.until_one_fails(&mut self.background) => return Err(failed.into()),
            _ = async { tokio::join!(self.server.serve(routes, shutdown), stand) } => {},
        }
        tracing::info!("ended");
        Ok(())
    }
}
