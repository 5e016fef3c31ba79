//! How commands end, and what is told of it.

use chandler_debugger::stream::{StreamError, run};
use chandler_debugger::terminal::Input;
use tokio::io::AsyncReadExt as _;

use crate::stage::{Kept, Stage, both, exec, output_to};

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_the_commands_own() {
    let Some(stage) = Stage::open("codes_are_the_commands_own").await else { return };
    for (command, code) in [("exit 0", 0), ("exit 42", 42), ("kill -9 $$", 137), ("kill -15 $$", 143)] {
        assert_eq!(stage.output(&["sh", "-c", command]).await.0, code, "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_the_input_has_ended_is_not_lost() {
    let Some(stage) = Stage::open("what_comes_after_the_input_has_ended_is_not_lost").await else { return };
    let kept = Kept::default();
    let io = both(&b"x\n"[..], kept.clone());
    stage.run(&["sh", "-c", "read x; sleep 4; echo $x done"], io).await.unwrap();
    assert_eq!(kept.text(), "x done\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_never_ends_does_not_hold_up_the_end() {
    let Some(stage) = Stage::open("an_input_that_never_ends_does_not_hold_up_the_end").await else { return };
    let (kept, (never, _open)) = (Kept::default(), tokio::io::duplex(1));
    let ending = stage.run(&["sh", "-c", "echo last; exit 3"], both(never, kept.clone())).await.unwrap();
    assert_eq!((ending.code, kept.text().as_str()), (3, "last\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_ends_the_stream() {
    let Some(stage) = Stage::open("a_reader_that_goes_away_ends_the_stream").await else { return };
    let (theirs, mut ours) = tokio::io::duplex(64 * 1024);
    let head = tokio::spawn(async move {
        let mut first = [0; 2];
        ours.read_exact(&mut first).await.unwrap();
        first
    });
    let error = stage.run(&["sh", "-c", "while true; do echo y; done"], output_to(theirs)).await.unwrap_err();
    assert_eq!((error.reason(), error.exit_code()), ("OutputGone", 141));
    assert_eq!(&head.await.unwrap(), b"y\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_dropped_ends_the_commands_input() {
    let Some(stage) = Stage::open("a_stream_that_is_dropped_ends_the_commands_input").await else { return };
    let (theirs, mut ours) = tokio::io::duplex(1024);
    let command = exec(&["sh", "-c", "echo begun; cat >/dev/null; echo gone > /tmp/end"]);
    let (never, _open) = tokio::io::duplex(1);
    let stream = run(stage.client(), &stage.to, &command, both(never, theirs));
    let begun = async {
        let mut line = [0; 6];
        ours.read_exact(&mut line).await.unwrap();
    };
    tokio::select! {
        ended = stream => panic!("{ended:?}"),
        () = begun => {}
    }
    let until = "while [ ! -e /tmp/end ]; do sleep 0.1; done; cat /tmp/end";
    assert_eq!(stage.output(&["timeout", "30", "sh", "-c", until]).await, (0, b"gone\n".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_input_that_cannot_be_read_is_an_error_and_no_end() {
    let Some(stage) = Stage::open("an_input_that_cannot_be_read_is_an_error_and_no_end").await else {
        return;
    };
    let error = stage.run(&["cat"], both(folder(), tokio::io::sink())).await.unwrap_err();
    assert!(matches!(error, StreamError::Input(_)), "{error}");
}

/// What cannot be read: a folder.
fn folder() -> Input {
    Input::of(std::fs::File::open("/").unwrap().into()).unwrap()
}
