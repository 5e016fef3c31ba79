//! Reads what there is to read, oldest first where one file follows another, else in turn.

use std::collections::{BTreeMap, VecDeque};
use std::io;

use super::fingerprint::{Fingerprint, HEAD, Rungs};
use super::follower::Follower;
use super::lines::{Rest, Splitter};
use super::source::{End, FileId};
use super::{Line, ReadOutcome, Trouble};

/// How much of one file is read before it is the turn of another.
const CHUNK: u64 = 256 << 10;
/// How much of a hole is crossed before it is the turn of another file.
const HOLE: u64 = 4 << 20;

/// Who takes lines.
type Sink<'a> = &'a mut dyn FnMut(Line<'_>);

/// What one visit to a file did.
#[derive(Debug, Default)]
struct Visit {
    bytes: u64,
    lines: u64,
    more: bool,
}

/// A read of one file.
struct Filled {
    id: FileId,
    /// Bytes before the offset, which are known.
    known: usize,
    /// These and the new ones.
    all: usize,
    /// No more was there.
    at_end: bool,
    end: Option<End>,
}

impl Follower {
    /// Reads about `budget` bytes and gives each whole line to the sink. What was given is part of
    /// [`saved`](Self::saved) when this returns.
    pub fn read(&mut self, budget: usize, sink: &mut dyn FnMut(Line<'_>)) -> ReadOutcome {
        let budget = budget as u64;
        let mut outcome = ReadOutcome::default();
        let mut queues = self.queues();
        if !queues.is_empty() {
            let first = self.turn % queues.len();
            queues.rotate_left(first);
        }
        while !queues.is_empty() && outcome.bytes < budget {
            for queue in &mut queues {
                let Some(id) = queue.front().copied() else { continue };
                let visit = self.visit(id, CHUNK.min(budget - outcome.bytes), sink);
                outcome.bytes += visit.bytes;
                outcome.lines += visit.lines;
                self.turn = self.turn.wrapping_add(1);
                if !visit.more {
                    queue.pop_front();
                }
                if outcome.bytes >= budget {
                    break;
                }
            }
            queues.retain(|queue| !queue.is_empty());
        }
        outcome.more = !queues.is_empty();
        outcome
    }

    /// Files with something to read; those of one log follow each other by age.
    fn queues(&self) -> Vec<VecDeque<FileId>> {
        let busy = self.files.iter().filter(|(_, file)| !file.idle && file.content().is_some());
        let mut busy: Vec<_> = busy
            .map(|(id, file)| (file.stamp.modified, !file.is_numbered(), &file.path, file.log, *id))
            .collect();
        busy.sort_unstable();
        let mut queues: BTreeMap<u64, VecDeque<FileId>> = BTreeMap::new();
        for (.., log, id) in busy {
            queues.entry(log).or_default().push_back(id);
        }
        queues.into_values().collect()
    }

    fn visit(&mut self, id: FileId, chunk: u64, sink: Sink<'_>) -> Visit {
        let mut buffer = std::mem::take(&mut self.buffer);
        let visit = self.try_visit(id, (chunk, &mut buffer), sink);
        self.buffer = buffer;
        if let Some(file) = self.files.get_mut(&id) {
            // It is tried again the next time.
            file.is_failing = visit.is_err();
        }
        visit.unwrap_or_else(|error| {
            self.tell_unreadable(id, &error);
            Visit::default()
        })
    }

    fn try_visit(
        &mut self,
        id: FileId,
        (chunk, buffer): (u64, &mut Vec<u8>),
        sink: Sink<'_>,
    ) -> io::Result<Visit> {
        let mut length = usize::try_from(chunk).unwrap_or(usize::MAX).max(1);
        loop {
            let Some(filled) = self.fill(id, length, buffer)? else { return Ok(Visit::default()) };
            let at_end = filled.at_end;
            let (rest, lines) = self.give(buffer, &filled, sink);
            let visit = Visit { bytes: (filled.all - filled.known) as u64, lines, more: !at_end };
            if at_end {
                self.reach_end(id, filled.end);
                return Ok(visit);
            }
            if rest.consumed > 0 {
                if let Some(file) = self.files.get_mut(&id) {
                    file.rescan = false;
                }
                return Ok(visit);
            }
            if rest.nuls > 0 {
                return self.cross_hole(id, rest, sink);
            }
            length = length.saturating_mul(2).max(4096);
        }
    }

    /// Reads from before the offset on. `None` if that is no longer what it was.
    fn fill(&mut self, id: FileId, length: usize, buffer: &mut Vec<u8>) -> io::Result<Option<Filled>> {
        self.open(id)?;
        let Some(file) = self.files.get_mut(&id) else { return Ok(None) };
        let content = file.content().and_then(|content| self.contents.get(&content));
        let (Some(content), Some(source)) = (content, &mut file.source) else { return Ok(None) };
        let known = content.fingerprint.window_length();
        if buffer.len() < known + length {
            buffer.resize(known + length, 0);
        }
        let to = buffer.get_mut(..known + length).unwrap_or_default();
        let all = source.fill(content.fingerprint.window_start(), to)?;
        let bytes = buffer.get(..all).unwrap_or_default();
        let unread = content.fingerprint.offset == 0;
        let same = if unread {
            file.sight.agree(&Rungs::in_sight(bytes.get(..HEAD).unwrap_or(bytes)))
        } else {
            content.fingerprint.begins(bytes)
        };
        if same {
            return Ok(Some(Filled { id, known, all, at_end: all < known + length, end: source.end() }));
        }
        let size = file.stamp.size;
        self.separate(id, size);
        Ok(None)
    }

    /// Gives whole lines and moves the offset behind them.
    fn give(&mut self, bytes: &[u8], filled: &Filled, sink: Sink<'_>) -> (Rest, u64) {
        let nothing = (Rest { consumed: 0, partial: 0, nuls: 0 }, 0);
        let Some(file) = self.files.get(&filled.id) else { return nothing };
        let over = filled.at_end && filled.end.map_or_else(|| self.is_over(file), |end| end == End::Whole);
        let seen = file.stamp.size;
        let content = file.content().and_then(|content| self.contents.get_mut(&content));
        let Some(content) = content else { return nothing };
        // What was written since the last look may be the beginning of a line that goes on.
        let over =
            over && (filled.end.is_some() || content.fingerprint.window_start() + filled.all as u64 == seen);
        let mut splitter = Splitter {
            options: &self.options,
            path: &file.path,
            skipping: content.skipping,
            first: content.fingerprint.offset == 0,
            over,
            lines: 0,
            sink,
        };
        let rest = splitter.split(bytes.get(filled.known..filled.all).unwrap_or_default());
        let lines = splitter.lines;
        if over && splitter.skipping && !content.skipping {
            self.troubles.tell(Trouble::Unfinished, &file.path, &"its last line has no end");
        }
        content.skipping = splitter.skipping;
        if rest.consumed > 0 {
            content.fingerprint.advance(bytes.get(..filled.known + rest.consumed).unwrap_or(bytes));
        }
        (rest, lines)
    }

    fn reach_end(&mut self, id: FileId, end: Option<End>) {
        let Some(file) = self.files.get(&id) else { return };
        let over = self.is_over(file);
        let broken = end == Some(End::Broken) || end == Some(End::Cut) && over;
        let whole = end == Some(End::Whole);
        let Some(file) = self.files.get_mut(&id) else { return };
        file.idle = true;
        file.finalized |= over || whole || broken;
        if let Some(content) = file.content().and_then(|content| self.contents.get_mut(&content)) {
            content.finished |= whole;
        }
        if broken {
            self.tell_broken(id);
        }
        if end.is_some() {
            self.close(id);
        }
    }

    /// Looks for something behind NUL bytes: without it they are space that is not written yet.
    fn cross_hole(&mut self, id: FileId, rest: Rest, sink: Sink<'_>) -> io::Result<Visit> {
        let Some(file) = self.files.get_mut(&id) else { return Ok(Visit::default()) };
        let content = file.content().and_then(|content| self.contents.get_mut(&content));
        let (Some(content), Some(source)) = (content, &mut file.source) else { return Ok(Visit::default()) };
        // Something may have been written in the middle of what was space.
        if std::mem::take(&mut file.rescan) {
            file.nuls_until = 0;
        }
        let start = file.nuls_until.max(content.fingerprint.offset + rest.partial as u64);
        let (mut offset, mut buffer) = (start, vec![0; 64 << 10]);
        let found = loop {
            let read = source.fill(offset, &mut buffer)?;
            let bytes = buffer.get(..read).unwrap_or_default();
            if let Some(place) = bytes.iter().position(|byte| *byte != 0) {
                break Some(offset + place as u64);
            }
            offset += read as u64;
            if read < buffer.len() || offset - start >= HOLE {
                file.idle = read < buffer.len();
                break None;
            }
        };
        let mut visit = Visit { bytes: (found.unwrap_or(offset) - start).max(1), lines: 0, more: !file.idle };
        file.nuls_until = if found.is_some() { 0 } else { offset };
        let Some(end) = found else { return Ok(visit) };
        let Some(fingerprint) = Fingerprint::at(source, end)? else { return Ok(visit) };
        content.fingerprint = fingerprint;
        if rest.partial > 0 {
            (sink)(Line { path: &file.path, text: Err(crate::observation::Reason::NulBytes) });
            visit.lines = 1;
            content.skipping = true;
        }
        Ok(visit)
    }
}
