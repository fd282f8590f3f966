//! What is known to have happened: an order, contact or violation as its history folds to, mirrored by `facts` in the contract.
//! Words that a plugin declares (return and contact reasons, policies) stay words here; the rules side gives them their index.

use crate::ids::{Instant, Named, Text};

/// A value that has a word in JSON.
pub trait Word: Copy + 'static {
    /// Every value with its word, in the order of the contract.
    fn words() -> &'static [(Self, &'static str)];
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $(#[doc = concat!("`", $word, "`")] $variant),+
        }
        impl $name {
            /// Every value with the word that names it in JSON, in the order of the contract.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $word)),+];
            /// The word that names it in JSON.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
            /// The value a word names.
            pub fn of_word(word: &str) -> Option<Self> {
                Self::ALL.iter().find(|(_, w)| *w == word).map(|(v, _)| *v)
            }
        }
        impl $crate::fact::Word for $name {
            fn words() -> &'static [(Self, &'static str)] {
                Self::ALL
            }
        }
    };
}
pub(crate) use words;

words!(/** Who did something. */ Actor { Buyer = "buyer", Merchant = "merchant", Carrier = "carrier", Platform = "platform" });
words!(/** Who ships. */ Fulfilment { Merchant = "merchant", Platform = "platform" });
words!(/** How fast it was sold to arrive. */ ServiceLevel {
    Standard = "standard", Expedited = "expedited", TwoDay = "two-day", SameDay = "same-day",
});
words!(/** Why an order was cancelled. */ CancelReason {
    OutOfStock = "out-of-stock", PricingError = "pricing-error", NotShippedInTime = "not-shipped-in-time",
    UndeliverableAddress = "undeliverable-address", BuyerRequest = "buyer-request", Unpaid = "unpaid",
    FraudHold = "fraud-hold", PlatformError = "platform-error", Other = "other",
});
words!(/** Whether feedback may be held against the merchant; only `counted` may. */ FeedbackState {
    Counted = "counted", Struck = "struck", Withdrawn = "withdrawn", Removed = "removed",
});
words!(/** What a buyer claims. */ ClaimKind {
    NotReceived = "not-received", NotAsDescribed = "not-as-described", RefundRefused = "refund-refused",
    ChargebackService = "chargeback-service", ChargebackFraud = "chargeback-fraud",
});
words!(/** Where a claim stands. */ ClaimState {
    Open = "open", RefundedByMerchant = "refunded-by-merchant", Granted = "granted",
    GrantedAtPlatformCost = "granted-at-platform-cost", Denied = "denied", Withdrawn = "withdrawn",
});
words!(/** How a return ended. */ ReturnOutcome {
    Open = "open", Refunded = "refunded", Replaced = "replaced", Rejected = "rejected", WronglyRejected = "wrongly-rejected",
});
words!(/** What went wrong on the way. */ IncidentKind {
    NoScan = "no-scan", Stalled = "stalled", Misrouted = "misrouted", FalseDelivery = "false-delivery", Damaged = "damaged",
    Lost = "lost", AddressProblem = "address-problem",
});
words!(/** How the parcel was seen to move; any report of delivery confirms. */ Tracking {
    None = "none", Uploaded = "uploaded", Scanned = "scanned", DeliveredConfirmed = "delivered-confirmed",
});
words!(/** How a buyer made contact. */ Channel {
    Phone = "phone", LiveChat = "live-chat", App = "app", Email = "email", WebForm = "web-form", Sms = "sms",
    Social = "social", PlatformMessage = "platform-message",
});
words!(/** How grave a violation is. */ Severity { Low = "low", Medium = "medium", High = "high", Critical = "critical" });
words!(/** Where a violation stands. */ ViolationState {
    Open = "open", Acknowledged = "acknowledged", Resolved = "resolved", Overturned = "overturned",
});

/// An order called off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancellation {
    /// When it was first called off.
    pub at: Instant,
    /// By whom, as last reported.
    pub by: Actor,
    /// Why, as last reported.
    pub reason: CancelReason,
}

/// A buyer's rating of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// When it was left, or last left anew.
    pub at: Instant,
    /// 1 (worst) to 5 (best).
    pub rating: u8,
    /// Item as described, 1 to 5.
    pub as_described: Option<u8>,
    /// Service, 1 to 5.
    pub service: Option<u8>,
    /// Delivery, 1 to 5.
    pub delivery: Option<u8>,
    /// The buyer's words, empty where there are none.
    pub comment: Text,
    /// Whether it may be held against the merchant.
    pub state: FeedbackState,
    /// Why it is in that state, empty while nobody changed it.
    pub state_reason: Text,
}

/// A buyer's claim on an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The sender's reference.
    pub reference: Text,
    /// When it was opened.
    pub opened: Instant,
    /// What it says.
    pub kind: ClaimKind,
    /// Where it stands.
    pub state: ClaimState,
    /// When it last closed.
    pub closed: Option<Instant>,
}

/// A buyer's wish to send something back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnRequest {
    /// The sender's reference.
    pub reference: Text,
    /// When it was asked for.
    pub requested: Instant,
    /// Why, in the sender's word.
    pub reason: Text,
    /// When the merchant first answered.
    pub answered: Option<Instant>,
    /// How it ended.
    pub outcome: ReturnOutcome,
    /// Whether the buyer said afterwards that it went badly.
    pub dissatisfied: bool,
}

/// Trouble on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// The sender's reference.
    pub reference: Text,
    /// When it was noticed.
    pub at: Instant,
    /// What it was.
    pub kind: IncidentKind,
    /// Whose doing it was.
    pub responsible: Actor,
    /// When it was over.
    pub resolved: Option<Instant>,
}

/// A buyer's contact with customer service, on an order or on none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its reference and key.
    pub id: Named,
    /// When it was opened.
    pub opened: Instant,
    /// How.
    pub channel: Channel,
    /// About what, in the sender's word.
    pub reason: Text,
    /// Whether the buyer wrote first; only then is an answer owed.
    pub answer_owed: bool,
    /// When it was first answered.
    pub first_answer: Option<Instant>,
    /// When it was last resolved, unless reopened since.
    pub resolved: Option<Instant>,
    /// How often it was reopened.
    pub reopened: u16,
    /// What the buyer said of it, 1 to 5.
    pub satisfaction: Option<u8>,
}

/// One merchant's part of what a buyer bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its reference and key.
    pub id: Named,
    /// The merchant's reference.
    pub merchant: Text,
    /// Who bought.
    pub buyer: Named,
    /// What was bought.
    pub listing: Named,
    /// How many.
    pub units: u32,
    /// Minor units of the marketplace's currency.
    pub amount: i64,
    /// Who ships.
    pub fulfilment: Fulfilment,
    /// How fast.
    pub service: ServiceLevel,
    /// When it was placed.
    pub placed: Instant,
    /// Last moment promised for hand-over to the carrier.
    pub ship_by: Option<Instant>,
    /// Last moment promised for arrival.
    pub deliver_by: Option<Instant>,
    /// When it was first handed over.
    pub shipped: Option<Instant>,
    /// When it first arrived.
    pub delivered: Option<Instant>,
    /// How it was seen to move.
    pub tracking: Tracking,
    /// Whether it was called off.
    pub cancelled: Option<Cancellation>,
    /// What the buyer said.
    pub feedback: Option<Feedback>,
    /// By time of opening.
    pub claims: Vec<Claim>,
    /// By time of request.
    pub returns: Vec<ReturnRequest>,
    /// By time noticed.
    pub incidents: Vec<Incident>,
    /// By time of opening.
    pub contacts: Vec<Contact>,
    /// When the merchant first took it on.
    pub accepted: Option<Instant>,
}

/// A breach of a policy that was put on record against a merchant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its reference and key.
    pub id: Named,
    /// The merchant's reference.
    pub merchant: Text,
    /// When it was recorded.
    pub at: Instant,
    /// Which policy, in the sender's word.
    pub policy: Text,
    /// How grave.
    pub severity: Severity,
    /// Which listing, if one.
    pub listing: Option<Named>,
    /// Where it stands.
    pub state: ViolationState,
    /// When its state last changed.
    pub closed: Option<Instant>,
}

/// What rules are asked about, one at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// An order with all that hangs on it.
    Order(Box<Order>),
    /// A contact by itself.
    Contact(Box<Contact>),
    /// A violation.
    Violation(Box<Violation>),
}

impl Fact {
    /// Its reference's key.
    pub fn key(&self) -> u64 {
        match self {
            Self::Order(order) => order.id.key,
            Self::Contact(contact) => contact.id.key,
            Self::Violation(violation) => violation.id.key,
        }
    }
}
