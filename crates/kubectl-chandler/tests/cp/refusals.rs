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

#[tokio::test]
async fn what_cannot_be_read_is_told_each_time() {
    let Some(place) = Place::open("what_cannot_be_read_is_told_each_time").await else { return };
    let change = |spec: &mut serde_json::Value| {
        with_volume(spec);
        spec["securityContext"] = json!({"runAsNonRoot": true, "runAsUser": 65532, "fsGroup": 65532});
    };
    place.pod("bare", "distroless", change).await;
    let made = "cd /data && echo open >open && mkdir secret && echo x >secret/f && chmod 700 secret";
    assert_eq!(place.in_pod("bare", made).await, "");
    for _ in 0..2 {
        let output = place.cp("bare:/data . --profile restricted").await;
        assert_eq!(output.code, 1, "{output:?}");
        assert!(output.stderr.contains("secret"), "{output:?}");
        assert_eq!(fs::read(place.here("data/open")).unwrap(), b"open\n");
    }
}

#[tokio::test]
async fn link_that_stands_at_the_destination_is_not_followed() {
    let Some(place) = Place::open("link_that_stands_at_the_destination_is_not_followed").await else {
        return;
    };
    place.pod("web", "workload", with_volume).await;
    fs::create_dir(place.here("private")).unwrap();
    let private = place.here("private").display().to_string();
    let made = format!(
        "mkdir -p /data/one /data/two/logs; ln -s {private} /data/one/logs; echo x >/data/two/logs/f"
    );
    assert_eq!(place.in_pod("web", &made).await, "");
    assert_eq!(place.cp("web:/data/one/. .").await.code, 0);
    let refused = place.cp("web:/data/two/logs . -o json").await.value();
    assert_eq!(
        (&refused["exitCode"], &refused["error"]["reason"]),
        (&1.into(), &"Destination".into()),
        "{refused}"
    );
    assert_eq!(fs::read_dir(place.here("private")).unwrap().count(), 0);
    // Whoever names the folder means it.
    assert_eq!(place.cp("web:/data/two/logs/. logs").await.code, 0);
    assert_eq!(fs::read_dir(place.here("private")).unwrap().count(), 1);
}

#[tokio::test]
async fn files_of_a_node_come_out_and_none_go_in_where_it_is_read_only() {
    let test = "files_of_a_node_come_out_and_none_go_in_where_it_is_read_only";
    let Some(place) = Place::open(test).await else { return };
    let nodes: kube::Api<k8s_openapi::api::core::v1::Node> = kube::Api::all(place.scene.client.clone());
    let node = nodes.list(&kube::api::ListParams::default()).await.unwrap().items.remove(0);
    let name = node.metadata.name.unwrap();
    let out = place.cp(&format!("node/{name}:/etc/passwd mine -o json")).await;
    assert_eq!(out.value()["exitCode"], 0, "{out:?}");
    assert!(fs::read_to_string(place.here("mine")).unwrap().contains("root:"));
    let into = place.cp(&format!("mine node/{name}:/etc/chandler-test -o json")).await.value();
    assert_eq!((&into["exitCode"], &into["error"]["reason"]), (&1.into(), &"ReadOnly".into()), "{into}");
}
