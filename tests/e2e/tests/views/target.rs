//! Targets that a session enters: their files, their processes, and our tools, with nothing written.

use chandler_debugger::script;
use chandler_e2e::{Needs, Scene};
use serde_json::{Value, json};

use crate::session::{Outcome, Session, container, general, run_pod};

/// Programs that are linked against libraries of the toolbox, with what they print.
const TOOLS: [(&str, &str); 5] = [
    ("strace -V", "strace -- version"),
    ("curl --version", "curl "),
    ("jq --version", "jq-"),
    ("openssl version", "OpenSSL"),
    ("tcpdump --version 2>&1", "tcpdump version"),
];

/// Every file of the target with its times, size and mode, as another session sees it that enters nothing.
const LIST: &str = "find /proc/1/root/ -xdev -exec stat -c '%n %Y %Z %s %a' '{}' + | sort";

async fn list_files(session: &Session<'_>) -> String {
    let listed = session.exec(&["sh", "-c", LIST].map(str::to_owned), None).await;
    assert!(listed.stdout.contains("/proc/1/root/etc/passwd "), "{listed:?}");
    listed.clean()
}

/// The files, the processes and the tools are there, and nothing is written.
async fn check_view(session: &Session<'_>, program: &str) {
    let observer = Session::open(session.scene, (session.pod, "observer"), general()).await;
    let before = list_files(&observer).await;

    let files = session.run(&["ls", "/"]).await.clean();
    assert!(files.contains("etc\n") && !files.contains("lib64"), "{files}");
    let start = session.sh(&format!("head -c 4 {program}")).await.clean();
    assert!(start.starts_with("\u{7f}ELF"), "{start}");
    let processes = session.run(&["ps", "-p", "1", "-o", "args="]).await.clean();
    assert!(processes.contains("chandler-workload"), "{processes}");
    for (command, expected) in TOOLS {
        let said = session.sh(command).await.clean();
        assert!(said.starts_with(expected), "{command}: {said}");
    }
    let kept = session.sh("ls $CHANDLER_TARGET_ROOT/etc/passwd; echo left >$TMPDIR/left; less /etc/passwd");
    assert!(kept.await.clean().starts_with("/etc/passwd\n"));

    assert_eq!(list_files(&observer).await, before, "something was written to the target");
}

#[tokio::test]
async fn root_is_entered_in_its_folder_with_its_path() {
    let test = "root_is_entered_in_its_folder_with_its_path";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    let mut target = container("app", "workload");
    target["workingDir"] = json!("/etc");
    target["env"] = json!([{"name": "PATH", "value": "/bin:/opt/bin"}, {"name": "HOME", "value": "/var"}]);
    run_pod(&scene, "root", json!({"containers": [target]})).await;
    let session = Session::open(&scene, ("root", "one"), general()).await;
    check_view(&session, "/bin/chandler-workload").await;

    let said = session.sh("pwd; echo $PATH $HOME; type chandler-workload").await.clean();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[0], "/etc");
    assert!(lines[1].ends_with("/usr/lib/chandler/bin:/bin:/opt/bin /var"), "{said}");
    assert_eq!(lines[2], "chandler-workload is /bin/chandler-workload");
}

#[tokio::test]
async fn distroless_is_entered_and_a_command_ends_as_it_does() {
    let test = "distroless_is_entered_and_a_command_ends_as_it_does";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    run_pod(&scene, "bare", json!({"containers": [container("app", "distroless")]})).await;
    let session = Session::open(&scene, ("bare", "one"), general()).await;
    check_view(&session, "/chandler-workload").await;

    // root captures, although the users of the target are others than those of the toolbox.
    let capture = "tcpdump -i lo -c 1 -w $TMPDIR/packets tcp port 8080 2>/dev/null & \
        while kill -0 $! 2>/dev/null; do curl -s -o /dev/null http://127.0.0.1:8080/healthz; done; \
        tcpdump -n -r $TMPDIR/packets 2>/dev/null";
    let packets = session.sh(capture).await.clean();
    assert!(packets.contains("127.0.0.1.8080"), "{packets}");

    for (command, code) in [("exit 42", 42), ("kill -KILL $$", 137), ("nosuch", 127), ("/etc", 126)] {
        assert_eq!(session.sh(command).await.code, code, "{command}");
    }
    assert_eq!(session.run(&["nosuch"]).await.code, 127);
    assert_eq!(session.run(&["/etc/passwd"]).await.code, 126);
    let words = ["printf", "<%s>", "a  b", "\"c'd", "$HOME", "*", ""];
    assert_eq!(session.run(&words).await.clean(), "<a  b><\"c'd><$HOME><*><>");
    let shell = script::enter(&session.entry(&[]));
    let Outcome { code, stdout, stderr } =
        session.exec(&shell, Some("ls /chandler-workload\nexit 7\n")).await;
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (7, "/chandler-workload\n", ""));
}

#[tokio::test]
async fn read_only_root_is_entered() {
    let Some(scene) = Scene::open(Needs::Node, "read_only_root_is_entered").await.unwrap() else { return };
    let mut target = container("app", "distroless");
    target["securityContext"] = json!({"readOnlyRootFilesystem": true});
    run_pod(&scene, "fixed", json!({"containers": [target]})).await;
    let mut made = container("one", "toolbox");
    made["securityContext"] = general();
    made["securityContext"]["readOnlyRootFilesystem"] = json!(true);
    let session = Session::open_as(&scene, ("fixed", "app"), ("one", 600), made).await;
    let said = session.sh("ls /chandler-workload && curl --version | head -c 4; echo ${TMPDIR-none}").await;
    assert_eq!(said.clean(), "/chandler-workload\ncurlnone\n");
}

#[tokio::test]
async fn target_is_found_where_a_pod_shares_its_processes() {
    let test = "target_is_found_where_a_pod_shares_its_processes";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    let mut other = container("other", "distroless");
    other["args"] = json!(["serve", "--port", "8081"]);
    let containers: Value = json!([container("app", "workload"), other]);
    run_pod(&scene, "shared", json!({"shareProcessNamespace": true, "containers": containers})).await;
    for (target, name, file) in [("app", "one", "/bin"), ("other", "two", "/chandler-workload")] {
        let mut made = container(name, "toolbox");
        made["securityContext"] = general();
        let session = Session::open_as(&scene, ("shared", target), (name, 600), made).await;
        // The first process is the pod's own, and recipes want the target's.
        let script = format!("ls -d {file}; [ $CHANDLER_TARGET_PID -gt 1 ] && echo its own");
        let command = ["sh".to_owned(), "-c".to_owned(), script];
        let entry = script::Entry { shares_pod_processes: true, ..session.entry(&command) };
        assert_eq!(session.exec(&script::enter(&entry), None).await.clean(), format!("{file}\nits own\n"));
        // Whose process it is nobody can say without the container's ID.
        let unknown = script::Entry { target_id: None, ..entry };
        let said = session.exec(&script::enter(&unknown), None).await;
        assert!(said.stderr.starts_with("chandler: the target's process is not to be seen"), "{said:?}");
    }
}

#[tokio::test]
async fn static_programs_of_another_image_work_in_the_target() {
    let test = "static_programs_of_another_image_work_in_the_target";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    run_pod(&scene, "bare", json!({"containers": [container("app", "distroless")]})).await;
    let mut made = container("one", "workload");
    made["securityContext"] = general();
    let session = Session::open_as(&scene, ("bare", "app"), ("one", 600), made).await;
    assert_eq!(session.sh("ls /chandler-workload | tr a-z A-Z").await.clean(), "/CHANDLER-WORKLOAD\n");
    assert_eq!(session.sh("exit 3").await.code, 3);
}
