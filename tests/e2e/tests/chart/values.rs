//! The values of the chart: each has a description, which is also in the documentation, and a place in the schema.

use std::path::PathBuf;

use chandler_e2e::{Helm, documents_of, repository};
use serde_json::Value;

/// Where the table of the documentation begins and ends.
const MARKS: [&str; 2] = ["<!-- values -->\n", "<!-- end of values -->"];

/// A value, as the comments above it describe it.
struct Described {
    path: Vec<String>,
    description: String,
}

#[test]
fn documentation_describes_every_value_as_the_chart_does() {
    let file: PathBuf = repository().join("docs/install.md");
    let page = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = page.split_once(MARKS[0]).unwrap();
    let (table, after) = rest.split_once(MARKS[1]).unwrap();
    let wanted = table_of(&described(), &values());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, format!("{before}{}{wanted}{}{after}", MARKS[0], MARKS[1])).unwrap();
        return;
    }
    assert_eq!(table, wanted, "UPDATE_GOLDEN=1 writes the table anew");
}

#[test]
fn every_value_is_described_once() {
    let (described, values) = (described(), values());
    let mut leaves = Vec::new();
    gather_leaves(&values, &mut Vec::new(), &mut leaves);
    for leaf in leaves {
        let count = described.iter().filter(|value| leaf.starts_with(&value.path)).count();
        assert_eq!(count, 1, "descriptions of {}", leaf.join("."));
    }
}

#[test]
fn schema_knows_the_values_and_no_others() {
    let schema = std::fs::read_to_string(Helm::chart().join("values.schema.json")).unwrap();
    compare(&values(), &serde_json::from_str(&schema).unwrap(), "");
}

/// Each object that the schema describes is closed, and its properties are the keys of the values.
fn compare(values: &Value, schema: &Value, path: &str) {
    let (Some(fields), Some(properties)) = (values.as_object(), schema["properties"].as_object()) else {
        return;
    };
    assert_eq!(schema["additionalProperties"], false, "{path} takes what nobody knows");
    for (key, value) in fields {
        let property = properties.get(key).unwrap_or_else(|| panic!("the schema has no {path}.{key}"));
        compare(value, property, &format!("{path}.{key}"));
    }
    // Empty ones are described by the schema alone, and so are kinds of resources.
    if !fields.is_empty() && !path.contains("resources") {
        let unknown: Vec<_> =
            properties.keys().filter(|key| !fields.contains_key(*key) && *key != "global").collect();
        assert!(unknown.is_empty(), "{path} has no {unknown:?}");
    }
}

fn values() -> Value {
    documents_of(&Helm::chart().join("values.yaml")).unwrap().remove(0)
}

fn gather_leaves(value: &Value, path: &mut Vec<String>, leaves: &mut Vec<Vec<String>>) {
    match value.as_object().filter(|fields| !fields.is_empty()) {
        Some(fields) => {
            for (key, value) in fields {
                path.push(key.clone());
                gather_leaves(value, path, leaves);
                path.pop();
            }
        }
        None => leaves.push(path.clone()),
    }
}

/// The values with comments above them.
fn described() -> Vec<Described> {
    let text = std::fs::read_to_string(Helm::chart().join("values.yaml")).unwrap();
    let (mut described, mut comments, mut open) = (Vec::new(), Vec::new(), Vec::<(usize, String)>::new());
    for line in text.lines() {
        let content = line.trim_start();
        let depth = line.len() - content.len();
        if let Some(comment) = content.strip_prefix("# ") {
            comments.push(comment.to_owned());
        } else if let Some((key, _)) = content.split_once(':').filter(|_| !content.starts_with('-')) {
            open.retain(|(other, _)| *other < depth);
            open.push((depth, key.to_owned()));
            let path = open.iter().map(|(_, key)| key.clone()).collect();
            if !comments.is_empty() {
                described.push(Described { path, description: std::mem::take(&mut comments).join(" ") });
            }
        } else {
            comments.clear();
        }
    }
    described
}

fn table_of(described: &[Described], values: &Value) -> String {
    let mut table = String::from("\n| Value | Default | What it is for |\n|---|---|---|\n");
    for Described { path, description } in described {
        let default = values.pointer(&format!("/{}", path.join("/"))).unwrap();
        table.push_str(&format!("| `{}` | `{default}` | {description} |\n", path.join(".")));
    }
    table.push('\n');
    table
}
