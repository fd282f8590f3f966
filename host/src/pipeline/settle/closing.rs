//! The end of settling: what subjects come to for their merchants, whom other transactions may be waiting for.

use std::collections::{BTreeMap, HashSet};

use andon_domain::change::Kind;
use andon_domain::ids::Instant;

use super::Touched;
use crate::markets::Market;
use crate::store::session::{Hold, Registration, Result, Session};

/// What comes of settled subjects for their merchants. It is written last: other lanes have these merchants, too, and wait for them
/// from here to the end of the transaction.
#[must_use]
pub(crate) struct Closing {
    /// Merchant, how many more, and the earliest of them.
    orders: Vec<(i64, i64, Instant)>,
    /// Whom orders were taken from.
    left: Vec<i64>,
    /// Who must be evaluated.
    dirty: HashSet<i64>,
    /// Something is to be asked about again at once.
    later: bool,
}

impl Closing {
    pub(super) fn of(touched: &[Touched], dirty: HashSet<i64>, later: bool) -> Self {
        let left = |t: &&Touched| t.subject.kind == Kind::Order && t.merchant_before != t.subject.merchant;
        let left = touched.iter().filter(left).filter_map(|t| t.merchant_before).collect();
        Self { orders: orders(touched), left, dirty, later }
    }

    /// Writes it, together with who registers. Answers whether anything became due.
    pub(crate) fn write(
        mut self,
        session: &mut dyn Session,
        market: &Market,
        (registered, registrations): (&[i64], &[Registration<'_>]),
        stamp: i64,
    ) -> Result<bool> {
        if !self.left.is_empty() || !registered.is_empty() {
            // More than one statement changes merchants here, so all of them are taken first.
            let counted = self.orders.iter().map(|(merchant, ..)| *merchant);
            session.hold(Hold::Merchants(&counted.chain(registered.iter().copied()).collect::<Vec<_>>()))?;
        }
        session.count_orders(&self.orders)?;
        if !self.left.is_empty() {
            session.find_first_orders(&self.left)?;
        }
        if !registrations.is_empty() {
            session.register(market.id, registrations)?;
        }
        self.dirty.extend(registered);
        let mut dirty: Vec<i64> = self.dirty.into_iter().collect();
        dirty.sort_unstable();
        session.mark_dirty(market.id, &dirty, stamp)?;
        Ok(self.later || !dirty.is_empty())
    }
}

/// Orders that came to (or left) a merchant in this transaction: how many more each has, and the earliest moment.
fn orders(touched: &[Touched]) -> Vec<(i64, i64, Instant)> {
    let mut counts: BTreeMap<i64, (i64, Instant)> = BTreeMap::new();
    for t in touched.iter().filter(|t| t.subject.kind == Kind::Order) {
        if t.merchant_before == t.subject.merchant && t.began_before == t.subject.began {
            continue;
        }
        let began = t.subject.began.unwrap_or(Instant::MAX);
        if let Some(merchant) = t.merchant_before {
            counts.entry(merchant).or_insert((0, Instant::MAX)).0 -= 1;
        }
        if let Some(merchant) = t.subject.merchant {
            let entry = counts.entry(merchant).or_insert((0, Instant::MAX));
            *entry = (entry.0 + 1, entry.1.min(began));
        }
    }
    counts.into_iter().map(|(merchant, (more, earliest))| (merchant, more, earliest)).collect()
}
