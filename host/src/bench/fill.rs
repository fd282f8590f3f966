//! A marketplace with much behind it, made without its events: merchants and the sums that so many orders would have left. What
//! reads look at is all there; facts and evidence are not.

use std::sync::Arc;

use andon_domain::ids::Day;
use andon_domain::manifest::CounterKind;
use andon_domain::tally::{Bucket, Slot, bucket_of};
use anyhow::Context;

use super::load::merchant;
use crate::app::App;
use crate::markets::Market;
use crate::store::Session;
use crate::store::session::TallyKey;

/// Days the orders are spread over.
pub(super) const DAYS: i32 = 90;

/// Sums an order adds to: placed, fulfilled, due, promised, on time, shipped, tracked.
const VOLUMES: usize = 7;

/// What a merchant has done.
pub(super) struct Trade {
    /// Orders.
    pub(super) orders: u64,
    /// Whether anything was ever wrong with them: one every 29 days.
    pub(super) faulty: bool,
}

/// Merchants a transaction.
const BATCH: u64 = 1_000;

/// Gives each of `merchants` merchants the sums of such a trade as is told for its number, over the [`DAYS`] days before `today`, and makes them due.
pub(super) async fn fill(
    app: &Arc<App>,
    market: &Arc<Market>,
    merchants: u64,
    trade: impl Fn(u64) -> Trade + Send + Copy + 'static,
    today: Day,
) -> anyhow::Result<()> {
    let (store, market, runtime) = (app.store.clone(), market.clone(), tokio::runtime::Handle::current());
    let work = move || {
        let mut session = store.session(0, false, &runtime)?;
        for first in (0..merchants).step_by(BATCH as usize) {
            session.begin()?;
            chunk(session.as_mut(), &market, first..(first + BATCH).min(merchants), trade, today)?;
            session.commit()?;
        }
        anyhow::Ok(())
    };
    tokio::task::spawn_blocking(work).await?
}

fn chunk(
    session: &mut dyn Session,
    market: &Market,
    numbers: std::ops::Range<u64>,
    trade: impl Fn(u64) -> Trade,
    today: Day,
) -> anyhow::Result<()> {
    let generation = market.generation.as_ref().context("the marketplace has no rules")?;
    let names: Vec<String> = numbers.clone().map(merchant).collect();
    let ids = session.merchants(market.id, &names.iter().map(String::as_str).collect::<Vec<_>>())?;
    let counters = || (0u16..).zip(&generation.manifest().counters);
    let volumes: Vec<u16> = counters().filter(|(_, c)| c.kind == CounterKind::Volume).map(|(i, _)| i).take(VOLUMES).collect();
    let defects: Vec<u16> = counters().filter(|(_, c)| c.kind == CounterKind::Defect).map(|(i, _)| i).collect();
    let mut rows: Vec<(TallyKey, Bucket)> = Vec::new();
    for (number, merchant) in numbers.clone().zip(&ids) {
        let Trade { orders: each, faulty } = trade(number);
        for day in today - DAYS + 1..=today {
            let bucket = bucket_of(day);
            let key = TallyKey { generation: generation.id, bucket, merchant: *merchant, listing: 0 };
            if rows.last().is_none_or(|(last, _)| *last != key) {
                rows.push((key, Bucket::default()));
            }
            let Some((_, sums)) = rows.last_mut() else { continue };
            let (from, to) = ((day - today + DAYS - 1) as u64, (day - today + DAYS) as u64);
            let today_orders = (each * to / DAYS as u64 - each * from / DAYS as u64) as i64;
            for counter in &volumes {
                sums.add(day, Slot::counted(*counter), today_orders);
            }
            if faulty && (number + to) % 29 == 0 && today_orders > 0 {
                let defect = defects[(number / 7 % defects.len() as u64) as usize];
                sums.add(day, Slot::counted(defect), 1);
            }
        }
    }
    rows.retain(|(_, sums)| !sums.is_empty());
    session.put_buckets(&rows)?;
    let orders: Vec<(i64, i64, i64)> = numbers.zip(&ids).map(|(number, id)| (*id, trade(number).orders as i64, 0)).collect();
    session.count_orders(&orders)?;
    session.mark_dirty(market.id, &ids, 1)?;
    Ok(())
}
