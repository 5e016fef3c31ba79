//! What cannot be, and why.

use std::fs;

use serde_json::json;

use crate::place::{Place, with_volume};

#[tokio::test]
async fn read_only_container_says_where_it_may_be_written() {
    let Some(place) = Place::open("read_only_container_says_where_it_may_be_written").await else { return };
    let change = |spec: &mut serde_json::Value| {
        with_volume(spec);
        spec["containers"][0]["securityContext"] = json!({"readOnlyRootFilesystem": true});
    };
    place.pod("bare", "distroless", change).await;
    fs::write(place.here("f"), b"text").unwrap();
    let refused = place.cp("f bare:/tmp/f").await;
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.stderr.contains("Read-only file system; what may be written there is below /data"),
        "{refused:?}"
    );
    assert_eq!(place.cp("f bare:/data/f -o json").await.value()["exitCode"], 0);
}

#[tokio::test]
async fn target_of_the_restricted_kind_is_copied_from_as_its_own_user() {
    let Some(place) = Place::open("target_of_the_restricted_kind_is_copied_from_as_its_own_user").await
    else {
        return;
    };
    let change = |spec: &mut serde_json::Value| {
        with_volume(spec);
        spec["securityContext"] = json!({"runAsNonRoot": true, "runAsUser": 65532, "fsGroup": 65532, "seccompProfile": {"type": "RuntimeDefault"}});
        spec["containers"][0]["securityContext"] =
            json!({"allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}});
    };
    place.pod("bare", "distroless", change).await;
    fs::write(place.here("f"), b"text").unwrap();
    let into = place.cp("f bare:/data/f -o json --profile restricted").await;
    assert_eq!(into.value()["exitCode"], 0, "{into:?}");
    let out = place.cp("bare:/data/f - --profile restricted").await;
    assert_eq!((out.code, out.stdout.as_slice()), (0, &b"text"[..]), "{}", out.stderr);
    let denied = place.cp("f bare:/etc/f -o json --profile restricted").await.value();
    assert_eq!(
        (&denied["exitCode"], &denied["error"]["reason"]),
        (&1.into(), &"WriteFailed".into()),
        "{denied}"
    );
    assert!(denied["error"]["message"].as_str().unwrap().contains("Permission denied"), "{denied}");
}

#[tokio::test]
async fn wrong_words_and_missing_things_are_told() {
    let Some(place) = Place::open("wrong_words_and_missing_things_are_told").await else { return };
    place.pod("web", "workload", with_volume).await;
    for (words, code, message) in [
        ("a b", 2, "neither SRC nor DST is of a container"),
        ("a:/x b:/y", 2, "both SRC and DST are of containers"),
        ("nobody:/x .", 125, "there is no pod \"nobody\""),
        ("web:/no/such .", 1, "there is no /no/such in the container"),
        ("nothing web:/data", 1, "nothing: No such file or directory"),
        ("web:/data no/such/folder", 1, "the folder that it would be in does not exist"),
        ("web:/data . -c nobody", 125, "nobody"),
    ] {
        let output = place.cp(words).await;
        assert_eq!(output.code, code, "{words}: {output:?}");
        assert!(output.stderr.contains(message), "{words}: {}", output.stderr);
    }
}
