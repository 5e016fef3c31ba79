//! Years go by: what is served is always trusted, by rustls' own verdict, also by those who are one step behind.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::ByteString;
use k8s_openapi::jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;
use rustls::RootCertStore;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::*;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const SERVICE: &str = "chandler-injector.chandler.svc";

const POLICY: Policy = Policy {
    authority_lifetime: DAY.saturating_mul(365),
    certificate_lifetime: DAY.saturating_mul(90),
    overlap: HOUR,
};

fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn names() -> Names {
    Names::new([SERVICE.to_owned(), format!("{SERVICE}.cluster.local"), "127.0.0.1".to_owned()]).unwrap()
}

fn wanted<'a>(names: &'a Names, policy: &'a Policy, now: Timestamp) -> Wanted<'a> {
    Wanted { policy, names, now, is_settled: true }
}

fn created(policy: &Policy, now: Timestamp) -> Material {
    next(None, &wanted(&names(), policy, now)).unwrap().unwrap().material
}

/// What a client says that trusts the authorities of one material and is served with the certificate of another.
fn verdict(trusted: &Material, served: &Material, now: Timestamp) -> Result<(), String> {
    let mut roots = RootCertStore::empty();
    for authority in CertificateDer::pem_slice_iter(trusted.bundle().as_bytes()) {
        roots.add(authority.unwrap()).unwrap();
    }
    let verifier = WebPkiServerVerifier::builder_with_provider(
        Arc::new(roots),
        Arc::new(rustls::crypto::ring::default_provider()),
    );
    let certificate = CertificateDer::from_pem_slice(served.serving().certificate().as_bytes()).unwrap();
    let at = UnixTime::since_unix_epoch(Duration::from_secs(now.as_second().try_into().unwrap()));
    for name in [SERVICE, "127.0.0.1"] {
        let verified = verifier.clone().build().unwrap().verify_server_cert(
            &certificate,
            &[],
            &ServerName::try_from(name).unwrap(),
            &[],
            at,
        );
        verified.map_err(|error| format!("{name} at {now}: {error}"))?;
    }
    // rustls does not look at the life of an authority; Go, and so the API server, does.
    let authority = trusted.authorities().find(|authority| authority.has_signed(served.serving()));
    (authority.unwrap().expires() > now)
        .then_some(())
        .ok_or_else(|| format!("the authority expired before {now}"))
}

#[derive(Debug, Clone)]
struct Walk {
    policy: Policy,
    /// For each step: how much of the longest step it is, whether the world is settled, the seconds that the leader's
    /// clock is ahead, and whether another name is wanted.
    steps: Vec<(f64, bool, i64, bool)>,
}

fn walks() -> impl Strategy<Value = Walk> {
    let policy = (2_u32..48, 24_u32..200, 1_u32..8).prop_map(|(overlap, certificate, factor)| {
        let overlap = HOUR * overlap;
        let certificate_lifetime = overlap * certificate;
        let authority_lifetime = certificate_lifetime * factor;
        Policy { authority_lifetime, certificate_lifetime, overlap }
    });
    let step = (0.0_f64..1.0, prop::bool::weighted(0.8), -3600_i64..3600, prop::bool::weighted(0.05));
    (policy, prop::collection::vec(step, 1..160)).prop_map(|(policy, steps)| Walk { policy, steps })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_served_is_trusted_for_ever_also_by_those_who_are_one_step_behind(walk in walks()) {
        let policy = walk.policy;
        let mut time = start();
        let mut material = created(&policy, time);
        let mut before: Option<(Material, Timestamp)> = None;
        let mut names = names();
        let mut more = 0;
        let mut was_settled = true;
        for (part, is_settled, ahead, has_new_name) in walk.steps {
            time = time.checked_add((policy.certificate_lifetime / 16).mul_f64(part)).unwrap();
            // It does not stay unsettled for the third of a life.
            let is_settled = is_settled || !was_settled;
            was_settled = is_settled;
            let now = Timestamp::from_second(time.as_second() + ahead).unwrap();
            if has_new_name {
                more += 1;
                let further = [SERVICE.to_owned(), "127.0.0.1".to_owned(), format!("name-{more}.example.com")];
                names = Names::new(further).unwrap();
            }
            let wanted = Wanted { policy: &policy, names: &names, now, is_settled };
            if let Some(change) = next(Some(&material), &wanted).unwrap() {
                prop_assert!(!change.reasons.is_empty());
                prop_assert_eq!(next(Some(&change.material), &wanted).unwrap(), None, "one step is enough");
                before = Some((std::mem::replace(&mut material, change.material), time));
            }
            prop_assert_eq!(verdict(&material, &material, time), Ok(()));
            prop_assert_eq!(material.serving().names(), &names);
            prop_assert!(material.authorities().count() <= 3, "{}", material.authorities().count());
            prop_assert_eq!(Material::read(&material.write()), Ok(material.clone()));
            if let Some((before, since)) = &before && time.duration_since(*since) < policy.overlap.try_into().unwrap() {
                prop_assert_eq!(verdict(&material, before, time), Ok(()), "a replica is one step behind");
                prop_assert_eq!(verdict(before, &material, time), Ok(()), "an API server is one step behind");
            }
        }
    }

    #[test]
    fn data_that_was_edited_is_refused_or_read_and_never_panics(
        key in any::<Index>(), at in any::<Index>(), byte in any::<u8>(), is_cut in any::<bool>(),
    ) {
        static DATA: std::sync::OnceLock<Material> = std::sync::OnceLock::new();
        let material = DATA.get_or_init(|| created(&POLICY, start()));
        let mut data = material.write();
        let key = data.keys().nth(key.index(data.len())).unwrap().clone();
        let bytes = &mut data.get_mut(&key).unwrap().0;
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if is_cut {
            bytes.truncate(at);
        }
        if let Ok(read) = Material::read(&data) {
            prop_assert_eq!(verdict(&read, &read, start()), Ok(()));
        }
    }
}

/// The reasons for each change in three years, looked at each hour, with the day.
fn diary(policy: &Policy) -> Vec<(i64, &'static str)> {
    let mut material = None;
    let mut diary = Vec::new();
    for hour in 0..3 * 365 * 24 {
        let now = start().checked_add(HOUR * hour).unwrap();
        if let Some(change) = next(material.as_ref(), &wanted(&names(), policy, now)).unwrap() {
            diary.extend(change.reasons.iter().map(|reason| (i64::from(hour / 24), reason.label())));
            material = Some(change.material);
        }
    }
    diary
}

#[test]
fn years_go_by_in_the_steps_that_are_written_down() {
    let year: Vec<_> = diary(&POLICY).into_iter().take_while(|(day, _)| *day < 300).collect();
    assert_eq!(
        year,
        [
            (0, "created"),
            (60, "certificate-renewed"),
            (120, "certificate-renewed"),
            (180, "certificate-renewed"),
            (240, "certificate-renewed"),
            (243, "authority-added"),
            (243, "authority-changed"),
            (243, "authority-dropped"),
        ]
    );
}

#[test]
fn nothing_moves_while_not_everybody_has_followed() {
    let material = created(&POLICY, start());
    let later = start().checked_add(DAY * 250).unwrap();
    let renewed = next(Some(&material), &wanted(&names(), &POLICY, later)).unwrap().unwrap();
    assert_eq!(renewed.reasons, [Reason::AuthorityAdded, Reason::CertificateRenewed]);
    let two = renewed.material;
    let later = later.checked_add(HOUR * 2).unwrap();
    let names = names();
    let unsettled = Wanted { is_settled: false, ..wanted(&names, &POLICY, later) };
    assert_eq!(next(Some(&two), &unsettled).unwrap(), None);
    let changed = next(Some(&two), &wanted(&names, &POLICY, later)).unwrap().unwrap();
    assert_eq!(changed.reasons, [Reason::AuthorityChanged]);
    let later = later.checked_add(HOUR * 2).unwrap();
    let unsettled = Wanted { is_settled: false, ..wanted(&names, &POLICY, later) };
    assert_eq!(next(Some(&changed.material), &unsettled).unwrap(), None);
    // When the authority in use has expired there is nothing to wait for.
    let last = two.issuer().expires();
    let unsettled = Wanted { is_settled: false, ..wanted(&names, &POLICY, last) };
    let forced = next(Some(&two), &unsettled).unwrap().unwrap();
    assert!(forced.reasons.contains(&Reason::AuthorityChanged), "{:?}", forced.reasons);
    assert_eq!(verdict(&forced.material, &forced.material, last), Ok(()));
}

#[test]
fn what_has_expired_altogether_is_made_anew_and_what_is_of_the_future_is_left() {
    let material = created(&POLICY, start());
    let names = names();
    let after = start().checked_add(DAY * 400).unwrap();
    let change = next(Some(&material), &wanted(&names, &POLICY, after)).unwrap().unwrap();
    assert_eq!(change.reasons, [Reason::Expired]);
    let before = start().checked_sub(DAY * 400).unwrap();
    assert_eq!(next(Some(&material), &wanted(&names, &POLICY, before)).unwrap(), None);
}

#[test]
fn secret_that_is_gone_or_of_no_use_gets_back_what_is_held() {
    let (material, names) = (created(&POLICY, start()), names());
    let wanted = wanted(&names, &POLICY, start());
    let garbage = Err(MaterialError::Issuer);
    for found in [None, Some(&garbage)] {
        let change = keep(found, Some(&material), &wanted).unwrap().unwrap();
        assert_eq!(change, Change { material: material.clone(), reasons: vec![Reason::Restored] });
        assert_eq!(keep(found, None, &wanted).unwrap().unwrap().reasons, [Reason::Created]);
    }
    let other = Ok(created(&POLICY, start()));
    assert_eq!(keep(Some(&other), Some(&material), &wanted).unwrap(), None, "another leader was faster");
}

#[test]
fn material_says_what_is_wrong_and_nothing_of_what_it_holds() {
    let material = created(&POLICY, start());
    let other = created(&POLICY, start()).write();
    let with = |key: &str, value: Option<&ByteString>| {
        let mut data = material.write();
        match value {
            Some(value) => drop(data.insert(key.to_owned(), value.clone())),
            None => drop(data.remove(key)),
        }
        Material::read(&data).unwrap_err().to_string()
    };
    assert_eq!(with("tls.key", None), "tls.key is missing or no text");
    assert_eq!(with("tls.key", other.get("tls.key")), "tls.crt has a key that is not the certificate's");
    assert_eq!(with("tls.crt", Some(&ByteString(b"hello".to_vec()))), "tls.crt has no certificate");
    assert_eq!(with("ca.crt", Some(&ByteString(Vec::new()))), "ca.crt has 0 certificates, and ca.key 1 keys");
    assert_eq!(with("ca.crt", other.get("ca.crt")), "ca.crt has a key that is not the certificate's");
    let mut data = material.write();
    for key in ["ca.crt", "ca.key"] {
        data.insert(key.to_owned(), other.get(key).unwrap().clone());
    }
    assert_eq!(Material::read(&data), Err(MaterialError::Issuer));
    assert!(!format!("{material:?}").contains("PRIVATE"), "{material:?}");
}

#[derive(Debug, clap::Parser)]
struct Flags {
    #[command(flatten)]
    authority: AuthorityArgs,
}

fn flags(flags: &[&str]) -> Result<Policy, String> {
    let flags = std::iter::once("test").chain(flags.iter().copied());
    let parsed = <Flags as clap::Parser>::try_parse_from(flags).map_err(|error| error.to_string())?;
    parsed.authority.policy().map_err(|error| error.to_string())
}

#[test]
fn lives_that_do_not_fit_together_are_refused_with_the_name_of_the_flag() {
    assert_eq!(flags(&[]), Ok(POLICY));
    assert_eq!(flags(&["--authority-lifetime=8760h", "--certificate-lifetime=P90D"]), Ok(POLICY));
    for (given, flag) in [
        (["--authority-lifetime=5h", "--certificate-lifetime=3h"], "--authority-lifetime must be at least 6"),
        (["--certificate-lifetime=2h", "--rotation-overlap=1h"], "--certificate-lifetime must be at least 3"),
        (
            ["--certificate-lifetime=366d", "--rotation-overlap=1h"],
            "--certificate-lifetime must not be longer",
        ),
        (["--certificate-lifetime=1y", "--rotation-overlap=1h"], "--certificate-lifetime"),
        (["--rotation-overlap=0s", "--certificate-lifetime=3h"], "--rotation-overlap"),
        (["--rotation-overlap=ever", "--certificate-lifetime=3h"], "--rotation-overlap"),
    ] {
        let error = flags(&given).unwrap_err();
        assert!(error.contains(flag), "{error}");
    }
}

#[test]
fn name_that_no_certificate_can_be_for_is_refused() {
    assert!(Names::new(["not a name".to_owned()]).unwrap_err().to_string().contains("not a name"));
    assert_eq!(Names::new(["::1".to_owned()]).unwrap(), Names::new(["0:0:0:0:0:0:0:1".to_owned()]).unwrap());
}
