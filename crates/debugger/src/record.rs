//! Keeps what a session shows, as an asciicast.
