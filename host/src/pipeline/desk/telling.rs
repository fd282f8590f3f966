//! What is told of the desk's work: entries in the ledger and messages, made together so that neither says what the other does not.

use std::collections::{BTreeMap, HashMap};

use andon_domain::calendar::rfc3339;
use andon_domain::enforce::measure::{Effect, Kind};
use andon_domain::enforce::stage::Stage;
use serde_json::{Value as Json, json};

use super::Desk;
use crate::store::StoreError;
use crate::store::enforcements::Enforcement;
use crate::store::ledger::{self, NewEntry};
use crate::store::outbox::{self, Outgoing};

/// Something that happened at the desk.
pub(super) struct Happened {
    pub(super) row: Enforcement,
    pub(super) word: &'static str,
    pub(super) before: Option<Enforcement>,
    pub(super) actor: String,
    pub(super) reason: String,
}

/// A message that is about no enforcement by itself.
pub(super) struct Note {
    pub(super) kind: &'static str,
    pub(super) subject: String,
    pub(super) merchant: Option<i64>,
    pub(super) actor: String,
    pub(super) reason: String,
    pub(super) data: Json,
}

impl Desk<'_> {
    /// Notes that an enforcement has come to a stage.
    pub(super) fn tell(&mut self, row: &Enforcement, before: Option<Enforcement>, actor: String, reason: String) {
        if std::iter::once(row).chain(&before).any(|row| row.stage == Stage::InForce) {
            self.touched.insert(row.merchant);
        }
        let word = match row.stage {
            Stage::Observed => "enforcement.observed",
            Stage::InReview => "enforcement.proposed",
            Stage::Scheduled => "enforcement.scheduled",
            Stage::InForce | Stage::Done => "enforcement.taken",
            Stage::Expired | Stage::Lifted => "enforcement.ended",
            Stage::Declined => "enforcement.declined",
            Stage::Withdrawn => "enforcement.withdrawn",
            Stage::Reversed => "enforcement.reversed",
        };
        self.happened.push(Happened { row: row.clone(), word, before, actor, reason });
    }

    /// Says something that moves no enforcement, in the ledger and to whom it concerns: a merchant, or staff alone.
    pub(crate) fn note(&mut self, kind: &'static str, about: (&str, Option<i64>), said: (&str, &str), data: Json) {
        let ((subject, merchant), (actor, reason)) = (about, said);
        let (subject, actor, reason) = (subject.to_owned(), actor.to_owned(), reason.to_owned());
        self.notes.push(Note { kind, subject, merchant, actor, reason, data });
    }

    /// An entry in the ledger for each thing that happened.
    pub(super) fn enter(&mut self, names: &HashMap<i64, String>) -> Result<(), StoreError> {
        let wall = self.clock.now();
        let stated = |row: &Enforcement| state(row, names).to_string();
        let texts: Vec<(String, Option<String>, String)> = self
            .happened
            .iter()
            .map(|h| (format!("enforcement/{}", h.row.id), h.before.as_ref().map(stated), stated(&h.row)))
            .collect();
        let moved = self.happened.iter().zip(&texts).map(|(h, (about, before, after))| NewEntry {
            at: wall,
            actor: &h.actor,
            kind: h.word,
            merchant: h.row.is_told().then_some(h.row.merchant),
            about,
            reason: &h.reason,
            before: before.as_deref(),
            after: Some(after),
        });
        let said: Vec<String> = self.notes.iter().map(|n| n.data.to_string()).collect();
        let noted = self.notes.iter().zip(&said).map(|(n, data)| NewEntry {
            at: wall,
            actor: &n.actor,
            kind: n.kind,
            merchant: n.merchant,
            about: &n.subject,
            reason: &n.reason,
            before: None,
            after: Some(data),
        });
        ledger::append(self.session, self.market.id, &moved.chain(noted).collect::<Vec<_>>())
    }

    /// A message for each thing that happened and is more than a note: to the merchant where they are told of it, to staff alone where not.
    pub(super) fn send(&mut self, names: &HashMap<i64, String>, effects: &HashMap<i64, Effect>) -> Result<(), StoreError> {
        let (clock, now) = (self.clock, self.now);
        let mut data: BTreeMap<usize, String> = BTreeMap::new();
        for (i, h) in self.happened.iter().enumerate().filter(|(_, h)| h.row.stage != Stage::Observed) {
            let mut message = state(&h.row, names);
            message["reasons"] = json!(h.row.record.reasons);
            message["account"] = json!(effects.get(&h.row.merchant));
            data.insert(i, message.to_string());
        }
        let moved = data.iter().map(|(i, data)| {
            let h = &self.happened[*i];
            Outgoing {
                id: clock.new_id(),
                kind: h.word,
                subject: names.get(&h.row.merchant).map_or("", String::as_str),
                merchant: h.row.is_told().then_some(h.row.merchant),
                at: now,
                data,
                confirm: asks_to_act(h),
            }
        });
        let said: Vec<String> = self.notes.iter().map(|n| n.data.to_string()).collect();
        let noted = self.notes.iter().zip(&said).map(|(n, data)| Outgoing {
            id: clock.new_id(),
            kind: n.kind,
            subject: &n.subject,
            merchant: n.merchant,
            at: now,
            data,
            confirm: false,
        });
        outbox::put(self.session, self.market.id, &moved.chain(noted).collect::<Vec<_>>())
    }
}

/// Whether the marketplace has something to carry out: a measure that came into force or went out of it.
fn asks_to_act(happened: &Happened) -> bool {
    let acts = happened.row.measure.kind.weighs()
        || happened.row.measure.kind.lifts_others()
        || happened.row.measure.kind == Kind::AwardBadge;
    let in_force = |stage: Stage| matches!(stage, Stage::InForce | Stage::Done);
    acts && in_force(happened.row.stage) != happened.before.as_ref().is_some_and(|was| in_force(was.stage))
}

/// An enforcement in short, as the ledger and messages have it.
pub(crate) fn state(row: &Enforcement, names: &HashMap<i64, String>) -> Json {
    let mut state = json!({
        "enforcement": row.id,
        "merchant": names.get(&row.merchant),
        "action": row.measure.kind.word(),
        "origin": row.origin.word(),
        "stage": row.stage.word(),
        "effective_at": rfc3339(row.effective_at),
    });
    if !row.measure.object.is_empty() {
        let member = if matches!(row.measure.kind, Kind::PullListing | Kind::RestoreListing) { "listing" } else { "badge" };
        state[member] = json!(row.measure.object);
    }
    if let Some(amount) = row.measure.amount {
        state["orders_a_day"] = json!(amount);
    }
    if let Some(ends) = row.ends_at {
        state["ends_at"] = json!(rfc3339(ends));
    }
    if let Some(held) = row.held {
        state["held"] = json!(held.word());
    }
    state
}
