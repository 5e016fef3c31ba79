//! A node's root is entered as a target's is.

use chandler_debugger::script::{self, Entry, ViewChoice};
use chandler_e2e::{Needs, Scene};
use serde_json::json;

use crate::session::{container, exec, run_pod};

#[tokio::test]
async fn node_is_entered_with_its_own_programs_first() {
    let test = "node_is_entered_with_its_own_programs_first";
    let Some(scene) = Scene::open(Needs::Node, test).await.unwrap() else { return };
    let mut debugger = container("debugger", "toolbox");
    debugger["command"] = json!(script::sleeper());
    debugger["env"] = json!([{"name": "CHANDLER_SESSION", "value": "debugger"}]);
    debugger["securityContext"] = json!({"privileged": true});
    debugger["volumeMounts"] = json!([{"name": "host", "mountPath": "/host"}]);
    let volumes = json!([{"name": "host", "hostPath": {"path": "/"}}]);
    for (name, shares) in [("alone", false), ("shares", true)] {
        let spec = json!({"hostPID": shares, "restartPolicy": "Never", "containers": [debugger], "volumes": volumes});
        run_pod(&scene, name, spec).await;
        let command = ["sh", "-c", "ls -d /host 2>/dev/null; jq --version | head -c 3; echo $PATH; exit 6"]
            .map(str::to_owned);
        let entry = Entry {
            view: ViewChoice::Host,
            target_id: None,
            shares_pod_processes: shares,
            quiet: false,
            command: &command,
            shell: None,
        };
        let said = exec(&scene, (name, "debugger"), &script::enter(&entry), None).await;
        assert_eq!((said.code, said.stderr.as_str()), (6, ""), "{name}");
        assert!(said.stdout.starts_with("jq-/usr/local/sbin:"), "{}", said.stdout);
        assert!(said.stdout.ends_with("/root/usr/lib/chandler/bin\n"), "{}", said.stdout);
    }
}
