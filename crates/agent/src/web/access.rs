//! Who may see pages: names with passwords, of which only bcrypt hashes are known. To check one takes long, on purpose; so
//! what was right is remembered, and only few are checked at once.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use tokio::sync::Semaphore;

/// Passwords that are checked at once.
const CHECKS: usize = 2;

/// Passwords that wait to be checked; further ones are refused.
const WAITING: usize = 32;

/// Right passwords that are remembered.
const REMEMBERED: usize = 100;

/// Names, and hashes of passwords.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Users(BTreeMap<String, String>);

/// Why somebody may not see a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no name with this password.
    Unknown,
    /// Too many ask at once.
    Busy,
}

/// Checks passwords.
#[derive(Debug)]
pub(super) struct Gate {
    checks: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    right: Arc<Right>,
}

/// What was found to be right, by a hash with a key that nobody knows: neither are passwords kept, nor can anybody make
/// up another that has the same hash.
#[derive(Debug, Default)]
struct Right {
    keys: [RandomState; 2],
    /// The newest last.
    marks: Mutex<VecDeque<[u64; 2]>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Credentials {
    name: String,
    password: String,
}

impl Users {
    pub(super) fn new(users: &BTreeMap<String, String>) -> Self {
        Self(users.clone())
    }

    /// The hash of that name's password, and whether there is the name: for one that is unknown, a hash of somebody else
    /// is checked, so that it takes as long.
    fn hash(&self, name: &str) -> Option<(&str, bool)> {
        match self.0.get(name) {
            Some(hash) => Some((hash, true)),
            None => self.0.values().next().map(|hash| (hash.as_str(), false)),
        }
    }
}

impl Default for Gate {
    fn default() -> Self {
        let (checks, waiting) = (Semaphore::new(CHECKS), Semaphore::new(WAITING));
        Self { checks: Arc::new(checks), waiting: Arc::new(waiting), right: Arc::default() }
    }
}

impl Gate {
    /// Lets a request in whose name and password are those of a user, and everybody where there are no users.
    pub(super) async fn admit(&self, users: &Users, headers: &HeaderMap) -> Result<(), Refusal> {
        if users.0.is_empty() {
            return Ok(());
        }
        let credentials = Credentials::read(headers).ok_or(Refusal::Unknown)?;
        let (hash, is_known) = users.hash(&credentials.name).ok_or(Refusal::Unknown)?;
        if is_known && self.right.holds(&credentials, hash) {
            return Ok(());
        }
        let is_right = self.check(credentials, hash.to_owned(), is_known).await?;
        if is_right && is_known { Ok(()) } else { Err(Refusal::Unknown) }
    }

    async fn check(&self, credentials: Credentials, hash: String, is_known: bool) -> Result<bool, Refusal> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| Refusal::Busy)?;
        let turn = Arc::clone(&self.checks).acquire_owned().await.map_err(|_| Refusal::Busy)?;
        let right = Arc::clone(&self.right);
        let check = move || {
            // A check goes on when nobody waits for it any more, and takes its place until then.
            let _held = (place, turn);
            // Somebody else may have brought the same while this one waited.
            let is_right = is_known && right.holds(&credentials, &hash)
                || bcrypt::verify(&credentials.password, &hash).unwrap_or(false);
            if is_right && is_known {
                right.remember(&credentials, &hash);
            }
            is_right
        };
        Ok(tokio::task::spawn_blocking(check).await.unwrap_or(false))
    }
}

impl Right {
    /// Also by the hash that it was found to be right with: the user may have another password now.
    fn mark(&self, credentials: &Credentials, hash: &str) -> [u64; 2] {
        self.keys.each_ref().map(|key| key.hash_one((credentials, hash)))
    }

    fn holds(&self, credentials: &Credentials, hash: &str) -> bool {
        let mark = self.mark(credentials, hash);
        self.marks().contains(&mark)
    }

    fn remember(&self, credentials: &Credentials, hash: &str) {
        let mark = self.mark(credentials, hash);
        let mut marks = self.marks();
        if marks.contains(&mark) {
            return;
        }
        if marks.len() >= REMEMBERED {
            marks.pop_front();
        }
        marks.push_back(mark);
    }

    fn marks(&self) -> MutexGuard<'_, VecDeque<[u64; 2]>> {
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Credentials {
    fn read(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, encoded) = value.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (name, password) = decoded.split_once(':')?;
        Some(Self { name: name.to_owned(), password: password.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(all: &[(&str, &str)]) -> Users {
        let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
        Users(all.iter().map(|(name, password)| ((*name).to_owned(), hash(password))).collect())
    }

    fn headers(scheme: &str, credentials: &str) -> HeaderMap {
        let value = format!("{scheme} {}", STANDARD.encode(credentials));
        HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())])
    }

    #[tokio::test]
    async fn only_a_name_with_its_own_password_is_let_in() {
        let (gate, users) = (Gate::default(), users(&[("ada", "one"), ("ben", "t:wo")]));
        let admit = async |scheme, credentials| gate.admit(&users, &headers(scheme, credentials)).await;
        for _ in 0..2 {
            assert_eq!(admit("Basic", "ada:one").await, Ok(()));
            assert_eq!(admit("basic", "ben:t:wo").await, Ok(()));
            for wrong in ["ada:two", "ada:t:wo", "ben:one", "cat:one", ":one", "ada:", "ada", ""] {
                assert_eq!(admit("Basic", wrong).await, Err(Refusal::Unknown), "{wrong}");
            }
            assert_eq!(admit("Bearer", "ada:one").await, Err(Refusal::Unknown));
            assert_eq!(gate.admit(&users, &HeaderMap::new()).await, Err(Refusal::Unknown));
        }
        assert_eq!(gate.right.marks().len(), 2);
    }

    #[tokio::test]
    async fn without_users_everybody_is_let_in() {
        let gate = Gate::default();
        assert_eq!(gate.admit(&Users::default(), &HeaderMap::new()).await, Ok(()));
    }

    #[tokio::test]
    async fn password_that_was_right_is_wrong_when_the_user_has_another() {
        let gate = Gate::default();
        let asked = headers("Basic", "ada:one");
        assert_eq!(gate.admit(&users(&[("ada", "one")]), &asked).await, Ok(()));
        assert_eq!(gate.admit(&users(&[("ada", "two")]), &asked).await, Err(Refusal::Unknown));
        assert_eq!(gate.admit(&users(&[("ben", "one")]), &asked).await, Err(Refusal::Unknown));
    }

    #[tokio::test]
    async fn what_was_right_needs_no_check_again_and_what_is_new_is_refused_while_too_many_wait() {
        let (gate, users) = (Gate::default(), users(&[("ada", "one")]));
        let asked = headers("Basic", "ada:one");
        assert_eq!(gate.admit(&users, &asked).await, Ok(()));
        let _waiting = Arc::clone(&gate.waiting).acquire_many_owned(WAITING as u32).await.unwrap();
        assert_eq!(gate.admit(&users, &asked).await, Ok(()));
        assert_eq!(gate.admit(&users, &headers("Basic", "ada:two")).await, Err(Refusal::Busy));
        assert_eq!(gate.admit(&users, &headers("Basic", "cat:one")).await, Err(Refusal::Busy));
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let right = Right::default();
        let credentials =
            |number: usize| Credentials { name: "ada".to_owned(), password: number.to_string() };
        for number in 0..=REMEMBERED {
            right.remember(&credentials(number), "hash");
            right.remember(&credentials(number), "hash");
        }
        assert_eq!(right.marks().len(), REMEMBERED);
        assert!(right.holds(&credentials(REMEMBERED), "hash") && !right.holds(&credentials(0), "hash"));
    }
}
