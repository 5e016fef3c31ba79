//! What the type takes, leaves out and fills in.

use super::*;
use serde_json::json;

#[test]
fn defaults_are_filled_in() {
    let spec: DebugToolboxSpec = serde_json::from_value(json!({"image": "tools:1"})).unwrap();
    assert_eq!((spec.profile, spec.default), (DebugProfile::Auto, false));
    assert!(spec.namespace_selector.is_none());
    let recipe: DebugRecipe = serde_json::from_value(json!({"name": "a", "command": ["b"]})).unwrap();
    assert_eq!((recipe.view, recipe.terminal, recipe.profile), (RecipeView::Target, false, None));
}

#[test]
fn a_mount_keeps_fields_that_are_not_known_here() {
    let mount = json!({"name": "a", "mountPath": "/a", "readOnly": true, "fromTheFuture": {"x": 1}});
    let read: VolumeMountReference = serde_json::from_value(mount.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), mount);
}
