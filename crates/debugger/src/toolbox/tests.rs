//! Which toolbox somebody gets, and what is in it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::*;
use crate::profile::Profile;

fn offers(text: &str) -> Vec<Offer> {
    read_file(Path::new("toolboxes.yaml"), text.as_bytes()).unwrap()
}

fn example() -> Vec<Offer> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/debug-toolbox/toolbox.yaml");
    let mut offers = read_file(&path, &std::fs::read(&path).unwrap()).unwrap();
    offers.iter_mut().for_each(|offer| offer.source = Source::Cluster);
    offers
}

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn shop() -> BTreeMap<String, String> {
    labels(&[("example.com/team", "shop")])
}

fn document(name: &str, rest: &str) -> String {
    format!(
        "---\napiVersion: chandler.dev/v1alpha1\nkind: DebugToolbox\nmetadata: {{name: {name}}}\nspec: {{image: {name}-image{rest}}}\n"
    )
}

fn chosen(offers: &[Offer], labels: &BTreeMap<String, String>, name: Option<&str>) -> String {
    choose(offers, labels, name).unwrap().toolbox.name
}

#[test]
fn without_any_toolbox_there_is_the_built_in_one() {
    let choice = choose(&[], &labels(&[]), None).unwrap();
    assert_eq!((choice.toolbox.image.as_str(), choice.source), (DEFAULT_IMAGE, Source::BuiltIn));
    assert_eq!(chosen(&example(), &shop(), Some("default")), "default");
}

#[test]
fn the_default_of_a_teams_namespaces_goes_before_that_of_all() {
    assert_eq!(chosen(&example(), &shop(), None), "shop");
    assert_eq!(chosen(&example(), &labels(&[]), None), "company");
    assert_eq!(choose(&example(), &shop(), None).unwrap().notes, Vec::<String>::new());
}

#[test]
fn a_persons_own_file_goes_before_the_cluster() {
    let mut all = example();
    all.extend(offers(&document("mine", ", default: true")));
    assert_eq!(chosen(&all, &shop(), None), "mine");
    let mut all = example();
    all.extend(offers(&document("shop", "")));
    let choice = choose(&all, &shop(), Some("shop")).unwrap();
    assert_eq!(
        (choice.toolbox.image.as_str(), choice.source),
        ("shop-image", Source::File(PathBuf::from("toolboxes.yaml")))
    );
}

#[test]
fn of_two_defaults_that_are_alike_the_first_by_name_is_taken_and_the_other_is_told() {
    let all = offers(&(document("b", ", default: true") + &document("a", ", default: true")));
    let choice = choose(&all, &labels(&[]), None).unwrap();
    assert_eq!(choice.toolbox.name, "a");
    assert_eq!(choice.notes, ["toolbox b is a default of this namespace too; it is had with --toolbox b"]);
}

#[test]
fn an_unknown_name_lists_those_that_there_are() {
    let error = choose(&example(), &labels(&[]), Some("shap")).unwrap_err();
    assert_eq!(error.to_string(), r#"there is no toolbox "shap"; there is company, default, network-team"#);
}

#[test]
fn a_toolbox_of_other_namespaces_says_which() {
    let error = choose(&example(), &labels(&[]), Some("shop")).unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"toolbox "shop" is not for this namespace: its selector wants example.com/team=shop; there is company, default, network-team"#
    );
}

#[test]
fn a_selector_that_nobody_understands_selects_nothing() {
    let all = offers(&document("odd", ", namespaceSelector: {matchExpressions: [{key: a, operator: Near}]}"));
    let error = choose(&all, &labels(&[]), Some("odd")).unwrap_err();
    assert!(error.to_string().contains("what no label can be"), "{error}");
}

#[test]
fn recipes_of_a_toolbox_come_to_those_that_all_have() {
    let toolbox = choose(&example(), &shop(), None).unwrap().toolbox;
    for name in ["capture", "dns", "curl", "strace", "top", "ps", "env", "sh", "slow-queries", "threads"] {
        assert!(toolbox.recipes.contains_key(name), "{name}");
    }
    let own = offers(&document("a", ", recipes: [{name: ps, command: [mine]}]"));
    assert_eq!(own[0].toolbox.recipes["ps"].command, ["mine"]);
}

#[test]
fn the_command_line_goes_before_the_recipe_and_that_before_the_toolbox() {
    let toolbox = choose(&example(), &labels(&[]), Some("network-team")).unwrap().toolbox;
    let named = ProfileChoice::Named;
    let strace = toolbox.recipes.get("strace");
    assert_eq!(toolbox.profile(None, None), named(Profile::Netadmin));
    assert_eq!(toolbox.profile(None, toolbox.recipes.get("ps")), named(Profile::Netadmin));
    assert_eq!(toolbox.profile(None, strace), named(Profile::General));
    assert_eq!(toolbox.profile(Some(ProfileChoice::Auto), strace), ProfileChoice::Auto);
}

#[test]
fn every_program_of_the_recipes_is_in_the_image() {
    let tools = include_str!("../../../../images/toolbox/tools");
    let programs: Vec<&str> = tools
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(|line| line.split_whitespace().skip(1))
        .collect();
    for program in ["bash", "tcpdump", "curl", "kdig", "strace", "top", "ps"] {
        assert!(programs.contains(&program), "{program}");
    }
    let recipes = Toolbox::built_in().recipes;
    let started = recipes.values().filter_map(|recipe| {
        let script = recipe.command.get(2)?;
        script.split("exec ").nth(1)?.split_whitespace().next().map(str::to_owned)
    });
    for program in started {
        assert!(programs.contains(&program.as_str()), "{program}");
    }
}

#[test]
fn a_script_of_a_recipe_is_one_that_a_shell_reads() {
    for (name, recipe) in Toolbox::built_in().recipes {
        let Some(script) = recipe.command.get(2) else { continue };
        let status = std::process::Command::new("sh").args(["-n", "-c", script]).status().unwrap();
        assert!(status.success(), "{name}: {script}");
    }
}

#[test]
fn a_file_with_something_else_in_it_says_where() {
    let read = |text: &str| read_file(Path::new("t.yaml"), text.as_bytes()).unwrap_err();
    let first = document("a", "");
    assert_eq!(
        read(&format!("{first}---\nkind: Pod\napiVersion: v1\n")).to_string(),
        "t.yaml: document 2 is Pod of v1; a toolbox is a DebugToolbox of chandler.dev/v1alpha1"
    );
    assert_eq!(
        read(&first.replace("name: a", "labels: {}")).to_string(),
        "t.yaml: document 1 has no metadata.name"
    );
    let error = read(&first.replace("image:", "imago:"));
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(
        (error.to_string().as_str(), source.contains("image")),
        ("t.yaml: document 1 is no toolbox", true),
        "{source}"
    );
    assert_eq!(read("a: [").to_string(), "t.yaml is no YAML");
}
