//! The place of registration: an agent that announces itself and other exporters of its machine to the registrar in a
//! cluster, which makes targets of them. The rules document has a place for its settings beside `sources`. Nothing of it is
//! there yet: until then a server finds the agent by an address that somebody wrote down.
