//! What the fuzz targets share: JSON values out of a fuzzer's bytes, and what must hold of results.
//!
//! An [`Input`] is two values. `any` reads every JSON value and can write it, so that seeds can be made;
//! `guided` reads pods and containers along the API's own fields, so that most inputs mean something.

pub mod agent;
pub mod any;
pub mod bytes;
pub mod check;
pub mod guided;
pub mod hostile;
pub mod input;
mod vocabulary;

pub use input::{Input, Subject};
