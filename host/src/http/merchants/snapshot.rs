//! GET a merchant's facts as a case for rules to be tested on, every reference hashed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use andon_domain::fact::{self, Fact};
use andon_domain::history::History;
use andon_domain::ids::{Instant, Named};
use andon_domain::verdict::Party;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::find;
use super::mask::Mask;
use crate::app::App;
use crate::auth::Caller;
use crate::cases::MAX_SUBJECTS;
use crate::http::access::{AtMerchant, Take};
use crate::http::extract::Query;
use crate::http::health::{in_force, play};
use crate::http::orders::{Contact, Order};
use crate::http::problem::Problem;
use crate::http::shapes::{moment, time};
use crate::markets::{Generation, Market, Override};
use crate::store::session::{For, Subject};

/// Subjects read at a time.
const PAGE: usize = 1_000;

/// Which facts.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// RFC 3339: the facts as they were known at this moment.
    as_of: Option<String>,
    /// RFC 3339: leave out what began before.
    since: Option<String>,
}

/// The merchant as rules are told of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Known {
    joined_at: String,
    standing: Option<String>,
    standing_since: String,
    badges: Vec<String>,
    reinstated_at: Option<String>,
}

/// A violation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Violation {
    #[serde(rename = "violation")]
    reference: String,
    recorded_at: String,
    policy: String,
    severity: &'static str,
    listing: Option<String>,
    state: &'static str,
    closed_at: Option<String>,
}

/// What has happened. An order's contacts stand with it.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Facts {
    orders: Vec<Order>,
    contacts: Vec<Contact>,
    violations: Vec<Violation>,
}

/// A merchant's facts, without names, in the form of a case for `andon plugin test`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Snapshot {
    name: String,
    settings: BTreeMap<String, String>,
    overrides: BTreeMap<String, Override>,
    now: String,
    time_zone: &'static str,
    currency: String,
    merchant: Known,
    /// The marketplace's own value of each metric, where it is known.
    peers: BTreeMap<String, f64>,
    facts: Facts,
}

/// A merchant's facts, to test rules on. At most 10,000 of them.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/snapshot", tag = "merchants", operation_id = "take_snapshot",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference"), Asked),
    responses((status = 200, body = Snapshot)))]
pub async fn take(
    State(app): State<Arc<App>>,
    access: AtMerchant<Take>,
    Query(asked): Query<Asked>,
) -> Result<Json<Snapshot>, Problem> {
    let market = &access.market;
    let row = find(&app, market, &access.merchant).await?;
    let generation = in_force(market, row.id)?;
    let at = asked.as_of.as_deref().map(|text| moment("as_of", text)).transpose()?;
    let since = asked.since.as_deref().map(|text| moment("since", text)).transpose()?;
    let played = play(&app, market, &generation, &row, at, Vec::new()).await?.play;
    let shown = played.snapshot;
    let subjects = subjects(&app, market, row.id, since.unwrap_or(Instant::MIN)).await?;
    let mask = Mask { keys: &app.keys, id: app.clock.new_id() };
    let peers = generation.metrics.iter().zip(&shown.readings).filter_map(|(m, r)| Some((m.code.clone(), r.peers?)));
    Ok(Json(Snapshot {
        name: format!("a merchant of {} at {}", market.code, time(shown.now)),
        settings: generation.settings.clone(),
        overrides: market.overrides.clone(),
        now: time(shown.now),
        time_zone: market.calendar.zone(),
        currency: market.currency.clone(),
        merchant: known(&generation, &shown.merchant),
        peers: peers.collect(),
        facts: facts(&mask, market, &access.caller, &subjects, shown.now),
    }))
}

fn known(generation: &Generation, party: &Party) -> Known {
    let manifest = generation.manifest();
    let badge = |index: &u16| manifest.badges.get(usize::from(*index)).cloned();
    Known {
        joined_at: time(party.joined),
        standing: party.standing.and_then(|index| manifest.standings.get(usize::from(index))).map(|s| s.code.clone()),
        standing_since: time(party.standing_since),
        badges: party.badges.iter().filter_map(badge).collect(),
        reinstated_at: party.reinstated.map(time),
    }
}

/// All that is known of a merchant and began at `since` or later.
async fn subjects(app: &App, market: &Market, merchant: i64, since: Instant) -> Result<Vec<Subject>, Problem> {
    let id = market.id;
    let read = app.store.read(move |session| {
        let (mut found, mut after) = (Vec::new(), 0);
        loop {
            let page = session.subjects_after(id, Some(merchant), after, PAGE, For::Reading)?;
            let Some(last) = page.last() else { return Ok(found) };
            after = last.id;
            found.extend(page.into_iter().filter(|s| s.history.began().is_some_and(|began| began >= since)));
            if found.len() > MAX_SUBJECTS {
                return Ok(found);
            }
        }
    });
    let found = read.await?;
    if found.len() > MAX_SUBJECTS {
        return Err(Problem::TooLarge(format!(
            "the merchant has more than {MAX_SUBJECTS} facts; leave older ones out with `since`"
        )));
    }
    Ok(found)
}

fn facts(mask: &Mask<'_>, market: &Market, caller: &Caller, subjects: &[Subject], until: Instant) -> Facts {
    let known = |s: &Subject| s.history.fact(&Named { key: s.key, name: s.reference.as_str().into() }, until);
    let mut facts = Facts::default();
    let mut with_orders = BTreeSet::new();
    let mut contacts = Vec::new();
    for fact in subjects.iter().filter_map(known) {
        match fact {
            Fact::Order(order) => {
                with_orders.extend(order.contacts.iter().map(|c| c.id.name.clone()));
                facts.orders.push(Order::of(mask.order(*order), &History::default(), market, caller));
            }
            Fact::Contact(contact) => contacts.push(*contact),
            Fact::Violation(violation) => facts.violations.push(Violation::of(mask.violation(*violation))),
        }
    }
    let alone = contacts.into_iter().filter(|contact| !with_orders.contains(&contact.id.name));
    facts.contacts = alone.map(|contact| mask.contact(contact).into()).collect();
    facts
}

impl Violation {
    fn of(v: fact::Violation) -> Self {
        Self {
            reference: v.id.name.into(),
            recorded_at: time(v.at),
            policy: v.policy.into(),
            severity: v.severity.word(),
            listing: v.listing.map(|listing| listing.name.into()),
            state: v.state.word(),
            closed_at: v.closed.map(time),
        }
    }
}
