//! GET stream: messages as they are committed, as server-sent events. Where a connection broke, the next one goes on.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use andon_domain::topics::Topics;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde::Deserialize;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use utoipa::IntoParams;

use super::access::{Member, See};
use super::border::Border;
use super::extract::Query;
use super::problem::Problem;
use crate::app::App;
use crate::config::Config;
use crate::pipeline::deliver::envelope;
use crate::store::Store;
use crate::store::outbox::{Message, View};
use crate::telemetry::STREAMS;

/// Messages read at once.
const PAGE: usize = 100;
/// Messages that come within this time are read together.
const GATHER: Duration = Duration::from_millis(50);
/// The longest time between two looks: another host of the same database tells nobody here.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Streams that are open, by caller.
#[derive(Debug)]
pub struct Streams {
    most: usize,
    each: usize,
    heartbeat: Duration,
    open: Mutex<HashMap<String, usize>>,
    end: CancellationToken,
}

/// One of them.
struct Place {
    streams: Arc<Streams>,
    caller: String,
}

impl Streams {
    /// As many as `config` says.
    pub fn new(config: &Config) -> Self {
        let (most, each) = (config.streams, config.streams_per_caller);
        let heartbeat = Duration::from_secs(config.stream_heartbeat_seconds);
        Self { most, each, heartbeat, open: Mutex::default(), end: CancellationToken::new() }
    }

    /// Ends all of them once `stop` says so.
    pub async fn end_with(&self, stop: &CancellationToken) {
        stop.cancelled().await;
        self.end.cancel();
    }

    fn enter(self: &Arc<Self>, caller: &str) -> Result<Place, Problem> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, own) = (open.values().sum::<usize>(), open.get(caller).copied().unwrap_or(0));
        if all >= self.most || own >= self.each {
            return Err(Problem::TooMany { retry_after: 5 });
        }
        open.insert(caller.to_owned(), own + 1);
        metrics::gauge!(STREAMS).increment(1);
        Ok(Place { streams: self.clone(), caller: caller.to_owned() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = open.get_mut(&self.caller) {
            *own -= 1;
            if *own == 0 {
                open.remove(&self.caller);
            }
        }
        metrics::gauge!(STREAMS).decrement(1);
    }
}

/// What to see.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Only these kinds, with commas between them, such as `appeal.filed,enforcement.*`.
    kind: Option<String>,
}

/// Messages as they are committed, each a CloudEvent. `Last-Event-ID` goes on after that one; without it the stream begins with what
/// comes next. A merchant sees its own messages.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/stream", tag = "webhooks", operation_id = "stream_messages",
    params(("m" = String, Path, description = "Marketplace code"), Asked,
        ("Last-Event-ID" = Option<i64>, Header, description = "The last event that was received")),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
pub async fn stream(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: Member<See>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kinds = asked.kind.as_deref().into_iter().flat_map(|kinds| kinds.split(','));
    let topics = Topics::new(kinds).map_err(|why| Problem::invalid("kind", why))?;
    let merchant = match access.caller.merchant() {
        Some(claim) => Some(app.store.merchant(access.market.id, &claim.reference).await?.ok_or(Problem::NotFound)?.id),
        None => None,
    };
    let place = border.streams.enter(&access.caller.subject)?;
    let news = app.store.news();
    let after = match headers.get("last-event-id") {
        Some(value) => value.to_str().ok().and_then(|text| text.parse().ok()).filter(|after| *after >= 0),
        None => Some(app.store.last_place().await?),
    };
    let after = after.ok_or_else(|| Problem::Malformed("`last-event-id` is not one that a stream gave".into()))?;
    let view = View { market: access.market.id, merchant, topics };
    let (store, market, waiting) = (app.store.clone(), access.market.code.clone(), VecDeque::new());
    let follow = Follow { store, market, view, after, waiting, news, _place: place };
    let events = futures::stream::unfold(follow, |mut follow| async move {
        let event = follow.next().await?;
        Some((Ok::<_, Infallible>(event), follow))
    });
    let events = events.take_until(border.streams.end.clone().cancelled_owned());
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(border.streams.heartbeat)).into_response())
}

/// Where one stream is.
struct Follow {
    store: Arc<Store>,
    market: String,
    view: View,
    after: i64,
    waiting: VecDeque<Message>,
    news: watch::Receiver<()>,
    _place: Place,
}

impl Follow {
    /// The next event; none where it cannot be had, and whoever listens comes again.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return self.event(&message);
            }
            let (found, reached) = match self.store.messages(self.view.clone(), self.after, PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!("a stream ends: {error}");
                    return None;
                }
            };
            self.after = reached;
            if found.is_empty() {
                if let Ok(changed) = tokio::time::timeout(LOOK_AGAIN, self.news.changed()).await {
                    changed.ok()?;
                    tokio::time::sleep(GATHER).await;
                }
                self.news.mark_unchanged();
            }
            self.waiting = found.into();
        }
    }

    fn event(&self, message: &Message) -> Option<Event> {
        let body = envelope(&self.market, message);
        let body = body.inspect_err(|error| tracing::error!(message = message.place, "a stream ends: {error}")).ok()?;
        Some(Event::default().id(message.place.to_string()).event(&message.kind).data(body))
    }
}
