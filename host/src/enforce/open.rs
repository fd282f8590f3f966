//! A measure that a person takes by their own judgement.

use std::sync::Arc;

use andon_domain::enforce::decide::Held;
use andon_domain::enforce::measure::{Effect, Kind, Measure, Origin};
use andon_domain::enforce::policy::DAY;
use andon_domain::enforce::stage::Stage;
use andon_domain::ids::{Instant, check_code, check_reference};

use super::{EnforceError, Refusal, note};
use crate::app::App;
use crate::pipeline::desk::{Answer, Desk, Opening};
use crate::pipeline::statement::by_a_person;
use crate::store::enforcements::{Enforcement, Record};

/// What a person wants done.
#[derive(Debug, Clone)]
pub struct Taking {
    /// The merchant's row.
    pub merchant: i64,
    /// What to do.
    pub measure: Measure,
    /// For how many days, 1 to 366; `None`: until it is ended.
    pub days: Option<u16>,
    /// Code of the reason.
    pub reason: String,
    /// What the merchant is told.
    pub note: String,
}

impl App {
    /// Takes a measure. Where the policy asks for two people, it waits for the second; a termination waits for its notice.
    pub async fn take(self: &Arc<Self>, market: &str, taking: Taking, by: &str) -> Result<Enforcement, EnforceError> {
        let by = by.to_owned();
        check(&taking)?;
        let said = note("note", &taking.note)?;
        self.at_desk(market, move |desk| take(desk, &taking, &said, &by)).await
    }
}

fn check(taking: &Taking) -> Result<(), Refusal> {
    let Taking { measure, days, reason, .. } = taking;
    let refuse = |field, why: &str| Err(Refusal::Field { field, why: why.to_owned() });
    check_code(reason).map_err(|e| Refusal::Field { field: "reason", why: e.to_string() })?;
    if days.is_some_and(|days| !(1..=366).contains(&days) || !measure.kind.lasts()) {
        return refuse("days", "must be 1 to 366, and only for what lasts");
    }
    if (measure.kind == Kind::CapOrders) != measure.amount.is_some() {
        return refuse("orders_a_day", "goes with `cap-orders` and with nothing else");
    }
    let badge = matches!(measure.kind, Kind::AwardBadge | Kind::RevokeBadge);
    let checked = match (measure.kind.has_object(), badge) {
        (true, true) => check_code(&measure.object),
        (true, false) => check_reference(&measure.object),
        (false, _) if measure.object.is_empty() => Ok(()),
        (false, _) => return refuse("listing", "does not go with this action"),
    };
    checked.map_err(|e| Refusal::Field { field: if badge { "badge" } else { "listing" }, why: e.to_string() })
}

fn take(desk: &mut Desk<'_>, taking: &Taking, said: &str, by: &str) -> Answer<Enforcement> {
    let Taking { merchant, measure, days, reason, .. } = taking;
    let open = desk.open_of(*merchant)?;
    let in_force = open.iter().filter(|o| o.stage == Stage::InForce).map(|o| &o.measure);
    if let Err(illegal) = Effect::of(in_force).admits(measure) {
        return Ok(Err(illegal.into()));
    }
    if open.iter().any(|o| o.origin == Origin::Person && o.measure.is_same(measure)) {
        return Ok(Err(Refusal::Clash("a person has taken this measure, or is about to".into())));
    }
    let reasons = vec![reason.clone()];
    let (effective_at, held) = holds_from(desk, measure.kind, &reasons);
    let (stage, effective_at, held) = if desk.market.policy.needs_two(measure.kind) {
        (Stage::InReview, desk.now, Some(Held::TwoPeople))
    } else {
        (Stage::taken(measure.kind, effective_at, desk.now), effective_at, held)
    };
    let statement = by_a_person(&desk.market.policy, reason, said, desk.now);
    let id = desk.open(Opening {
        merchant: *merchant,
        measure: measure.clone(),
        origin: Origin::Person,
        stage,
        held,
        effective_at,
        days: *days,
        verdict: None,
        author: by.to_owned(),
        reason: said.to_owned(),
        record: Record { reasons, statement, ..Record::default() },
    })?;
    Ok(desk.find(id)?.ok_or(Refusal::Unknown))
}

/// From when on what a person decides now holds: at once, but for the notice before a termination, which only fraud or law cuts short.
pub(super) fn holds_from(desk: &Desk<'_>, kind: Kind, reasons: &[String]) -> (Instant, Option<Held>) {
    let policy = &desk.market.policy;
    match kind {
        Kind::Terminate if policy.ground(reasons.iter().map(String::as_str)).is_none() => {
            (desk.now + Instant::from(policy.termination_notice_days) * DAY, Some(Held::Notice))
        }
        _ => (desk.now, None),
    }
}
