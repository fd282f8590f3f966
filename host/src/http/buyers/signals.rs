//! GET signals: buyers whose ratings are unusual, with the orders that say so, for a reviewer to look at.

use std::collections::HashMap;
use std::sync::Arc;

use andon_domain::buyers::{Rated, Signal as Found, Suspect, suspects};
use andon_domain::enforce::policy::DAY;
use andon_domain::stats::wilson;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{MOST_READ, Stretch, fold, narrowed, sweep};
use crate::app::App;
use crate::http::access::{Review, Staff};
use crate::http::extract::Query;
use crate::http::problem::Problem;
use crate::http::shapes::{limit, time};
use crate::store::session::For;

/// Days looked back on where none are asked for, and most.
const DAYS: i64 = 90;
const MOST_DAYS: i64 = 366;
/// Orders of one signal that are named; `count` says how many there are.
const MOST_ORDERS: usize = 50;

/// Which ratings.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Days looked back on, 1 to 366; 90 where none are given.
    days: Option<i64>,
    /// Only ratings of this merchant.
    merchant: Option<String>,
    /// Most buyers listed, 1 to 200.
    limit: Option<u64>,
}

/// Something unusual. It says how unlikely it is, not why it is so.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BuyerSignal)]
pub struct Signal {
    /// `low-share` (1 or 2 stars far more often than others give), `low-with-money-back` (together with a claim or refund on the same
    /// order), `burst` (low ratings of one merchant within six hours, by this and other buyers), or `text-against-stars`.
    kind: &'static str,
    /// How many ratings.
    count: u32,
    /// Of how many: the buyer's, or in a burst the merchant's within its hours.
    of: u32,
    share: f64,
    /// 95 % Wilson interval of the share.
    interval: [f64; 2],
    /// The share that is usual: everybody else's, or in a burst the merchant's own at other times.
    usual: f64,
    /// How likely so many are by chance, by an exact binomial test; less than 0.001.
    chance: f64,
    /// The merchant of a burst.
    merchant: Option<String>,
    /// First rating of a burst.
    from: Option<String>,
    /// Last.
    to: Option<String>,
    /// The buyer's own orders behind it, the oldest rating first; at most 50.
    orders: Vec<String>,
}

/// A buyer whose ratings are unusual.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnusualBuyer {
    buyer: String,
    /// Ratings that count.
    ratings: u32,
    /// Those of 1 or 2 stars.
    low: u32,
    /// The least likely first.
    signals: Vec<Signal>,
}

/// Whose ratings are unusual.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = BuyerSignals)]
pub struct Signals {
    as_of: String,
    /// Ratings left from here on were looked at.
    since: String,
    /// Orders, contacts and other facts that were read for it.
    read: usize,
    /// Whether that was everything: the newest 200,000 are read. Narrowed to one merchant, theirs.
    complete: bool,
    /// Ratings that count among them.
    ratings: usize,
    /// The least likely first.
    items: Vec<UnusualBuyer>,
    /// Always null: the list is made anew for each answer and ends with `limit`.
    next: Option<String>,
}

/// Buyers whose ratings are unusual, the least likely first, each with its evidence. A reason to look, never a verdict: nothing
/// follows from it by itself. Among very many buyers a few are here by chance. Feedback that was struck, withdrawn or removed is left
/// out.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/buyers/signals", tag = "buyers", operation_id = "buyer_signals",
    params(("m" = String, Path, description = "Marketplace code"), Asked), responses((status = 200, body = Signals)))]
pub async fn signals(
    State(app): State<Arc<App>>,
    access: Staff<Review>,
    Query(asked): Query<Asked>,
) -> Result<Json<Signals>, Problem> {
    let market = &access.market;
    let days = asked.days.unwrap_or(DAYS);
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(Problem::invalid("days", format!("must be 1 to {MOST_DAYS}")));
    }
    let most = limit(asked.limit)? as usize;
    let merchant = narrowed(&app, market, asked.merchant.as_ref()).await?;
    let now = market.now(app.clock.now());
    let since = now - days * DAY;
    // One merchant's facts lie far apart; what matters of them is how many they are.
    let after = if merchant.is_some() { 0 } else { (app.store.newest_subject().await? - MOST_READ as i64).max(0) };
    let stretch = Stretch { merchant, after, enough: usize::MAX };
    let swept = sweep(&app, market, stretch, move |subject, order| {
        Rated::of(&order, subject.id, subject.merchant?, None).filter(|rated| rated.at > since && rated.at <= now)
    });
    let swept = swept.await?;
    let ratings = swept.found;
    let count = ratings.len();
    let found = tokio::task::spawn_blocking(move || suspects(&ratings)).await.map_err(|e| Problem::Internal(Box::new(e)))?;
    let items = named(&app, found.into_iter().take(most).collect()).await?;
    Ok(Json(Signals {
        as_of: time(now),
        since: time(since),
        read: swept.read,
        complete: after == 0 && swept.next.is_none(),
        ratings: count,
        items,
        next: None,
    }))
}

/// Puts names in place of row numbers and keys.
async fn named(app: &Arc<App>, found: Vec<Suspect>) -> Result<Vec<UnusualBuyer>, Problem> {
    let shown = |signal: &Found| signal.orders.iter().copied().take(MOST_ORDERS).collect::<Vec<_>>();
    let mut rows: Vec<i64> = found.iter().flat_map(|s| &s.signals).flat_map(shown).collect();
    rows.sort_unstable();
    rows.dedup();
    let read = app.store.read(move |session| session.subjects_by_id(&rows, For::Reading)).await?;
    let orders: HashMap<i64, _> = read.iter().filter_map(|s| Some((s.id, fold(s)?))).collect();
    let buyer = |suspect: Suspect| {
        let first = suspect.signals.first().and_then(|signal| orders.get(signal.orders.first()?))?;
        let signal = |found: &Found| {
            let (lower, upper) = wilson(found.count.into(), found.of.into());
            let mine: Vec<_> = shown(found).iter().filter_map(|row| orders.get(row)).collect();
            Signal {
                kind: found.oddity.word(),
                count: found.count,
                of: found.of,
                share: f64::from(found.count) / f64::from(found.of.max(1)),
                interval: [lower, upper],
                usual: found.usual,
                chance: found.chance,
                merchant: found.burst.and_then(|_| mine.first()).map(|order| order.merchant.to_string()),
                from: found.burst.map(|(_, from, _)| time(from)),
                to: found.burst.map(|(_, _, to)| time(to)),
                orders: mine.iter().map(|order| order.id.name.to_string()).collect(),
            }
        };
        let signals = suspect.signals.iter().map(signal).collect();
        Some(UnusualBuyer { buyer: first.buyer.name.to_string(), ratings: suspect.ratings, low: suspect.low, signals })
    };
    Ok(found.into_iter().filter_map(buyer).collect())
}
