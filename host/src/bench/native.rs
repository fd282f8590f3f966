//! Amazon's rules as native code, asked what the sandbox is asked: the same questions as in `rules::bench`, in the rules' own types.

use std::hint::black_box;
use std::time::{Duration, Instant};

use andon_amazon::Amazon;
use andon_domain::fact::Fact;
use andon_domain::manifest::Manifest;
use andon_domain::verdict::Snapshot;
use andon_sdk::__export as guest;
use anyhow::anyhow;

use super::asked::{snapshot, subject};
use crate::rules::bench::busy;

/// Orders a second through native code, on one thread.
pub(super) fn classify(manifest: &Manifest, now: i64, orders: &[Fact], time: Duration) -> anyhow::Result<f64> {
    let rules = guest::configure::<Amazon>(&[]).map_err(|fault| anyhow!("{fault:?}"))?;
    let subjects: Vec<_> = orders.iter().map(|order| subject(manifest, order)).collect();
    let ask = || guest::classify(Some(&rules), now, black_box(&subjects)).map_err(|fault| anyhow!("{fault:?}"));
    repeat(subjects.len(), time, || ask().map(|answers| drop(black_box(answers))))
}

/// Merchants a second through native code, on one thread.
pub(super) fn evaluate(merchants: &[Snapshot], time: Duration) -> anyhow::Result<f64> {
    let rules = guest::configure::<Amazon>(&[]).map_err(|fault| anyhow!("{fault:?}"))?;
    let snapshots: Vec<_> = merchants.iter().map(snapshot).collect();
    let ask = || guest::evaluate(Some(&rules), black_box(&snapshots)).map_err(|fault| anyhow!("{fault:?}"));
    repeat(snapshots.len(), time, || ask().map(|answers| drop(black_box(answers))))
}

fn repeat(batch: usize, time: Duration, mut ask: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    ask()?;
    let (mut items, start, busy) = (0, Instant::now(), busy());
    while start.elapsed() < time {
        ask()?;
        items += batch;
    }
    Ok(items as f64 / busy.elapsed().as_secs_f64())
}
