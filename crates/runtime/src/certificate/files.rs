//! Files that are read again when they change: by content, on a timer, since a mounted Secret changes by a switch of links
//! that a watch of the file misses.

use std::time::Duration;

use super::served::Served;
use crate::tls::TlsArgs;

/// How often files are looked at.
pub(super) const PAUSE: Duration = Duration::from_secs(5);

/// Serves with what the files hold, for ever. The files of a pair may change one after the other: the next look finds both.
pub(super) async fn follow(arguments: TlsArgs, mut served: Served) {
    let mut ticks = tokio::time::interval(PAUSE);
    loop {
        ticks.tick().await;
        if let Some(read) = arguments.read().transpose() {
            served.take(read);
        }
    }
}
