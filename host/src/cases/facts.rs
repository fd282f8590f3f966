//! Facts as a case writes them: as the API shows them, with plain values for all that is not said.

use andon_domain::fact::{
    self, Actor, CancelReason, Channel, ClaimKind, ClaimState, FeedbackState, Fulfilment, IncidentKind, ReturnOutcome,
    ServiceLevel, Severity, Tracking, ViolationState,
};
use serde::Deserialize;

use super::words::{Moment, Spoken};

/// What has happened.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Facts {
    pub(super) orders: Vec<Order>,
    pub(super) contacts: Vec<Contact>,
    pub(super) violations: Vec<Violation>,
}

/// Minor units, in the case's currency.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Amount {
    pub(super) minor: u64,
    pub(super) currency: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Order {
    pub(super) repeat: Option<u32>,
    pub(super) r#ref: String,
    pub(super) merchant: Option<String>,
    pub(super) buyer: Option<String>,
    pub(super) listing: Option<String>,
    pub(super) units: Option<u32>,
    pub(super) amount: Option<Amount>,
    pub(super) fulfilment: Option<Spoken<Fulfilment>>,
    pub(super) service: Option<Spoken<ServiceLevel>>,
    pub(super) placed_at: Option<Moment>,
    pub(super) accepted_at: Option<Moment>,
    pub(super) ship_by: Option<Moment>,
    pub(super) deliver_by: Option<Moment>,
    pub(super) shipped_at: Option<Moment>,
    pub(super) delivered_at: Option<Moment>,
    pub(super) tracking: Option<Spoken<Tracking>>,
    pub(super) cancelled: Option<Cancelled>,
    pub(super) feedback: Option<Feedback>,
    pub(super) claims: Vec<Claim>,
    pub(super) returns: Vec<Return>,
    pub(super) incidents: Vec<Incident>,
    pub(super) contacts: Vec<Contact>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cancelled {
    at: Moment,
    by: Spoken<Actor>,
    reason: Spoken<CancelReason>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Feedback {
    at: Moment,
    rating: u8,
    as_described: Option<u8>,
    service: Option<u8>,
    delivery: Option<u8>,
    comment: Option<String>,
    state: Option<Spoken<FeedbackState>>,
    reason: Option<String>,
    #[serde(rename = "actor")]
    _actor: Option<String>,
    #[serde(rename = "evidence", default)]
    _evidence: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claim {
    claim: String,
    opened_at: Moment,
    kind: Spoken<ClaimKind>,
    state: Option<Spoken<ClaimState>>,
    closed_at: Option<Moment>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Return {
    r#return: String,
    requested_at: Moment,
    reason: String,
    answered_at: Option<Moment>,
    outcome: Option<Spoken<ReturnOutcome>>,
    dissatisfied: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Incident {
    incident: String,
    opened_at: Moment,
    kind: Spoken<IncidentKind>,
    responsible: Spoken<Actor>,
    resolved_at: Option<Moment>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Contact {
    pub(super) repeat: Option<u32>,
    pub(super) contact: String,
    pub(super) opened_at: Option<Moment>,
    pub(super) channel: Option<Spoken<Channel>>,
    pub(super) reason: Option<String>,
    pub(super) answer_owed: Option<bool>,
    pub(super) first_answer_at: Option<Moment>,
    pub(super) resolved_at: Option<Moment>,
    pub(super) reopened: u16,
    pub(super) satisfaction: Option<u8>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Violation {
    pub(super) repeat: Option<u32>,
    pub(super) violation: String,
    pub(super) recorded_at: Option<Moment>,
    pub(super) policy: Option<String>,
    pub(super) severity: Option<Spoken<Severity>>,
    pub(super) listing: Option<String>,
    pub(super) state: Option<Spoken<ViolationState>>,
    pub(super) closed_at: Option<Moment>,
}

pub(super) fn millis(moment: Option<Moment>) -> Option<i64> {
    moment.map(|at| at.0)
}

impl From<&Cancelled> for fact::Cancellation {
    fn from(c: &Cancelled) -> Self {
        Self { at: c.at.0, by: c.by.0, reason: c.reason.0 }
    }
}

impl From<&Feedback> for fact::Feedback {
    fn from(f: &Feedback) -> Self {
        Self {
            at: f.at.0,
            rating: f.rating,
            as_described: f.as_described,
            service: f.service,
            delivery: f.delivery,
            comment: f.comment.as_deref().unwrap_or_default().into(),
            state: f.state.map_or(FeedbackState::Counted, |s| s.0),
            state_reason: f.reason.as_deref().unwrap_or_default().into(),
        }
    }
}

impl From<&Claim> for fact::Claim {
    fn from(c: &Claim) -> Self {
        Self {
            reference: c.claim.as_str().into(),
            opened: c.opened_at.0,
            kind: c.kind.0,
            state: c.state.map_or(ClaimState::Open, |s| s.0),
            closed: millis(c.closed_at),
        }
    }
}

impl From<&Return> for fact::ReturnRequest {
    fn from(r: &Return) -> Self {
        Self {
            reference: r.r#return.as_str().into(),
            requested: r.requested_at.0,
            reason: r.reason.as_str().into(),
            answered: millis(r.answered_at),
            outcome: r.outcome.map_or(ReturnOutcome::Open, |o| o.0),
            dissatisfied: r.dissatisfied.unwrap_or(false),
        }
    }
}

impl From<&Incident> for fact::Incident {
    fn from(i: &Incident) -> Self {
        Self {
            reference: i.incident.as_str().into(),
            at: i.opened_at.0,
            kind: i.kind.0,
            responsible: i.responsible.0,
            resolved: millis(i.resolved_at),
        }
    }
}
