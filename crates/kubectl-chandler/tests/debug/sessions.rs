//! Commands in sessions: their codes, their input and output, and which session they are in.

use chandler_api::names;
use k8s_openapi::api::events::v1::Event;
use kube::Api;

use crate::place::{Place, TOOLBOX};

#[tokio::test]
async fn command_gives_its_output_and_code_and_a_later_one_enters_the_same_session() {
    let test = "command_gives_its_output_and_code_and_a_later_one_enters_the_same_session";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let output = place.debug("web -q", &["sh", "-c", "echo out; echo err >&2; exit 42"]).await;
    assert_eq!((output.code, output.stdout.as_str()), (42, "out\n"), "{output:?}");
    assert_eq!(output.stderr, "err\n");

    let output = place.debug("web -i", &["cat"]).await;
    assert_eq!((output.code, output.stdout.as_str()), (0, ""), "{output:?}");
    let output = place.debug_with_input("web -i", &["cat"], Some("through and back")).await;
    assert_eq!((output.code, output.stdout.as_str()), (0, "through and back"), "{output:?}");
    let script = "read line; echo got $line";
    let output = place.debug_with_input("web -i", &["sh", "-c", script], Some("x\n")).await;
    assert_eq!(output.stdout, "got x\n", "{output:?}");
    assert_eq!(place.session_count("web").await, 1);

    let output = place.debug("web --new", &["true"]).await;
    assert_eq!(output.code, 0, "{output:?}");
    assert_eq!(place.session_count("web").await, 2);

    let shell = place.debug_with_input("web", &[], Some("echo in a shell; exit 7\n")).await;
    assert_eq!((shell.code, shell.stdout.as_str()), (7, "in a shell\n"), "{shell:?}");
    let missing = place.debug("web", &["no-such-program"]).await;
    assert_eq!(missing.code, 127, "{missing:?}");
}

#[tokio::test]
async fn result_as_json_has_the_output_and_what_was_done() {
    let Some(place) = Place::open("result_as_json_has_the_output_and_what_was_done").await else { return };
    place.pod("web").await;
    let output = place.debug("web -o json", &["sh", "-c", "echo out; echo err >&2; exit 3"]).await;
    let value = output.value();
    assert_eq!((output.code, &value["exitCode"]), (3, &3.into()), "{output:?}");
    assert_eq!(
        (&value["pod"], &value["target"], &value["image"]),
        (&"web".into(), &"app".into(), &TOOLBOX.into())
    );
    assert_eq!((&value["stdout"], &value["reentered"]), (&"out\n".into(), &false.into()));
    let again = place.debug("pod/web -o json", &["true"]).await.value();
    assert_eq!((&again["reentered"], &again["session"]), (&true.into(), &value["session"]));
}

#[tokio::test]
async fn event_on_the_pod_says_who_debugs_unless_switched_off() {
    let test = "event_on_the_pod_says_who_debugs_unless_switched_off";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let events: Api<Event> = place.scene.api();
    let debugging = async || {
        let list = events.list(&kube::api::ListParams::default()).await.unwrap();
        let notes =
            list.items.into_iter().filter(|event| event.reason.as_deref() == Some(names::EVENT_DEBUGGING));
        notes.filter_map(|event| event.note).collect::<Vec<_>>()
    };
    assert_eq!(place.debug("web --no-event", &["true"]).await.code, 0);
    assert_eq!(debugging().await, Vec::<String>::new());
    assert_eq!(place.debug("web", &["true"]).await.code, 0);
    let notes = debugging().await;
    assert!(notes[0].contains(&format!("debugs container app with {TOOLBOX}")), "{notes:?}");
}

#[tokio::test]
async fn dry_run_prints_what_the_api_server_takes_and_makes_nothing() {
    let test = "dry_run_prints_what_the_api_server_takes_and_makes_nothing";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let session = place.debug("web --dry-run -o json", &[]).await;
    let container = &session.value()["spec"]["ephemeralContainers"][0];
    assert_eq!(container["targetContainerName"], "app", "{session:?}");
    assert_eq!(place.session_count("web").await, 0);

    let copy = place.debug("web --copy --dry-run -o json", &[]).await;
    let pod = copy.value();
    assert_eq!(pod["metadata"]["labels"][names::DEBUG_LABEL], names::DEBUG_COPY, "{copy:?}");
    place.try_create(&pod).await.unwrap();
    assert_eq!(place.pod_names().await, ["web"]);
}

#[tokio::test]
async fn session_is_recorded_where_that_is_asked_for() {
    let Some(place) = Place::open("session_is_recorded_where_that_is_asked_for").await else { return };
    place.pod("web").await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session.cast");
    let output = place.debug(&format!("web --record {}", file.display()), &["echo", "kept"]).await;
    assert_eq!((output.code, output.stdout.as_str()), (0, "kept\n"), "{output:?}");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.lines().next().unwrap().contains("\"version\":2"), "{text}");
    assert!(text.contains("kept"), "{text}");
}

#[tokio::test]
async fn toolboxes_are_listed_and_their_recipes_run() {
    let Some(place) = Place::open("toolboxes_are_listed_and_their_recipes_run").await else { return };
    place.pod("web").await;
    let listed = place.run("toolboxes -o json").await;
    let built_in = listed.value();
    assert_eq!((&built_in["name"], &built_in["default"]), (&"default".into(), &true.into()), "{listed:?}");
    let output = place.debug("web --recipe env", &[]).await;
    assert_eq!(output.code, 0, "{output:?}");
    let output = place.debug("web --recipe none", &[]).await;
    assert_eq!(output.code, 125, "{output:?}");
    assert!(output.stderr.contains("has no recipe \"none\"; it has "), "{output:?}");
}

#[tokio::test]
async fn command_of_an_image_without_a_shell_is_the_containers_own_process() {
    let test = "command_of_an_image_without_a_shell_is_the_containers_own_process";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    let words = "web --image chandler.dev/distroless:test";
    let output = place.debug(words, &["/chandler-workload", "print", "--lines", "2"]).await;
    assert_eq!((output.code, output.stdout.lines().count()), (0, 2), "{output:?}");
    let output = place.debug(words, &["/chandler-workload", "exit", "9"]).await;
    assert_eq!(output.code, 9, "{output:?}");
    assert!(output.stderr.contains("the image has no shell"), "{output:?}");
    let missing = place.debug(words, &["/no-such-program"]).await;
    assert_eq!(missing.code, 127, "{missing:?}");
    assert!(missing.stderr.contains("/no-such-program"), "{missing:?}");
}
