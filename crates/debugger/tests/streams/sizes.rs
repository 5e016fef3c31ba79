//! The terminal that a command has.

use chandler_debugger::stream::{Io, Size, run};
use chandler_e2e::{Wait, wait_for};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;

use crate::stage::{BOUND, Kept, Stage, exec};

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_has_the_size_that_it_is_given_and_each_that_follows() {
    let test = "a_terminal_has_the_size_that_it_is_given_and_each_that_follows";
    let Some(stage) = Stage::open(test).await else { return };
    let (resize, sizes) = mpsc::channel(4);
    let (input, mut keys) = tokio::io::duplex(1024);
    let shown = Kept::default();
    let io = Io {
        stdin: Some(Box::new(input)),
        stdout: Box::new(shown.clone()),
        stderr: None,
        sizes: Some(sizes),
    };
    resize.send(Size { columns: 111, rows: 33 }).await.unwrap();
    let person = async {
        // A size may arrive after what is typed after it: they are looked at by different parts.
        keys.write_all(b"until stty size | grep '33 111'; do sleep 0.1; done\n").await.unwrap();
        until_prompt(&shown, "\n33 111").await;
        resize.send(Size { columns: 77, rows: 22 }).await.unwrap();
        keys.write_all(b"until stty size | grep '22 77'; do sleep 0.1; done\n").await.unwrap();
        until_prompt(&shown, "\n22 77").await;
        // Ctrl-D ends a shell.
        keys.write_all(b"\x04").await.unwrap();
        keys
    };
    let command = exec(&["sh"]);
    let stream = run(stage.client(), &stage.to, &command, io);
    let (ending, _keys) = tokio::time::timeout(BOUND, async { tokio::join!(stream, person) }).await.unwrap();
    assert_eq!(ending.unwrap().code, 0);
}

/// Waits for a line of output and the prompt behind it: a Ctrl-D that is typed before a shell edits its line may be lost.
async fn until_prompt(shown: &Kept, text: &str) {
    wait_for(&format!("{text:?} and a prompt to be shown"), BOUND / 2, async || {
        let all = shown.text();
        let is_shown =
            all.split_once(text).is_some_and(|(_, rest)| rest.contains("# ") || rest.contains("$ "));
        Ok(if is_shown { Wait::Done(()) } else { Wait::NotYet(all) })
    })
    .await
    .unwrap();
}
