//! Files that change, one look after the other.

use std::fs;

use super::*;
use crate::web::tests::{ada, certified};

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(config: &str) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.write("web.yml", config);
        place
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn open(&self) -> Live {
        Live::open(&self.folder.path().join("web.yml")).unwrap()
    }
}

/// So many looks, as on the timer.
fn look(live: &mut Live, times: usize) {
    let mut file = live.file.take().unwrap();
    for _ in 0..times {
        if file.look() {
            live.take(&mut file);
        }
    }
    live.file = Some(file);
}

fn frame(live: &Live) -> Option<String> {
    live.terms.borrow().headers.get("x-frame-options").map(|value| value.to_str().unwrap().to_owned())
}

#[test]
fn what_changes_is_in_force_once_it_is_seen_twice() {
    let place = Place::new("http_server_config: {headers: {X-Frame-Options: deny}}\n");
    let mut live = place.open();
    assert_eq!(frame(&live).as_deref(), Some("deny"));
    place.write("web.yml", "http_server_config: {headers: {X-Frame-Options: sameorigin}}\n");
    look(&mut live, 1);
    assert_eq!(frame(&live).as_deref(), Some("deny"));
    look(&mut live, 1);
    assert_eq!(frame(&live).as_deref(), Some("sameorigin"));
}

#[test]
fn file_that_is_empty_while_it_is_written_asks_nobody_in() {
    let config = ada();
    let place = Place::new(&config);
    let mut live = place.open();
    let users = live.terms.borrow().users.clone();
    for _ in 0..3 {
        place.write("web.yml", "");
        look(&mut live, 1);
        place.write("web.yml", &config);
        look(&mut live, 1);
    }
    assert_eq!(live.terms.borrow().users, users);
}

#[test]
fn what_is_of_no_use_leaves_the_last_good_in_force_until_it_is_mended() {
    let place = Place::new("http_server_config: {headers: {X-Frame-Options: deny}}\n");
    let mut live = place.open();
    for broken in ["[", "http_server_config: {headers: {X-Frame-Options: maybe}}\n"] {
        place.write("web.yml", broken);
        look(&mut live, 3);
        assert_eq!(frame(&live).as_deref(), Some("deny"), "{broken}");
    }
    fs::remove_file(place.folder.path().join("web.yml")).unwrap();
    look(&mut live, 3);
    assert_eq!(frame(&live).as_deref(), Some("deny"));
    place.write("web.yml", "");
    look(&mut live, 2);
    assert_eq!(frame(&live), None);
}

#[test]
fn certificate_and_key_change_together_and_a_half_of_a_pair_does_not() {
    let (first, second) = (certified(), certified());
    let place = Place::new("tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n");
    place.write("tls.crt", &first.0);
    place.write("tls.key", &first.1);
    let mut live = place.open();
    let tls = live.tls().unwrap();
    let before = tls.current().unwrap();
    look(&mut live, 3);
    assert!(Arc::ptr_eq(&before, &tls.current().unwrap()), "nothing has changed");
    place.write("tls.crt", &second.0);
    look(&mut live, 3);
    assert!(Arc::ptr_eq(&before, &tls.current().unwrap()), "half of a pair is not served with");
    place.write("tls.key", &second.1);
    look(&mut live, 2);
    assert!(!Arc::ptr_eq(&before, &tls.current().unwrap()), "the new pair is served with");
}

#[test]
fn tls_is_not_turned_off_while_the_agent_runs_nor_are_users_let_go_then() {
    let (certificate, key) = certified();
    let tls = "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n";
    let place = Place::new(&format!("{tls}{}", ada()));
    place.write("tls.crt", &certificate);
    place.write("tls.key", &key);
    let mut live = place.open();
    let users = live.terms.borrow().users.clone();
    place.write("web.yml", "");
    look(&mut live, 3);
    assert_eq!(live.terms.borrow().users, users);
    place.write("web.yml", tls);
    look(&mut live, 2);
    assert_eq!(live.terms.borrow().users, Users::default());
}

#[test]
fn file_that_cannot_be_used_at_the_start_is_refused_with_its_reason() {
    let place = Place::new("tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n");
    let open = || describe(&Live::open(&place.folder.path().join("web.yml")).unwrap_err());
    let missing = open();
    assert!(missing.starts_with("tls_server_config is of no use: cannot read "), "{missing}");
    assert!(missing.contains("tls.crt: "), "{missing}");
    place.write("tls.crt", "nothing");
    place.write("tls.key", "nothing");
    let empty = open();
    assert!(empty.contains("tls.crt holds no certificate"), "{empty}");
}
