//! `paths`: which files a source reads, as the patterns by which they are found.

use crate::files::PathPattern;
use crate::rules::fault::{Complaint, Faults};
use crate::rules::fields::{Fields, text_of};
use crate::rules::node::Value;

/// Most paths of a source.
const MAX_PATHS: usize = 1_000;

/// The patterns, in their order.
pub(super) fn read(fields: &mut Fields<'_>, faults: &mut Faults) -> Vec<PathPattern> {
    let one = fields.node("paths").filter(|node| matches!(node.value, Value::Text(_)));
    let nodes = match one {
        Some(node) => std::slice::from_ref(node),
        None => fields.list("paths", faults),
    };
    if nodes.is_empty() || nodes.len() > MAX_PATHS {
        let message = format!("the source has {} paths; from 1 to {MAX_PATHS} are allowed", nodes.len());
        faults.add(
            fields.place,
            Complaint::new(message, "add paths: with names of files, such as /var/log/game/*.log"),
        );
    }
    let texts = nodes.iter().take(MAX_PATHS).filter_map(|node| text_of(node, "a path", faults));
    let texts: Vec<_> = texts.collect();
    let patterns = texts.into_iter().filter_map(|text| faults.check(text.place, parse(text.value)));
    patterns.collect()
}

fn parse(path: &str) -> Result<PathPattern, Complaint> {
    PathPattern::parse(path).map_err(|error| Complaint::new(error.to_string(), error.advice()))
}
