//! What holds for every pod, every patch and every pair of values.

mod diff;
mod generate;
mod merge;
