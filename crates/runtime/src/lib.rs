//! What every daemon of the suite needs and none should do differently. Each module exports the flags that configure it;
//! what can be wrong with them fails before a socket is opened.
//!
//! A daemon reads its flags, starts [`telemetry`], finds its [`cluster`], opens its [`certificate`] (from files, or from an [`authority`] of its
//! own), binds [`server`] and [`admin`], serves until [`shutdown`] says so, and drains. What only one replica may do waits
//! for [`leader`].

pub mod admin;
pub mod authority;
mod call;
pub mod certificate;
pub mod cluster;
pub mod leader;
mod listen;
pub mod readiness;
pub mod server;
pub mod shutdown;
pub mod telemetry;
pub mod tls;

/// Makes ring the provider of cryptography of this process: the first thing in `main`.
pub fn use_ring() {
    // It may be there already, as in tests.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
