//! Transfers that are cut, and another try.

use chandler_debugger::stream::StreamError;
use chandler_debugger::transfer::{Job, TransferError, copy_in, copy_out, remove_leftover, stream_in};

use crate::place::{Place, Tools, bytes, describe};

const SIZE: usize = 3_000_000;

fn plant(folder: &std::path::Path) {
    std::fs::create_dir_all(folder.join("sub")).unwrap();
    for name in ["a", "b", "sub/c"] {
        std::fs::write(folder.join(name), bytes(SIZE)).unwrap();
    }
}

#[tokio::test]
async fn copy_out_goes_on_where_it_was_cut() {
    for tools in [Tools::Busybox, Tools::Gnu] {
        let place = Place::new(tools);
        plant(&place.there("data"));
        place.cut_after(SIZE as u64 * 3 / 2);
        let cut = copy_out(&place.session(), &place.job("/data", "mine")).await.unwrap_err();
        assert!(matches!(cut, TransferError::Stream(StreamError::Lost)), "{cut}");
        assert!(!place.here("mine").exists());
        let report = copy_out(&place.session(), &place.job("/data", "mine")).await.unwrap();
        assert!(report.is_whole() && report.files.len() == 3, "{report:?}");
        assert!(report.resumed > SIZE as u64 && report.resumed < SIZE as u64 * 3 / 2, "{}", report.resumed);
        assert_eq!(describe(&place.here("mine")), describe(&place.there("data")));
        assert_eq!(std::fs::read_dir(place.here("")).unwrap().count(), 1, "nothing is left behind");
    }
}

#[tokio::test]
async fn part_that_is_not_of_the_file_is_thrown_away() {
    let place = Place::new(Tools::Busybox);
    std::fs::write(place.there("f"), bytes(SIZE)).unwrap();
    std::fs::write(place.here(".f.chandler-part"), b"something else").unwrap();
    let report = copy_out(&place.session(), &place.job("/f", ".")).await.unwrap();
    assert!(report.is_whole() && report.resumed == 0);
    assert_eq!(std::fs::read(place.here("f")).unwrap(), bytes(SIZE));
    std::fs::write(place.here(".f.chandler-part"), &bytes(SIZE)[..1000]).unwrap();
    let report = copy_out(&place.session(), &place.job("/f", ".")).await.unwrap();
    assert!(report.is_whole() && report.resumed == 1000);
    assert_eq!(std::fs::read(place.here("f")).unwrap(), bytes(SIZE));
    assert_eq!(std::fs::read_dir(place.here("")).unwrap().count(), 1);
}

#[tokio::test]
async fn copy_in_goes_on_where_it_was_cut() {
    for tools in [Tools::Busybox, Tools::Gnu] {
        let place = Place::new(tools);
        plant(&place.here("data"));
        place.cut_after(SIZE as u64 * 3 / 2);
        let cut = copy_in(&place.session(), &place.job("/new", "data")).await.unwrap_err();
        assert!(matches!(cut, TransferError::Stream(StreamError::Lost)), "{cut}");
        assert!(!place.there("new").exists());
        let report = copy_in(&place.session(), &place.job("/new", "data")).await.unwrap();
        assert!(report.is_whole() && report.files.len() == 3, "{report:?}");
        assert!(report.resumed > SIZE as u64 && report.resumed < SIZE as u64 * 3 / 2, "{}", report.resumed);
        assert_eq!(describe(&place.there("new")), describe(&place.here("data")));
        assert_eq!(std::fs::read_dir(place.there("")).unwrap().count(), 1, "nothing is left behind");
    }
}

#[tokio::test]
async fn without_resuming_all_is_carried_again() {
    let place = Place::new(Tools::Busybox);
    plant(&place.here("data"));
    place.cut_after(SIZE as u64 * 3 / 2);
    copy_in(&place.session(), &place.job("/new", "data")).await.unwrap_err();
    let anew = Job { resume: false, ..place.job("/new", "data") };
    let report = copy_in(&place.session(), &anew).await.unwrap();
    assert!(report.is_whole() && report.resumed == 0 && report.files.len() == 3);
}

#[tokio::test]
async fn file_that_grew_is_whole_in_what_it_was() {
    let place = Place::new(Tools::Busybox);
    plant(&place.there("data"));
    copy_out(&place.session(), &place.job("/data", "mine")).await.unwrap();
    let mut log = std::fs::File::options().append(true).open(place.there("data/a")).unwrap();
    std::io::Write::write_all(&mut log, b"more").unwrap();
    let report = copy_out(&place.session(), &place.job("/data/.", "mine")).await.unwrap();
    assert!(report.is_whole() && report.resumed == SIZE as u64 * 2, "{report:?}");
    assert_eq!(std::fs::metadata(place.here("mine/a")).unwrap().len(), SIZE as u64 + 4);
}

#[tokio::test]
async fn folder_that_cannot_be_listed_is_told_again() {
    let place = Place::new(Tools::Gnu);
    plant(&place.there("data"));
    copy_out(&place.session(), &place.job("/data", ".")).await.unwrap();
    place.replace("find", "/bin/find \"$@\"; echo \"find: './secret': Permission denied\" >&2; exit 1");
    let report = copy_out(&place.session(), &place.job("/data", ".")).await.unwrap();
    assert!(!report.is_whole() && report.refused[0].reason.contains("./secret"), "{report:?}");
    for script in ["kill -9 $$", "/bin/find . -name a -print0; kill -9 $$", "echo no >&2; exit 1"] {
        place.replace("find", script);
        let failed = copy_out(&place.session(), &place.job("/data", ".")).await.unwrap_err();
        assert_eq!(failed.reason(), "CommandFailed", "{script}: {failed}");
    }
}

#[tokio::test]
async fn what_may_be_there_is_not_removed_here() {
    let place = Place::new(Tools::Gnu);
    plant(&place.there("data"));
    place.cut_after(SIZE as u64 * 5 / 2);
    copy_out(&place.session(), &place.job("/data", "mine")).await.unwrap_err();
    let gathered = only_entry(&place.here(""));
    let before: Vec<_> = describe(&gathered).into_iter().filter(|line| line.contains("file")).collect();
    place.replace("find", "printf '.\\0'; echo 'find: .: Input/output error' >&2; exit 1");
    let report = copy_out(&place.session(), &place.job("/data", "mine")).await.unwrap();
    assert!(!report.is_whole());
    let after: Vec<_> =
        describe(&place.here("mine")).into_iter().filter(|line| line.contains("file")).collect();
    assert_eq!(after, before);
}

#[tokio::test]
async fn file_that_becomes_shorter_takes_the_place_of_no_good_one() {
    for local in ["data/a", "data"] {
        let place = Place::new(Tools::Gnu);
        plant(&place.here("data"));
        std::fs::hard_link(place.here("data/a"), place.here("data/sub/again")).unwrap();
        std::fs::create_dir(place.there("data")).unwrap();
        std::fs::write(place.there("data/a"), b"good").unwrap();
        // After the first look at the file, and before it is read.
        let script =
            format!("/bin/truncate -s 10 {}; exec /bin/mkdir \"$@\"", place.here("data/a").display());
        place.replace("mkdir", &script);
        let remote = if local == "data" { "/" } else { "/data" };
        let report = copy_in(&place.session(), &place.job(remote, local)).await.unwrap();
        assert!(!report.is_whole() && report.refused[0].reason.contains("became shorter"), "{report:?}");
        assert_eq!(std::fs::read(place.there("data/a")).unwrap(), b"good");
        assert!(!place.there("data/sub/again").exists(), "it would be another name of what is not there");
        assert_eq!(place.there("data/sub/c").exists(), local == "data");
        assert_eq!(std::fs::read_dir(place.there("")).unwrap().count(), 1, "nothing is left behind");
    }
}

#[tokio::test]
async fn stream_that_was_cut_is_taken_away() {
    let place = Place::new(Tools::Busybox);
    let job = place.job("/f", "-");
    place.cut_after(SIZE as u64 / 2);
    let cut = stream_in(&place.session(), &job, std::io::Cursor::new(bytes(SIZE))).await.unwrap_err();
    assert!(matches!(cut, TransferError::Stream(StreamError::Lost)), "{cut}");
    let left = only_entry(&place.there(""));
    let name = left.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(job.leftover.path(), Some(format!("/{name}")));
    remove_leftover(&place.session(), &job).await.unwrap();
    assert_eq!(std::fs::read_dir(place.there("")).unwrap().count(), 0);
    stream_in(&place.session(), &job, &b"text"[..]).await.unwrap();
    assert_eq!(job.leftover.path(), None, "what has its place is not touched");
}

#[tokio::test]
async fn gathering_folder_of_somebody_else_is_not_entered() {
    let place = Place::new(Tools::Busybox);
    plant(&place.there("data"));
    place.cut_after(SIZE as u64 * 3 / 2);
    copy_out(&place.session(), &place.job("/data", "mine")).await.unwrap_err();
    let gathered = only_entry(&place.here(""));
    std::fs::remove_dir_all(&gathered).unwrap();
    std::fs::create_dir(place.there("victim")).unwrap();
    std::fs::write(place.there("victim/file"), b"as it was").unwrap();
    std::os::unix::fs::symlink(place.there("victim"), &gathered).unwrap();
    let refused = copy_out(&place.session(), &place.job("/data", "mine")).await.unwrap_err();
    assert!(refused.to_string().contains("is in the way"), "{refused}");
    assert_eq!(std::fs::read_dir(place.there("victim")).unwrap().count(), 1);
    let anew = Job { resume: false, ..place.job("/data", "mine") };
    assert!(copy_out(&place.session(), &anew).await.unwrap().is_whole());
    assert_eq!(std::fs::read(place.there("victim/file")).unwrap(), b"as it was");
}

fn only_entry(folder: &std::path::Path) -> std::path::PathBuf {
    let mut entries = std::fs::read_dir(folder).unwrap();
    let only = entries.next().unwrap().unwrap().path();
    assert!(entries.next().is_none(), "one thing is in {}", folder.display());
    only
}
