//! Clusters that give no answer, and people who may not ask.

use chandler_e2e::{Kind, NO_HOME, Start, start_or_skip};
use serde_json::json;

use crate::place::{Place, label, run};

/// Verbs with what they need to run at all.
const VERBS: [&str; 3] = ["explain pod/app", "templates", "outdated"];

#[tokio::test]
async fn no_kubeconfig_is_told_with_the_place_where_it_was_looked_for() {
    for verb in VERBS {
        let output = run(None, verb).await;
        assert_eq!((output.code, output.stdout.as_str()), (1, ""));
        assert!(
            output.stderr.starts_with(&format!("error: no cluster: there is no kubeconfig at \"{NO_HOME}")),
            "{}",
            output.stderr
        );
    }
    let output = run(None, &format!("templates --kubeconfig {NO_HOME}/else")).await;
    assert!(output.stderr.contains(&format!("{NO_HOME}/else")), "{}", output.stderr);
}

#[tokio::test]
async fn server_that_is_not_there_or_silent_is_given_up() {
    // A port that was free a moment ago, and one that takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (address, message) in
        [(free, "Connection refused"), (silent.local_addr().unwrap(), "--request-timeout")]
    {
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": format!("https://{address}")}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
        });
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kubeconfig");
        std::fs::write(&file, config.to_string()).unwrap();
        for verb in VERBS {
            let output = run(Some(&file), &format!("{verb} --request-timeout 1s")).await;
            assert_eq!((output.code, output.stdout.as_str()), (1, ""));
            let address = format!("the API server at https://{address}/");
            assert!(output.stderr.contains(&address), "{}", output.stderr);
            assert!(output.stderr.contains(message), "{}", output.stderr);
        }
        let other = run(Some(&file), "templates --context other").await;
        assert!(other.stderr.contains("it has no context \"other\""), "{}", other.stderr);
    }
}

#[tokio::test]
async fn someone_who_may_not_is_told_what_is_missing() {
    let Some(place) = Place::open("someone_who_may_not_is_told_what_is_missing").await else { return };
    for verb in VERBS {
        let output = place.run(&format!("{verb} --as=system:anonymous")).await;
        assert_eq!((output.code, output.stdout.as_str()), (1, ""));
        assert!(
            output
                .stderr
                .contains("User \"system:anonymous\" cannot list resource \"clusterinjectiontemplates\""),
            "{}",
            output.stderr
        );
        let rule = r#"a ClusterRole with the rule {"apiGroups":["chandler.dev"],"resources":["clusterinjectiontemplates"],"verbs":["list"]}"#;
        assert!(output.stderr.contains(rule), "{}", output.stderr);
    }
}

#[tokio::test]
async fn rights_that_the_docs_name_are_enough_for_every_verb() {
    let Some(place) = Place::open("rights_that_the_docs_name_are_enough_for_every_verb").await else {
        return;
    };
    let name = place.scene.namespace.clone();
    place.template("logs", label("yes")).await;
    place.pod("app", None, json!({})).await;
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/plugin.md")).unwrap();
    let roles = docs.split("```yaml\n").find(|block| block.contains("kind: ClusterRole")).unwrap();
    let roles = roles.split("```").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roles.yaml");
    std::fs::write(&file, roles.replace("NAMESPACE", &name)).unwrap();
    let account = format!("system:serviceaccount:{name}:default");
    for role in chandler_e2e::documents_of(&file).unwrap() {
        place.apply(&role).await;
        let kind = role["kind"].as_str().unwrap();
        let subject = json!({"kind": "ServiceAccount", "name": "default", "namespace": name});
        let reference =
            json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role["metadata"]["name"]});
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": format!("{kind}Binding"),
            "metadata": {"name": role["metadata"]["name"]}, "roleRef": reference, "subjects": [subject],
        });
        place.apply(&binding).await;
    }
    for verb in VERBS {
        let output = place.run(&format!("{verb} --as={account}")).await;
        assert_eq!(output.code, 0, "{verb}: {}", output.stderr);
    }
}

#[tokio::test]
async fn cluster_without_the_definitions_is_told_where_they_come_from() {
    let test = "cluster_without_the_definitions_is_told_where_they_come_from";
    let name = format!("bare-{}", std::process::id()).parse().unwrap();
    let start = Start { name: &name, kind: Kind::ApiServer, tied: true };
    let Some(cluster) = start_or_skip(&start, test).unwrap() else { return };
    for verb in VERBS {
        let output = run(Some(&cluster.description.kubeconfig), verb).await;
        assert_eq!((output.code, output.stdout.as_str()), (1, ""));
        assert!(
            output.stderr.contains("does not know clusterinjectiontemplates.chandler.dev"),
            "{}",
            output.stderr
        );
        assert!(output.stderr.contains("charts/chandler"), "{}", output.stderr);
    }
}
