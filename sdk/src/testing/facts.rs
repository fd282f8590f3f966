//! Facts to ask rules about, each with everything it does not say set to the plainest value.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};

use crate::facts::{
    Actor, Aftermath, CancelReason, Cancellation, Channel, Claim, ClaimKind, ClaimState, Contact, Feedback, FeedbackState,
    Fulfilment, Incident, IncidentKind, Instant, Order, ReturnOutcome, ReturnRequest, ServiceLevel, Severity, Subject, Tracking,
    Violation, ViolationState,
};

/// A moment, written as `2026-03-01`, `2026-03-01 12:30`, `2026-03-01 12:30:05` or `2026-03-01 12:30:05.001` (UTC), or given in
/// milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When(pub(super) Instant);

impl From<Instant> for When {
    fn from(at: Instant) -> Self {
        Self(at)
    }
}

impl From<&str> for When {
    fn from(text: &str) -> Self {
        let time = |format| NaiveDateTime::parse_from_str(text, format);
        let midnight = NaiveDate::parse_from_str(text, "%Y-%m-%d").map(|date| date.and_time(NaiveTime::MIN));
        let parsed = midnight.or_else(|_| time("%Y-%m-%d %H:%M")).or_else(|_| time("%Y-%m-%d %H:%M:%S%.f"));
        match parsed {
            Ok(at) => Self(at.and_utc().timestamp_millis()),
            Err(error) => panic!("{text:?} is no moment: {error}"),
        }
    }
}

/// The milliseconds of a moment.
pub fn at(when: impl Into<When>) -> Instant {
    when.into().0
}

/// An order of one unit, placed on 2026-01-01 and to be shipped by its merchant, of which nothing else is known.
pub fn order() -> OrderBuilder {
    OrderBuilder(Order {
        id: 1,
        buyer: 1,
        listing: 1,
        units: 1,
        amount: 1000,
        fulfilment: Fulfilment::Merchant,
        service: ServiceLevel::Standard,
        placed: at("2026-01-01"),
        ship_by: None,
        deliver_by: None,
        shipped: None,
        delivered: None,
        tracking: Tracking::None,
        cancelled: None,
        feedback: None,
        aftermath: None,
        accepted: None,
    })
}

impl OrderBuilder {
    fn after(&mut self) -> &mut Aftermath {
        let none = || Aftermath { claims: Vec::new(), returns: Vec::new(), incidents: Vec::new(), contacts: Vec::new() };
        self.0.aftermath.get_or_insert_with(none)
    }
}

/// A contact in which an answer is owed, opened on 2026-01-01.
pub fn contact() -> ContactBuilder {
    ContactBuilder(Contact {
        id: 1,
        opened: at("2026-01-01"),
        channel: Channel::PlatformMessage,
        reason: None,
        answer_owed: true,
        first_answer: None,
        resolved: None,
        reopened: 0,
        satisfaction: None,
    })
}

/// An open violation of low severity and no known policy, recorded on 2026-01-01.
pub fn violation() -> ViolationBuilder {
    ViolationBuilder(Violation {
        id: 1,
        at: at("2026-01-01"),
        policy: None,
        severity: Severity::Low,
        listing: None,
        state: ViolationState::Open,
        closed: None,
    })
}

/// A return request that nobody has answered.
pub fn return_request(requested: impl Into<When>) -> ReturnBuilder {
    let requested = at(requested);
    let outcome = ReturnOutcome::Open;
    ReturnBuilder(ReturnRequest { requested, reason: None, answered: None, outcome, dissatisfied: false })
}

macro_rules! builder {
    ($(#[$doc:meta])* $name:ident($inner:ty) { $($(#[$method_doc:meta])* $method:ident($self:ident $(, $arg:ident: $type:ty)*) $body:block)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name($inner);

        impl $name {
            $($(#[$method_doc])*
            #[must_use]
            pub fn $method(mut $self $(, $arg: $type)*) -> Self {
                $body
                $self
            })+
        }
    };
}

builder! {
    /// Builds an order; see [`order`].
    OrderBuilder(Order) {
        /// Its id.
        id(self, id: u64) { self.0.id = id; }
        /// Who bought.
        buyer(self, buyer: u64) { self.0.buyer = buyer; }
        /// What was bought.
        listing(self, listing: u64) { self.0.listing = listing; }
        /// How many.
        units(self, units: u32) { self.0.units = units; }
        /// For how much, in minor units.
        amount(self, amount: i64) { self.0.amount = amount; }
        /// The platform ships it.
        by_platform(self) { self.0.fulfilment = Fulfilment::Platform; }
        /// When it was placed.
        placed(self, when: impl Into<When>) { self.0.placed = at(when); }
        /// Last moment promised for hand-over.
        ship_by(self, when: impl Into<When>) { self.0.ship_by = Some(at(when)); }
        /// Last moment promised for arrival.
        deliver_by(self, when: impl Into<When>) { self.0.deliver_by = Some(at(when)); }
        /// When the merchant took it on.
        accepted(self, when: impl Into<When>) { self.0.accepted = Some(at(when)); }
        /// Shipped, without tracking.
        shipped(self, when: impl Into<When>) { self.0.shipped = Some(at(when)); }
        /// It has a tracking number.
        tracked(self) { self.0.tracking = self.0.tracking.max(Tracking::Uploaded); }
        /// A carrier scanned it.
        scanned(self) { self.0.tracking = self.0.tracking.max(Tracking::Scanned); }
        /// Delivered, which confirms the tracking.
        delivered(self, when: impl Into<When>) {
            self.0.delivered = Some(at(when));
            self.0.tracking = Tracking::DeliveredConfirmed;
        }
        /// Called off.
        cancelled(self, when: impl Into<When>, by: Actor, reason: CancelReason) {
            self.0.cancelled = Some(Cancellation { at: at(when), by, reason });
        }
        /// Rated 1 to 5, and counted.
        feedback(self, when: impl Into<When>, rating: u8) {
            let (at, state) = (at(when), FeedbackState::Counted);
            self.0.feedback = Some(Feedback { at, rating, as_described: None, service: None, delivery: None, state });
        }
        /// What else the feedback says, each 1 to 5: item as described, service, delivery.
        aspects(self, as_described: impl Into<Option<u8>>, service: impl Into<Option<u8>>, delivery: impl Into<Option<u8>>) {
            let (as_described, service, delivery) = (as_described.into(), service.into(), delivery.into());
            self.0.feedback = self.0.feedback.map(|feedback| Feedback { as_described, service, delivery, ..feedback });
        }
        /// What became of the feedback.
        feedback_is(self, state: FeedbackState) {
            self.0.feedback = self.0.feedback.map(|feedback| Feedback { state, ..feedback });
        }
        /// A claim, and where it stands.
        claim(self, when: impl Into<When>, kind: ClaimKind, state: ClaimState) {
            self.after().claims.push(Claim { opened: at(when), kind, state, closed: None });
        }
        /// A return request.
        returned(self, request: ReturnBuilder) { self.after().returns.push(request.0); }
        /// Trouble on the way.
        incident(self, when: impl Into<When>, kind: IncidentKind, responsible: Actor) {
            self.after().incidents.push(Incident { at: at(when), kind, responsible, resolved: None });
        }
    }
}

builder! {
    /// Builds a return request; see [`return_request`].
    ReturnBuilder(ReturnRequest) {
        /// When the merchant answered.
        answered(self, when: impl Into<When>) { self.0.answered = Some(at(when)); }
        /// How it ended.
        outcome(self, outcome: ReturnOutcome) { self.0.outcome = outcome; }
        /// The buyer said it went badly.
        dissatisfied(self) { self.0.dissatisfied = true; }
    }
}

builder! {
    /// Builds a contact; see [`contact`].
    ContactBuilder(Contact) {
        /// When it was opened.
        opened(self, when: impl Into<When>) { self.0.opened = at(when); }
        /// When it was first answered.
        answered(self, when: impl Into<When>) { self.0.first_answer = Some(at(when)); }
        /// No answer is owed.
        owed_nothing(self) { self.0.answer_owed = false; }
    }
}

builder! {
    /// Builds a violation; see [`violation`].
    ViolationBuilder(Violation) {
        /// When it was recorded.
        recorded(self, when: impl Into<When>) { self.0.at = at(when); }
        /// Which policy, by its index among those declared.
        policy(self, policy: u16) { self.0.policy = Some(policy); }
        /// Which listing it is about.
        listing(self, listing: u64) { self.0.listing = Some(listing); }
        /// How grave.
        severity(self, severity: Severity) { self.0.severity = severity; }
        /// Where it stands.
        state(self, state: ViolationState) { self.0.state = state; }
    }
}

impl From<OrderBuilder> for Subject {
    fn from(built: OrderBuilder) -> Self {
        Self::Order(built.0)
    }
}

impl From<ContactBuilder> for Subject {
    fn from(built: ContactBuilder) -> Self {
        Self::Contact(built.0)
    }
}

impl From<ViolationBuilder> for Subject {
    fn from(built: ViolationBuilder) -> Self {
        Self::Violation(built.0)
    }
}
