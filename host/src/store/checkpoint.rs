//! Carries SQLite's log back into the file on a thread of its own: ten thousand pages written in one go are tens of milliseconds, and
//! whoever committed last would wait for them. A busy writer is never caught up with that way, so it carries over the rest itself,
//! which is what it wrote meanwhile, and the log begins anew.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::error::StoreError;
use super::session::Result;

const IDLE: u8 = 0;
const UNDER_WAY: u8 = 1;
const NEARLY_DONE: u8 = 2;

thread_local! {
    /// Pages in the log after the commit that this thread has just done, if it wrote anything.
    static LOGGED: Cell<Option<i32>> = const { Cell::new(None) };
}

/// The thread, and how far it is.
pub(super) struct Checkpoints {
    ask: Option<SyncSender<()>>,
    stage: Arc<AtomicU8>,
    /// Pages in the log from which on it is carried over.
    pages: i32,
    /// The same, for now: more where a reader still needs the log.
    due: AtomicI32,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Starts the thread, which ends with this, for a log that is carried over when it has so many pages.
    pub(super) fn start(path: &Path, pages: i32) -> Result<Self> {
        let connection = super::sqlite::connect(path)?;
        let stage = Arc::new(AtomicU8::new(IDLE));
        let (ask, asked) = sync_channel(1);
        let noted = stage.clone();
        let thread = std::thread::Builder::new().name("andon-checkpoint".into());
        let thread = thread.spawn(move || work(&connection, &asked, &noted)).map_err(|e| StoreError::Driver(e.to_string()))?;
        Ok(Self { ask: Some(ask), stage, pages, due: AtomicI32::new(pages), thread: Some(thread) })
    }

    /// Takes the log of a connection that writes off its hands; it must call [`Self::committed`] after each commit.
    pub(super) fn watch(connection: &Connection) {
        connection.wal_hook(Some(|_, pages| {
            LOGGED.set(Some(pages));
            Ok(())
        }));
    }

    /// Sees to the log after a commit on this thread.
    pub(super) fn committed(&self, connection: &Connection) {
        let Some(pages) = LOGGED.take() else { return };
        if pages < self.pages {
            self.due.store(self.pages, Ordering::Relaxed);
        }
        let goes = |from, to| self.stage.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if goes(NEARLY_DONE, IDLE) {
            self.due.store(pages.max(self.pages).saturating_add(self.pages / 4), Ordering::Relaxed);
            carry(connection);
        } else if pages >= self.due.load(Ordering::Relaxed)
            && goes(IDLE, UNDER_WAY)
            && let Some(ask) = &self.ask
        {
            // There is room for one, and nobody else asks before that is done.
            let _ = ask.try_send(());
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(thread) = self.thread.take() {
            // One that panicked has nothing left to do.
            let _ = thread.join();
        }
    }
}

fn work(connection: &Connection, asked: &Receiver<()>, stage: &AtomicU8) {
    while asked.recv().is_ok() {
        carry(connection);
        stage.store(NEARLY_DONE, Ordering::Release);
    }
}

/// Carries over what no reader needs in the log, without keeping anybody from writing.
fn carry(connection: &Connection) {
    if let Err(e) = connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(())) {
        tracing::warn!("the log stays where it is: {e}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::connect;

    #[test]
    fn a_busy_writers_log_begins_anew_and_loses_nothing() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a.db");
        let connection = connect(&path).unwrap();
        connection.execute_batch("pragma synchronous = off; create table t (body blob)").unwrap();
        Checkpoints::watch(&connection);
        let checkpoints = Checkpoints::start(&path, 100).unwrap();
        let (mut rows, mut begun, mut before) = (0, 0, 0);
        while begun < 3 {
            assert!(rows < 100_000, "the log begins anew only {begun} times, and has {before} pages");
            connection.execute("insert into t (body) values (randomblob(40000))", []).unwrap();
            rows += 1;
            let pages = LOGGED.get().unwrap();
            begun += i32::from(pages < before);
            before = pages;
            checkpoints.committed(&connection);
        }
        drop((checkpoints, connection));
        let kept: i64 = connect(&path).unwrap().query_row("select count(*) from t", [], |r| r.get(0)).unwrap();
        assert_eq!(kept, rows);
    }
}
