//! Copies in.

use chandler_debugger::transfer::{copy_in, stream_in};

use crate::place::{Place, Tools, describe, plant};

#[tokio::test]
async fn tree_goes_in_as_it_is_here_and_leaves_nothing_else() {
    for tools in [Tools::Busybox, Tools::Gnu] {
        let place = Place::new(tools);
        std::fs::create_dir(place.here("data")).unwrap();
        plant(&place.here("data"));
        let report = copy_in(&place.session(), &place.job("/new", "data")).await.unwrap();
        assert!(report.is_whole(), "{tools:?}: {report:?}");
        assert_eq!(describe(&place.there("new")), describe(&place.here("data")));
        assert_eq!((report.files.len(), report.destination.as_str()), (5, "/new"));
        // Into a folder that is there, and once more onto itself, where folders keep their own time.
        for _ in 0..2 {
            let report = copy_in(&place.session(), &place.job("/new", "data")).await.unwrap();
            assert!(report.is_whole() && report.destination == "/new/data", "{report:?}");
            let time = std::fs::metadata(place.here("data/sub/deep")).unwrap().modified().unwrap();
            std::fs::File::open(place.there("new/data/sub/deep")).unwrap().set_modified(time).unwrap();
            assert_eq!(describe(&place.there("new/data")), describe(&place.here("data")));
        }
        assert_eq!(std::fs::read_dir(place.there("new")).unwrap().count(), 4);
        assert_eq!(std::fs::read_dir(place.there("")).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn file_replaces_a_file_and_no_folder() {
    let place = Place::new(Tools::Busybox);
    std::fs::write(place.here("f"), b"new").unwrap();
    std::fs::write(place.there("old"), b"old").unwrap();
    std::fs::create_dir(place.there("etc")).unwrap();
    copy_in(&place.session(), &place.job("/old", "f")).await.unwrap();
    assert_eq!(std::fs::read(place.there("old")).unwrap(), b"new");
    copy_in(&place.session(), &place.job("/etc", "f")).await.unwrap();
    assert_eq!(std::fs::read(place.there("etc/f")).unwrap(), b"new");
    std::fs::remove_file(place.there("etc/f")).unwrap();
    std::fs::create_dir(place.there("etc/f")).unwrap();
    let refused = copy_in(&place.session(), &place.job("/etc", "f")).await.unwrap_err();
    assert_eq!(refused.to_string(), "cannot write over what is there: ./f: is a folder");
    let missing = copy_in(&place.session(), &place.job("/no/such", "f")).await.unwrap_err();
    assert_eq!(missing.reason(), "Destination");
    assert_eq!(std::fs::read_dir(place.there("etc")).unwrap().count(), 1, "nothing is left behind");
}

#[tokio::test]
async fn folder_goes_through_no_link_of_the_container() {
    let place = Place::new(Tools::Busybox);
    std::fs::create_dir_all(place.here("data/logs")).unwrap();
    std::fs::write(place.here("data/logs/f"), b"new").unwrap();
    std::fs::create_dir_all(place.there("app/data")).unwrap();
    std::fs::create_dir(place.there("elsewhere")).unwrap();
    std::os::unix::fs::symlink("/elsewhere", place.there("app/data/logs")).unwrap();
    let refused = copy_in(&place.session(), &place.job("/app", "data")).await.unwrap_err();
    assert_eq!(refused.reason(), "Exists", "{refused}");
    assert_eq!(std::fs::read_dir(place.there("elsewhere")).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(place.there("app")).unwrap().count(), 1, "nothing is left behind");
}

#[tokio::test]
async fn streams_become_a_file_or_what_is_in_a_folder() {
    let place = Place::new(Tools::Busybox);
    let report = stream_in(&place.session(), &place.job("/f", "-"), &b"text"[..]).await.unwrap();
    assert_eq!((report.size(), report.destination.as_str()), (4, "/f"));
    assert_eq!(std::fs::read(place.there("f")).unwrap(), b"text");
    plant(&place.here(""));
    let tar =
        std::process::Command::new("tar").args(["-c", "-C"]).arg(place.here("")).arg(".").output().unwrap();
    std::fs::create_dir(place.there("d")).unwrap();
    let report =
        stream_in(&place.session(), &place.job("/d", "-"), std::io::Cursor::new(tar.stdout)).await.unwrap();
    assert!(report.is_whole(), "{report:?}");
    assert_eq!(describe(&place.there("d")), describe(&place.here("")));
    let nowhere = stream_in(&place.session(), &place.job("/new/", "-"), &b""[..]).await.unwrap_err();
    assert!(nowhere.to_string().contains("needs a folder"), "{nowhere}");
}
