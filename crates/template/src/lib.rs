//! YAML documents with `{{ }}` expressions in their scalar leaves, and typed parameters.
//!
//! A [`Document`] is compiled once and rendered often. Rendering fills leaves and can never add a key, a list
//! item or a container that the document does not spell out, whatever the values contain.
//! Values come from a [`Context`]; [`Parameter`]s turn texts from outside into values.
//!
//! ```
//! use chandler_template::{Context, Document, Rendered};
//! use serde_json::json;
//!
//! let source = json!({"ports": [{"containerPort": "{{params.port}}"}], "args": ["--port={{params.port}}"]});
//! let document = Document::compile(&source, &["params"]).unwrap();
//! let params = json!({"port": 8080});
//! let Rendered::Value(rendered) = document.render(&Context::new().with("params", &params)).unwrap() else {
//!     panic!("nothing drops this document");
//! };
//! assert_eq!(*rendered, json!({"ports": [{"containerPort": 8080}], "args": ["--port=8080"]}));
//! ```

mod context;
mod document;
mod error;
mod excerpt;
mod expression;
pub mod functions;
mod location;
mod parameter;
mod tags;

pub use context::Context;
pub use document::{Document, Rendered};
pub use error::{CompileError, CompileErrorKind, Nearest, RenderError, RenderErrorKind};
pub use location::{Segment, format_path};
pub use parameter::{
    Definition, Parameter, ParameterError, ParameterErrorKind, ParameterType, UnknownParameterType,
};
