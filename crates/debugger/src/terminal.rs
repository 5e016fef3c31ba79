//! The terminal of the person: raw while a session has it, restored whatever happens.
