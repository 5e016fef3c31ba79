//! An authority of our own: certificates for a server inside the cluster, made and renewed without an hour in which a
//! client does not trust what is served. Everything here is a plain function of values; `certificate` does the calls.
//!
//! A [`Material`] is what one Secret holds. [`keep()`] says what it should hold, one step at a time, and each step is safe
//! for those who have only seen the one before: what is served is trusted by the bundle before and after it.

mod keep;
mod material;
mod pair;
mod policy;

pub use keep::{Change, Reason, Wanted, keep, next};
pub use material::{Material, MaterialError};
pub(crate) use pair::expiry;
pub use pair::{MakeError, Names, Pair, ParseError};
pub use policy::{AuthorityArgs, Policy, PolicyError};

#[cfg(test)]
mod tests;
