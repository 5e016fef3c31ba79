//! What the benchmarks share: the [`inputs`] that are measured, [`admission`] at a real API server, [`sessions`]
//! on a real kubelet, the [`agent`] beside mtail, the [`program`] that is run as a user runs it, the
//! [`samples`] that Criterion leaves behind, and the [`figures`] that become a [`table`] and a [`plot`].

pub mod admission;
pub mod agent;
pub mod figures;
pub mod inputs;
pub mod page;
pub mod plot;
pub mod program;
pub mod samples;
pub mod sessions;
pub mod table;
