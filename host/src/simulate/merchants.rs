//! Who sells: few sell much, many sell little, and some of them badly.

use super::Plan;
use super::chance::{Chance, Stream};

/// How a merchant trades. All but `handling_days` are chances from 0 to 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Habits {
    /// Share of orders it promises to ship within this many days, 1 to 4.
    pub(super) handling_days: u8,
    /// Ships after its promise.
    pub(super) late: f32,
    /// Calls an order off.
    pub(super) cancels: f32,
    /// Sends something wrong, broken or not as described.
    pub(super) faulty: f32,
    /// Ships without a tracking number.
    pub(super) untracked: f32,
    /// Leaves buyers waiting for an answer.
    pub(super) silent: f32,
    /// Leaves shipping to the platform.
    pub(super) platform: f32,
    /// An order of its comes from a few buyers who are out to harm it.
    pub(super) bombed: f32,
    /// A bad rating of its is struck on review.
    pub(super) struck: f32,
    /// Breaks a policy, an order.
    pub(super) violates: f32,
}

/// A merchant, and the share of orders that goes to it and all before it.
pub(super) struct Merchant {
    pub(super) habits: Habits,
    share_until: f64,
}

/// All merchants of a plan.
pub(super) fn all(plan: &Plan) -> Vec<Merchant> {
    let mut sum = 0.0;
    let mut merchants: Vec<Merchant> = (0..plan.merchants)
        .map(|number| {
            let mut chance = Chance::new(plan.seed, Stream::Merchant(number));
            sum += chance.size(1.0, 1.6);
            Merchant { habits: habits(&mut chance), share_until: sum }
        })
        .collect();
    for merchant in &mut merchants {
        merchant.share_until /= sum;
    }
    merchants
}

/// Who an order goes to.
pub(super) fn one_of(merchants: &[Merchant], chance: &mut Chance) -> u32 {
    let at = chance.unit();
    (merchants.partition_point(|m| m.share_until <= at) as u32).min(merchants.len() as u32 - 1)
}

fn habits(chance: &mut Chance) -> Habits {
    let mut some = |median: f64| chance.size(median, 0.5).min(0.9) as f32;
    let steady = Habits {
        handling_days: 2,
        late: some(0.025),
        cancels: some(0.006),
        faulty: some(0.004),
        untracked: some(0.02),
        silent: some(0.05),
        platform: 0.0,
        bombed: 0.0,
        struck: 0.05,
        violates: some(0.0003),
    };
    let habits = Habits { handling_days: 1 + chance.below(4) as u8, platform: if chance.of(0.2) { 0.7 } else { 0.0 }, ..steady };
    match chance.below(100) {
        0..=3 => Habits { late: 0.3, silent: 0.3, ..habits },
        4..=5 => Habits { cancels: 0.1, ..habits },
        6..=8 => Habits { faulty: 0.12, violates: 0.005, ..habits },
        9 => Habits { bombed: 0.2, struck: 0.7, ..habits },
        10..=11 => Habits { faulty: 0.04, struck: 0.6, ..habits },
        12..=13 => Habits { untracked: 0.5, ..habits },
        _ => habits,
    }
}
