//! Approving, declining, ending and reversing an enforcement. Whoever opened it or agreed to it takes no further part.

use std::sync::Arc;

use andon_domain::enforce::decide::{Held, effective_at};
use andon_domain::enforce::measure::{Kind, Origin};
use andon_domain::enforce::stage::{Barred, Move, Stage};
use serde_json::json;
use uuid::Uuid;

use super::{EnforceError, Refusal, note};
use crate::app::App;
use crate::pipeline::desk::{Answer, Desk};
use crate::store::enforcements::{self as rows, Enforcement, Signed};

impl App {
    /// Agrees to an enforcement in review. It goes ahead once as many have as the policy asks for.
    pub async fn approve(self: &Arc<Self>, market: &str, id: Uuid, by: &str, said: &str) -> Result<Enforcement, EnforceError> {
        let (by, said) = (by.to_owned(), note("note", said)?);
        self.at_desk(market, move |desk| with(desk, id, |desk, row| approve(desk, row, &by, &said))).await
    }

    /// Says no to an enforcement in review, or to one that has been announced.
    pub async fn decline(self: &Arc<Self>, market: &str, id: Uuid, by: &str, why: &str) -> Result<Enforcement, EnforceError> {
        self.end(market, id, Move::Decline, by, why).await
    }

    /// Ends an enforcement in force whose time is over.
    pub async fn lift(self: &Arc<Self>, market: &str, id: Uuid, by: &str, why: &str) -> Result<Enforcement, EnforceError> {
        self.end(market, id, Move::Lift, by, why).await
    }

    /// Undoes an enforcement that should not have been: what it had changed comes back, and what others have changed since stays.
    pub async fn reverse(self: &Arc<Self>, market: &str, id: Uuid, by: &str, why: &str) -> Result<Enforcement, EnforceError> {
        self.end(market, id, Move::Reverse, by, why).await
    }

    async fn end(self: &Arc<Self>, market: &str, id: Uuid, how: Move, by: &str, why: &str) -> Result<Enforcement, EnforceError> {
        let (by, why) = (by.to_owned(), note("reason", why)?);
        let ended = move |desk: &mut Desk<'_>| {
            with(desk, id, |desk, row| {
                if let Err(refusal) = uninvolved(row, &by) {
                    return Ok(Err(refusal));
                }
                if row.origin == Origin::Cord && how == Move::Lift {
                    return Ok(Err(Refusal::Clash("a pulled cord is released, with its cause and correction".into())));
                }
                desk.shift(row, how, &by, &why)
            })
        };
        self.at_desk(market, ended).await
    }
}

/// Does something to an enforcement, and answers what became of it.
pub(super) fn with(
    desk: &mut Desk<'_>,
    id: Uuid,
    work: impl FnOnce(&mut Desk<'_>, &mut Enforcement) -> Answer<()>,
) -> Answer<Enforcement> {
    let Some(mut row) = desk.find(id)? else { return Ok(Err(Refusal::Unknown)) };
    Ok(work(desk, &mut row)?.map(|()| row))
}

/// Whether somebody had no part in an enforcement yet.
pub(crate) fn uninvolved(row: &Enforcement, who: &str) -> Result<(), Refusal> {
    if row.author == who {
        return Err(Refusal::OwnCase("you opened this enforcement"));
    }
    if row.record.approvals.iter().any(|a| a.by == who) {
        return Err(Refusal::OwnCase("you agreed to this enforcement"));
    }
    Ok(())
}

fn approve(desk: &mut Desk<'_>, row: &mut Enforcement, by: &str, said: &str) -> Answer<()> {
    if let Err(refusal) = uninvolved(row, by) {
        return Ok(Err(refusal));
    }
    if row.stage != Stage::InReview {
        return Ok(Err(Barred { from: row.stage, by: Move::TakeEffect }.into()));
    }
    let was = row.clone();
    row.record.approvals.push(Signed { by: by.to_owned(), at: desk.now, note: said.to_owned() });
    // A person who opened it has agreed by that.
    let agreed = row.record.approvals.len() + usize::from(row.origin == Origin::Person);
    let needed = if row.held == Some(Held::TwoPeople) || desk.market.policy.needs_two(row.measure.kind) { 2 } else { 1 };
    if agreed < needed {
        rows::update(desk.session, row)?;
        let data = json!({ "enforcement": row.id, "agreed": agreed, "needed": needed });
        let about = format!("enforcement/{}", row.id);
        desk.note("enforcement.approved", (&about, None), (by, said), data);
        return Ok(Ok(()));
    }
    if row.origin == Origin::Rules {
        let open = desk.open_of(row.merchant)?;
        let warned = |o: &&Enforcement| o.measure.kind == Kind::Warning && o.stage == Stage::InForce;
        let warned = open.iter().filter(warned).map(|o| o.effective_at).min();
        (row.effective_at, row.held) = effective_at(row.measure.kind, &row.record.reasons, warned, &desk.market.policy, desk.now);
    } else {
        (row.effective_at, row.held) = super::open::holds_from(desk, row.measure.kind, &row.record.reasons);
    }
    let move_on = Move::to_effect(row.measure.kind, row.effective_at, desk.now);
    desk.shift_from(was, row, move_on, (by, said))
}
