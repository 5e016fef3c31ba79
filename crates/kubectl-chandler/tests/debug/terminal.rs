//! A shell at a terminal, from its prompt to its end, and the terminal afterwards.

use std::net::SocketAddr;
use std::path::Path;

use chandler_e2e::Line;
use kube::config::Kubeconfig;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::Child;

use crate::place::{Place, TOOLBOX};
use crate::window::Window;

const PROMPT: &str = "web/app:/$ ";

const WORDS: [&str; 4] = ["debug", "web", "--image", TOOLBOX];

/// A window with a shell in it, and how its terminal was before.
async fn shell(command: tokio::process::Command) -> (Window, Child, String) {
    let mut window = Window::open(100, 33);
    let before = window.settings();
    let program = window.run(command);
    window.until(PROMPT).await;
    assert_ne!(window.settings(), before, "the terminal is raw");
    (window, program, before)
}

#[tokio::test]
async fn shell_knows_its_size_is_interrupted_runs_an_editor_and_ends() {
    let test = "shell_knows_its_size_is_interrupted_runs_an_editor_and_ends";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let (mut window, mut program, before) = shell(place.command_at_terminal(&WORDS)).await;
    until_size(&mut window, "33 100").await;
    window.resize(120, 40);
    until_size(&mut window, "40 120").await;

    window.type_keys("kept=$((6 * 7)); sh -c 'echo be''gun; exec sleep 100'\r");
    window.until("begun\r\n").await;
    window.type_keys("\x03");
    window.until(PROMPT).await;
    window.type_keys("echo code $? and $kept\r");
    window.until("code 130 and 42\r\n").await;

    window.until(PROMPT).await;
    window.type_keys("vi /etc/hosts\r");
    window.until("Kubernetes-managed").await;
    window.type_keys(":q!\r");
    window.until(PROMPT).await;
    window.type_keys("true\r");
    window.until(PROMPT).await;
    window.type_keys("\x04");
    assert_eq!(window.code_of(&mut program).await, Some(0));
    assert_eq!(window.settings(), before);
}

/// Waits until programs there know of this size: keys may be there before it is.
async fn until_size(window: &mut Window, size: &str) {
    window.type_keys(&format!("until stty size | grep '^{size}$'; do sleep 0.1; done\r"));
    window.until(&format!("{size}\r\n")).await;
    window.until(PROMPT).await;
}

#[tokio::test]
async fn terminal_is_as_before_when_the_program_is_told_to_end() {
    let test = "terminal_is_as_before_when_the_program_is_told_to_end";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let (window, mut program, before) = shell(place.command_at_terminal(&WORDS)).await;
    kill_process(Pid::from_raw(program.id().unwrap().cast_signed()).unwrap(), Signal::TERM).unwrap();
    assert_eq!(window.code_of(&mut program).await, Some(128 + 15));
    assert_eq!(window.settings(), before);
}

#[tokio::test]
async fn terminal_is_as_before_when_the_connection_is_cut() {
    let test = "terminal_is_as_before_when_the_connection_is_cut";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    let line = line(place.scene.kubeconfig(), &file).await;
    let mut command = place.command_at_terminal(&WORDS);
    command.env("KUBECONFIG", &file);
    let (mut window, mut program, before) = shell(command).await;
    line.cut();
    window.until("the connection was lost").await;
    assert_eq!(window.code_of(&mut program).await, Some(255));
    assert_eq!(window.settings(), before);
}

/// A line to the API server, and a kubeconfig that leads through it.
async fn line(kubeconfig: &Path, file: &Path) -> Line {
    let mut kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let server = kubeconfig.clusters[0].cluster.as_mut().unwrap().server.as_mut().unwrap();
    let target: SocketAddr = server.strip_prefix("https://").unwrap().parse().unwrap();
    let line = Line::open(vec![target]).await.unwrap();
    *server = format!("https://{}", line.address());
    std::fs::write(file, serde_json::to_vec(&kubeconfig).unwrap()).unwrap();
    line
}
