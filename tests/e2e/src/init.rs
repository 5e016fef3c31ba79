//! The first process in a node's namespaces. When it ends, by whatever means, the kernel ends every process, mount and
//! link of the node with it.

use std::fs;
use std::io::{self, BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context as _, Result, ensure};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_bind, mount_change};
use rustix::process::{Pid, WaitOptions, wait};
use serde_json::{Value, json};

use crate::component::Component;
use crate::node;

/// Folders of the machine that programs of a node write to wherever one tells them to: the node sees them with what they
/// hold, and writes to a layer of its own above.
const SHADOWED: [&str; 2] = ["/var/lib", "/var/log"];

/// Settings of the whole machine that the kubelet sets. It finds them set, in files of the node's own, and the machine
/// keeps what it has.
const MACHINE_SETTINGS: [(&str, &str); 6] = [
    ("/proc/sys/kernel/keys/root_maxbytes", "25000000"),
    ("/proc/sys/kernel/keys/root_maxkeys", "1000000"),
    ("/proc/sys/kernel/panic", "10"),
    ("/proc/sys/kernel/panic_on_oops", "1"),
    ("/proc/sys/vm/overcommit_memory", "1"),
    ("/proc/sys/vm/panic_on_oom", "0"),
];

/// Runs as the first process: sets the namespaces up, then starts each component that a line of standard input
/// describes, until that ends. What there is to say is a line of JSON on standard output.
///
/// # Errors
/// The namespaces cannot be set up.
pub fn run(folder: &Path) -> Result<()> {
    ensure!(
        std::process::id() == 1,
        "this is for the first process of a namespace: `chandler-cluster up` runs it"
    );
    set_up_mounts()?;
    set_up_network()?;
    let logs = folder.join("logs");
    let started = Mutex::new(Vec::new());
    say(&json!({"ready": true}));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            start_components(&logs, &started);
            // The keeper is gone, and so is the reason to be here.
            std::process::exit(0);
        });
        reap(&started);
    });
    Ok(())
}

fn set_up_mounts() -> Result<()> {
    let shared = MountPropagationFlags::SHARED | MountPropagationFlags::REC;
    mount_change("/", shared).context("cannot share the mounts of the node with its containers")?;
    let none = MountFlags::empty();
    mount("run", "/run", "tmpfs", none, Some(c"mode=755")).context("cannot mount /run")?;
    for folder in SHADOWED {
        let name = folder.replace('/', "-");
        let layer = |part: &str| PathBuf::from(format!("/run/layers/{part}{name}"));
        let (upper, work) = (layer("upper"), layer("work"));
        fs::create_dir_all(&upper).and_then(|()| fs::create_dir_all(&work)).context("cannot use /run")?;
        let options = format!("lowerdir={folder},upperdir={},workdir={}", upper.display(), work.display());
        let options = std::ffi::CString::new(options)?;
        mount("overlay", folder, "overlay", none, Some(options.as_c_str()))
            .with_context(|| format!("cannot lay a layer over {folder}"))?;
    }
    MACHINE_SETTINGS.iter().try_for_each(|(path, value)| cover_setting(path, value))
}

fn cover_setting(path: &str, value: &str) -> Result<()> {
    let cover = format!("/run/settings/{}", path.replace('/', "-"));
    fs::create_dir_all("/run/settings")
        .and_then(|()| fs::write(&cover, format!("{value}\n")))
        .context("cannot use /run")?;
    mount_bind(&cover, path).with_context(|| format!("cannot cover {path}"))
}

/// A bridge with nothing on it serves as the node's interface.
fn set_up_network() -> Result<()> {
    let address = node::ADDRESS;
    let lines = format!(
        "link set lo up\nlink add node0 type bridge\naddress add {address}/24 dev node0\nlink set node0 up\n\
         route add default dev node0\n"
    );
    let mut ip =
        Command::new("ip").args(["-batch", "-"]).stdin(Stdio::piped()).spawn().context("cannot run ip")?;
    let mut input = ip.stdin.take().context("ip takes no input")?;
    input.write_all(lines.as_bytes())?;
    drop(input);
    ensure!(ip.wait()?.success(), "cannot set the node's network up");
    let forwarding = "/proc/sys/net/ipv4/ip_forward";
    // Read-only on some machines, and then already on.
    let _ = fs::write(forwarding, "1");
    let on = fs::read_to_string(forwarding).is_ok_and(|text| text.trim() == "1");
    ensure!(on, "the node cannot forward packets: {forwarding} is not 1");
    Ok(())
}

type Started = Mutex<Vec<(u32, String)>>;

fn start_components(logs: &Path, started: &Started) {
    for line in io::stdin().lock().lines().map_while(Result::ok) {
        let Ok(component) = serde_json::from_str::<Component>(&line) else { continue };
        // Held until the process is known: the one that reaps must find its name.
        let Ok(mut known) = started.lock() else { return };
        match component.start(logs) {
            Ok(child) => known.push((child.id(), component.name)),
            Err(error) => {
                let program = component.program.display();
                say(&json!({"ended": component.name, "status": format!("cannot run {program}: {error}")}));
            }
        }
    }
}

/// Waits for every process that has no other parent, and says which of the components ended.
fn reap(started: &Started) {
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, status))) => {
                let ended = take(started, pid);
                let code = status.exit_status();
                let status = code.map_or_else(|| "killed".to_owned(), |code| format!("exit code {code}"));
                if let Some(name) = ended {
                    say(&json!({"ended": name, "status": status}));
                }
            }
            // Nothing runs yet.
            _ => std::thread::sleep(std::time::Duration::from_millis(20)),
        }
    }
}

fn take(started: &Started, pid: Pid) -> Option<String> {
    let mut known = started.lock().ok()?;
    let number = u32::try_from(pid.as_raw_nonzero().get()).ok()?;
    let index = known.iter().position(|(other, _)| *other == number)?;
    Some(known.swap_remove(index).1)
}

fn say(message: &Value) {
    let mut output = io::stdout().lock();
    // Where nobody listens the end is near anyway.
    let _ = writeln!(output, "{message}").and_then(|()| output.flush());
}
