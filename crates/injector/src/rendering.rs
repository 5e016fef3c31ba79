//! The patches of a template with the values of one decision in them.

use std::borrow::Cow;

use chandler_template::{Context, Document, RenderError, Rendered};
use serde_json::Value;
use thiserror::Error;

use crate::facts::Facts;
use crate::template::{CompiledPatch, ContainerSelector, Template};

/// A patch that is ready to be applied.
#[derive(Debug, Clone)]
pub(crate) struct RenderedPatch<'t> {
    /// Which patch of the template.
    pub(crate) index: usize,
    pub(crate) action: RenderedAction<'t>,
}

/// What a patch does. Constant values are borrowed from the template.
#[derive(Debug, Clone)]
pub(crate) enum RenderedAction<'t> {
    Pod(Cow<'t, Value>),
    Containers { selector: &'t ContainerSelector, patch: Cow<'t, Value> },
    Json(json_patch::Patch),
}

/// Why a patch has no values.
#[derive(Debug, Clone, Error)]
pub enum RenderPatchError {
    /// An expression failed.
    #[error("patches[{index}]: {error}")]
    Render {
        /// Which patch of the template.
        index: usize,
        /// Why.
        error: RenderError,
    },
    /// The operations of a `json` patch are none after rendering.
    #[error("patches[{index}].json: {message}")]
    Operations {
        /// Which patch of the template.
        index: usize,
        /// Why.
        message: String,
    },
}

/// Renders every patch of a template; those whose `$if` is false are left out.
///
/// # Errors
/// An expression fails, or the operations of a `json` patch are not legal ones.
pub(crate) fn render_patches<'t>(
    template: &'t Template,
    facts: &Facts<'_>,
    parameters: &Value,
) -> Result<Vec<RenderedPatch<'t>>, RenderPatchError> {
    let context = facts
        .variables()
        .into_iter()
        .fold(Context::new().with("params", parameters), |context, (name, value)| context.with(name, value));
    let rendered =
        template.patches.iter().enumerate().map(|(index, patch)| render_patch(index, patch, &context));
    rendered.filter_map(Result::transpose).collect()
}

fn render_patch<'t>(
    index: usize,
    patch: &'t CompiledPatch,
    context: &Context<'_>,
) -> Result<Option<RenderedPatch<'t>>, RenderPatchError> {
    let render = |document: &'t Document| match document.render(context) {
        Ok(Rendered::Value(value)) => Ok(Some(value)),
        Ok(Rendered::Absent) => Ok(None),
        Err(error) => Err(RenderPatchError::Render { index, error }),
    };
    let action = match patch {
        CompiledPatch::Pod(document) => render(document)?.map(RenderedAction::Pod),
        CompiledPatch::Containers { selector, patch } => {
            render(patch)?.map(|patch| RenderedAction::Containers { selector, patch })
        }
        CompiledPatch::Json(document) => match render(document)? {
            Some(operations) => Some(RenderedAction::Json(read_operations(index, operations.into_owned())?)),
            None => None,
        },
    };
    Ok(action.map(|action| RenderedPatch { index, action }))
}

fn read_operations(index: usize, operations: Value) -> Result<json_patch::Patch, RenderPatchError> {
    serde_json::from_value(operations)
        .map_err(|error| RenderPatchError::Operations { index, message: error.to_string() })
}
