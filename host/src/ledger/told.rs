//! The state that a ledger tells of, put together from its entries: a marketplace's set-up, what its generations of rules are for, its
//! endpoints, what became of enforcements and of feedback. A ledger that does not begin with its marketplace is younger than it and tells of less.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use andon_domain::calendar::rfc3339;
use andon_domain::change::{Change, Kind};
use andon_domain::ledger::Record;
use serde_json::Value;

use super::fields::{Fields, fields, text};
use super::{endpoints, setup};
use crate::pipeline::desk::state;
use crate::store::accounts;
use crate::store::enforcements::{self, Filter};
use crate::store::session::{For, Session, Subject};
use crate::store::webhooks::Webhook;
use crate::store::{Store, StoreError};

/// What kinds about enforcements begin with.
const ENFORCEMENT: &str = "enforcement.";

/// What kinds about feedback begin with.
const FEEDBACK: &str = "feedback.";

/// Subjects read at a time.
const PAGE: usize = 1_000;

/// What is wrong, and at which entry.
type Found = Vec<(u64, String)>;

/// A thing's fields, each with the entry that last told of it.
#[derive(Default)]
struct Thing {
    fields: BTreeMap<String, (Value, u64)>,
    /// The ledger knows it from its first day on.
    whole: bool,
}

/// Order, since when, state and reason of a change of feedback.
type Changed = (String, String, String, String);

/// State as entries tell it.
#[derive(Default)]
pub(super) struct Told {
    market: Thing,
    generations: BTreeMap<i64, Thing>,
    /// By `about`, as are endpoints.
    enforcements: BTreeMap<String, Thing>,
    endpoints: BTreeMap<String, Thing>,
    /// Entries and actors.
    feedback: HashMap<Changed, Vec<(u64, String)>>,
}

impl Told {
    /// Adds what an entry tells.
    pub(super) fn take(&mut self, record: &Record) {
        let after: Fields = record.after.as_deref().and_then(|after| serde_json::from_str(after).ok()).unwrap_or_default();
        if record.kind == setup::CREATED || record.kind == setup::CHANGED {
            self.market.take(record, after);
        } else if record.kind.starts_with(setup::RULES) {
            if let Ok(number) = record.about.parse() {
                self.generations.entry(number).or_default().take(record, after);
            }
        } else if record.kind.starts_with(endpoints::ENDPOINT) {
            self.endpoints.entry(record.about.clone()).or_default().take(record, after);
        } else if record.kind.starts_with(ENFORCEMENT) && after.contains_key("stage") {
            self.enforcements.entry(record.about.clone()).or_default().take(record, after);
        } else if record.kind.starts_with(FEEDBACK) {
            let [state, since] =
                ["state", "since"].map(|name| after.get(name).and_then(Value::as_str).unwrap_or_default().to_owned());
            let changed = (record.about.clone(), since, state, record.reason.clone());
            self.feedback.entry(changed).or_default().push((record.seq, record.actor.clone()));
        }
    }

    /// What the database has otherwise, the earliest entry first.
    pub(super) async fn against(mut self, store: &Arc<Store>, market: i64) -> Result<Vec<String>, StoreError> {
        let mut found = Found::new();
        let rows = store.marketplaces().await?;
        let row = rows.into_iter().find(|row| row.id == market).ok_or_else(|| StoreError::absent("marketplaces", market))?;
        self.market.against("the marketplace", &setup::of_market(&row), &mut found);
        for (number, thing) in &self.generations {
            let now = store.generation(*number).await?.filter(|row| row.marketplace == market);
            let now = now.map(|row| setup::of_generation_row(&row)).unwrap_or_default();
            thing.against(&format!("generation {number}"), &now, &mut found);
        }
        if self.market.whole {
            let untold = store.lineup(market).await?.into_iter().filter(|row| !self.generations.contains_key(&row.entry.id));
            found.extend(untold.map(|row| (u64::MAX, format!("no entry tells of generation {}", row.entry.id))));
        }
        self.endpoints_against(&store.webhooks(market).await?, &mut found);
        let read = move |session: &mut dyn Session| {
            let mut found = self.feedback_against(session, market)?;
            self.enforcements_against(session, market, &mut found)?;
            Ok(found)
        };
        found.extend(store.read(read).await?);
        found.sort();
        Ok(found.into_iter().map(|(_, what)| what).collect())
    }

    fn endpoints_against(&self, now: &[Webhook], found: &mut Found) {
        let mut now: BTreeMap<String, Fields> =
            now.iter().map(|row| (endpoints::about(row.id), endpoints::of_webhook(row))).collect();
        for (about, thing) in &self.endpoints {
            thing.against(about, &now.remove(about).unwrap_or_default(), found);
        }
        found.extend(now.keys().filter(|_| self.market.whole).map(|about| (u64::MAX, format!("no entry tells of {about}"))));
    }

    fn feedback_against(&mut self, session: &mut dyn Session, market: i64) -> Result<Found, StoreError> {
        let (mut found, mut after) = (Found::new(), 0);
        loop {
            let page = session.subjects_after(market, None, after, PAGE, For::Reading)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for order in page.iter().filter(|s| s.kind == Kind::Order) {
                self.order_against(order, &mut found);
            }
        }
        for ((order, ..), entries) in &self.feedback {
            found.extend(entries.iter().map(|(seq, _)| (*seq, format!("entry {seq}: order {order} knows nothing of it"))));
        }
        Ok(found)
    }

    /// Each enforcement is at the stage that was last told of, and what a merchant's row says of its account is what those in force
    /// add up to.
    fn enforcements_against(&self, session: &mut dyn Session, market: i64, found: &mut Found) -> Result<(), StoreError> {
        let (mut before, mut merchants, mut kept) = (None, BTreeSet::new(), BTreeSet::new());
        loop {
            let page = enforcements::list(session, market, &Filter { before, ..Filter::default() }, PAGE)?;
            let Some(last) = page.last() else { break };
            before = Some(last.id);
            let names = accounts::references(session, &page.iter().map(|row| row.merchant).collect::<Vec<_>>())?;
            for row in &page {
                merchants.insert(row.merchant);
                let about = format!("enforcement/{}", row.id);
                let now = fields(state(row, &names).as_object().cloned().unwrap_or_default());
                match self.enforcements.get(&about) {
                    Some(thing) => thing.against(&about, &now, found),
                    None => found.push((u64::MAX, format!("no entry tells of {about}"))),
                }
                kept.insert(about);
            }
        }
        let gone = self.enforcements.iter().filter(|(about, _)| !kept.contains(*about));
        found.extend(gone.map(|(about, thing)| (thing.last(), format!("entry {}: {about} is not there", thing.last()))));
        let merchants: Vec<i64> = merchants.into_iter().collect();
        for part in merchants.chunks(PAGE) {
            for (merchant, effect) in accounts::effects(session, part)? {
                let stored = accounts::stored_effect(session, merchant)?;
                if stored.is_none_or(|(stored, _)| stored != effect) {
                    let name = accounts::references(session, &[merchant])?.remove(&merchant).unwrap_or_default();
                    found.push((u64::MAX, format!("what holds for merchant {name} is not what its enforcements add up to")));
                }
            }
        }
        Ok(())
    }

    fn order_against(&mut self, order: &Subject, found: &mut Found) {
        for change in order.history.entries() {
            let Change::FeedbackChanged { state, reason, actor } = &change.change else { continue };
            let key = (order.reference.clone(), rfc3339(change.at), state.word().to_owned(), reason.to_string());
            let told = self.feedback.get_mut(&key);
            let place = told.as_ref().and_then(|t| t.iter().position(|(_, by)| actor.as_ref().is_none_or(|actor| actor == by)));
            match (told, place) {
                (Some(told), Some(place)) => drop(told.swap_remove(place)),
                _ if self.market.whole => {
                    let (order, _, state, _) = key;
                    found.push((u64::MAX, format!("no entry tells that feedback on order {order} was {state}")));
                }
                _ => {}
            }
        }
    }
}

impl Thing {
    fn take(&mut self, record: &Record, after: Fields) {
        self.whole |= record.before.is_none();
        self.fields.extend(after.into_iter().map(|(name, value)| (name, (value, record.seq))));
    }

    /// The entry that last told of it.
    fn last(&self) -> u64 {
        self.fields.values().map(|(_, seq)| *seq).max().unwrap_or_default()
    }

    fn against(&self, what: &str, now: &Fields, found: &mut Found) {
        // Fractions are compared as they are read back.
        let now: Fields = serde_json::from_str(&text(now)).unwrap_or_default();
        for (name, (told, seq)) in &self.fields {
            let is = now.get(name).unwrap_or(&Value::Null);
            if is != told {
                found.push((*seq, format!("entry {seq}: it left `{name}` of {what} as {told}, and it is {is}")));
            }
        }
        let untold = now.keys().filter(|name| self.whole && !self.fields.contains_key(*name));
        found.extend(untold.map(|name| (u64::MAX, format!("no entry tells of `{name}` of {what}"))));
    }
}
