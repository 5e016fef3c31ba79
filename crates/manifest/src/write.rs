//! Writes values: as new YAML, or in the form that a document had.

mod document;
mod scalar;
mod yaml;

pub use document::write_document;
pub use yaml::write_yaml;
