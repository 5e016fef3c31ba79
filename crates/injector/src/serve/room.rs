//! Room for the bodies of requests: so many bytes and no more. Where it is full, the body that arrives for the longest time
//! gives its place up: whoever sends nothing, or little, keeps nobody out.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What a body takes at least, in bytes: a request has headers too.
const LEAST: usize = 16 * 1024;

/// The room.
#[derive(Debug, Clone)]
pub(super) struct Room {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    size: usize,
    taken: Mutex<Taken>,
    /// Somebody has left.
    left: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    bytes: usize,
    entered: u64,
    /// Bodies that are not whole yet, in the order in which they began.
    arriving: BTreeMap<u64, Arriving>,
}

#[derive(Debug)]
struct Arriving {
    bytes: usize,
    /// Told when it is to give up.
    ended: Arc<Notify>,
}

/// The place of one body, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    room: Room,
    number: u64,
    /// What it takes once it is whole.
    kept: usize,
}

impl Room {
    /// Room for that many bytes.
    pub(super) fn of(size: usize) -> Self {
        Self { inner: Arc::new(Inner { size, taken: Mutex::default(), left: Notify::new() }) }
    }

    /// A place, of no size yet, for a body that begins. `ended` is told when it is to give up.
    pub(super) fn enter(&self, ended: &Arc<Notify>) -> Place {
        let mut taken = self.taken();
        taken.entered += 1;
        let number = taken.entered;
        taken.arriving.insert(number, Arriving { bytes: 0, ended: Arc::clone(ended) });
        Place { room: self.clone(), number, kept: 0 }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.inner.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Grows to a size in bytes. Waits where only whole bodies could make room, which those who read them soon do.
    pub(super) async fn grow(&mut self, size: usize) {
        let room = self.room.clone();
        loop {
            let left = room.inner.left.notified();
            if room.taken().grow(self.number, size.max(LEAST), room.inner.size) {
                return;
            }
            left.await;
        }
    }

    /// The body is whole: nobody takes its place away any more.
    pub(super) fn keep(&mut self) {
        if let Some(Arriving { bytes, .. }) = self.room.taken().arriving.remove(&self.number) {
            self.kept = bytes;
        }
    }
}

impl Taken {
    /// Whether a body has grown. Where there is no room for it, others give up, or it does itself.
    fn grow(&mut self, number: u64, size: usize, room: usize) -> bool {
        loop {
            let Some(own) = self.arriving.get_mut(&number) else { return false };
            let more = size.saturating_sub(own.bytes);
            if self.bytes.saturating_add(more) <= room {
                own.bytes += more;
                self.bytes += more;
                return true;
            }
            if self.arriving.len() == 1 {
                return false;
            }
            if let Some((_, Arriving { bytes, ended })) = self.arriving.pop_first() {
                self.bytes -= bytes;
                ended.notify_one();
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.room.taken();
        let arriving = taken.arriving.remove(&self.number).map_or(0, |arriving| arriving.bytes);
        taken.bytes -= arriving + self.kept;
        drop(taken);
        self.room.inner.left.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const SIZE: usize = LEAST * 4;

    async fn enter(room: &Room, size: usize) -> (Place, Arc<Notify>) {
        let ended = Arc::new(Notify::new());
        let mut place = room.enter(&ended);
        place.grow(size).await;
        (place, ended)
    }

    fn is_told(ended: &Notify) -> bool {
        ended.notified().now_or_never().is_some()
    }

    #[tokio::test]
    async fn who_began_first_gives_up_where_there_is_no_room_and_whoever_is_whole_does_not() {
        let room = Room::of(SIZE);
        let (mut whole, whole_ended) = enter(&room, LEAST).await;
        whole.keep();
        let (_first, first_ended) = enter(&room, LEAST).await;
        let (_second, second_ended) = enter(&room, 1).await;
        let (_third, third_ended) = enter(&room, 2 * LEAST).await;
        assert!(is_told(&first_ended) && !is_told(&whole_ended), "the oldest that is not whole");
        assert!(!is_told(&second_ended) && !is_told(&third_ended), "no more of them than it takes");
    }

    #[tokio::test]
    async fn where_all_are_whole_the_next_waits_until_one_leaves() {
        let room = Room::of(SIZE);
        let (mut whole, _) = enter(&room, SIZE).await;
        whole.keep();
        let ended = Arc::new(Notify::new());
        let mut next = room.enter(&ended);
        assert!(next.grow(LEAST).now_or_never().is_none());
        drop(whole);
        next.grow(LEAST).await;
        assert!(!is_told(&ended));
    }

    #[tokio::test]
    async fn room_is_free_again_however_a_body_ends() {
        let room = Room::of(SIZE);
        let (mut whole, _) = enter(&room, SIZE / 2).await;
        whole.keep();
        let (arriving, _) = enter(&room, SIZE / 2).await;
        let (last, _) = enter(&room, SIZE / 2).await;
        drop((whole, arriving, last));
        assert_eq!(room.taken().bytes, 0);
        assert!(room.taken().arriving.is_empty());
    }
}
