//! POST events: cut into items, each checked, the good ones accepted in one transaction, the bad ones named.

use std::sync::Arc;

use andon_domain::history::MAX_ENTRIES;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use metrics::counter;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::access::{Deliver, Staff};
use super::body::RawEvents;
use super::problem::{self, Problem};
use crate::app::App;
use crate::events::{self, Event, EventContext, EventProblem};
use crate::markets::Market;
use crate::pipeline::accept::Outcome;
use crate::telemetry::EVENTS;

/// More events than this are checked on a thread of their own, so that other requests on this one need not wait.
const MANY: usize = 1_000;

/// What became of the events of a request.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Answer {
    /// New and durable.
    accepted: usize,
    /// Accepted before, word for word.
    duplicates: usize,
    /// Not kept, with the reason for each.
    rejected: Vec<Rejected>,
}

/// An event that was not kept.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rejected {
    /// Its place in the request, from 0.
    index: usize,
    /// Its id, where it could be read.
    id: Option<String>,
    /// What is wrong: `type`, `title`, `detail` and, where one is at fault, `field`.
    #[schema(value_type = Object)]
    problem: Value,
}

/// Send events: one CloudEvent, a batch, or lines; gzip or zstd. Answered after the commit; good items of a mixed batch are kept. Where
/// no answer comes, or 503, send all of it again: whatever was kept is a duplicate then. An order, a contact and a violation have room
/// for 1,000 events each, an order for as many of its contacts besides; those beyond are rejected as `event-subject-full`.
#[utoipa::path(post, path = "/v1/marketplaces/{m}/events", tag = "events", operation_id = "send_events",
    params(("m" = String, Path, description = "Marketplace code")),
    request_body(content = Object, description = "application/cloudevents+json, application/cloudevents-batch+json, application/json or application/x-ndjson"),
    responses((status = 200, body = Answer), (status = 422, description = "No event was acceptable; the members of the answer stand in the problem")))]
pub async fn send(State(app): State<Arc<App>>, access: Staff<Deliver>, RawEvents(items): RawEvents) -> Result<Response, Problem> {
    let market = access.market;
    let (good, mut rejected) = checked(&app, &market, items).await?;
    let (places, events): (Vec<(usize, String)>, Vec<Event>) = good.into_iter().map(|(i, e)| ((i, e.id.clone()), e)).unzip();
    let outcomes = if events.is_empty() { Vec::new() } else { app.ingest.submit(market, events).await? };
    let mut answer = Answer::default();
    for ((index, id), outcome) in places.into_iter().zip(outcomes) {
        match outcome {
            Outcome::Accepted => answer.accepted += 1,
            Outcome::Duplicate => answer.duplicates += 1,
            Outcome::Conflict => rejected.push(Rejected { index, id: Some(id), problem: conflict() }),
            Outcome::Full => rejected.push(Rejected { index, id: Some(id), problem: full() }),
        }
    }
    rejected.sort_by_key(|r| r.index);
    answer.rejected = rejected;
    counter!(EVENTS, "outcome" => "accepted").increment(answer.accepted as u64);
    counter!(EVENTS, "outcome" => "duplicate").increment(answer.duplicates as u64);
    counter!(EVENTS, "outcome" => "rejected").increment(answer.rejected.len() as u64);
    if !answer.rejected.is_empty() && answer.accepted + answer.duplicates == 0 {
        return Err(Problem::EventsRejected(json!(answer)));
    }
    Ok(axum::Json(answer).into_response())
}

type Checked = (Vec<(usize, Event)>, Vec<Rejected>);

async fn checked(app: &Arc<App>, market: &Arc<Market>, items: Vec<Bytes>) -> Result<Checked, Problem> {
    if items.len() <= MANY {
        return Ok(check(app, market, &items));
    }
    let (app, market) = (app.clone(), market.clone());
    let work = tokio::task::spawn_blocking(move || check(&app, &market, &items));
    work.await.map_err(|e| Problem::Internal(Box::new(e)))
}

fn check(app: &App, market: &Market, items: &[Bytes]) -> Checked {
    let context = EventContext { marketplace: &market.code, currency: &market.currency, keys: &app.keys, now: app.clock.now() };
    let (mut good, mut rejected) = (Vec::with_capacity(items.len()), Vec::new());
    for (index, item) in items.iter().enumerate() {
        match events::parse(&context, item) {
            Ok(event) => good.push((index, event)),
            Err(problem) => rejected.push(Rejected { index, id: id_of(item), problem: shown(&problem) }),
        }
    }
    (good, rejected)
}

fn shown(problem: &EventProblem) -> Value {
    let slug = format!("event-{}", problem.code);
    let mut document = problem::document(&slug, "The event is not acceptable", None, Some(problem.message.clone()));
    if let Some(field) = &problem.field {
        document.insert("field".into(), json!(field));
    }
    Value::Object(document)
}

fn conflict() -> Value {
    let detail = "an event with this source and id was accepted before, and says something else";
    Value::Object(problem::document("event-conflict", "Another event bears this source and id", None, Some(detail.into())))
}

fn full() -> Value {
    let detail = format!("what it is about, or the order that its contact is about, has {MAX_ENTRIES} changes already");
    Value::Object(problem::document("event-subject-full", "Its subject has no room for more changes", None, Some(detail)))
}

/// The id of an event that is not acceptable, so that its sender finds it; cut to what ids may be.
fn id_of(item: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct WithId {
        id: String,
    }
    let id = serde_json::from_slice::<WithId>(item).ok()?.id;
    Some(id.chars().take(200).collect())
}
