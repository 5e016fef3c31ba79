//! The status of a template as it should be.

use chandler_api::injection::PodCounts;
use chandler_api::{InjectionTemplateStatus, names};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;

use crate::notice::bounded;
use crate::serve::live::TemplateObject;

/// Longest message of a condition, in bytes.
const MAX_MESSAGE: usize = 1024;

/// The status that a template should have, from its object, the revision that serves and, once they are counted, its pods.
pub(super) fn status_of(
    object: &TemplateObject,
    revision: Option<&str>,
    pods: Option<PodCounts>,
    now: Timestamp,
) -> InjectionTemplateStatus {
    let before = object.status.clone().unwrap_or_default();
    let mut condition = compiled(object, revision);
    let known = before.conditions.iter().find(|known| known.type_ == condition.type_);
    // A second is as exact as the API server keeps it.
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now);
    condition.last_transition_time = match known {
        Some(known) if known.status == condition.status => known.last_transition_time.clone(),
        _ => Time(now),
    };
    InjectionTemplateStatus {
        observed_generation: object.generation,
        revision: revision.map(str::to_owned),
        conditions: vec![condition],
        pods: pods.or(before.pods),
    }
}

/// Whether the status of a template is not as it should be. Conditions of others are theirs.
pub(super) fn differs(object: &TemplateObject, wanted: &InjectionTemplateStatus) -> bool {
    let Some(mut status) = object.status.clone() else { return true };
    status.conditions.retain(|condition| condition.type_ == names::COMPILED);
    status != *wanted
}

fn compiled(object: &TemplateObject, revision: Option<&str>) -> Condition {
    let (status, reason, message) = match (&object.problems, revision) {
        (None, Some(revision)) => {
            ("True", names::REASON_IN_FORCE, format!("revision {revision} is in force"))
        }
        (problems, Some(_)) => {
            ("False", names::REASON_LAST_REVISION_SERVES, problems.clone().unwrap_or_default())
        }
        (problems, None) => ("False", names::REASON_NOTHING_SERVES, problems.clone().unwrap_or_default()),
    };
    Condition {
        type_: names::COMPILED.to_owned(),
        status: status.to_owned(),
        reason: reason.to_owned(),
        message: bounded(message, MAX_MESSAGE),
        observed_generation: object.generation,
        last_transition_time: Time(Timestamp::UNIX_EPOCH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn status_that_was_written_is_the_one_that_should_be() {
        let mut object = TemplateObject { generation: Some(3), ..TemplateObject::default() };
        let pods = PodCounts { matched: 1, injected: 1, ..PodCounts::default() };
        let first = status_of(&object, Some("0c1d"), Some(pods), at(10));
        assert_eq!((first.revision.as_deref(), first.observed_generation), (Some("0c1d"), Some(3)));
        assert_eq!(
            (first.conditions[0].status.as_str(), first.conditions[0].reason.as_str()),
            ("True", "InForce")
        );
        let stored = serde_json::to_value(&first).unwrap();
        object.status = serde_json::from_value(stored).unwrap();
        assert_eq!(status_of(&object, Some("0c1d"), Some(pods), at(99)), first);
        assert_eq!(
            status_of(&object, Some("0c1d"), None, at(99)),
            first,
            "counts stay until there are new ones"
        );
        assert!(!differs(&object, &first));
        let other = Condition { type_: "Reviewed".to_owned(), ..first.conditions[0].clone() };
        object.status.as_mut().unwrap().conditions.push(other);
        assert!(!differs(&object, &first), "a condition of another");
        assert!(differs(&object, &status_of(&object, Some("2222"), None, at(99))));
    }

    #[test]
    fn broken_template_says_what_is_wrong_and_what_serves() {
        let problems = Some("spec.patches[0]: unknown parameter".to_owned());
        let mut object = TemplateObject { generation: Some(4), problems, ..TemplateObject::default() };
        object.status = Some(status_of(&TemplateObject::default(), Some("0c1d"), None, at(10)));
        let broken = status_of(&object, Some("0c1d"), None, at(20));
        let condition = &broken.conditions[0];
        assert_eq!((condition.status.as_str(), condition.reason.as_str()), ("False", "LastRevisionServes"));
        assert_eq!(condition.message, "spec.patches[0]: unknown parameter");
        assert_eq!((broken.revision.as_deref(), broken.observed_generation), (Some("0c1d"), Some(4)));
        assert_eq!(condition.last_transition_time, Time(at(20)));
        assert_eq!(status_of(&object, None, None, at(20)).conditions[0].reason, "NothingServes");
    }

    #[test]
    fn message_is_bounded() {
        let object = TemplateObject { problems: Some("ä".repeat(2000)), ..TemplateObject::default() };
        assert!(status_of(&object, None, None, at(0)).conditions[0].message.len() <= MAX_MESSAGE);
    }
}
