//! Workloads: one of their pods, or all of them.

use std::time::Duration;

use chandler_e2e::{Wait, wait_for};

use crate::place::{Place, deployment};

#[tokio::test]
async fn command_runs_in_every_pod_of_a_workload_with_its_name_before_each_line() {
    let test = "command_runs_in_every_pod_of_a_workload_with_its_name_before_each_line";
    let Some(place) = Place::open(test).await else { return };
    place.apply(&deployment("web", 2)).await;
    let mut names = wait_for("two pods", Duration::from_secs(60), async || {
        let names = place.pod_names().await;
        Ok(if names.len() == 2 { Wait::Done(names) } else { Wait::NotYet(format!("{names:?}")) })
    })
    .await
    .unwrap();
    names.sort();
    for name in &names {
        place.until_ready(name).await;
    }

    let picked = place.debug("deploy/web", &["true"]).await;
    assert_eq!(picked.code, 0, "{picked:?}");
    assert!(picked.stderr.contains("of deployment/web (2 of them)"), "{picked:?}");

    let output = place.debug("deploy/web --all", &["sh", "-c", "echo one; echo two"]).await;
    assert_eq!(output.code, 0, "{output:?}");
    let mut lines: Vec<_> = output.stdout.lines().collect();
    lines.sort_unstable();
    let expected: Vec<_> =
        names.iter().flat_map(|name| ["one", "two"].map(|word| format!("[{name}] {word}"))).collect();
    assert_eq!(lines, expected);

    let script = format!("[ $HOSTNAME != {} ] || exit 5", names[1]);
    let output = place.debug("-l app=web --parallel 1", &["bash", "-c", &script]).await;
    assert_eq!(output.code, 5, "{output:?}");
    assert!(output.stderr.contains("1 of 2 pods did not end with 0"), "{output:?}");
    assert!(output.stderr.contains(&format!("{}: 5", names[1])), "{output:?}");

    let output = place.debug("-l app=web -o json", &["true"]).await;
    let pods: Vec<_> =
        output.stdout.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()).collect();
    assert_eq!(pods.len(), 2, "{output:?}");
    assert!(pods.iter().all(|pod| pod["exitCode"] == 0 && pod["reentered"] == true), "{output:?}");
}
