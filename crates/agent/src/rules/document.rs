//! The document: `sources`, and what each of them may say. Every field is read here or in the modules below.

mod label;
mod metric;
mod names;
mod paths;
mod reach;

use std::time::Duration;

use jiff::tz::TimeZone;

use super::fault::{Complaint, Faults};
use super::fields::{Fields, Placed};
use super::node::{Node, Value};
use super::path::{Path, Root};
use super::registry::{Days, Registry};
use super::slots::Slots;
use super::source::{Compiled, InvalidUtf8, Source, Start};
use super::suffix::read_size;
use super::time::{EventTime, Format};
use crate::registration;
use label::LabelDocument;

/// Longest line, where nothing else is said.
const MAX_LINE: usize = 1024 * 1024;

/// Largest length of a line that a source may allow.
const MOST_MAX_LINE: usize = 64 * 1024 * 1024;

/// How long a day takes late events, where nothing else is said.
const LATENESS: Duration = Duration::from_secs(600);

/// How long a rotated file is read on, where nothing else is said.
const GRACE: Duration = Duration::from_secs(60);

/// Most sources of one file, and most metrics of one source.
const MAX_ITEMS: usize = 1_000;

/// What the rules of a source have in common.
struct Shared<'s> {
    days: Days,
    labels: Vec<LabelDocument>,
    time: Option<Path>,
    registry: &'s mut Registry,
}

/// The sources of a text. What is wrong is added to the faults; what is not wrong is compiled all the same, so that all
/// is found at once.
pub(super) fn compile(text: &str, registry: &mut Registry, faults: &mut Faults) -> Vec<Source> {
    let node = match Node::parse(text) {
        Ok(node) => node,
        Err((place, complaint)) => {
            faults.add(place, complaint);
            return Vec::new();
        }
    };
    if node.value == Value::Null {
        faults.add(node.place, Complaint::new("the file is empty", "write sources: and a list of them"));
        return Vec::new();
    }
    let Some(mut fields) = Fields::of(&node, "the document", faults) else { return Vec::new() };
    let sources = bounded(fields.list("sources", faults), "sources", faults);
    if fields.has("sources").is_none() {
        faults.add(
            node.place,
            Complaint::new("the document has no sources", "write sources: and a list of them"),
        );
    }
    if let Some(place) = fields.has(registration::BLOCK) {
        faults.add(place, Complaint::new(registration::MISSING, registration::ADVICE));
    }
    fields.finish(faults);
    sources.iter().filter_map(|source| compile_source(source, registry, faults)).collect()
}

fn bounded<'n>(items: &'n [Node], name: &str, faults: &mut Faults) -> &'n [Node] {
    let Some(first_beyond) = items.get(MAX_ITEMS) else { return items };
    let message = format!("there are {} {name}; {MAX_ITEMS} are allowed", items.len());
    faults.add(first_beyond.place, Complaint::new(message, "split them"));
    items.get(..MAX_ITEMS).unwrap_or_default()
}

fn compile_source(node: &Node, registry: &mut Registry, faults: &mut Faults) -> Option<Source> {
    let mut fields = Fields::of(node, "a source", faults)?;
    let name = fields.needed_text("name", faults);
    if let Some(name) = &name {
        registry.add_source(name.value, name.place, faults);
    }
    let name = name.map(|name| name.value.to_owned()).unwrap_or_default();
    let paths = paths::read(&mut fields, faults);
    fields.choice("format", &[("json", ())], faults);
    let (zone, zone_name) = read_zone(&mut fields, faults);
    let lateness = fields.duration("lateness", faults).map_or(LATENESS, |lateness| lateness.value);
    let mut slots = Slots::default();
    let (time, time_path) = read_time(&mut fields, &zone, &mut slots, faults).unzip();
    let labels = label::read_all(&mut fields, faults);
    let days = Days { source: name.clone(), zone: zone_name.clone(), lateness };
    let mut shared = Shared { days, labels, time: time_path, registry };
    let metrics = bounded(fields.list("metrics", faults), "metrics", faults);
    if metrics.is_empty() {
        faults
            .add(node.place, Complaint::new("the source has no metrics", "add metrics: and a list of them"));
    }
    let rules = metrics.iter().filter_map(|node| metric::compile(node, &mut shared, &mut slots, faults));
    let rules = rules.collect();
    let source = Source {
        name,
        paths,
        zone,
        zone_name,
        lateness,
        max_line: read_max_line(&mut fields, faults),
        invalid_utf8: fields
            .choice("invalidUtf8", &[("drop", InvalidUtf8::Drop), ("replace", InvalidUtf8::Replace)], faults)
            .map_or(InvalidUtf8::Drop, |choice| choice.value),
        start: fields
            .choice("start", &[("beginning", Start::Beginning), ("end", Start::End)], faults)
            .map_or(Start::Beginning, |choice| choice.value),
        grace: fields.duration("grace", faults).map_or(GRACE, |grace| grace.value),
        compiled: Compiled::new(slots, time, rules),
    };
    fields.finish(faults);
    Some(source)
}

/// UTC where nothing is said: what a machine is set to should not change what is counted.
fn read_zone(fields: &mut Fields<'_>, faults: &mut Faults) -> (TimeZone, String) {
    let Some(text) = fields.text("timeZone", faults) else { return (TimeZone::UTC, "UTC".to_owned()) };
    let zone = if text.value == "local" { TimeZone::try_system() } else { TimeZone::get(text.value) };
    let named = zone.ok().and_then(|zone| Some((zone.iana_name()?.to_owned(), zone)));
    if let Some((name, zone)) = named {
        return (zone, name);
    }
    let message = format!("timeZone is {:?}, which is no zone of the tz database", text.value);
    let advice = "write one such as Asia/Shanghai or UTC, or local for that of the machine";
    faults.add(text.place, Complaint::new(message, advice));
    (TimeZone::UTC, "UTC".to_owned())
}

fn read_time(
    fields: &mut Fields<'_>,
    zone: &TimeZone,
    slots: &mut Slots,
    faults: &mut Faults,
) -> Option<(EventTime, Path)> {
    let node = fields.node("time")?;
    let mut fields = Fields::of(node, "time", faults)?;
    let path = fields.needed_text("path", faults);
    let path = path.and_then(|path| faults.check(path.place, line_path(path.value)));
    let format = fields.needed_text("format", faults);
    let format = format.and_then(|format| faults.check(format.place, Format::parse(format.value, zone)));
    let or_now = fields.choice("missing", &[("drop", false), ("now", true)], faults);
    fields.finish(faults);
    let (path, format) = (path?, format?);
    let or_now = or_now.is_some_and(|choice| choice.value);
    Some((EventTime { slot: slots.slot(&path.steps), format, or_now }, path))
}

/// A path to one value of the line, not of an element.
fn line_path(text: &str) -> Result<Path, Complaint> {
    let path = Path::parse_constant(text)?;
    if path.root == Root::Line {
        return Ok(path);
    }
    Err(Complaint::new(
        format!("{text:?} stands for an element, and here there is none"),
        "write a path of the line",
    ))
}

fn read_max_line(fields: &mut Fields<'_>, faults: &mut Faults) -> usize {
    let Some(Placed { place, value }) = fields.text("maxLine", faults) else { return MAX_LINE };
    if let Some(size) = read_size(value).filter(|size| (1..=MOST_MAX_LINE).contains(size)) {
        return size;
    }
    let message = format!("maxLine is {value:?}, which is no size up to 64MiB");
    faults.add(place, Complaint::new(message, "write one such as 256KiB or 4MiB"));
    MAX_LINE
}
