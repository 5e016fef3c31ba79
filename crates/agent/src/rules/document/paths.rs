//! `paths`: which files a source reads. They are only checked here; the days in them change.

use globset::GlobBuilder;
use jiff::fmt::strtime;
use jiff::{Timestamp, tz::TimeZone};

use crate::rules::fault::{Complaint, Faults};
use crate::rules::fields::{Fields, text_of};
use crate::rules::node::Value;

/// Most paths of a source.
const MAX_PATHS: usize = 1_000;

/// Longest path, in bytes, as Linux has it.
const MAX_LENGTH: usize = 4096;

/// The paths, as they were written.
pub(super) fn read(fields: &mut Fields<'_>, faults: &mut Faults) -> Vec<String> {
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
    let checked = texts.into_iter().filter_map(|text| {
        faults.check(text.place, check(text.value))?;
        Some(text.value.to_owned())
    });
    checked.collect()
}

fn check(path: &str) -> Result<(), Complaint> {
    let refused = |why: &str, advice: &str| Err(Complaint::new(format!("the path {path:?} {why}"), advice));
    if !path.starts_with('/') || path.len() > MAX_LENGTH || path.contains('\0') {
        return refused("is not absolute, or too long", "begin it with /");
    }
    let probe = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    let Ok(named) = strtime::format(path, &probe) else {
        return refused(
            "has an unknown % in it",
            "use the conversions of strftime, such as %Y-%m-%d, and %% for a %",
        );
    };
    if let Err(error) = GlobBuilder::new(&named).literal_separator(true).build() {
        return refused(
            &format!("is no pattern: {}", error.kind()),
            "use *, ?, [abc] and {a,b}; \\ before a sign takes it as it is",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_days_and_wildcards() {
        for path in ["/a", "/var/log/game/stat-%Y-%m-%d.log", "/a/*.log*", "/a/{b,c}-[0-9]?.log", "/100%%"] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
        for path in ["", "a", "./a", "/a%", "/a-%!", "/a[", "/a{b"] {
            assert!(check(path).is_err(), "{path}");
        }
    }
}
