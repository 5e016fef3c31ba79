//! What the machine shows of clusters: processes, mounts, links, routes, control groups, folders, open ports.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Everything that a cluster might leave, or change while it runs, a line each.
#[derive(Debug)]
pub(crate) struct Machine {
    /// What belongs to clusters: that some of it goes, which another test began, is no fault of this one.
    clusters: BTreeSet<String>,
    /// What belongs to the machine, and nobody may add to or take from.
    machine: BTreeSet<String>,
}

/// One test at a time looks at the machine.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Machine {
    /// The machine as it is, without the processes of the test itself. `name` is in all that belongs to a cluster.
    pub(crate) fn look(name: &str) -> Self {
        let network = ["link", "address", "route", "rule"];
        let mut clusters = processes_with(name);
        clusters.extend(groups());
        clusters.extend(namespaces());
        clusters.extend(folders());
        let mut machine = lines(&fs::read_to_string("/proc/self/mountinfo").unwrap());
        machine.extend(network.iter().flat_map(|what| lines(&ip(what))));
        machine.extend(settings());
        Self { clusters, machine }
    }

    /// What is there now and was not then, and what of the machine is not there any more.
    pub(crate) fn changes_since(&self, then: &Self) -> Vec<String> {
        let mark = |sign: char| move |line: &String| format!("{sign} {line}");
        let left = self.clusters.difference(&then.clusters).map(mark('+'));
        let come = self.machine.difference(&then.machine).map(mark('+'));
        let gone = then.machine.difference(&self.machine).map(mark('-'));
        left.chain(come).chain(gone).collect()
    }
}

/// Addresses that are listened at, other than on loopback.
pub(crate) fn open_ports() -> BTreeSet<String> {
    let is_loopback = |address: &str| {
        address.starts_with("0100007F") || address.starts_with("00000000000000000000000001000000")
    };
    let mut open = BTreeSet::new();
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        for line in fs::read_to_string(table).unwrap_or_default().lines().skip(1) {
            let words: Vec<&str> = line.split_whitespace().collect();
            // State 0A is LISTEN.
            if words[3] == "0A" && !is_loopback(words[1]) {
                open.insert(words[1].to_owned());
            }
        }
    }
    open
}

/// Processes whose command line has this in it. One that has ended and is not waited for has none.
pub(crate) fn processes_with(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if command.contains(text) && !entry.path().ends_with(std::process::id().to_string()) {
            found.insert(format!("{}: {command}", entry.file_name().to_string_lossy()));
        }
    }
    found
}

/// Words in the command lines of what a cluster runs: its programs, its shims, what its containers run.
const OURS: [&str; 4] = ["/control-plane/", "containerd-shim", "chandler-", "busybox"];

/// Namespaces that processes of clusters are in, and this test is not. A process that has ended is in none, also where
/// nobody has waited for it yet: it has no command line any more.
fn namespaces() -> BTreeSet<String> {
    let shared = namespaces_of(Path::new("/proc/self"));
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).into_owned();
        if OURS.iter().any(|word| command.contains(word)) {
            found.extend(namespaces_of(&entry.path()));
        }
    }
    found.difference(&shared).cloned().collect()
}

fn namespaces_of(process: &Path) -> BTreeSet<String> {
    let links = ["net", "mnt", "pid"].map(|kind| fs::read_link(process.join("ns").join(kind)));
    links.into_iter().flatten().map(|link| link.display().to_string()).collect()
}

/// Settings of the whole machine that a kubelet sets.
fn settings() -> Vec<String> {
    let names = [
        "kernel/keys/root_maxbytes",
        "kernel/keys/root_maxkeys",
        "kernel/panic",
        "kernel/panic_on_oops",
        "vm/overcommit_memory",
        "vm/panic_on_oom",
    ];
    let value = |name: &str| fs::read_to_string(format!("/proc/sys/{name}")).unwrap_or_default();
    names.iter().map(|name| format!("{name} = {}", value(name).trim())).collect()
}

fn ip(what: &str) -> String {
    let output = Command::new("ip").args(["-oneline", what, "show"]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

/// Groups of containers; others come and go with the rest of the machine.
fn groups() -> BTreeSet<String> {
    let mut groups = BTreeSet::new();
    for hierarchy in fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
        for group in [hierarchy.path().join("k8s.io"), Path::new("/sys/fs/cgroup/k8s.io").to_owned()] {
            let inside = fs::read_dir(&group).into_iter().flatten().flatten();
            let inside = inside.filter(|entry| entry.path().is_dir()).map(|entry| entry.path());
            groups.extend(inside.map(|path| path.display().to_string()));
            groups.extend(group.exists().then(|| group.display().to_string()));
        }
    }
    groups
}

/// Folders that programs of a node make wherever one tells them to.
fn folders() -> BTreeSet<String> {
    let candidates = [
        "/var/lib/kubelet",
        "/var/lib/cni",
        "/var/lib/containerd",
        "/var/log/pods",
        "/var/log/containers",
        "/etc/cni",
        "/etc/kubernetes",
        "/run/containerd",
        "/run/netns",
        "/run/flannel",
    ];
    let present = candidates.iter().filter(|path| Path::new(path).exists()).map(|path| (*path).to_owned());
    let clusters = fs::read_dir(chandler_e2e::root()).into_iter().flatten().flatten();
    let clusters =
        clusters.map(|entry| entry.path().display().to_string()).filter(|path| path.contains("lifecycle"));
    present.chain(clusters).collect()
}

fn lines(text: &str) -> BTreeSet<String> {
    // Counters of addresses' lifetimes differ from look to look.
    let without_lifetimes = |line: &str| line.split(" valid_lft").next().unwrap_or_default().to_owned();
    text.lines().map(without_lifetimes).collect()
}
