//! `/v1/marketplaces/{m}/merchants/{ref}/reports`: a merchant's health in the formats of marketplaces whose reports merchants' tools read
//! already. Figures come from the readings; a status is worked out again from value and limit. What the rules do not measure is
//! left out, or said to be unknown where the format wants it; a report of which they measure nothing does not exist.

pub mod amazon;
mod amazon_unmeasured;
pub mod defects;
pub mod ebay;

use std::collections::BTreeMap;
use std::sync::Arc;

use andon_domain::manifest::Metric;
use andon_domain::reading::{Reading, Status};
use andon_domain::verdict::Snapshot;

use super::problem::Problem;
use crate::markets::Generation;

/// The readings of one moment, by the codes of their metrics.
struct Figures<'a>(BTreeMap<&'a str, (&'a Metric, &'a Reading)>);

impl<'a> Figures<'a> {
    fn of(generation: &'a Generation, snapshot: &'a Snapshot) -> Self {
        let pairs = generation.metrics.iter().zip(&snapshot.readings);
        Self(pairs.map(|pair| (pair.0.code.as_str(), pair)).collect())
    }

    fn get(&self, code: &str) -> Option<(&'a Metric, &'a Reading)> {
        self.0.get(code).copied()
    }
}

/// Whether a value satisfies its metric's target; `None` where too little is known, or there is no target.
fn holds(metric: &Metric, reading: &Reading) -> Option<bool> {
    let limit = metric.limit.filter(|_| reading.status != Status::Insufficient)?;
    Some(limit.compare.holds(reading.value, limit.target))
}

/// A report in `format` exists where the rules measure at least one of `codes`.
fn offered(generation: &Arc<Generation>, format: &str, codes: &[&str]) -> Result<(), Problem> {
    if codes.iter().any(|code| generation.metric(code).is_some()) {
        return Ok(());
    }
    let name = &generation.manifest().name;
    Err(Problem::NoReport(format!("the rules `{name}` measure nothing of what {format} reports: {}", codes.join(", "))))
}
