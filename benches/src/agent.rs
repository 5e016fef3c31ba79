//! What the agent costs: lines a second beside mtail and beside reading JSON alone, memory and scrapes with many series,
//! and idle logs.

pub mod lines;
pub mod program;
pub mod speed;
