//! What one replica does for all: it begins when the replica leads, and ends when it does not any more.

use chandler_runtime::leader::Leadership;
use tokio::task::JoinSet;

/// Does the duties of a leader as long as this replica leads, again and again. Ends when one of them does, as none should.
pub(super) async fn lead(mut leadership: Leadership, begin_duties: impl Fn() -> JoinSet<()>) {
    loop {
        leadership.until(true).await;
        let mut duties = begin_duties();
        tokio::select! {
            () = leadership.until(false) => duties.shutdown().await,
            _ = duties.join_next(), if !duties.is_empty() => return,
        }
    }
}
