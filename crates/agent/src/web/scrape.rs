//! `/metrics`: a checkpoint is written first, and what it holds is shown, so that no server ever sees what a crash could
//! take back. Where none can be written, the last one is shown; where it is less than what was shown before, none is.

mod encoding;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout};

use super::own::Own;
use super::pages::busy;
use crate::engine::Engine;
use crate::exposition::{Page, Style, negotiate};
use crate::series::Snapshot;

/// Pages that are written at once: each takes a processor, and memory for all series.
const ROOM: usize = 2;

/// How long a scrape waits for room.
const QUEUE: Duration = Duration::from_secs(5);

/// How long a snapshot is shown without taking another.
const FRESH: Duration = Duration::from_millis(200);

/// How long a scrape waits for a checkpoint: a disk that is stuck does not keep the last one from being shown.
const DISK: Duration = Duration::from_secs(3);

/// Answers scrapes.
#[derive(Debug)]
pub(super) struct Scraper {
    engine: Arc<Engine>,
    own: Own,
    created: bool,
    room: Arc<Semaphore>,
    latest: Arc<Mutex<Option<Latest>>>,
    /// Whether the last checkpoint that was waited for in vain is not finished yet.
    is_stuck: Arc<AtomicBool>,
}

/// What was shown last, and since when.
#[derive(Debug)]
struct Latest {
    snapshot: Arc<Snapshot>,
    since: Instant,
}

impl Scraper {
    pub(super) fn new(engine: Arc<Engine>, created: bool) -> Self {
        let room = Arc::new(Semaphore::new(ROOM));
        let (latest, is_stuck) = (Arc::default(), Arc::default());
        Self { engine, own: Own::new(), created, room, latest, is_stuck }
    }

    /// The page, in the format and the encoding that is wanted.
    pub(super) async fn answer(&self, method: &Method, headers: &HeaderMap) -> Response {
        let Ok(Ok(room)) = timeout(QUEUE, Arc::clone(&self.room).acquire_owned()).await else {
            return busy("too many scrapes at once\n");
        };
        let snapshot = self.snapshot().await;
        if !self.engine.is_visible(&snapshot) {
            return busy("a checkpoint was damaged: its lines are being read again\n");
        }
        let negotiated = negotiate(&encoding::joined(headers, &header::ACCEPT));
        let style = Style { format: negotiated.format, created: self.created };
        let is_gzip = encoding::takes_gzip(&encoding::joined(headers, &header::ACCEPT_ENCODING));
        let (engine, own, shown) = (Arc::clone(&self.engine), self.own, Arc::clone(&snapshot));
        let write = move || {
            // The page goes on being written when nobody waits for it any more, and takes its room until then.
            let _room = room;
            let page = write(&engine, own, (&shown, style));
            if is_gzip { encoding::compress(&page) } else { Ok(page) }
        };
        let Ok(Ok(page)) = tokio::task::spawn_blocking(write).await else {
            return (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be written\n").into_response();
        };
        // Who asks for the headers alone has seen nothing.
        if method == Method::GET {
            self.engine.tell_scraped(&snapshot, SystemTime::now());
        }
        let mut response = Body::from(page).into_response();
        response.headers_mut().extend(describe(negotiated.content_type, is_gzip));
        response
    }

    /// What is durable now, or was a moment ago.
    async fn snapshot(&self) -> Arc<Snapshot> {
        let fresh = async {
            let mut latest = Arc::clone(&self.latest).lock_owned().await;
            if let Some(latest) = latest.as_ref().filter(|latest| latest.since.elapsed() < FRESH) {
                return Arc::clone(&latest.snapshot);
            }
            let (engine, is_stuck) = (Arc::clone(&self.engine), Arc::clone(&self.is_stuck));
            // With the lock, so that there is never more than one who waits for the disk.
            let write = move || {
                let snapshot = durable(&engine);
                *latest = Some(Latest { snapshot: Arc::clone(&snapshot), since: Instant::now() });
                is_stuck.store(false, Ordering::Relaxed);
                snapshot
            };
            tokio::task::spawn_blocking(write).await.unwrap_or_else(|_| self.engine.durable())
        };
        let patience = if self.is_stuck.load(Ordering::Relaxed) { Duration::ZERO } else { DISK };
        match timeout(patience, fresh).await {
            Ok(snapshot) => snapshot,
            Err(_) => {
                self.is_stuck.store(true, Ordering::Relaxed);
                self.engine.durable()
            }
        }
    }
}

/// The headers of a page.
fn describe(content_type: String, is_gzip: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    // What is negotiated is plain ASCII.
    if let Ok(content_type) = content_type.try_into() {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(header::VARY, HeaderValue::from_static("Accept, Accept-Encoding"));
    if is_gzip {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    headers
}

/// What is on the disk, after an attempt to bring there what was read until now.
fn durable(engine: &Engine) -> Arc<Snapshot> {
    engine.checkpoint(SystemTime::now()).unwrap_or_else(|error| {
        let error = error.with_causes();
        tracing::warn!(error, "the checkpoint cannot be written; the last one is shown");
        engine.durable()
    })
}

fn write(engine: &Engine, own: Own, (snapshot, style): (&Snapshot, Style)) -> Vec<u8> {
    let mut out = Vec::new();
    let mut page = Page::new(&mut out, style);
    page.add_snapshot(snapshot);
    for family in own.families(engine, snapshot, SystemTime::now()) {
        page.add_family(&family);
    }
    page.finish();
    out
}
