//! The world around `chandler-agent` in tests: an [`event`] is written to a [`log`] and added to the [`truth`], an
//! [`agent`] runs as a process that may be killed, a [`scraper`] looks at its [`page`]s, and a [`round`] lets all of
//! that happen as [`random`] numbers of a seed say.

pub mod agent;
pub mod event;
pub mod log;
pub mod number;
pub mod page;
pub mod random;
pub mod round;
pub mod scraper;
pub mod truth;
