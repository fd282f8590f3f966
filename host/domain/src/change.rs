//! What one event says about its subject. A change is small, complete in itself, and stored for good: its postcard form is
//! part of every row, so variants and fields are only ever added at the end.

use serde::{Deserialize, Serialize};

use crate::fact::{
    Actor, CancelReason, Channel, ClaimKind, ClaimState, FeedbackState, Fulfilment, IncidentKind, ReturnOutcome, ServiceLevel,
    Severity, ViolationState,
};
use crate::ids::{Instant, Named, Text};

/// What an order was when it was placed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// The merchant's reference.
    pub merchant: Text,
    /// Who bought.
    pub buyer: Named,
    /// What.
    pub listing: Named,
    /// How many, at least 1.
    pub units: u32,
    /// Minor units of the marketplace's currency, not negative.
    pub amount: i64,
    /// Who ships.
    pub fulfilment: Fulfilment,
    /// How fast.
    pub service: ServiceLevel,
    /// Last moment promised for hand-over.
    pub ship_by: Option<Instant>,
    /// Last moment promised for arrival.
    pub deliver_by: Option<Instant>,
}

/// A rating as the buyer left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rating {
    /// 1 to 5.
    pub rating: u8,
    /// 1 to 5.
    pub as_described: Option<u8>,
    /// 1 to 5.
    pub service: Option<u8>,
    /// 1 to 5.
    pub delivery: Option<u8>,
    /// The buyer's words.
    pub comment: Text,
}

/// How a contact began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactOpened {
    /// The order it is about, if it is about one.
    pub order: Option<Text>,
    /// The merchant it is about; where an order is named, the order's merchant counts.
    pub merchant: Option<Text>,
    /// How.
    pub channel: Channel,
    /// About what.
    pub reason: Text,
    /// Whether an answer is owed.
    pub answer_owed: bool,
}

/// A violation as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The merchant's reference.
    pub merchant: Text,
    /// Which policy.
    pub policy: Text,
    /// How grave.
    pub severity: Severity,
    /// Which listing, if one.
    pub listing: Option<Named>,
}

/// What an event says. Claims, returns and incidents are told apart by their references within the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each variant is the event type of the same name")]
pub enum Change {
    OrderPlaced(Box<Placed>),
    OrderShipped {
        tracking: Option<Text>,
        carrier: Option<Text>,
    },
    OrderScanned {
        tracking: Option<Text>,
        carrier: Option<Text>,
    },
    OrderDelivered {
        tracking: Option<Text>,
        carrier: Option<Text>,
    },
    OrderCancelled {
        by: Actor,
        reason: CancelReason,
    },
    FeedbackLeft(Rating),
    FeedbackChanged {
        state: FeedbackState,
        reason: Text,
        actor: Option<Text>,
    },
    ClaimOpened {
        claim: Text,
        kind: ClaimKind,
    },
    ClaimClosed {
        claim: Text,
        state: ClaimState,
    },
    ReturnRequested {
        ret: Text,
        reason: Text,
    },
    ReturnAnswered {
        ret: Text,
    },
    ReturnClosed {
        ret: Text,
        outcome: ReturnOutcome,
        dissatisfied: bool,
    },
    IncidentOpened {
        incident: Text,
        kind: IncidentKind,
        responsible: Actor,
    },
    IncidentResolved {
        incident: Text,
    },
    ContactOpened(Box<ContactOpened>),
    ContactAnswered,
    ContactResolved {
        satisfaction: Option<u8>,
    },
    ContactReopened,
    ViolationRecorded(Box<Recorded>),
    ViolationClosed {
        state: ViolationState,
    },
    ListingStocked {
        units: u32,
    },
    MerchantRegistered {
        name: Text,
        joined_at: Instant,
    },
    OrderAccepted,
    /// A platform message that bears out what was decided about the order's feedback, such as a threat.
    FeedbackEvidenced {
        contact: Text,
    },
}

/// What a subject is; orders, contacts, violations and listings have references of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[repr(u8)]
#[expect(missing_docs, reason = "each variant says what it is")]
pub enum Kind {
    Order = 0,
    Contact = 1,
    Violation = 2,
    Listing = 3,
    Merchant = 4,
}

impl Kind {
    /// The kind a stored number names.
    pub fn of_number(number: u8) -> Option<Self> {
        [Self::Order, Self::Contact, Self::Violation, Self::Listing, Self::Merchant].into_iter().find(|k| *k as u8 == number)
    }
}

impl Change {
    /// The CloudEvents `type` that carries it.
    pub fn event_type(&self) -> &'static str {
        match self {
            Self::OrderPlaced(_) => "andon.order.placed",
            Self::OrderAccepted => "andon.order.accepted",
            Self::OrderShipped { .. } => "andon.order.shipped",
            Self::OrderScanned { .. } => "andon.order.scanned",
            Self::OrderDelivered { .. } => "andon.order.delivered",
            Self::OrderCancelled { .. } => "andon.order.cancelled",
            Self::FeedbackLeft(_) => "andon.feedback.left",
            Self::FeedbackChanged { .. } => "andon.feedback.changed",
            Self::FeedbackEvidenced { .. } => "andon.feedback.evidenced",
            Self::ClaimOpened { .. } => "andon.claim.opened",
            Self::ClaimClosed { .. } => "andon.claim.closed",
            Self::ReturnRequested { .. } => "andon.return.requested",
            Self::ReturnAnswered { .. } => "andon.return.answered",
            Self::ReturnClosed { .. } => "andon.return.closed",
            Self::IncidentOpened { .. } => "andon.incident.opened",
            Self::IncidentResolved { .. } => "andon.incident.resolved",
            Self::ContactOpened(_) => "andon.contact.opened",
            Self::ContactAnswered => "andon.contact.answered",
            Self::ContactResolved { .. } => "andon.contact.resolved",
            Self::ContactReopened => "andon.contact.reopened",
            Self::ViolationRecorded(_) => "andon.violation.recorded",
            Self::ViolationClosed { .. } => "andon.violation.closed",
            Self::ListingStocked { .. } => "andon.listing.stocked",
            Self::MerchantRegistered { .. } => "andon.merchant.registered",
        }
    }

    /// Which kind of subject it is about.
    pub fn kind(&self) -> Kind {
        match self {
            Self::ContactOpened(_) | Self::ContactAnswered | Self::ContactResolved { .. } | Self::ContactReopened => {
                Kind::Contact
            }
            Self::ViolationRecorded(_) | Self::ViolationClosed { .. } => Kind::Violation,
            Self::ListingStocked { .. } => Kind::Listing,
            Self::MerchantRegistered { .. } => Kind::Merchant,
            _ => Kind::Order,
        }
    }
}
