//! The run: CHANDLER_LOAD_SECONDS says how long it takes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use chandler_e2e::{
    Helm, Needs, Objects, ReplicaSpec, Scene, grant_rights, install_definitions, make_service,
    service_config, webhook_of,
};
use serde_json::{Value, json};

use crate::clients::{Clients, Failure, Tally};
use crate::memory;
use crate::service::{DRAIN, Service, Window};
use crate::templates;

/// Seconds without CHANDLER_LOAD_SECONDS.
const SECONDS: u64 = 20;

/// Time between two disturbances.
const REST: Duration = Duration::from_secs(5);

/// Lives of what the leader keeps: another certificate each twenty seconds, another authority each forty.
const LIVES: [&str; 3] = ["--authority-lifetime=60s", "--certificate-lifetime=30s", "--rotation-overlap=4s"];

/// Replicas with no more rights than the chart gives them, templates and the webhook that leads to them.
struct Stage {
    scene: Scene,
    objects: Objects,
    service: Service,
    webhook: Value,
    _folder: tempfile::TempDir,
}

impl Stage {
    async fn open(test: &str) -> Option<Self> {
        let helm = Helm::find(test).unwrap()?;
        let scene = Scene::open(Needs::ApiServer, test).await.unwrap()?;
        install_definitions(&scene.client).await.unwrap();
        let objects = Objects::discover(&scene.client).await.unwrap();
        templates::apply_all(&objects, &scene.namespace).await;
        make_service(&objects, &scene.namespace).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = folder.path().join("kubeconfig");
        std::fs::write(&kubeconfig, grant_rights(&helm, &scene, &scene.namespace).await.unwrap()).unwrap();
        let spec = |name: &str| ReplicaSpec {
            name: name.to_owned(),
            folder: folder.path().to_owned(),
            kubeconfig: kubeconfig.clone(),
            flags: flags(&scene.namespace),
            wrapper: Vec::new(),
        };
        let service = Service::start(vec![spec("one"), spec("two")]).await;
        service.until_templates(templates::NAMES.len()).await;
        let port = service.line.address().port();
        let webhook = webhook_of(&scene.namespace, &service_config(&scene.namespace, port));
        objects.create(&webhook, "", "").await.unwrap().object().unwrap();
        Some(Self { scene, objects, service, webhook, _folder: folder })
    }

    /// Restarts replicas in turn and kills the leader, for some time. When requests may have been led to a dead one.
    async fn disturb(&mut self, time: Duration) -> Vec<Window> {
        let (end, mut windows) = (Instant::now() + time, Vec::new());
        for turn in 0_usize.. {
            self.service.pass(REST).await;
            self.service.replace(turn % 2).await;
            self.service.pass(REST).await;
            let leader = self.service.until_led().await;
            windows.push(self.service.kill(leader).await);
            if Instant::now() > end {
                break;
            }
        }
        windows
    }
}

fn flags(namespace: &str) -> Vec<String> {
    let own = [
        DRAIN.to_owned(),
        "--lease-seconds=5".to_owned(),
        format!("--namespace={namespace}"),
        format!("--webhook-configuration={namespace}"),
    ];
    LIVES.map(str::to_owned).into_iter().chain(own).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_pod_is_fitted_out_while_replicas_restart_and_templates_and_certificates_change() {
    let test = "every_pod_is_fitted_out_while_replicas_restart_and_templates_and_certificates_change";
    let Some(mut stage) = Stage::open(test).await else { return };
    let seconds = std::env::var("CHANDLER_LOAD_SECONDS").map_or(SECONDS, |text| text.parse().unwrap());
    let time = Duration::from_secs(seconds);
    let edition = Arc::new(AtomicU64::new(0));
    until_called(&stage).await;
    let begin = Instant::now();
    let clients = Clients::begin(&stage.scene.client, &stage.scene.namespace, &edition);
    let changes = tokio::spawn({
        let (objects, namespace) =
            (Objects::discover(&stage.scene.client).await.unwrap(), stage.scene.namespace.clone());
        let edition = Arc::clone(&edition);
        async move { templates::keep_changing(&objects, &namespace, &edition).await }
    });
    let windows = stage.disturb(time * 3 / 5).await;
    stage.service.pass(time * 2 / 5).await;
    let (tally, lasted) = (clients.end().await, begin.elapsed());
    assert!(!changes.is_finished(), "templates could not be changed");
    changes.abort();
    stage.objects.delete(&stage.webhook, "").await.unwrap();
    let refused = stage.service.line.refused();
    let changed = stage.service.changed();
    let lives = stage.service.end().await;
    say(&tally, &windows, refused);
    println!("changes of the certificate in {lasted:?}: {changed:?}");
    lives.iter().for_each(|life| println!("{life}"));
    judge(&tally, &windows);
    rotated(&changed, lasted);
    memory::judge(&lives);
}

/// Half as often as it should at least: a leader that is killed has a follower some seconds later.
fn rotated(changed: &BTreeMap<String, usize>, lasted: Duration) {
    for (reason, period) in [("certificate-renewed", 20), ("authority-added", 40)] {
        let least = usize::try_from(lasted.as_secs()).unwrap() / (2 * period);
        let count = changed.get(reason).copied().unwrap_or_default();
        assert!(count >= least, "{reason} {count} times in {lasted:?}, not {least} at least: {changed:?}");
    }
}

/// No pod came back without what the templates add, and no request failed but those that a kill may have hit: then the API
/// server has no answer, and the policy of the webhook decides.
fn judge(tally: &Tally, windows: &[Window]) {
    assert_eq!(tally.misses, [""; 0], "pods that were not fitted out");
    let ours: Vec<&Failure> =
        tally.failures.iter().filter(|failure| !is_of_a_kill(failure, windows)).collect();
    assert!(ours.is_empty(), "{} requests failed for no kill: {:?}", ours.len(), ours.first());
    assert!(tally.fitted > 100, "only {} pods", tally.fitted);
}

fn is_of_a_kill(failure: &Failure, windows: &[Window]) -> bool {
    windows.iter().any(|window| failure.begin < window.end && failure.end > window.begin)
}

fn say(tally: &Tally, windows: &[Window], refused: usize) {
    let mut times = tally.times.clone();
    times.sort_unstable();
    let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
    println!(
        "{} pods fitted out, {} misses, {} failures at {} kills of the leader ({refused} connections refused); \
         p50 {:?}, p99 {:?}, longest {:?}",
        tally.fitted,
        tally.misses.len(),
        tally.failures.len(),
        windows.len(),
        at(50),
        at(99),
        times.last().copied().unwrap_or_default()
    );
    let mut messages: Vec<&str> = tally.failures.iter().map(|failure| failure.message.as_str()).collect();
    messages.sort_unstable();
    messages.dedup();
    for message in messages {
        println!("  {message}");
    }
}

/// The API server takes a moment to know of a webhook.
async fn until_called(stage: &Stage) {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "first"},
        "spec": {"automountServiceAccountToken": false, "containers": [{"name": "app", "image": "example.com/app:1"}]},
    });
    chandler_e2e::wait_for("the API server to call the webhook", Duration::from_secs(20), async || {
        let answer = stage.objects.create(&pod, &stage.scene.namespace, "dryRun=All").await?;
        Ok(match templates::missing(&answer.body, 0..=0) {
            None => chandler_e2e::Wait::Done(()),
            Some(missing) => chandler_e2e::Wait::NotYet(format!("{missing}: {}", answer.body)),
        })
    })
    .await
    .unwrap();
}
