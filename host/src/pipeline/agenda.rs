//! Who was found due in a marketplace and has not had a turn yet, and who had theirs since. Finding out whom many transactions have
//! made due is done once for all of them, by when some of those merchants have been judged on what the transactions brought.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use andon_domain::ids::Instant;

use crate::store::session::{Result, Session};

/// Merchants looked up at once: finding who has waited longest sorts all who wait, so it is not done for each turn.
const WAITING: usize = 8_192;

/// Merchants by row number, the longest due first.
#[derive(Debug, Default)]
pub(crate) struct Agenda {
    waiting: VecDeque<i64>,
    /// What was on record of those who were judged.
    judged: HashMap<i64, Arc<[i64]>>,
}

impl Agenda {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Looks who is due where nobody is known to be. Everybody it named before must have been judged, or be due by another record.
    pub(super) fn fill(&mut self, session: &mut dyn Session, market: i64, now: Instant) -> Result<()> {
        if self.is_empty() {
            session.gather(market, &self.judged)?;
            self.judged.clear();
            self.waiting = session.due(market, now, WAITING)?.into();
        }
        Ok(())
    }

    /// The next `most` of them.
    pub(super) fn next(&mut self, most: usize) -> Vec<i64> {
        self.waiting.drain(..most.min(self.waiting.len())).collect()
    }

    /// Takes note of merchants whose verdicts are written, of whom `dockets` were known when their facts were read.
    pub(super) fn judged(&mut self, merchants: &[i64], dockets: &Arc<[i64]>) {
        if !dockets.is_empty() {
            self.judged.extend(merchants.iter().map(|merchant| (*merchant, dockets.clone())));
        }
    }

    /// Nobody has a turn: all of them stay due.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}
