//! A template on pods that are there: as if each came again.

use chandler_api::names;
use serde_json::Value;

use super::pod::inspect;
use super::read::text;
use super::{Look, Rank, Warning};
use crate::decision::{Settings, UnknownTemplates, Verdict, decide};
use crate::facts::{Namespace, Owner, Request, Review, metadata_map};
use crate::record::read_record;

/// Most pods that are named.
const MAX_NAMED: usize = 3;

/// What would go wrong with pods that are there.
pub(super) fn warnings(look: &Look<'_>) -> Vec<Warning> {
    let pods = look.surroundings.pods.iter().take_while(|_| look.has_time());
    let mut troubles = pods.filter(|pod| is_telling(look, pod)).filter_map(|pod| trouble(look, pod));
    let named: Vec<Warning> =
        troubles.by_ref().take(MAX_NAMED).map(|text| Warning::new(Rank::RealPod, text)).collect();
    let more = troubles.count();
    let rest = format!("and {more} more pods that were looked at would fail");
    named.into_iter().chain((more > 0).then(|| Warning::new(Rank::RealPod, rest))).collect()
}

/// A pod that carries the template already is no witness: what it has may be of an earlier revision.
fn is_telling(look: &Look<'_>, pod: &Value) -> bool {
    let namespace = namespace_of(pod);
    let annotations = metadata_map(pod, "annotations");
    let annotation = |key: &str| annotations.and_then(|all| all.get(key)).and_then(Value::as_str);
    let mut recorded = read_record(annotation(names::INJECTED).unwrap_or_default(), namespace);
    annotation(names::MIRROR_POD).is_none()
        && !recorded.any(|entry| entry.reference == look.template.reference)
}

fn trouble(look: &Look<'_>, pod: &Value) -> Option<String> {
    let injector = look.surroundings.injector;
    let settings = Settings { unknown_templates: UnknownTemplates::Warn, ..injector.settings.clone() };
    let unknown = Namespace::named(namespace_of(pod));
    let namespace = injector.namespaces.get(namespace_of(pod)).map_or(&unknown, AsRef::as_ref);
    let review = Review { pod, namespace, owner: Owner::of_pod(pod), request: Request::default() };
    let decision = decide(&look.subject.set, &settings, &review);
    let name = format!("{}/{}", namespace.name(), text(pod.get("metadata")?, "name"));
    if let Verdict::Failed(failure) = &decision.outcomes.first()?.verdict {
        return Some(format!("the template would fail on the pod {name}: {failure}"));
    }
    let before = inspect(pod);
    let found = inspect(decision.pod.as_ref()?).into_iter().find(|finding| !before.contains(finding))?;
    Some(format!("the pod {name} would be refused: {}: {}", found.path(), found.message))
}

fn namespace_of(pod: &Value) -> &str {
    pod.get("metadata").map(|metadata| text(metadata, "namespace")).unwrap_or_default()
}
