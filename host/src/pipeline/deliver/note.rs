//! What came of deliveries, written down by the writer: when each is made again, which endpoints are given up, and which actions
//! nobody has confirmed.

use std::collections::BTreeMap;

use andon_domain::delivery::{Next, Outcome, next, rest_until};
use serde_json::json;

use super::{DeliverError, Deliverer, Ended, Work};
use crate::ledger::{Cause, endpoints, enter};
use crate::store::deliveries::{self, Attempt, DeliveryState};
use crate::store::outbox::{self, Message, Outgoing};
use crate::store::webhooks::{self, Health, Webhook};
use crate::telemetry::{DELIVERIES, UNCONFIRMED, WEBHOOKS_DISABLED};

/// Messages that are chased, or forgotten, in one transaction.
const CHASED: usize = 500;

impl Deliverer {
    /// Notes what came of attempts in one transaction, with whatever follows from it.
    pub(super) async fn note(&self, work: &mut Work, ended: Vec<Ended>) -> Result<(), DeliverError> {
        for Ended { endpoint, message, .. } in &ended {
            work.queues.ended(*endpoint, *message);
        }
        let mut health: BTreeMap<i64, Health> = BTreeMap::new();
        let mut attempts = Vec::with_capacity(ended.len());
        for ended in ended {
            let follows = self.follows(&ended);
            let seen = health.entry(ended.endpoint).or_insert_with(|| Health::of(ended.endpoint));
            seen.alive |= follows == Next::Delivered;
            seen.gone |= follows == Next::Gone;
            seen.rest_until = seen.rest_until.max(rest_until(ended.sent.outcome, ended.at));
            attempts.push(attempt(&ended, follows));
        }
        let counted: Vec<DeliveryState> = attempts.iter().map(|attempt| attempt.state).collect();
        let (health, now, clock) = (health.into_values().collect::<Vec<_>>(), self.clock.now(), self.clock.clone());
        let markets = self.markets.clone();
        let disabled = self.ingest.chore(move |session| {
            deliveries::record(session, &attempts)?;
            let disabled = webhooks::note(session, &health, now)?;
            for (market, endpoint, reason) in &disabled {
                let data = json!({ "endpoint": endpoint, "reason": reason }).to_string();
                let at = markets.by_id(*market).map_or(now, |market| market.now(now));
                let (id, subject) = (clock.new_id(), endpoint.to_string());
                let message = Outgoing {
                    id,
                    kind: "endpoint.disabled",
                    subject: &subject,
                    merchant: None,
                    at,
                    data: &data,
                    confirm: false,
                };
                outbox::put(session, *market, &[message])?;
                if let Some(new) = webhooks::get(session, *market, *endpoint)? {
                    let old = Webhook { disabled: None, ..new.clone() };
                    let note = endpoints::changed(Some(&old), Some(&new));
                    enter(session, *market, now, &Cause::host(*reason), note.as_slice())?;
                }
            }
            Ok(disabled)
        });
        for (market, endpoint, reason) in disabled.await? {
            tracing::warn!(market, endpoint, "an endpoint is disabled: {reason}");
            metrics::counter!(WEBHOOKS_DISABLED).increment(1);
        }
        for state in counted {
            let outcome = if state == DeliveryState::Due { "retried" } else { state.word() };
            metrics::counter!(DELIVERIES, "outcome" => outcome).increment(1);
        }
        Ok(())
    }

    fn follows(&self, ended: &Ended) -> Next {
        let Ended { endpoint, message, made, at, sent } = ended;
        let chance = self.keys.digest("retry", &[*endpoint, *message, *made].map(i64::to_le_bytes).concat());
        next(*made as u32, sent.outcome, *at, chance)
    }

    /// Sends again what should have been confirmed by now, a transaction's worth; says whether there was any.
    pub(super) async fn chase(&self) -> Result<bool, DeliverError> {
        let now = self.clock.now();
        let open = self.store.read(move |session| outbox::unconfirmed(session, now, CHASED)).await?;
        if open.is_empty() {
            return Ok(false);
        }
        let mut by_market: BTreeMap<i64, Vec<Message>> = BTreeMap::new();
        for message in open {
            by_market.entry(message.marketplace).or_default().push(message);
        }
        let (clock, markets) = (self.clock.clone(), self.markets.clone());
        let given_up = self.ingest.chore(move |session| {
            let mut given_up = 0;
            for (market, messages) in &by_market {
                let at = markets.by_id(*market).map_or(now, |market| market.now(now));
                let places: Vec<i64> = messages.iter().map(|message| message.place).collect();
                let lost = outbox::chase(session, *market, &places, now)?;
                given_up += lost.len();
                for message in messages.iter().filter(|message| lost.contains(&message.place)) {
                    let (id, subject, data) = (clock.new_id(), message.id.to_string(), unconfirmed(message));
                    let (kind, data) = ("message.unconfirmed", data.as_str());
                    let told = Outgoing { id, kind, subject: &subject, merchant: None, at, data, confirm: false };
                    outbox::put(session, *market, &[told])?;
                }
            }
            Ok(given_up)
        });
        metrics::counter!(UNCONFIRMED).increment(given_up.await? as u64);
        Ok(true)
    }

    /// Forgets messages that were kept for long enough, a transaction's worth; says whether there were any.
    pub(super) async fn forget(&self) -> Result<bool, DeliverError> {
        let before = self.clock.now() - i64::try_from(self.keep.as_millis()).unwrap_or(i64::MAX);
        let old = self.store.read(move |session| outbox::outdated(session, before, CHASED as i64)).await?;
        let any = !old.is_empty();
        if any {
            self.ingest.chore(move |session| outbox::forget(session, &old)).await?;
        }
        Ok(any)
    }
}

fn attempt(ended: &Ended, follows: Next) -> Attempt {
    let (state, next_at) = match follows {
        Next::Delivered => (DeliveryState::Delivered, None),
        Next::Again(at) => (DeliveryState::Due, Some(at)),
        Next::Failed | Next::Gone => (DeliveryState::Failed, None),
    };
    let status = match ended.sent.outcome {
        Outcome::Answered { status, .. } => Some(status.into()),
        Outcome::Unanswered => None,
    };
    let Ended { endpoint, message, made, at, sent } = *ended;
    Attempt { endpoint, message, state, attempts: made, next_at, at, status, error: sent.error }
}

fn unconfirmed(message: &Message) -> String {
    json!({ "message": message.id, "kind": message.kind, "subject": message.subject }).to_string()
}
