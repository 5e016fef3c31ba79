//! Folders with all that is in them.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};

use crate::place::{Place, with_volume};

#[tokio::test]
async fn tree_goes_into_a_distroless_container_and_out_with_links_and_modes() {
    let test = "tree_goes_into_a_distroless_container_and_out_with_links_and_modes";
    let Some(place) = Place::open(test).await else { return };
    place.pod("bare", "distroless", with_volume).await;
    let tree = place.here("tree");
    fs::create_dir_all(tree.join("sub/deep")).unwrap();
    fs::write(tree.join("run"), b"#!/bin/sh\n").unwrap();
    fs::set_permissions(tree.join("run"), PermissionsExt::from_mode(0o750)).unwrap();
    fs::hard_link(tree.join("run"), tree.join("sub/again")).unwrap();
    fs::write(tree.join("sub/odd\nname"), b"odd").unwrap();
    symlink("/etc/passwd", tree.join("sub/out")).unwrap();
    for number in 0..500 {
        fs::write(tree.join(format!("sub/deep/{number}")), number.to_string()).unwrap();
    }

    let into = place.cp("tree bare:/data -o json").await;
    assert_eq!((into.code, into.stderr.as_str()), (0, ""), "{into:?}");
    assert_eq!(into.value()["destination"], "/data/tree");
    let out = place.cp("bare:/data/tree back -o json").await;
    assert_eq!((out.code, out.stderr.as_str()), (0, ""), "{out:?}");
    assert_eq!((&out.value()["folders"], &out.value()["links"]), (&3.into(), &2.into()));
    let back = place.here("back");
    let run = fs::metadata(back.join("run")).unwrap();
    assert_eq!((run.mode() & 0o7777, run.nlink()), (0o750, 2));
    assert_eq!(fs::metadata(back.join("sub/again")).unwrap().ino(), run.ino());
    assert_eq!(run.mtime(), fs::metadata(tree.join("run")).unwrap().mtime());
    assert_eq!(fs::read(back.join("sub/odd\nname")).unwrap(), b"odd");
    assert_eq!(fs::read_link(back.join("sub/out")).unwrap().to_str(), Some("/etc/passwd"));
    assert_eq!(fs::read_dir(back.join("sub/deep")).unwrap().count(), 500);

    // What is the same already is not carried again.
    let again = place.cp("bare:/data/tree/. back -o json").await.value();
    assert_eq!(again["exitCode"], 0, "{again}");
    assert!(again["resumedBytes"].as_u64() > Some(1000), "{again}");
    let sums = place.cp("bare:/data/tree/sub/deep - -o sums").await;
    assert_eq!(sums.stderr.lines().count(), 500);
}

#[tokio::test]
async fn image_of_a_container_is_read_through_its_own_links() {
    let Some(place) = Place::open("image_of_a_container_is_read_through_its_own_links").await else { return };
    place.pod("web", "workload", with_volume).await;
    place.in_pod("web", "ln -s /etc/passwd /data/link").await;
    let output = place.cp("web:/data/link mine").await;
    assert_eq!(output.code, 0, "{output:?}");
    // That of the target, and not that of the toolbox.
    assert_eq!(fs::read_to_string(place.here("mine")).unwrap(), "root:x:0:0:root:/root:/bin/sh\n");
}
