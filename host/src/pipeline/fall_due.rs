//! What time does to enforcements: what was scheduled takes effect, what was for some days ends, what waits for a person too long is
//! said aloud, and a cord that nobody reviewed is let go of.

use andon_domain::enforce::decide::Case;
use andon_domain::enforce::measure::Origin;
use andon_domain::enforce::policy::{HOUR, Mode};
use andon_domain::enforce::stage::{Move, Stage};
use andon_domain::ids::Instant;
use serde_json::json;

use super::desk::{Desk, TIME};
use crate::clock::Clock;
use crate::markets::Market;
use crate::store::StoreError;
use crate::store::accounts;
use crate::store::enforcements::{self as rows, Enforcement};
use crate::store::session::Session;

/// Enforcements, and appeals, moved on in one transaction.
pub(crate) const MOST: usize = 500;

/// Moves on what is due in a marketplace.
pub(crate) fn fall_due(session: &mut dyn Session, market: &Market, clock: &dyn Clock) -> Result<(), StoreError> {
    let mut desk = Desk::of(session, market, clock)?;
    for mut row in rows::due(desk.session, market.id, desk.now, MOST)? {
        match row.stage {
            Stage::Scheduled => take_effect(&mut desk, &mut row)?,
            Stage::InForce if row.ends_at.is_some_and(|ends| ends <= desk.now) => {
                desk.shift(&mut row, Move::Expire, TIME, "its days are over")?.ok();
            }
            Stage::InForce | Stage::InReview if row.origin == Origin::Cord => unreviewed_cord(&mut desk, &mut row)?,
            _ => overdue(&mut desk, &mut row)?,
        }
    }
    super::appeal::fall_due(&mut desk)?;
    desk.finish()
}

/// What was announced happens now, if nothing speaks against it any more than it did.
fn take_effect(desk: &mut Desk<'_>, row: &mut Enforcement) -> Result<(), StoreError> {
    let kind = row.measure.kind;
    let cases = accounts::cases(desk.session, &[row.merchant], desk.now, desk.now)?;
    let case: Case = cases.get(&row.merchant).cloned().unwrap_or_default();
    let stale = match row.generation {
        Some(generation) => !accounts::stale(desk.session, generation, &[row.merchant])?.is_empty(),
        None => false,
    };
    let held_until = case.overrides.iter().filter(|(k, _)| k.map_or(kind.weighs(), |k| k == kind)).map(|(_, until)| *until).max();
    let by_itself = row.origin == Origin::Rules && row.record.approvals.is_empty();
    let trusted = !by_itself || desk.market.modes().get(&kind) == Some(&Mode::Auto);
    let stale = stale.then_some((desk.now + HOUR, "the rules fail over what they would have to know now"));
    let later = stale.or(held_until.map(|until| (until, "an operator holds it back")));
    match later {
        _ if !trusted => drop(desk.shift(row, Move::Withdraw, TIME, "the operator no longer lets this happen by itself")?),
        Some((at, why)) => desk.postpone(row, at, why)?,
        None => {
            let by = Move::to_effect(kind, desk.now, desk.now);
            drop(desk.shift(row, by, TIME, "the time announced has come")?);
        }
    }
    Ok(())
}

/// Somebody should have looked by now: staff are told once.
fn overdue(desk: &mut Desk<'_>, row: &mut Enforcement) -> Result<(), StoreError> {
    row.due_at = None;
    rows::update(desk.session, row)?;
    let data = json!({ "enforcement": row.id, "action": row.measure.kind.word(), "since": row.opened_at });
    desk.note("enforcement.overdue", (&format!("enforcement/{}", row.id), None), (TIME, "nobody has decided it in time"), data);
    Ok(())
}

/// First whoever is responsible is told; later the cord lets go by itself.
fn unreviewed_cord(desk: &mut Desk<'_>, row: &mut Enforcement) -> Result<(), StoreError> {
    let expires = row.opened_at + Instant::from(desk.market.policy.cord.expire_hours) * HOUR;
    if desk.now >= expires {
        let by = if row.stage == Stage::InForce { Move::Expire } else { Move::Withdraw };
        desk.shift(row, by, TIME, "nobody reviewed the pull")?.ok();
        return Ok(());
    }
    row.due_at = Some(expires);
    rows::update(desk.session, row)?;
    let data = json!({ "enforcement": row.id, "listing": row.measure.object, "since": row.opened_at });
    desk.note("cord.escalated", (&format!("enforcement/{}", row.id), None), (TIME, "nobody has reviewed the pull"), data);
    Ok(())
}
