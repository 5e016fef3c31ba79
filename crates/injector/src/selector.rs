//! Label selectors, compiled from the Kubernetes form and checked as the API server checks them.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use serde_json::{Map, Value};
use thiserror::Error;

/// A compiled label selector.
#[derive(Debug, Clone, Default)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// Why a label selector does not compile.
#[derive(Debug, Clone, Error, PartialEq, Eq)]
pub enum SelectorError {
    /// The operator is none of the four that Kubernetes knows.
    #[error("unknown operator {operator:?} for label {key:?}: use In, NotIn, Exists or DoesNotExist")]
    UnknownOperator {
        /// The label.
        key: String,
        /// What stands there.
        operator: String,
    },
    /// `In` and `NotIn` need values.
    #[error("the operator {operator} for label {key:?} needs values")]
    MissingValues {
        /// The label.
        key: String,
        /// The operator.
        operator: String,
    },
    /// `Exists` and `DoesNotExist` take none.
    #[error("the operator {operator} for label {key:?} takes no values")]
    SurplusValues {
        /// The label.
        key: String,
        /// The operator.
        operator: String,
    },
}

impl Selector {
    /// Compiles a selector; an empty one selects everything.
    ///
    /// # Errors
    /// An operator that Kubernetes does not know, or values where none or some are due.
    pub fn compile(source: &LabelSelector) -> Result<Self, SelectorError> {
        let labels = source.match_labels.iter().flatten().map(|(key, value)| {
            Ok(Requirement { key: key.clone(), operator: Operator::In, values: vec![value.clone()] })
        });
        let expressions = source.match_expressions.iter().flatten().map(Requirement::compile);
        Ok(Self { requirements: labels.chain(expressions).collect::<Result<_, _>>()? })
    }

    /// Whether everything is selected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether an object with these labels is selected.
    #[must_use]
    pub fn matches(&self, labels: Option<&Map<String, Value>>) -> bool {
        self.requirements.iter().all(|requirement| {
            let value = labels.and_then(|labels| labels.get(&requirement.key)).and_then(Value::as_str);
            requirement.holds(value)
        })
    }
}

impl Requirement {
    fn compile(source: &LabelSelectorRequirement) -> Result<Self, SelectorError> {
        let (key, operator) = (source.key.clone(), source.operator.clone());
        let values = source.values.clone().unwrap_or_default();
        let compiled = match operator.as_str() {
            "In" => Operator::In,
            "NotIn" => Operator::NotIn,
            "Exists" => Operator::Exists,
            "DoesNotExist" => Operator::DoesNotExist,
            _ => return Err(SelectorError::UnknownOperator { key, operator }),
        };
        match (compiled, values.is_empty()) {
            (Operator::In | Operator::NotIn, true) => Err(SelectorError::MissingValues { key, operator }),
            (Operator::Exists | Operator::DoesNotExist, false) => {
                Err(SelectorError::SurplusValues { key, operator })
            }
            _ => Ok(Self { key, operator: compiled, values }),
        }
    }

    fn holds(&self, value: Option<&str>) -> bool {
        let listed = || value.is_some_and(|value| self.values.iter().any(|allowed| allowed == value));
        match self.operator {
            Operator::In => listed(),
            Operator::NotIn => !listed(),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn matches(selector: Value, labels: Value) -> bool {
        let source: LabelSelector = serde_json::from_value(selector).unwrap();
        Selector::compile(&source).unwrap().matches(labels.as_object())
    }

    #[test]
    fn empty_selector_selects_everything() {
        assert!(matches(json!({}), json!({})));
        assert!(matches(json!({}), Value::Null));
    }

    #[test]
    fn every_requirement_must_hold() {
        let selector =
            json!({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "Exists"}]});
        assert!(matches(selector.clone(), json!({"a": "1", "b": ""})));
        assert!(!matches(selector.clone(), json!({"a": "1"})));
        assert!(!matches(selector, json!({"a": "2", "b": ""})));
    }

    #[test]
    fn not_in_selects_objects_without_the_label() {
        let selector = json!({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["1"]}]});
        assert!(matches(selector.clone(), json!({})));
        assert!(matches(selector.clone(), json!({"a": "2"})));
        assert!(!matches(selector, json!({"a": "1"})));
    }

    #[test]
    fn operators_are_checked_as_the_api_server_does() {
        let errors = [("Equals", json!(["1"])), ("In", json!([])), ("Exists", json!(["1"]))].map(
            |(operator, values)| {
                let source =
                    json!({"matchExpressions": [{"key": "a", "operator": operator, "values": values}]});
                Selector::compile(&serde_json::from_value(source).unwrap()).unwrap_err().to_string()
            },
        );
        assert_eq!(
            errors[0],
            "unknown operator \"Equals\" for label \"a\": use In, NotIn, Exists or DoesNotExist"
        );
        assert_eq!(errors[1], "the operator In for label \"a\" needs values");
        assert_eq!(errors[2], "the operator Exists for label \"a\" takes no values");
    }
}
