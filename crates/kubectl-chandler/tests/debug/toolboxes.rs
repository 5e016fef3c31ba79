//! Toolboxes of a team and of a person, from their definition to a command in a session.

use chandler_e2e::{Objects, TEST_LABEL, install_definitions};
use serde_json::{Value, json};

use crate::place::{Place, TOOLBOX, pod};

/// A toolbox for one namespace, whose recipe says who is greeted.
fn toolbox(name: &str, namespace: &str, who: &str) -> Value {
    json!({
        "apiVersion": "chandler.dev/v1alpha1", "kind": "DebugToolbox",
        "metadata": {"name": name, "labels": {TEST_LABEL: "true"}},
        "spec": {
            "image": TOOLBOX,
            "default": true,
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "env": [{"name": "WHO", "value": who}],
            "recipes": [
                {"name": "greet", "description": "says hello", "command": ["sh", "-c", "echo hello $WHO"]},
            ],
        },
    })
}

#[tokio::test]
async fn names_are_asked_for_by_the_search_domains_of_the_pod() {
    let Some(place) = Place::open("names_are_asked_for_by_the_search_domains_of_the_pod").await else {
        return;
    };
    let mut names = pod("names");
    names["spec"]["containers"][0]["command"] =
        json!(["chandler-workload", "names", "--port", "53", "db.second.test", "10.1.2.3"]);
    names["spec"]["dnsPolicy"] = json!("None");
    let options = json!([{"name": "ndots", "value": "2"}]);
    names["spec"]["dnsConfig"] =
        json!({"nameservers": ["127.0.0.1"], "searches": ["first.test", "second.test"], "options": options});
    place.apply(&names).await;
    place.until_ready("names").await;

    let found = place.debug("names -q --recipe dns", &["db"]).await;
    let asked: Vec<&str> =
        found.stdout.lines().filter_map(|line| line.strip_prefix(";; asked for ")).collect();
    assert_eq!(asked, ["db.first.test.", "db.second.test."], "{found:?}");
    assert!(found.code == 0 && found.stdout.contains("10.1.2.3"), "{found:?}");
    let whole = place.debug("names -q --recipe dns", &["db.second.test", "A", "+short"]).await;
    assert_eq!(
        (whole.code, whole.stdout.as_str()),
        (0, ";; asked for db.second.test.\n10.1.2.3\n"),
        "{whole:?}"
    );
    let unknown = place.debug("names -q --recipe dns", &["nobody"]).await;
    assert_eq!(unknown.code, 1, "{unknown:?}");
    assert!(unknown.stderr.contains("nobody knows nobody"), "{unknown:?}");
}

#[tokio::test]
async fn toolbox_of_the_cluster_and_those_of_a_person_are_worked_with() {
    let test = "toolbox_of_the_cluster_and_those_of_a_person_are_worked_with";
    let Some(place) = Place::open(test).await else { return };
    place.pod("web").await;
    install_definitions(&place.scene.client).await.unwrap();
    let objects = Objects::discover(&place.scene.client).await.unwrap();
    let namespace = place.scene.namespace.clone();
    // One of the cluster has a name that no other test has.
    let team = toolbox(&namespace, &namespace, "team");
    objects.apply(&team, &namespace).await.unwrap().object().unwrap();
    let named = place.run(&format!("debug web -q --toolbox {namespace} --recipe greet")).await;
    assert_eq!((named.code, named.stdout.as_str()), (0, "hello team\n"), "{named:?}");
    let default = place.run("debug web -q --recipe greet").await;
    assert_eq!((default.code, default.stdout.as_str()), (0, "hello team\n"), "{default:?}");

    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join(".config/chandler")).unwrap();
    for (file, variable, value) in [
        ("mine.yaml", "CHANDLER_TOOLBOXES", folder.path().join("mine.yaml")),
        (".config/chandler/toolboxes.yaml", "HOME", folder.path().to_owned()),
    ] {
        std::fs::write(folder.path().join(file), toolbox("mine", &namespace, variable).to_string()).unwrap();
        let mut command =
            place.command(&["debug", "web", "-q", "--new", "--toolbox", "mine", "--recipe", "greet"]);
        command.env(variable, value);
        let output = Place::finish(command, None).await;
        assert_eq!((output.code, output.stdout), (0, format!("hello {variable}\n")), "{}", output.stderr);
    }
    objects.delete(&team, &namespace).await.unwrap().object().unwrap();

    let gone = place.run(&format!("debug web --toolbox {namespace} -- true")).await;
    assert_eq!(gone.code, 125, "{gone:?}");
    assert!(gone.stderr.contains(&namespace), "{gone:?}");
}
