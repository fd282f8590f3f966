//! What rules are asked about: facts and snapshots, written into the guest as the contract has them.

use std::mem::MaybeUninit;

use andon_domain::fact::{Fact, Order};
use andon_domain::reading::{Reading, Status};
use andon_domain::verdict::{ListingSnapshot, Snapshot};
use wasmtime::Result;
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LowerContext};
use wasmtime::component::{ComponentType, Lower};

use super::bindings::andon::rules::facts as wit;
use super::bindings::exports::andon::rules::judge;
use super::facts::{self, Words};
use super::layout::{Fields, laid_out_as};
use super::{narrow, same_words};

/// A fact: `subject` of the contract.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    pub(super) fact: &'a Fact,
    pub(super) words: &'a Words,
}

laid_out_as!(Shown<'_> => wit::Subject);

// SAFETY: what is written is its model's, or laid out as it.
#[expect(unsafe_code, reason = "its layout is held against its model's by a test")]
unsafe impl Lower for Shown<'_> {
    fn linear_lower_to_flat<T>(
        &self,
        cx: &mut LowerContext<'_, T>,
        ty: InterfaceType,
        dst: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        self.words.subject(self.fact).linear_lower_to_flat(cx, ty, dst)
    }

    /// Most facts are orders that nothing followed; others have lists, and are left to wasmtime.
    fn linear_lower_to_memory<T>(&self, cx: &mut LowerContext<'_, T>, ty: InterfaceType, offset: usize) -> Result<()> {
        match self.fact {
            Fact::Order(order) if !facts::has_aftermath(order) => {
                write_order(order, &mut Fields::new(cx.get::<{ wit::Subject::SIZE32 }>(offset)));
                Ok(())
            }
            fact => self.words.subject(fact).linear_lower_to_memory(cx, ty, offset),
        }
    }
}

/// An order as the first case of `subject`.
fn write_order(order: &Order, fields: &mut Fields<'_>) {
    fields.put([0]);
    fields.put(narrow(order.id.key).to_le_bytes());
    fields.put(narrow(order.buyer.key).to_le_bytes());
    fields.put(narrow(order.listing.key).to_le_bytes());
    fields.put(order.units.to_le_bytes());
    fields.put(order.amount.to_le_bytes());
    fields.put([facts::fulfilment(order.fulfilment) as u8]);
    fields.put([facts::service(order.service) as u8]);
    fields.put(order.placed.to_le_bytes());
    for time in [order.ship_by, order.deliver_by, order.shipped, order.delivered] {
        fields.option(time.map(i64::to_le_bytes));
    }
    fields.put([facts::tracking(order.tracking) as u8]);
    let cancelled = order.cancelled.as_ref().map(facts::cancellation);
    fields.optional(8, wit::Cancellation::SIZE32, cancelled, |fields, cancelled| {
        fields.put(cancelled.at.to_le_bytes());
        fields.put([cancelled.by as u8]);
        fields.put([cancelled.reason as u8]);
    });
    let feedback = order.feedback.as_ref().map(facts::feedback);
    fields.optional(8, wit::Feedback::SIZE32, feedback, |fields, feedback| {
        fields.put(feedback.at.to_le_bytes());
        fields.put([feedback.rating]);
        for rating in [feedback.as_described, feedback.service, feedback.delivery] {
            fields.option(rating.map(|rating| [rating]));
        }
        fields.put([feedback.state as u8]);
    });
    fields.optional(4, wit::Aftermath::SIZE32, None::<wit::Aftermath>, |_, _| ());
    fields.option(order.accepted.map(i64::to_le_bytes));
}

/// A merchant: `snapshot` of the contract.
pub(super) struct Asked<'a>(pub(super) &'a Snapshot);

laid_out_as!(Asked<'_> => judge::Snapshot);

// SAFETY: what is written is laid out as its model.
#[expect(unsafe_code, reason = "its layout is held against its model's by a test")]
unsafe impl Lower for Asked<'_> {
    fn linear_lower_to_flat<T>(
        &self,
        _: &mut LowerContext<'_, T>,
        _: InterfaceType,
        _: &mut MaybeUninit<Self::Lower>,
    ) -> Result<()> {
        wasmtime::bail!("snapshots are asked about in lists, which are in memory")
    }

    fn linear_lower_to_memory<T>(&self, cx: &mut LowerContext<'_, T>, _: InterfaceType, offset: usize) -> Result<()> {
        let Snapshot { now, merchant, readings, listings } = self.0;
        let badges = write_list::<_, _, 2>(cx, 2, &merchant.badges, |fields, badge| fields.put(badge.to_le_bytes()))?;
        let readings = write_readings(cx, readings)?;
        let listings = write_listings(cx, listings)?;
        let mut fields = Fields::new(cx.get::<{ judge::Snapshot::SIZE32 }>(offset));
        fields.put(now.to_le_bytes());
        fields.put(merchant.joined.to_le_bytes());
        fields.option(merchant.standing.map(u16::to_le_bytes));
        fields.put(merchant.standing_since.to_le_bytes());
        fields.list(badges);
        fields.option(merchant.reinstated.map(i64::to_le_bytes));
        fields.list(readings);
        fields.list(listings);
        Ok(())
    }
}

/// A list's address and length.
type Written = (u32, u32);

fn write_listings<T>(cx: &mut LowerContext<'_, T>, listings: &[ListingSnapshot]) -> Result<Written> {
    let shown = |listing: &ListingSnapshot| Ok((narrow(listing.listing), write_readings(cx, &listing.readings)?));
    let shown: Vec<(u64, Written)> = listings.iter().map(shown).collect::<Result<_>>()?;
    write_list::<_, _, { judge::ListingSnapshot::SIZE32 }>(
        cx,
        judge::ListingSnapshot::ALIGN32,
        &shown,
        |fields, (key, readings)| {
            fields.put(key.to_le_bytes());
            fields.list(*readings);
        },
    )
}

fn write_readings<T>(cx: &mut LowerContext<'_, T>, readings: &[Reading]) -> Result<Written> {
    write_list::<_, _, { judge::Reading::SIZE32 }>(cx, judge::Reading::ALIGN32, readings, |fields, reading| {
        fields.put(reading.value.to_le_bytes());
        fields.put(reading.numerator.to_le_bytes());
        fields.put(reading.denominator.to_le_bytes());
        fields.put(reading.buyers.to_le_bytes());
        fields.put(reading.lower.to_le_bytes());
        fields.put(reading.upper.to_le_bytes());
        fields.option(reading.peers.map(f64::to_le_bytes));
        let status = same_words!(reading.status, Status => judge::Status: Good AtRisk Breached Insufficient);
        fields.put([status as u8]);
        fields.put(reading.breached_in_a_row.to_le_bytes());
    })
}

/// Asks the guest for memory and writes items of `SIZE` bytes there.
fn write_list<T, I, const SIZE: usize>(
    cx: &mut LowerContext<'_, T>,
    align: u32,
    items: &[I],
    write: impl Fn(&mut Fields<'_>, &I),
) -> Result<Written> {
    let address = cx.realloc(0, 0, align, items.len() * SIZE)?;
    // What is given is inside its memory, or has been refused.
    let (memory, _) = cx.as_slice_mut()[address..].as_chunks_mut::<SIZE>();
    for (item, memory) in items.iter().zip(memory) {
        write(&mut Fields::new(memory), item);
    }
    Ok((u32::try_from(address)?, u32::try_from(items.len())?))
}
