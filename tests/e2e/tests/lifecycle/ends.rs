//! Every way in which a cluster ends.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use chandler_e2e::{Cluster, Kind, Name, Process, Start, root, running, start_or_skip, sweep};
use rustix::process::Signal;

use crate::machine::{Machine, alone, open_ports, processes_with};

/// How often a node starts and ends in a row.
const ROUNDS: usize = 10;

/// The same for API servers, which have less to leave.
const SMALL_ROUNDS: usize = 3;

/// How long the kernel may take to end what belonged to a killed process.
const BOUND: Duration = Duration::from_secs(10);

/// The name of a cluster of this process: another checkout may run the same tests.
pub(crate) fn named(name: &str) -> Name {
    name.parse().unwrap()
}

/// Starts a cluster that ends with this process; none, after a loud word, where this machine cannot have one.
pub(crate) fn start(name: &str, kind: Kind, test: &str) -> Option<Cluster> {
    start_or_skip(&Start { name: &named(name), kind, tied: true }, test).unwrap()
}

#[test]
fn ten_nodes_in_a_row_leave_nothing() {
    let name = &format!("lifecycle-row-{}", std::process::id());
    let _alone = alone();
    let before = Machine::look(name);
    let ports = open_ports();
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begin = Instant::now();
        let Some(cluster) = start(name, Kind::Node, "ten_nodes_in_a_row_leave_nothing") else { return };
        times.push(begin.elapsed().as_secs_f64());
        run_a_pod(&cluster);
        assert_eq!(open_ports(), ports, "nothing listens outside of loopback and the node's own network");
        cluster.stop().unwrap();
        assert_eq!(Machine::look(name).changes_since(&before), [""; 0]);
    }
    println!("a node was ready after {times:.1?} s");
}

#[test]
fn api_servers_in_a_row_leave_nothing() {
    let name = &format!("lifecycle-api-row-{}", std::process::id());
    let _alone = alone();
    let before = Machine::look(name);
    let ports = open_ports();
    let mut times = Vec::new();
    for _ in 0..SMALL_ROUNDS {
        let begin = Instant::now();
        let Some(cluster) = start(name, Kind::ApiServer, "api_servers_in_a_row_leave_nothing") else {
            return;
        };
        times.push(begin.elapsed().as_secs_f64());
        assert_eq!(open_ports(), ports, "nothing listens outside of loopback");
        cluster.stop().unwrap();
        assert_eq!(Machine::look(name).changes_since(&before), [""; 0]);
    }
    println!("an API server was ready after {times:.1?} s");
}

#[test]
fn killed_keeper_leaves_nothing_after_the_next_start() {
    let name = &format!("lifecycle-killed-{}", std::process::id());
    let _alone = alone();
    let before = Machine::look(name);
    for kind in [Kind::Node, Kind::ApiServer] {
        let Some(cluster) = start(name, kind, "killed_keeper_leaves_nothing_after_the_next_start") else {
            return;
        };
        if kind == Kind::Node {
            run_a_pod(&cluster);
        }
        cluster.description.keeper.signal(Signal::KILL);
        let removed = until_swept(name);
        assert_eq!(removed, std::slice::from_ref(name));
        until_unchanged(name, &before);
    }
}

#[test]
fn killed_test_process_leaves_nothing() {
    let name = "lifecycle-victim";
    let _alone = alone();
    let before = Machine::look(name);
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ends::victim", "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(victim.stdout.take().unwrap()).lines().map_while(Result::ok);
    let said = lines.find(|line| line.contains("the victim runs") || line.starts_with("SKIPPED"));
    Process::of(victim.id()).unwrap().signal(Signal::KILL);
    victim.wait().unwrap();
    if said.is_some_and(|line| line.starts_with("SKIPPED")) {
        return;
    }
    // The keeper sees that it is alone, and ends the node without anybody's help.
    until_unchanged(name, &before);
}

#[test]
fn start_that_is_interrupted_leaves_nothing() {
    let _alone = alone();
    let test = "start_that_is_interrupted_leaves_nothing";
    let name = format!("lifecycle-interrupted-{}", std::process::id());
    // Says whether this machine can have a node at all.
    let Some(cluster) = start(&name, Kind::Node, test) else { return };
    cluster.stop().unwrap();
    let before = Machine::look(&name);
    // What a shell starts in the background does not hear SIGINT, and neither does what that starts.
    let interrupt = if ignores_interrupts() { Signal::TERM } else { Signal::INT };
    for (signal, seconds) in [(interrupt, 0.5), (interrupt, 3.0), (Signal::KILL, 1.5)] {
        let mut up = Command::new(env!("CARGO_BIN_EXE_chandler-cluster"));
        let mut up = up.args(["up", &name]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_secs_f64(seconds));
        Process::of(up.id()).unwrap().signal(signal);
        up.wait().unwrap();
        until_unchanged(&name, &before);
    }
}

fn ignores_interrupts() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    // SIGINT is the second signal.
    u64::from_str_radix(ignored.trim(), 16).unwrap() & 0b10 != 0
}

fn until_unchanged(name: &str, before: &Machine) {
    let begin = Instant::now();
    loop {
        let changes = Machine::look(name).changes_since(before);
        if changes.is_empty() {
            return;
        }
        assert!(begin.elapsed() < BOUND, "{changes:#?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// What [`killed_test_process_leaves_nothing`] kills in the middle of a start and a run.
#[test]
#[ignore = "only to be killed by another test"]
fn victim() {
    let Some(cluster) = start("lifecycle-victim", Kind::Node, "victim") else { return };
    run_a_pod(&cluster);
    println!("the victim runs");
    std::thread::sleep(Duration::from_secs(600));
}

#[test]
fn second_cluster_of_a_name_is_refused_and_the_first_one_stays() {
    let name = &format!("lifecycle-twice-{}", std::process::id());
    let _alone = alone();
    let test = "second_cluster_of_a_name_is_refused_and_the_first_one_stays";
    let Some(first) = start(name, Kind::ApiServer, test) else { return };
    let again = Start { name: &named(name), kind: Kind::ApiServer, tied: true };
    let error = Cluster::start(&again, |_| {}).unwrap_err();
    assert!(error.to_string().contains(&format!("a cluster named {name:?} runs already")), "{error}");
    assert!(running().unwrap().iter().any(|cluster| cluster.name == *name));
    first.stop().unwrap();
    assert_eq!(processes_with(name).len(), 0);
}

/// A pod makes control groups, mounts, links and rules.
pub(crate) fn run_a_pod(cluster: &Cluster) {
    let pod = r#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [
        {"name": "a", "image": "chandler.dev/pause:test", "imagePullPolicy": "IfNotPresent"}]}}"#;
    let kubectl = |arguments: &[&str], input: &str| {
        let mut command = cluster.inside("kubectl").unwrap();
        let mut child = command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), input.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "kubectl {arguments:?}");
    };
    kubectl(&["create", "-f", "-"], pod);
    kubectl(&["wait", "--for=condition=Ready", "pod/a", "--timeout=60s"], "");
}

/// Names that a sweep removed, once the last process of the cluster is gone.
fn until_swept(name: &str) -> Vec<String> {
    let begin = Instant::now();
    loop {
        let removed: Vec<String> = sweep().unwrap().into_iter().filter(|other| other == name).collect();
        if !removed.is_empty() {
            return removed;
        }
        assert!(begin.elapsed() < BOUND, "{:#?}", processes_with(name));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn folder_of_somebody_else_stays() {
    let _alone = alone();
    let name = format!("lifecycle-beside-{}", std::process::id());
    let Some(cluster) = start(&name, Kind::ApiServer, "folder_of_somebody_else_stays") else { return };
    let theirs = root().join(format!("theirs-{}", std::process::id()));
    std::fs::create_dir(&theirs).unwrap();
    std::fs::write(theirs.join("thesis"), "years of work").unwrap();
    assert_eq!(sweep().unwrap(), [""; 0]);
    running().unwrap();
    cluster.stop().unwrap();
    assert_eq!(std::fs::read_dir(&theirs).unwrap().count(), 1, "nothing was added and nothing removed");
    std::fs::remove_dir_all(&theirs).unwrap();
    let _ = std::fs::remove_dir(root());
}
