//! `labels`: a path, a text with paths in `{{ }}`, or a mapping with `path` or `text`, `required` and `default`.

use super::names::check_label;
use crate::rules::fault::{Complaint, Faults, Place};
use crate::rules::fields::Fields;
use crate::rules::label::{LabelReader, Part};
use crate::rules::node::{Member, Value};
use crate::rules::path::Path;
use crate::rules::scope::Places;

/// Most labels of a metric.
const MAX_LABELS: usize = 32;

/// A label as it is written.
#[derive(Debug, Clone)]
pub(super) struct LabelDocument {
    pub(super) place: Place,
    pub(super) name: String,
    /// None where a metric takes a label of its source away with null.
    parts: Option<Vec<Piece>>,
    required: bool,
    default: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Path(Path),
}

/// The labels of a source or a metric.
pub(super) fn read_all(fields: &mut Fields<'_>, faults: &mut Faults) -> Vec<LabelDocument> {
    let members = fields.map("labels", faults);
    if let Some(beyond) = members.get(MAX_LABELS) {
        let message = format!("there are {} labels; {MAX_LABELS} are allowed", members.len());
        faults.add(beyond.place, Complaint::new(message, "leave out what nobody asks for"));
    }
    members.iter().take(MAX_LABELS).filter_map(|member| read(member, faults)).collect()
}

/// The labels of a source, with those of the metric over them, by name.
pub(super) fn merge(shared: &[LabelDocument], own: Vec<LabelDocument>) -> Vec<LabelDocument> {
    let mut all: Vec<_> =
        shared.iter().filter(|label| own.iter().all(|other| other.name != label.name)).cloned().collect();
    all.extend(own);
    all.retain(|label| label.parts.is_some());
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all
}

fn read(member: &Member, faults: &mut Faults) -> Option<LabelDocument> {
    let name = faults.check(member.place, check_label(&member.key).map(|()| member.key.clone()))?;
    let place = member.node.place;
    let document = |parts, required, default| LabelDocument { place, name, parts, required, default };
    match &member.node.value {
        Value::Null => Some(document(None, false, String::new())),
        Value::Text(text) => {
            let parsed = if text.contains("{{") { pieces(text) } else { path(text) };
            Some(document(Some(faults.check(place, parsed)?), false, String::new()))
        }
        Value::Map(_) => {
            let mut fields = Fields::of(&member.node, "a label", faults)?;
            let parts = long_form(&mut fields, faults);
            let required = fields.flag("required", faults).unwrap_or(false);
            let default = fields.text("default", faults).map(|text| text.value.to_owned());
            fields.finish(faults);
            if required && default.is_some() {
                let advice = "leave out one of them";
                faults
                    .add(place, Complaint::new("a label that is required has no use for a default", advice));
            }
            Some(document(Some(parts?), required, default.unwrap_or_default()))
        }
        _ => {
            let message = format!("the label {} is {}", member.key, member.node.kind());
            let advice = "write a path such as pay.channel, or {text: prod} for a constant";
            faults.add(place, Complaint::new(message, advice));
            None
        }
    }
}

fn long_form(fields: &mut Fields<'_>, faults: &mut Faults) -> Option<Vec<Piece>> {
    let written = (fields.text("path", faults), fields.text("text", faults));
    match written {
        (Some(text), None) => faults.check(text.place, path(text.value)),
        (None, Some(text)) => faults.check(text.place, pieces(text.value)),
        _ => {
            let advice = "write path: pay.channel, or text: prod, or text: \"{{a}}-{{b}}\"";
            faults.add(fields.place, Complaint::new("a label has either a path or a text", advice));
            None
        }
    }
}

fn path(text: &str) -> Result<Vec<Piece>, Complaint> {
    Path::parse_constant(text).map(|path| vec![Piece::Path(path)])
}

/// The pieces of a text with paths in `{{ }}`.
fn pieces(text: &str) -> Result<Vec<Piece>, Complaint> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((path, behind)) = behind.split_once("}}") else {
            return Err(Complaint::new(
                format!("the text {text:?} has a {{{{ without an end"),
                "close it with }}",
            ));
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Path(Path::parse_constant(path.trim())?));
        rest = behind;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

impl LabelDocument {
    /// The paths that it reads.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.parts.iter().flatten().filter_map(|piece| match piece {
            Piece::Path(path) => Some(path),
            Piece::Text(_) => None,
        })
    }

    /// The label, with places for what it reads.
    pub(super) fn resolve(&self, places: &mut Places<'_>) -> Result<LabelReader, Complaint> {
        let parts = self.parts.iter().flatten().map(|piece| match piece {
            Piece::Text(text) => Ok(Part::Text(text.as_str().into())),
            Piece::Path(path) => places.origin(path).map(Part::Value),
        });
        let parts = parts.collect::<Result<_, _>>()?;
        Ok(LabelReader { parts, required: self.required, default: self.default.as_str().into() })
    }
}
