//! What tests of one chart have in common: they take turns.

use tokio::sync::Mutex;

/// What the chart makes has the same names in every release: one test at a time, since all may be in one cluster.
pub(crate) static ALONE: Mutex<()> = Mutex::const_new(());
