//! Sessions that may do little: what they see, and what they say about the rest.

use chandler_debugger::script::{self, Entry, ViewChoice};
use chandler_e2e::{Needs, Scene};
use k8s_openapi::api::core::v1::Namespace;
use kube::Api;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use crate::session::{Session, container, restricted, run_pod};

/// The user of the image.
const USER: u32 = 65_532;

#[tokio::test]
async fn restricted_namespace_gives_the_files_below_a_path() {
    let test = "restricted_namespace_gives_the_files_below_a_path";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    let namespaces: Api<Namespace> = Api::all(scene.client.clone());
    let label = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    namespaces.patch(&scene.namespace, &PatchParams::default(), &Patch::Merge(label)).await.unwrap();
    let mut target = container("app", "distroless");
    target["securityContext"] = restricted(USER);
    run_pod(&scene, "bare", json!({"containers": [target]})).await;
    let session = Session::open(&scene, ("bare", "one"), restricted(USER)).await;

    let seen = session
        .sh("ls chandler-workload $CHANDLER_TARGET_ROOT/chandler-workload; curl --version | head -c 4")
        .await;
    assert_eq!(
        (seen.code, seen.stdout.as_str()),
        (0, "/proc/1/root/chandler-workload\nchandler-workload\ncurl")
    );
    assert_eq!(seen.stderr.lines().count(), 1, "{}", seen.stderr);
    assert!(seen.stderr.contains("SYS_CHROOT"), "{}", seen.stderr);

    let command = ["sh", "-c", "ls; exit 4"].map(str::to_owned);
    let quiet = Entry { quiet: true, ..session.entry(&command) };
    let said = session.exec(&script::enter(&quiet), None).await;
    assert_eq!((said.code, said.stderr.as_str()), (4, ""));
    let toolbox = Entry { view: ViewChoice::Toolbox, ..session.entry(&command) };
    let said = session.exec(&script::enter(&toolbox), None).await;
    assert!(said.stdout.contains("lib64\n") && said.stderr.is_empty(), "{said:?}");

    let read = script::below_target(
        &session.entry(&[]),
        "head -c 4 \"$CHANDLER_TARGET_ROOT/$1\"",
        &["chandler-workload".into()],
    );
    assert_eq!(session.exec(&read, None).await.clean(), "\u{7f}ELF");
}

#[tokio::test]
async fn same_user_enters_by_a_user_namespace_where_the_node_allows_one() {
    let test = "same_user_enters_by_a_user_namespace_where_the_node_allows_one";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    run_pod(&scene, "bare", json!({"containers": [container("app", "distroless")]})).await;
    let security = json!({"runAsUser": USER, "runAsGroup": USER});
    let session = Session::open(&scene, ("bare", "one"), security).await;
    let allowed = session.exec(&["unshare", "--user", "true"].map(str::to_owned), None).await.code == 0;
    let seen = session.sh("ls -d /lib64 /chandler-workload; id -u; curl --version | head -c 4").await;
    let root = if allowed { "/chandler-workload" } else { "/lib64" };
    assert_eq!(seen.stdout, format!("{root}\n{USER}\ncurl"), "{}", seen.stderr);
    assert!(seen.stderr.starts_with("chandler: ") && seen.stderr.contains("SYS_CHROOT"), "{}", seen.stderr);
    let caps = session.sh("grep CapEff /proc/self/status").await;
    assert_eq!(caps.stdout, "CapEff:\t0000000000000000\n");
}

#[tokio::test]
async fn other_user_is_told_who_would_see_the_files() {
    let test = "other_user_is_told_who_would_see_the_files";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    run_pod(&scene, "root", json!({"containers": [container("app", "workload")]})).await;
    let session = Session::open(&scene, ("root", "one"), restricted(1_000)).await;
    let seen = session.sh("ls -d /lib64; ps -p 1 -o args=; echo ${CHANDLER_TARGET_ROOT-none}").await;
    assert_eq!(seen.code, 0);
    assert_eq!(seen.stdout, "/lib64\nchandler-workload serve --port 8080\nnone\n");
    let expected = "its process has user 0 and group 0 and this session user 1000 and group 1000";
    assert!(seen.stderr.contains(expected) && seen.stderr.contains("SYS_PTRACE"), "{}", seen.stderr);

    let read = script::below_target(&session.entry(&[]), "echo not here", &[]);
    let said = session.exec(&read, None).await;
    assert_eq!((said.code, said.stdout.as_str()), (125, ""));
    assert!(said.stderr.contains("SYS_PTRACE"), "{}", said.stderr);
}
