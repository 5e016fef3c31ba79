//! Why a patch does not merge. Every error names the place in the pod, as `spec.containers[app].env[A].value`.

use crate::report::Conflict;

/// Why a patch is wrong, or does not fit the pod.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// The value at a place has another type than the API has there.
    #[error("{path}: expected {expected}")]
    ReadValue {
        /// Where.
        path: String,
        /// What belongs there, with its article.
        expected: &'static str,
    },
    /// An item of a list that merges by key has no key.
    #[error("{path}: an item has no {key}, by which the list merges")]
    FindKey {
        /// The item.
        path: String,
        /// The field that is missing.
        key: &'static str,
    },
    /// Two items of one list in a patch have one key and different fields.
    #[error("{path}: the patch has several items of that key")]
    RepeatItem {
        /// The second item.
        path: String,
    },
    /// A list that merges as a set, or a list of deletions, mixes types or holds more than scalars.
    #[error("{path}: the items are not scalars of one type")]
    CompareItems {
        /// The list.
        path: String,
    },
    /// `$patch` has a value that is none of `merge`, `replace` and `delete`.
    #[error("{path}: $patch is none of merge, replace and delete")]
    ReadVerb {
        /// The object that holds the directive.
        path: String,
    },
    /// A key starts with `$` and is no directive.
    #[error("{path}: unknown directive {directive:?}")]
    FindDirective {
        /// The object that holds the directive.
        path: String,
        /// The key.
        directive: String,
    },
    /// The value of a directive has the wrong form.
    #[error("{path}: {directive} takes {expected}")]
    ReadDirective {
        /// The object that holds the directive.
        path: String,
        /// The directive.
        directive: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A directive stands where it has no meaning.
    #[error("{path}: {directive} has no place here: {hint}")]
    PlaceDirective {
        /// The object that holds the directive.
        path: String,
        /// The directive.
        directive: &'static str,
        /// What holds instead.
        hint: String,
    },
    /// A field is set, but `$retainKeys` does not list it.
    #[error("{path}: the field is set but $retainKeys does not list it")]
    RetainKeys {
        /// The field.
        path: String,
    },
    /// The order of items in a patch is not the order of `$setElementOrder`.
    #[error("{path}: the items do not follow the order of $setElementOrder")]
    OrderItems {
        /// The list.
        path: String,
    },
    /// A patch is nested too deep.
    #[error("{path}: nested too deep")]
    Descend {
        /// Where the limit was reached.
        path: String,
    },
    /// A patch touches what no patch may change.
    #[error("{path}: a patch may not touch this field")]
    TouchField {
        /// The field.
        path: String,
    },
    /// A container name stands in two lists of the pod.
    #[error("{path}: a container of that name is also in {other}")]
    NameContainer {
        /// The container of the patch.
        path: String,
        /// The other list.
        other: &'static str,
    },
    /// A new container, one with `$position`, is already there with another image.
    #[error("{path}: $position adds a container, but the pod has one of that name with another image")]
    AddContainer {
        /// The container.
        path: String,
    },
    /// Containers stand before or after each other in a circle.
    #[error("{path}: $position goes in a circle: {cycle}")]
    PlaceContainers {
        /// The list.
        path: String,
        /// The names, in order.
        cycle: String,
    },
    /// A patch sets two fields of which an object has one.
    #[error("{path}: only one of {first} and {second} may be set")]
    Choose {
        /// The object.
        path: String,
        /// One field.
        first: String,
        /// The other.
        second: String,
    },
    /// A patch of one container gives it another name.
    #[error("{path}: a patch may not rename a container")]
    RenameContainer {
        /// The name.
        path: String,
    },
    /// The pod holds other values and the policy is to fail.
    #[error("the pod has other values: {}", paths(.conflicts))]
    Overwrite {
        /// Every place where patch and pod differ; at least one.
        conflicts: Vec<Conflict>,
    },
}

fn paths(conflicts: &[Conflict]) -> String {
    conflicts.iter().map(|conflict| conflict.path.as_str()).collect::<Vec<_>>().join(", ")
}

impl MergeError {
    /// The place that the error is about; of several conflicts the first.
    pub fn path(&self) -> &str {
        match self {
            Self::Overwrite { conflicts } => conflicts.first().map_or("", |conflict| conflict.path.as_str()),
            Self::ReadValue { path, .. }
            | Self::FindKey { path, .. }
            | Self::RepeatItem { path }
            | Self::CompareItems { path }
            | Self::ReadVerb { path }
            | Self::FindDirective { path, .. }
            | Self::ReadDirective { path, .. }
            | Self::PlaceDirective { path, .. }
            | Self::RetainKeys { path }
            | Self::OrderItems { path }
            | Self::Descend { path }
            | Self::TouchField { path }
            | Self::NameContainer { path, .. }
            | Self::AddContainer { path }
            | Self::PlaceContainers { path, .. }
            | Self::Choose { path, .. }
            | Self::RenameContainer { path } => path,
        }
    }

    /// The kind of the error, from a closed set: a metric label or a condition reason.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::ReadValue { .. } => "UnexpectedType",
            Self::FindKey { .. } => "MissingMergeKey",
            Self::RepeatItem { .. } => "RepeatedItem",
            Self::CompareItems { .. } => "MixedItems",
            Self::ReadVerb { .. } => "UnknownPatchVerb",
            Self::FindDirective { .. } => "UnknownDirective",
            Self::ReadDirective { .. } => "MalformedDirective",
            Self::PlaceDirective { .. } => "MisplacedDirective",
            Self::RetainKeys { .. } => "FieldNotRetained",
            Self::OrderItems { .. } => "WrongElementOrder",
            Self::Descend { .. } => "NestedTooDeep",
            Self::TouchField { .. } => "ProtectedField",
            Self::NameContainer { .. } => "ContainerNameClash",
            Self::AddContainer { .. } => "ContainerExists",
            Self::PlaceContainers { .. } => "PositionCycle",
            Self::Choose { .. } => "SeveralAlternatives",
            Self::RenameContainer { .. } => "ContainerRenamed",
            Self::Overwrite { .. } => "Conflict",
        }
    }
}
