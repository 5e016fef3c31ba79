//! Where this merge deliberately differs from Go's `strategicpatch`, by name. Nothing else differs: the
//! differential test compares all that is not listed here.

/// A deliberate difference from Go's strategic merge patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// The name by which tests and documents refer to it.
    pub name: &'static str,
    /// What happens there, and here.
    pub description: &'static str,
}

/// Every deliberate difference of [`strategic_merge`](crate::strategic_merge) from
/// `strategicpatch.StrategicMergePatch` with the types of `core/v1`.
pub const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "ports",
        description: "Go merges ports by containerPort alone, so that UDP replaces TCP of the same number; here \
                      containerPort and protocol together are the key, as in server-side apply, and an absent \
                      protocol is TCP",
    },
    Difference {
        name: "topology-spread",
        description: "Go merges topologySpreadConstraints by topologyKey alone; here topologyKey and \
                      whenUnsatisfiable together are the key, as in server-side apply",
    },
    Difference {
        name: "order",
        description: "Go puts the items of a patch in the patch's order and new ones before those that only the \
                      object has; here items keep the object's order and new ones go last in the patch's order. \
                      $setElementOrder means the same in both",
    },
    Difference {
        name: "unknown-fields",
        description: "Go fails when object and patch both hold an object or a list at a field that its types do not \
                      have, or $setElementOrder stands for such a field (and Go finds fields whatever the case of \
                      their letters); here such objects merge as maps and such lists are replaced",
    },
    Difference {
        name: "new-values",
        description: "Go copies what is new to the object (an absent field, an appended item, a replacement) partly \
                      cleaned: it drops objects that hold $patch, and may keep nulls and directives as text; here a \
                      new value is what merging it onto nothing gives, so directives act, nulls vanish, items of a \
                      keyed list need their key and those of one key become one",
    },
    Difference { name: "patch-merge", description: "Go refuses $patch: merge; here it states the default" },
    Difference {
        name: "malformed-directives",
        description: "a directive that is unknown, has a value of the wrong form, or stands where it cannot act \
                      ($patch: delete in an item of a list that is replaced, $deleteFromPrimitiveList beside an \
                      object) is an error everywhere; Go ignores or keeps some, panics on others, and fails when \
                      $setElementOrder stands beside null or lists without items only",
    },
];
