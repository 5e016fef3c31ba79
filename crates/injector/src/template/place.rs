//! From the words in which a merge names a place (`spec.containers[app].env[A]`) to the path in the patch's document.

use serde_json::Value;

use super::Segment;

/// The path that `words` mean in `document`, as far as the document goes along.
pub(crate) fn find_path(document: &Value, words: &str) -> Vec<Segment> {
    let mut path = Vec::new();
    let mut here = document;
    for step in steps(words) {
        let Some((segment, next)) = descend(here, step) else { break };
        path.push(segment);
        here = next;
    }
    path
}

/// `spec`, `containers`, `app`, `env`, `A`.
fn steps(words: &str) -> impl Iterator<Item = &str> {
    let fields = words.split('[').flat_map(|part| match part.split_once(']') {
        Some((label, rest)) => vec![label, rest],
        None => vec![part],
    });
    // Labels may hold dots; fields between them do not. A label stands at each odd place.
    fields.enumerate().flat_map(|(index, part)| {
        let parts: Vec<_> = if index % 2 == 1 { vec![part] } else { part.split('.').collect() };
        parts.into_iter().filter(|part| !part.is_empty())
    })
}

fn descend<'v>(here: &'v Value, step: &str) -> Option<(Segment, &'v Value)> {
    match here {
        Value::Object(members) => members.get(step).map(|next| (Segment::Key(step.to_owned()), next)),
        Value::Array(items) => {
            let index =
                step.parse().ok().or_else(|| items.iter().position(|item| is_labelled(item, step)))?;
            items.get(index).map(|next| (Segment::Index(index), next))
        }
        _ => None,
    }
}

/// Whether an item of a list is the one of this label: one of its texts or numbers starts it, as `80/TCP` is port 80's.
fn is_labelled(item: &Value, label: &str) -> bool {
    let first = label.split_once('/').map_or(label, |(first, _)| first);
    item.as_object().into_iter().flatten().any(|(_, value)| match value {
        Value::String(text) => text == label || text == first,
        Value::Number(number) => number.to_string() == first,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::problem::at;
    use serde_json::json;

    #[test]
    fn words_of_a_merge_become_a_path() {
        let document = json!({"spec": {"containers": [{"name": "a"}, {"name": "app.x", "ports": [{"containerPort": 80}]}]},
            "metadata": {"labels": {"a.b/c": 1}}});
        let found = |words| find_path(&document, words);
        assert_eq!(found("spec.containers[app.x].ports[80/TCP].x"), at!["spec", "containers", 1, "ports", 0]);
        assert_eq!(found("spec.containers[0].name"), at!["spec", "containers", 0, "name"]);
        assert_eq!(found("metadata.labels[a.b/c]"), at!["metadata", "labels", "a.b/c"]);
        assert_eq!(found("nothing.here"), at![]);
        assert_eq!(found("]][[.."), at![]);
    }
}
