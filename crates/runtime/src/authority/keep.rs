//! What the Secret should hold: one decision, of values alone.

use k8s_openapi::jiff::Timestamp;

use super::material::{Material, MaterialError};
use super::pair::{MakeError, Names, Pair};
use super::policy::Policy;

/// What is wanted, and when.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// How long what lives.
    pub policy: &'a Policy,
    /// Names that the certificate is for.
    pub names: &'a Names,
    /// The time.
    pub now: Timestamp,
    /// Whether those who serve and those who connect have had the time to follow the last change, by a clock that nobody
    /// sets. While they have not, no certificate comes from another authority, and none is taken out of the bundle.
    pub is_settled: bool,
}

/// What the Secret should hold instead, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it should hold.
    pub material: Material,
    /// Why, in the order of the acts.
    pub reasons: Vec<Reason>,
}

/// Why the Secret changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There was nothing.
    Created,
    /// It was deleted or of no use, and what is held is put back.
    Restored,
    /// It held nothing that is still good.
    Expired,
    /// An authority is needed no more.
    AuthorityDropped,
    /// The newest authority is in the last third of its life.
    AuthorityAdded,
    /// Another authority is known everywhere.
    AuthorityChanged,
    /// The certificate is in the last third of its life.
    CertificateRenewed,
    /// Other names are wanted.
    NamesChanged,
}

impl Reason {
    /// Its label.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Restored => "restored",
            Self::Expired => "expired",
            Self::AuthorityDropped => "authority-dropped",
            Self::AuthorityAdded => "authority-added",
            Self::AuthorityChanged => "authority-changed",
            Self::CertificateRenewed => "certificate-renewed",
            Self::NamesChanged => "names-changed",
        }
    }
}

/// What a Secret should hold; none where it is as it should be. `found` is what it holds, none where there is no Secret;
/// `held` is what is served with, and goes back where the Secret is gone or of no use, so that nothing is interrupted.
///
/// # Errors
/// No certificate can be made.
pub fn keep(
    found: Option<&Result<Material, MaterialError>>,
    held: Option<&Material>,
    wanted: &Wanted<'_>,
) -> Result<Option<Change>, MakeError> {
    let (Some(held), None | Some(Err(_))) = (held, found) else {
        return next(found.and_then(|found| found.as_ref().ok()), wanted);
    };
    let change = next(Some(held), wanted)?;
    let mut change = change.unwrap_or_else(|| Change { material: held.clone(), reasons: Vec::new() });
    change.reasons.insert(0, Reason::Restored);
    Ok(Some(change))
}

/// What should follow a material; none where it is as it should be. A material of the future is left as it is: it is more
/// likely that this clock is behind.
///
/// # Errors
/// No certificate can be made.
pub fn next(material: Option<&Material>, wanted: &Wanted<'_>) -> Result<Option<Change>, MakeError> {
    let create = |reason| {
        let material = Material::create(wanted.names, wanted.policy, wanted.now)?;
        Ok(Some(Change { material, reasons: vec![reason] }))
    };
    let Some(material) = material else { return create(Reason::Created) };
    let is_good = |authority: &Pair| !authority.is_expired(wanted.now);
    if !is_good(&material.issuer) && !material.newer.iter().any(is_good) {
        return create(Reason::Expired);
    }
    let mut change = Change { material: material.clone(), reasons: Vec::new() };
    change.drop_authorities(wanted);
    change.add_authority(wanted)?;
    change.renew_certificate(wanted)?;
    Ok((!change.reasons.is_empty()).then_some(change))
}

impl Change {
    /// Authorities from which no certificate has come for an overlap, and expired ones.
    fn drop_authorities(&mut self, wanted: &Wanted<'_>) {
        let Material { older, newer, serving, .. } = &mut self.material;
        let count = older.len() + newer.len();
        let is_unused = wanted.is_settled && serving.is_older(wanted.policy.overlap, wanted.now);
        older.retain(|authority| !is_unused && !authority.is_expired(wanted.now));
        newer.retain(|authority| !authority.is_expired(wanted.now));
        if older.len() + newer.len() < count {
            self.reasons.push(Reason::AuthorityDropped);
        }
    }

    fn add_authority(&mut self, wanted: &Wanted<'_>) -> Result<(), MakeError> {
        let Material { newer, issuer, .. } = &mut self.material;
        if newer.last().unwrap_or(issuer).is_due(wanted.now) {
            newer.push(Pair::authority(wanted.now, wanted.policy.authority_lifetime)?);
            self.reasons.push(Reason::AuthorityAdded);
        }
        Ok(())
    }

    fn renew_certificate(&mut self, wanted: &Wanted<'_>) -> Result<(), MakeError> {
        let is_changed = self.change_issuer(wanted);
        let Material { issuer, serving, .. } = &mut self.material;
        let reason = if is_changed {
            Reason::AuthorityChanged
        } else if serving.is_due(wanted.now) {
            Reason::CertificateRenewed
        } else if serving.names() != wanted.names {
            Reason::NamesChanged
        } else {
            return Ok(());
        };
        *serving = issuer.issue(wanted.names, wanted.now, wanted.policy.certificate_lifetime)?;
        self.reasons.push(reason);
        Ok(())
    }

    /// Moves on to the newest authority that has been known for an overlap; where the one in use has expired, to any.
    fn change_issuer(&mut self, wanted: &Wanted<'_>) -> bool {
        let Material { older, issuer, newer, .. } = &mut self.material;
        let is_expired = issuer.is_expired(wanted.now);
        let is_known = |authority: &Pair| {
            wanted.is_settled && authority.is_older(wanted.policy.overlap, wanted.now) || is_expired
        };
        let Some(place) = newer.iter().rposition(is_known) else { return false };
        let later = newer.split_off(place + 1);
        let earlier = std::mem::replace(newer, later);
        let mut passed = std::iter::once(issuer.clone()).chain(earlier);
        // The last one is the one that takes over.
        if let Some(next) = passed.next_back() {
            older.extend(passed);
            *issuer = next;
        }
        true
    }
}
