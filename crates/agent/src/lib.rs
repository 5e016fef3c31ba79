//! Statistics in logs become Prometheus metrics, and no line is counted twice or not at all.
//!
//! [`rules`] says which files are read and what a line means; [`files`] finds lines, each once, whatever happens to their
//! files; a line becomes [`observation`]s, which [`series`] adds up; [`checkpoint`] writes how far files were read and what
//! the series are worth in one piece, and [`exposition`] shows only what was written.

mod bytes;
pub mod checkpoint;
pub mod engine;
pub mod exposition;
pub mod files;
pub mod metric;
pub mod observation;
pub mod program;
pub mod registration;
pub mod rules;
pub mod run;
pub mod series;
pub mod web;
