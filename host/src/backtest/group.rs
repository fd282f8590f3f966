//! Some merchants with everything stored of them, read once; how they are looked at is others' business.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use andon_domain::change::Kind;
use andon_domain::history::History;
use andon_domain::ids::{Instant, Named};
use andon_domain::verdict::Party;
use tokio::runtime::Handle;

use crate::markets::Generation;
use crate::pipeline::past::Past;
use crate::store::merchants::{Filter, MerchantRow, Page, Sort};
use crate::store::session::Session;
use crate::store::{Store, StoreError};

/// Orders that make a group, in which a call into a sandbox is worth its price and which some tens of megabytes hold.
const ORDERS: i64 = 8_192;

/// Merchants of a group at most; also those looked up at a time.
const MERCHANTS: u64 = 512;

/// Subjects read at a time.
const PAGE: usize = 2_048;

/// An order, contact or violation with all its history.
pub(super) struct Subject {
    /// Whose, by place in the group.
    pub(super) merchant: u32,
    pub(super) kind: Kind,
    pub(super) id: Named,
    pub(super) history: History,
}

/// A merchant.
pub(super) struct Whose {
    pub(super) reference: String,
    past: Past,
    /// Where its subjects are.
    pub(super) subjects: Range<usize>,
}

impl Whose {
    /// What rules are told of the merchant at a moment.
    pub(super) fn party(&self, generation: &Generation, at: Instant) -> Party {
        self.past.party(generation.manifest(), at)
    }
}

/// Merchants and their subjects.
#[derive(Default)]
pub(super) struct Group {
    pub(super) merchants: Vec<Whose>,
    pub(super) subjects: Vec<Subject>,
    /// Merchants with more facts than may be.
    pub(super) left_out: Vec<String>,
    /// Orders as the merchants' rows count them, for progress.
    pub(super) orders: u64,
}

/// Hands out a marketplace's merchants, group by group, to whoever asks next.
pub(super) struct Feed {
    store: Arc<Store>,
    market: i64,
    /// Facts of one merchant at most.
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    after: Option<(i64, i64)>,
    waiting: VecDeque<MerchantRow>,
    ended: bool,
}

impl Feed {
    pub(super) fn of(store: Arc<Store>, market: i64, most: usize) -> Self {
        Self { store, market, most, state: Mutex::default() }
    }

    /// The next group, read through `session`; `None` after the last.
    pub(super) fn next(&self, session: &mut dyn Session, runtime: &Handle) -> Result<Option<Group>, StoreError> {
        let rows = self.rows(runtime)?;
        if rows.is_empty() {
            return Ok(None);
        }
        let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let pasts = Past::of(session, &ids)?;
        let mut group = Group::default();
        for (row, past) in rows.into_iter().zip(pasts) {
            let first = group.subjects.len();
            group.orders += u64::try_from(row.orders).unwrap_or_default();
            if !self.subjects(session, row.id, &mut group)? {
                group.subjects.truncate(first);
                group.left_out.push(row.reference);
                continue;
            }
            let subjects = first..group.subjects.len();
            group.merchants.push(Whose { reference: row.reference, past, subjects });
        }
        Ok(Some(group))
    }

    fn rows(&self, runtime: &Handle) -> Result<Vec<MerchantRow>, StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut rows, mut orders) = (Vec::new(), 0);
        while rows.len() < MERCHANTS as usize && orders < ORDERS {
            if state.waiting.is_empty() && !state.ended {
                let page = Page { sort: Sort::Id, descending: false, after: state.after, limit: MERCHANTS };
                let found = runtime.block_on(self.store.merchants(self.market, &Filter::default(), page))?;
                state.ended = found.len() < MERCHANTS as usize;
                state.after = found.last().map(|row| page.position(row)).or(state.after);
                state.waiting.extend(found);
            }
            // A large merchant does not join those before it.
            let joins = |row: &MerchantRow| orders == 0 || orders + row.orders <= ORDERS;
            let Some(row) = state.waiting.pop_front_if(|row| joins(row)) else { break };
            orders += row.orders;
            rows.push(row);
        }
        Ok(rows)
    }

    /// Reads a merchant's subjects into the group; says whether they are few enough.
    fn subjects(&self, session: &mut dyn Session, merchant: i64, group: &mut Group) -> Result<bool, StoreError> {
        let (first, place) = (group.subjects.len(), group.merchants.len() as u32);
        let mut after = 0;
        loop {
            let page = session.recorded_after(merchant, after, PAGE)?;
            let read = page.len();
            after = page.last().map_or(after, |last| last.row);
            group.subjects.extend(page.into_iter().map(|r| Subject {
                merchant: place,
                kind: r.kind,
                id: r.id,
                history: r.history,
            }));
            if group.subjects.len() - first > self.most {
                return Ok(false);
            }
            if read < PAGE {
                return Ok(true);
            }
        }
    }
}
