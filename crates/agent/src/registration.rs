//! The place of registration: an agent that announces itself and other exporters of its machine to the registrar in a
//! cluster, which makes targets of them. Its settings will stand in one block of the rules document, beside `sources`.
//! Nothing of it is there yet: the block is refused, and a server finds the agent by an address that somebody wrote down.

/// The field of the document that is kept for it.
pub(crate) const BLOCK: &str = "registration";

/// Why the block is refused.
pub(crate) const MISSING: &str = "registration is not there yet: it comes with the registrar";

/// What to do about that.
pub(crate) const ADVICE: &str = "take it out for now, and write the address of the agent into Prometheus";
