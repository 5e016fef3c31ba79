//! Copies out.

use chandler_debugger::transfer::{Sum, TransferError, copy_out, stream_out};

use crate::place::{Place, Tools, bytes, describe, plant};

#[tokio::test]
async fn tree_comes_out_as_it_is_there() {
    for tools in [Tools::Busybox, Tools::Gnu] {
        let place = Place::new(tools);
        std::fs::create_dir(place.there("data")).unwrap();
        plant(&place.there("data"));
        let report = copy_out(&place.session(), &place.job("/data", "new")).await.unwrap();
        assert!(report.is_whole(), "{tools:?}: {report:?}");
        assert_eq!(describe(&place.here("new")), describe(&place.there("data")));
        assert_eq!((report.files.len(), report.links), (5, 3));
        // Into a folder that is there it goes by its name.
        let report = copy_out(&place.session(), &place.job("data", ".")).await.unwrap();
        assert_eq!(report.destination, place.here("./data").display().to_string());
        // Once more changes nothing, and carries what shares a file or has an odd name.
        let again = copy_out(&place.session(), &place.job("/data", ".")).await.unwrap();
        assert!(again.is_whole() && again.resumed > 0, "{again:?}");
        assert_eq!(describe(&place.here("data")), describe(&place.there("data")));
    }
}

#[tokio::test]
async fn file_comes_out_through_links_as_the_container_follows_them() {
    let place = Place::new(Tools::Busybox);
    std::fs::create_dir_all(place.there("var/real")).unwrap();
    std::fs::write(place.there("var/real/log"), b"hello").unwrap();
    std::os::unix::fs::symlink("/var/real/../real", place.there("logs")).unwrap();
    std::os::unix::fs::symlink("/logs/log", place.there("link")).unwrap();
    let report = copy_out(&place.session(), &place.job("/link", "mine")).await.unwrap();
    assert_eq!(std::fs::read(place.here("mine")).unwrap(), b"hello");
    assert_eq!(report.files[0].sum, Sum::of(b"hello"));
    assert_eq!(report.files[0].name.to_string(), "mine");
}

#[tokio::test]
async fn streams_give_the_file_or_an_archive() {
    let place = Place::new(Tools::Busybox);
    std::fs::create_dir(place.there("d")).unwrap();
    std::fs::write(place.there("d/f"), bytes(300_000)).unwrap();
    let file = std::fs::File::create(place.here("f")).unwrap();
    let report = stream_out(&place.session(), &place.job("/d/f", "-"), file).await.unwrap();
    assert!(report.is_whole() && report.size() == 300_000);
    assert_eq!(std::fs::read(place.here("f")).unwrap(), bytes(300_000));
    let archive = std::fs::File::create(place.here("d.tar")).unwrap();
    let report = stream_out(&place.session(), &place.job("/d", "-"), archive).await.unwrap();
    assert!(report.is_whole() && report.files.len() == 1);
    let listed = std::process::Command::new("tar").arg("-tf").arg(place.here("d.tar")).output().unwrap();
    assert_eq!(String::from_utf8(listed.stdout).unwrap(), "./\n./f\n");
}

#[tokio::test]
async fn what_is_missing_is_told() {
    let place = Place::new(Tools::Gnu);
    let missing = copy_out(&place.session(), &place.job("/no/such", ".")).await.unwrap_err();
    assert_eq!(missing.to_string(), "there is no /no/such in the container");
    std::fs::write(place.there("f"), b"").unwrap();
    let folder = copy_out(&place.session(), &place.job("/f/", ".")).await.unwrap_err();
    assert_eq!(folder.reason(), "NotFound");
    let nowhere = copy_out(&place.session(), &place.job("/f", "no/such/f")).await.unwrap_err();
    assert!(nowhere.to_string().ends_with("the folder that it would be in does not exist"), "{nowhere}");
    place.lose("tar");
    let tools = copy_out(&place.session(), &place.job("/f", ".")).await.unwrap_err();
    assert!(matches!(&tools, TransferError::Tools { tools } if tools == "tar"), "{tools}");
}

#[tokio::test]
async fn stream_that_ends_too_soon_is_no_success() {
    let place = Place::new(Tools::Gnu);
    std::fs::write(place.there("f"), bytes(300_000)).unwrap();
    for (script, reason) in [
        ("head -c 1000 \"$1\"; kill -9 $$", "code 137"),
        ("head -c 300000 \"$1\"; kill -9 $$", "code 137"),
        ("head -c 1000 \"$1\"", "ended after 1000 of 300000 bytes"),
        ("exit 0", "ended after 0 of 300000 bytes"),
    ] {
        place.replace("cat", script);
        let file = std::fs::File::create(place.here("f")).unwrap();
        let report = stream_out(&place.session(), &place.job("/f", "-"), file).await.unwrap();
        assert!(!report.is_whole(), "{script}");
        assert!(report.refused[0].reason.contains(reason), "{script}: {report:?}");
    }
}

#[tokio::test]
async fn file_that_says_more_than_it_has_is_whole() {
    let mut place = Place::new(Tools::Gnu);
    place.look_below("/sys");
    let file = std::fs::File::create(place.here("f")).unwrap();
    let report =
        stream_out(&place.session(), &place.job("/devices/system/cpu/online", "-"), file).await.unwrap();
    assert!(report.is_whole() && report.size() > 0, "{report:?}");
}

#[tokio::test]
async fn nothing_is_written_through_a_link_that_came_before() {
    let place = Place::new(Tools::Busybox);
    std::fs::create_dir_all(place.there("srv/logs")).unwrap();
    std::fs::write(place.there("srv/logs/f"), b"evil").unwrap();
    for elsewhere in ["elsewhere", "typed"] {
        std::fs::create_dir(place.here(elsewhere)).unwrap();
    }
    std::os::unix::fs::symlink("../elsewhere", place.here("typed/logs")).unwrap();
    std::os::unix::fs::symlink("typed", place.here("link")).unwrap();
    let refused = copy_out(&place.session(), &place.job("/srv/logs", "typed")).await.unwrap_err();
    assert!(refused.to_string().contains("is a link, and nothing is written through one"), "{refused}");
    assert_eq!(std::fs::read_dir(place.here("elsewhere")).unwrap().count(), 0);
    // The destination itself may be one, and a file takes the place of one.
    std::fs::write(place.there("logs"), b"file").unwrap();
    assert!(copy_out(&place.session(), &place.job("/logs", "link")).await.unwrap().is_whole());
    assert_eq!(std::fs::read(place.here("typed/logs")).unwrap(), b"file");
    assert_eq!(std::fs::read_dir(place.here("elsewhere")).unwrap().count(), 0);
    let refused = copy_out(&place.session(), &place.job("/srv/logs", "link")).await.unwrap_err();
    assert!(refused.to_string().ends_with("is no folder, and what is to be there is one"), "{refused}");
    assert!(copy_out(&place.session(), &place.job("/srv", "link")).await.unwrap().is_whole());
    assert_eq!(std::fs::read(place.here("typed/srv/logs/f")).unwrap(), b"evil");
}
