//! What becomes of one order: how it is shipped, cancelled, lost, delivered, rated, claimed and returned, and which of that is
//! put right afterwards.

use andon_domain::fact::{
    Actor, CancelReason, Channel, ClaimKind, ClaimState, FeedbackState, Fulfilment, IncidentKind, ReturnOutcome, ServiceLevel,
    Severity, ViolationState,
};
use andon_domain::ids::Instant;

use super::chance::{Chance, Stream};
use super::merchants::{self, Habits, Merchant};
use super::{DAY, HOUR, Plan};

/// Buyers who are out to harm one merchant.
const RING: u32 = 3;

/// One thing that happens, small enough to wait in great numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    Placed,
    Stocked(u32),
    Shipped { tracked: bool },
    Scanned,
    Delivered { tracked: bool },
    Cancelled(Actor, CancelReason),
    Rated { rating: u8, as_described: Option<u8> },
    FeedbackIs(FeedbackState),
    Claimed(ClaimKind),
    ClaimIs(ClaimState),
    ReturnAsked { faulty: bool },
    ReturnAnswered,
    ReturnIs { outcome: ReturnOutcome, dissatisfied: bool },
    Incident(IncidentKind, Actor),
    IncidentOver,
    Asked { channel: Channel, about: &'static str, of_order: bool },
    Answered,
    Resolved { satisfaction: Option<u8> },
    AskedAgain,
    Violated(Severity, &'static str),
    ViolationIs(ViolationState),
}

/// An order as it was placed.
pub(super) struct Order {
    pub(super) merchant: u32,
    /// `None` in `ring` for one of the many, else which of the few.
    pub(super) ring: Option<u32>,
    pub(super) buyer: u32,
    pub(super) listing: u32,
    pub(super) units: u32,
    pub(super) amount: i64,
    pub(super) fulfilment: Fulfilment,
    pub(super) service: ServiceLevel,
    pub(super) placed: Instant,
    pub(super) ship_by: Instant,
    pub(super) deliver_by: Instant,
}

impl Order {
    /// Order number `number`, the same whenever it is asked for.
    pub(super) fn draw(plan: &Plan, all: &[Merchant], number: u32, placed: Instant) -> Self {
        let mut chance = Chance::new(plan.seed, Stream::Order(number));
        let merchant = merchants::one_of(all, &mut chance);
        let habits = &all[merchant as usize].habits;
        let units = if chance.of(0.12) { 2 + chance.below(4) } else { 1 };
        let service = match chance.below(20) {
            0 => ServiceLevel::SameDay,
            1 | 2 => ServiceLevel::TwoDay,
            3..=5 => ServiceLevel::Expedited,
            _ => ServiceLevel::Standard,
        };
        let (handling, way) = match service {
            ServiceLevel::SameDay => (1, 1),
            ServiceLevel::TwoDay => (1, 2),
            ServiceLevel::Expedited => (habits.handling_days.min(2), 3),
            ServiceLevel::Standard => (habits.handling_days, 4 + chance.below(8)),
        };
        let ship_by = (placed + Instant::from(handling) * DAY).div_euclid(DAY) * DAY + DAY - 1000;
        let popular = chance.unit().powi(2);
        Self {
            merchant,
            ring: chance.of(f64::from(habits.bombed)).then(|| chance.below(RING)),
            buyer: chance.below(plan.orders / 10 * 7),
            listing: (popular * 24.0) as u32,
            units,
            amount: i64::from(units) * (chance.size(8900.0, 0.9) as i64 + 100),
            fulfilment: if chance.of(f64::from(habits.platform)) { Fulfilment::Platform } else { Fulfilment::Merchant },
            service,
            placed,
            ship_by,
            deliver_by: ship_by + Instant::from(way) * DAY,
        }
    }
}

/// A sink for what happens; draws from the same chance.
type Tell<'a> = &'a mut dyn FnMut(&mut Chance, Instant, What);

/// Lives the life of an order; tells all of it, whenever it happens, in no order.
pub(super) fn live(order: &Order, merchant: &Merchant, chance: &mut Chance, tell: Tell<'_>) {
    let habits = &merchant.habits;
    tell(chance, order.placed, What::Placed);
    if chance.of(0.01) {
        let units = chance.below(500);
        tell(chance, order.placed, What::Stocked(units));
    }
    if chance.of(f64::from(habits.violates)) {
        violate(order.placed, chance, tell);
    }
    if cancelled(order, habits, chance, tell) || chance.of(0.003) {
        return;
    }
    let late = order.fulfilment == Fulfilment::Merchant && chance.of(f64::from(habits.late));
    let shipped = if late { order.ship_by + chance.about(36 * HOUR) } else { chance.between(order.placed + HOUR, order.ship_by) };
    let tracked = !chance.of(f64::from(habits.untracked));
    tell(chance, shipped, What::Shipped { tracked });
    if tracked && chance.of(0.96) {
        let at = shipped + chance.between(HOUR, 18 * HOUR);
        tell(chance, at, What::Scanned);
    }
    let promised = order.deliver_by - order.ship_by;
    let delivered = shipped + chance.size(promised as f64 * 0.6, 0.35) as Instant;
    if chance.of(0.012) {
        lost(shipped + promised / 2, chance, tell);
        return;
    }
    if chance.of(0.015) {
        let kind = chance.pick(IncidentKind::Stalled, &[IncidentKind::NoScan, IncidentKind::Misrouted, IncidentKind::Damaged]);
        tell(chance, shipped + (delivered - shipped) / 2, What::Incident(kind, Actor::Carrier));
        tell(chance, delivered, What::IncidentOver);
    }
    tell(chance, delivered, What::Delivered { tracked });
    let faulty = chance.of(f64::from(habits.faulty));
    let much_too_late = delivered > order.deliver_by + DAY;
    let unhappy = faulty || chance.of(if much_too_late { 0.4 } else { 0.004 });
    rate(order, habits, delivered, unhappy, chance, tell);
    if chance.of(if unhappy { 0.3 } else { 0.05 }) {
        let from = if unhappy { delivered } else { order.placed };
        contact(from, habits, true, chance, tell);
    }
    if chance.of(if faulty { 0.35 } else { 0.003 }) {
        let kind =
            if faulty { ClaimKind::NotAsDescribed } else { chance.pick(ClaimKind::ChargebackFraud, &[ClaimKind::RefundRefused]) };
        claim(delivered, kind, chance, tell);
    }
    if chance.of(if unhappy { 0.4 } else { 0.03 }) {
        send_back(delivered, faulty, habits, chance, tell);
    }
    if chance.of(0.002) {
        contact(delivered, habits, false, chance, tell);
    }
}

fn cancelled(order: &Order, habits: &Habits, chance: &mut Chance, tell: Tell<'_>) -> bool {
    if chance.of(0.02) {
        let at = order.placed + chance.about(6 * HOUR);
        let (by, reason) = chance.pick(
            (Actor::Buyer, CancelReason::BuyerRequest),
            &[
                (Actor::Buyer, CancelReason::BuyerRequest),
                (Actor::Platform, CancelReason::Unpaid),
                (Actor::Platform, CancelReason::FraudHold),
            ],
        );
        tell(chance, at, What::Cancelled(by, reason));
        return true;
    }
    if chance.of(f64::from(habits.cancels)) {
        let at = order.placed + chance.between(HOUR, 3 * DAY);
        let reason = chance.pick(
            CancelReason::OutOfStock,
            &[
                CancelReason::OutOfStock,
                CancelReason::PricingError,
                CancelReason::NotShippedInTime,
                CancelReason::UndeliverableAddress,
            ],
        );
        tell(chance, at, What::Cancelled(Actor::Merchant, reason));
        if chance.of(0.08) {
            let at = at + chance.about(2 * DAY);
            tell(chance, at, What::Cancelled(Actor::Buyer, CancelReason::BuyerRequest));
        }
        return true;
    }
    false
}

fn lost(at: Instant, chance: &mut Chance, tell: Tell<'_>) {
    tell(chance, at, What::Incident(IncidentKind::Lost, Actor::Carrier));
    if chance.of(0.6) {
        claim(at + 5 * DAY, ClaimKind::NotReceived, chance, tell);
    }
}

fn rate(order: &Order, habits: &Habits, delivered: Instant, unhappy: bool, chance: &mut Chance, tell: Tell<'_>) {
    if order.ring.is_none() && !chance.of(if unhappy { 0.6 } else { 0.35 }) {
        return;
    }
    let rating = match (order.ring, unhappy, chance.below(20)) {
        (Some(_), ..) | (None, true, 0..=10) => 1,
        (None, true, 11..=15) => 2,
        (None, false, 0) | (None, true, _) => 3,
        (None, false, 1..=4) => 4,
        (None, false, _) => 5,
    };
    let as_described = chance.of(0.3).then_some(rating);
    let at = delivered + chance.about(3 * DAY);
    tell(chance, at, What::Rated { rating, as_described });
    let later = at + chance.about(6 * DAY);
    if rating <= 2 && chance.of(f64::from(habits.struck)) {
        tell(chance, later, What::FeedbackIs(FeedbackState::Struck));
        if chance.of(0.05) {
            let at = later + chance.about(4 * DAY);
            tell(chance, at, What::FeedbackIs(FeedbackState::Counted));
        }
    } else if rating <= 3 && chance.of(0.05) {
        tell(chance, later, What::FeedbackIs(FeedbackState::Withdrawn));
    }
}

fn claim(from: Instant, kind: ClaimKind, chance: &mut Chance, tell: Tell<'_>) {
    let opened = from + chance.about(4 * DAY);
    tell(chance, opened, What::Claimed(kind));
    let closed = opened + chance.about(6 * DAY);
    let state = chance.pick(
        ClaimState::Granted,
        &[ClaimState::RefundedByMerchant, ClaimState::GrantedAtPlatformCost, ClaimState::Denied, ClaimState::Withdrawn],
    );
    if chance.of(0.9) {
        tell(chance, closed, What::ClaimIs(state));
        if chance.of(0.1) {
            let at = closed + chance.about(5 * DAY);
            tell(chance, at, What::ClaimIs(ClaimState::Denied));
        }
    }
}

fn send_back(delivered: Instant, faulty: bool, habits: &Habits, chance: &mut Chance, tell: Tell<'_>) {
    let asked = delivered + chance.about(4 * DAY);
    tell(chance, asked, What::ReturnAsked { faulty });
    let silent = chance.of(f64::from(habits.silent));
    let answered = asked + chance.about(if silent { 4 * DAY } else { 14 * HOUR });
    tell(chance, answered, What::ReturnAnswered);
    let outcome = match chance.below(20) {
        0 => ReturnOutcome::WronglyRejected,
        1 | 2 => ReturnOutcome::Rejected,
        3..=6 => ReturnOutcome::Replaced,
        _ => ReturnOutcome::Refunded,
    };
    let closed = answered + DAY + chance.about(5 * DAY);
    let dissatisfied = chance.of(if silent { 0.4 } else { 0.05 });
    tell(chance, closed, What::ReturnIs { outcome, dissatisfied });
}

fn contact(from: Instant, habits: &Habits, of_order: bool, chance: &mut Chance, tell: Tell<'_>) {
    let opened = from + chance.about(DAY);
    let channel = chance.pick(Channel::PlatformMessage, &[Channel::Email, Channel::LiveChat, Channel::Phone, Channel::App]);
    let about = chance.pick("where-is-my-order", &["wrong-item", "defective-item", "return-question", "other"]);
    tell(chance, opened, What::Asked { channel, about, of_order });
    let wait = if chance.of(f64::from(habits.silent)) { 50 * HOUR } else { 7 * HOUR };
    let answered = opened + chance.about(wait);
    tell(chance, answered, What::Answered);
    let resolved = answered + chance.about(12 * HOUR);
    let satisfaction = chance.of(0.4).then(|| 1 + chance.below(5) as u8);
    tell(chance, resolved, What::Resolved { satisfaction });
    if chance.of(0.06) {
        let again = resolved + chance.about(DAY);
        tell(chance, again, What::AskedAgain);
        let at = again + chance.about(DAY);
        tell(chance, at, What::Resolved { satisfaction: None });
    }
}

fn violate(at: Instant, chance: &mut Chance, tell: Tell<'_>) {
    let severity = chance.pick(Severity::Low, &[Severity::Low, Severity::Medium, Severity::High, Severity::Critical]);
    let policy =
        chance.pick("listing", &["intellectual-property", "authenticity", "restricted-products", "condition", "reviews"]);
    tell(chance, at, What::Violated(severity, policy));
    if chance.of(0.6) {
        let state = chance.pick(ViolationState::Resolved, &[ViolationState::Acknowledged, ViolationState::Overturned]);
        let at = at + chance.about(10 * DAY);
        tell(chance, at, What::ViolationIs(state));
    }
}
