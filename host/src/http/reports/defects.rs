//! What stands behind a metric's numerator, counted in ways that tallies do not keep apart: by cause, by who ships, by policy.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use andon_domain::fact::{Fact, Fulfilment};
use andon_domain::ids::{Instant, Named};
use andon_domain::manifest::Metric;
use andon_domain::reading::Reading;

use crate::app::App;
use crate::http::problem::Problem;
use crate::markets::{Generation, Market};
use crate::store::session::{Evidence, EvidenceQuery, For};

/// Marks read at a time, and most of one metric: reading one with its order takes some ten microseconds.
const PAGE: usize = 1_000;
const MOST: usize = 50_000;

/// Counted marks of one kind.
#[derive(Debug, Clone, Default)]
pub(super) struct Defects {
    /// How much, by code of the cause.
    pub(super) causes: BTreeMap<String, i64>,
    /// Distinct buyers.
    pub(super) buyers: BTreeSet<u64>,
}

impl Defects {
    /// How much in all.
    pub(super) fn count(&self) -> i64 {
        self.causes.values().sum()
    }

    /// How much for one cause.
    pub(super) fn of(&self, cause: &str) -> i64 {
        self.causes.get(cause).copied().unwrap_or(0)
    }
}

/// What a mark was made of, as far as reports tell it apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum About {
    /// An order that the merchant or the platform ships.
    Order {
        /// Whether the merchant does.
        by_merchant: bool,
    },
    /// A violation of this policy.
    Violation(String),
    /// Anything else.
    Other,
}

/// The marks behind a reading's numerator. Excluded ones are not among them.
pub(super) async fn behind(
    app: &App,
    market: &Market,
    generation: &Arc<Generation>,
    merchant: i64,
    (metric, reading): (&Metric, &Reading),
) -> Result<BTreeMap<About, Defects>, Problem> {
    let mut found: BTreeMap<About, Defects> = BTreeMap::new();
    let Some(counter) = metric.evidence_counter() else { return Ok(found) };
    let (from, until) = (market.calendar.start_of(reading.from), market.calendar.start_of(reading.to + 1));
    let mut query = EvidenceQuery { generation: generation.id, merchant, counter, from, until, before: None, limit: PAGE };
    for _ in 0..MOST / PAGE {
        let (rows, about) = page(app, query).await?;
        let causes = &generation.manifest().causes;
        for row in rows.iter().filter(|row| row.mark.excluded.is_none()) {
            let kind = about.get(&row.subject).cloned().unwrap_or(About::Other);
            let cause = row.mark.cause.and_then(|cause| causes.get(usize::from(cause))).cloned().unwrap_or_default();
            let defects = found.entry(kind).or_default();
            *defects.causes.entry(cause).or_default() += row.mark.amount;
            defects.buyers.insert(row.buyer);
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE => query.before = Some((last.mark.at, last.subject, last.ordinal)),
            _ => return Ok(found),
        }
    }
    Err(Problem::TooLarge(format!("`{}` rests on more than {MOST} marks, which cannot be told apart in one answer", metric.code)))
}

/// A page of marks, newest first, with what each was made of.
async fn page(app: &App, query: EvidenceQuery) -> Result<(Vec<Evidence>, HashMap<i64, About>), Problem> {
    let read = app.store.read(move |session| {
        let rows = session.evidence_page(&query)?;
        let mut ids: Vec<i64> = rows.iter().map(|row| row.subject).collect();
        ids.sort_unstable();
        ids.dedup();
        let about = session.subjects_by_id(&ids, For::Reading)?.into_iter().map(|s| {
            let about = match s.history.fact(&Named { key: s.key, name: s.reference.into() }, Instant::MAX) {
                Some(Fact::Order(order)) => About::Order { by_merchant: order.fulfilment == Fulfilment::Merchant },
                Some(Fact::Violation(violation)) => About::Violation(violation.policy.into()),
                _ => About::Other,
            };
            (s.id, about)
        });
        Ok((rows, about.collect()))
    });
    Ok(read.await?)
}
