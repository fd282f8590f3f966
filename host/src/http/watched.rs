//! A connection's bytes, watched: how long its peer has been silent at which point of the conversation, and whether a
//! request's head says its length in two ways. hyper would take such a head, and drop one of the two before anyone sees it.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

/// Where a connection stands between requests.
pub(super) struct Phase {
    header: Duration,
    idle: Duration,
    max_head: usize,
    state: Mutex<State>,
}

struct State {
    in_flight: usize,
    /// When the connection was made, or the last request ended.
    since: Instant,
    first: bool,
    http2: bool,
    /// The head that is arriving, and since when.
    head: Vec<u8>,
    head_since: Option<Instant>,
    ambiguous: bool,
}

/// A request under way; dropped when its answer has been given.
pub(super) struct InFlight {
    phase: Arc<Phase>,
    ambiguous: bool,
}

impl Phase {
    pub(super) fn new(header: Duration, idle: Duration, max_head: usize) -> Self {
        let state = State {
            in_flight: 0,
            since: Instant::now(),
            first: true,
            http2: false,
            head: Vec::new(),
            head_since: None,
            ambiguous: false,
        };
        Self { header, idle, max_head, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A head has arrived whole.
    pub(super) fn begin(self: Arc<Self>) -> InFlight {
        let ambiguous = {
            let mut state = self.state();
            state.in_flight += 1;
            state.first = false;
            state.head.clear();
            state.head_since = None;
            std::mem::take(&mut state.ambiguous)
        };
        InFlight { phase: self, ambiguous }
    }

    fn saw(&self, bytes: &[u8]) {
        let state = &mut *self.state();
        if state.in_flight > 0 || state.http2 || bytes.is_empty() {
            return;
        }
        if state.first && state.head.is_empty() && bytes.starts_with(b"PRI ") {
            state.http2 = true;
            return;
        }
        state.head_since.get_or_insert_with(Instant::now);
        let room = self.max_head.saturating_sub(state.head.len()).min(bytes.len());
        let from = state.head.len().saturating_sub(3);
        state.head.extend_from_slice(&bytes[..room]);
        let tail = &state.head[from..];
        if tail.windows(4).any(|w| w == b"\r\n\r\n") || tail.windows(2).any(|w| w == b"\n\n") {
            state.ambiguous = two_lengths(&state.head);
        }
    }

    /// When the peer's silence becomes too long; `None` while it waits for us.
    fn deadline(&self) -> Option<Instant> {
        let state = self.state();
        if state.in_flight > 0 {
            return None;
        }
        Some(match state.head_since {
            _ if state.http2 => state.since + self.idle,
            Some(begun) => begun + self.header,
            None if state.first => state.since + self.header,
            None => state.since + self.idle,
        })
    }
}

impl InFlight {
    /// Whether the head said its length in two ways.
    pub(super) fn ambiguous(&self) -> bool {
        self.ambiguous
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.phase.state();
        state.in_flight -= 1;
        state.since = Instant::now();
    }
}

fn two_lengths(head: &[u8]) -> bool {
    let has = |wanted: &[u8]| {
        let names = head.split(|b| *b == b'\n').skip(1).map(|line| line.split(|b| *b == b':').next().unwrap_or_default());
        names.map(<[u8]>::trim_ascii).any(|name| name.eq_ignore_ascii_case(wanted))
    };
    has(b"transfer-encoding") && has(b"content-length")
}

/// A stream that fails once its peer has been silent for too long.
pub(super) struct Watched<T> {
    stream: T,
    phase: Arc<Phase>,
    timer: Pin<Box<Sleep>>,
    stalled: Option<Instant>,
}

impl<T> Watched<T> {
    pub(super) fn new(stream: T, phase: Arc<Phase>) -> Self {
        let timer = Box::pin(tokio::time::sleep(phase.header));
        Self { stream, phase, timer, stalled: None }
    }

    /// Ready when the deadline has passed. The timer is moved only when it fires early, not at each request.
    fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            let now = Instant::now();
            let stalled = self.stalled.map(|since| since + self.phase.idle);
            let due = [self.phase.deadline(), stalled].into_iter().flatten().min();
            match due {
                Some(due) if due <= now => return Poll::Ready(()),
                // The end of a request wakes nobody here, so its silence is looked at again before it can be too long.
                _ => self.timer.as_mut().reset(due.unwrap_or(now + self.phase.header.min(self.phase.idle))),
            }
        }
    }

    fn or_expired<V>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<V>> {
        ready!(self.poll_expired(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the peer was silent for too long")))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Pending => self.or_expired(cx),
            ready @ Poll::Ready(_) => {
                self.phase.saw(&buffer.filled()[before..]);
                // A head that dribbles in is always ready for another byte.
                if self.poll_expired(cx).is_ready() { self.or_expired(cx) } else { ready }
            }
        }
    }
}

impl<T: AsyncWrite + Unpin> Watched<T> {
    fn written<V>(&mut self, cx: &mut Context<'_>, result: Poll<io::Result<V>>) -> Poll<io::Result<V>> {
        if result.is_ready() {
            self.stalled = None;
            return result;
        }
        self.stalled.get_or_insert_with(Instant::now);
        self.or_expired(cx)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(cx, result)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.written(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_flush(cx);
        self.written(cx, result)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
