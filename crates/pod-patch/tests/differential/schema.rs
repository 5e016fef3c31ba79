//! What Go's struct tags say of each field of a pod, as the oracle prints it. It drives the
//! generators, so that they reach every field, and the comparison, which needs the keyed lists.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The type at the root.
pub(crate) const POD: &str = "io.k8s.api.core.v1.Pod";

/// Fields by JSON name.
pub(crate) type Fields = BTreeMap<String, Field>;

/// The struct types of a pod by OpenAPI name.
#[derive(Deserialize)]
pub(crate) struct Schema(pub(crate) BTreeMap<String, Fields>);

/// One field of a struct.
#[derive(Deserialize, Clone)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Field {
    patch_strategy: String,
    pub(crate) patch_merge_key: String,
    pub(crate) kind: String,
    pub(crate) element: String,
    #[serde(rename = "type", default)]
    pub(crate) type_name: Option<String>,
}

impl Schema {
    /// The fields of a type, none where the type is unknown.
    pub(crate) fn fields(&self, type_name: &str) -> Option<&Fields> {
        self.0.get(type_name)
    }
}

impl Field {
    /// Whether lists of this field merge.
    pub(crate) fn merges(&self) -> bool {
        self.kind == "slice" && self.patch_strategy.split(',').any(|strategy| strategy == "merge")
    }

    /// The field that tells items of a merging list of objects apart.
    pub(crate) fn merge_key(&self) -> Option<&str> {
        (self.merges() && !self.patch_merge_key.is_empty()).then_some(self.patch_merge_key.as_str())
    }
}
