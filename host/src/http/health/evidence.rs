//! GET evidence: every order behind a numerator, and what was excluded from it and why.

use std::collections::HashMap;
use std::sync::Arc;

use andon_domain::calendar::date_of;
use andon_domain::change::Kind;
use andon_domain::fact::Fact;
use andon_domain::ids::{Instant, Named};
use andon_domain::manifest::CounterKind;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Days, in_force};
use crate::app::App;
use crate::http::access::{AtMerchant, See};
use crate::http::border::Border;
use crate::http::extract::Query;
use crate::http::language::Language;
use crate::http::merchants::find;
use crate::http::problem::Problem;
use crate::http::shapes::{limit, time};
use crate::store::session::{Evidence as Row, EvidenceQuery, For, Subject};

/// Which metric, and which page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asked {
    /// Code of the metric.
    metric: String,
    /// 1 to 200.
    limit: Option<u64>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// A code with its wording.
#[derive(Debug, Serialize, ToSchema)]
pub struct Worded {
    code: String,
    text: String,
}

/// One mark.
#[derive(Debug, Serialize, ToSchema)]
pub struct Mark {
    /// What it was made against: `order`, `contact` or `violation`.
    kind: &'static str,
    /// Reference of the order; of the contact's order where it is about one.
    order: Option<String>,
    /// Reference of what it was made against.
    subject: String,
    listing: Option<String>,
    /// When it counts.
    at: String,
    /// The day of the marketplace's calendar on which it counts.
    day: String,
    /// How much.
    amount: i64,
    /// Code of the counter.
    counter: String,
    /// Why it counts.
    cause: Option<Worded>,
    /// Why it may not be held against the merchant; null where it counts.
    excluded: Option<Worded>,
}

/// What a metric rests on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Evidence {
    metric: String,
    /// Days looked at.
    window: Days,
    /// Newest first.
    items: Vec<Mark>,
    /// Where the next page begins; null at the end.
    next: Option<String>,
}

/// What is behind a metric's numerator.
#[utoipa::path(get, path = "/v1/marketplaces/{m}/merchants/{ref}/health/evidence", tag = "health", operation_id = "health_evidence",
    params(("m" = String, Path, description = "Marketplace code"), ("ref" = String, Path, description = "Merchant reference"), Asked),
    responses((status = 200, body = Evidence)))]
pub async fn evidence(
    State(app): State<Arc<App>>,
    State(border): State<Arc<Border>>,
    access: AtMerchant<See>,
    language: Language,
    Query(asked): Query<Asked>,
) -> Result<Json<Evidence>, Problem> {
    let market = &access.market;
    let merchant = find(&app, market, &access.merchant).await?;
    let generation = in_force(market, merchant.id)?;
    let index = generation.metric(&asked.metric).ok_or_else(|| Problem::invalid("metric", "is no metric of these rules"))?;
    let metric = &generation.metrics[index];
    let stored = match merchant.verdict {
        Some(id) => app.store.verdict(id).await?.filter(|v| v.generation == generation.id),
        None => None,
    };
    // The days of the verdict that is shown, so that the marks add up to its numerator.
    let reading = stored.as_ref().and_then(|v| v.input.readings.get(index));
    let now = metric.window.on(metric.read_on(market.today(app.clock.now())));
    let (from, to) = reading.map_or((now.from, now.to), |r| (r.from, r.to));
    let window = Days { from: date_of(from).to_string(), to: date_of(to).to_string() };
    let counters = &generation.manifest().counters;
    let kept = |c: &u16| counters.get(usize::from(*c)).is_some_and(|c| c.kind == CounterKind::Defect);
    let Some(counter) = metric.evidence_counter().filter(kept) else {
        return Ok(Json(Evidence { metric: asked.metric, window, items: Vec::new(), next: None }));
    };
    let list = format!("evidence {} {} {} {counter} {from} {to}", market.code, merchant.id, generation.id);
    let before: Option<(Instant, i64, u16)> = border.cursors.after(&list, asked.cursor.as_deref())?;
    let limit = limit(asked.limit)?;
    let query = EvidenceQuery {
        generation: generation.id,
        merchant: merchant.id,
        counter,
        from: market.calendar.start_of(from),
        until: market.calendar.start_of(to + 1),
        before,
        limit: limit as usize + 1,
    };
    let (rows, subjects) = app
        .store
        .read(move |session| {
            let rows = session.evidence_page(&query)?;
            let mut ids: Vec<i64> = rows.iter().map(|r| r.subject).collect();
            ids.sort_unstable();
            ids.dedup();
            let subjects = session.subjects_by_id(&ids, For::Reading)?;
            Ok((rows, subjects))
        })
        .await?;
    let (rows, next) = border.cursors.cut(&list, rows, limit, |last| (last.mark.at, last.subject, last.ordinal))?;
    let subjects: HashMap<i64, Subject> = subjects.into_iter().map(|s| (s.id, s)).collect();
    let locale = language.of(&generation, market);
    let manifest = generation.manifest();
    let worded = |codes: &[String], index: Option<u16>| {
        let code = codes.get(usize::from(index?))?;
        Some(Worded { code: code.clone(), text: manifest.text(locale, code).to_owned() })
    };
    let mark = |row: &Row| {
        let subject = subjects.get(&row.subject)?;
        let (order, listing) = about(subject);
        Some(Mark {
            kind: kind(subject.kind),
            order,
            subject: subject.reference.clone(),
            listing,
            at: time(row.mark.at),
            day: date_of(row.day).to_string(),
            amount: row.mark.amount,
            counter: counters.get(usize::from(counter)).map(|c| c.code.clone()).unwrap_or_default(),
            cause: worded(&manifest.causes, row.mark.cause),
            excluded: worded(&manifest.exclusions, row.mark.excluded),
        })
    };
    Ok(Json(Evidence { metric: asked.metric, window, items: rows.iter().filter_map(mark).collect(), next }))
}

/// The order and listing a subject is about.
fn about(subject: &Subject) -> (Option<String>, Option<String>) {
    match subject.history.fact(&Named { key: subject.key, name: subject.reference.as_str().into() }, Instant::MAX) {
        Some(Fact::Order(order)) => (Some(order.id.name.into()), Some(order.listing.name.into())),
        Some(Fact::Violation(violation)) => (None, violation.listing.map(|l| l.name.into())),
        Some(Fact::Contact(_)) => {
            (subject.history.contact_opened().and_then(|o| o.order.as_ref()).map(ToString::to_string), None)
        }
        None => (None, None),
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Order => "order",
        Kind::Contact => "contact",
        Kind::Violation => "violation",
        Kind::Listing => "listing",
        Kind::Merchant => "merchant",
    }
}
