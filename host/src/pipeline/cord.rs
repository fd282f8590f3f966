//! Complaints that pull a cord by themselves: as many distinct buyers with the same reason as the policy asks for, about one listing.
//! Watched in the transaction that takes the complaint in, so that the listing is off sale before the next buyer sees it.

use std::collections::BTreeSet;

use andon_domain::change::{Change, Kind as Subjects};
use andon_domain::enforce::cord::{Complaint, Doubt, buyers, counting, doubts, pulls};
use andon_domain::enforce::decide::Held;
use andon_domain::enforce::measure::{Effect, Kind, Measure, Origin};
use andon_domain::enforce::policy::{DAY, Mode, Policy};
use andon_domain::enforce::stage::{Move, Stage};
use andon_domain::fact::{Fact, Order};
use andon_domain::ids::{Instant, Named, Text};

use super::desk::{Desk, Opening, TIME};
use super::settle::Touched;
use super::statement::of_a_cord;
use crate::clock::Clock;
use crate::markets::Market;
use crate::store::action_days;
use crate::store::enforcements::{Cord, Record, list_of};
use crate::store::session::{Cells, For, Result, Session, Value};

/// References that a record names at most.
const NAMED: usize = 50;

/// Notes complaints among what has just changed, and pulls the cords that they pull.
pub(super) fn watch(
    session: &mut dyn Session,
    market: &Market,
    clock: &dyn Clock,
    touched: &[Touched],
    now: Instant,
) -> Result<()> {
    let mut heard: BTreeSet<(i64, Text, Text)> = BTreeSet::new();
    for t in touched.iter().filter(|t| t.subject.kind == Subjects::Order && may_complain(t)) {
        let id = Named { key: t.subject.key, name: t.subject.reference.as_str().into() };
        let (Some(merchant), Some(Fact::Order(order))) = (t.subject.merchant, t.subject.history.fact(&id, Instant::MAX)) else {
            continue;
        };
        for (reason, at) in reasons(&order, &market.policy) {
            note(session, market, &order, (&reason, at), t.subject.id)?;
            heard.insert((merchant, order.listing.name.clone(), reason));
        }
    }
    if heard.is_empty() {
        return Ok(());
    }
    let mut desk = Desk::of(session, market, clock)?;
    desk.now = now;
    for (merchant, listing, reason) in &heard {
        consider(&mut desk, *merchant, listing, reason)?;
    }
    desk.finish()
}

fn may_complain(t: &Touched) -> bool {
    let history = &t.subject.history;
    history.contacts().next().is_some() || history.entries().iter().any(|e| matches!(e.change, Change::ReturnRequested { .. }))
}

/// For which reasons that a seller controls an order's buyer has complained, each with when last.
pub(crate) fn reasons(order: &Order, policy: &Policy) -> Vec<(Text, Instant)> {
    let returns = order.returns.iter().map(|r| (r.reason.clone(), r.requested));
    let contacts = order.contacts.iter().map(|c| (c.reason.clone(), c.opened));
    returns.chain(contacts).filter(|(reason, _)| policy.cord.reasons.contains(reason.as_str())).collect()
}

fn note(session: &mut dyn Session, market: &Market, order: &Order, (reason, at): (&str, Instant), subject: i64) -> Result<()> {
    let sql = "insert into complaints (marketplace, listing, reason, buyer, at, subject) values (?1, ?2, ?3, ?4, ?5, ?6)
        on conflict (marketplace, listing, reason, buyer) do update set at = excluded.at, subject = excluded.subject
            where excluded.at > complaints.at";
    let (listing, buyer) = (order.listing.key as i64, order.buyer.key as i64);
    let values = [market.id.into(), listing.into(), Value::from(reason), buyer.into(), at.into(), subject.into()];
    session.execute(sql, &values).map(|_| ())
}

/// Pulls a listing's cord where enough buyers have the same reason, as far as the mode of pulling lets it.
fn consider(desk: &mut Desk<'_>, merchant: i64, listing: &str, reason: &str) -> Result<()> {
    let mode = desk.market.modes().get(&Kind::PullListing).copied().unwrap_or(Mode::Observe);
    let measure = Measure::about(Kind::PullListing, listing);
    let open = desk.open_of(merchant)?;
    let standing = open.iter().find(|o| o.origin == Origin::Cord && o.measure.is_same(&measure));
    let in_force = open.iter().filter(|o| o.stage == Stage::InForce).map(|o| &o.measure);
    if mode == Mode::Off || standing.is_some_and(|o| o.stage != Stage::Observed) || Effect::of(in_force).admits(&measure).is_err()
    {
        return Ok(());
    }
    let policy = desk.market.policy.cord.clone();
    let (complaints, subjects) = complaints(desk, listing, reason)?;
    let counting = counting(&complaints, &policy, released(desk, listing)?, desk.now);
    if !pulls(&counting, &policy) {
        return Ok(());
    }
    let doubts = doubts(&counting, &together(desk, (listing, merchant), &counting)?, None, &policy);
    let (stage, held) = match mode {
        Mode::Off | Mode::Observe => (Stage::Observed, Some(Held::Mode)),
        Mode::Review => (Stage::InReview, Some(Held::Mode)),
        Mode::Auto if is_full(desk)? => (Stage::InReview, Some(Held::DailyCap)),
        Mode::Auto if !doubts.is_empty() => (Stage::InReview, Some(Held::Doubt)),
        Mode::Auto => (Stage::InForce, None),
    };
    match standing.cloned() {
        Some(_) if stage == Stage::Observed => return Ok(()),
        Some(mut noted) => drop(desk.shift(&mut noted, Move::Withdraw, TIME, "more is done now than noting it")?),
        None => {}
    }
    let orders = desk.session.subjects_by_id(&subjects, For::Reading)?.into_iter().map(|s| s.reference).take(NAMED).collect();
    let since = counting.iter().map(|c| c.at).min().unwrap_or(desk.now);
    let names = doubts.iter().map(|d: &Doubt| d.word().to_owned()).collect();
    let buyers = u32::try_from(buyers(&counting)).unwrap_or(u32::MAX);
    let cord = Cord { reason: reason.to_owned(), orders, buyers, since, doubts: names, ..Cord::default() };
    if stage != Stage::Observed {
        timed(&cord, TIME, desk.now);
    }
    let said = format!("{buyers} buyers have said the same of this listing within {} days.", policy.days);
    let said_in_chinese = format!("{} 天内有 {buyers} 位买家就此商品提出了相同的问题。", policy.days);
    let statement = of_a_cord(&desk.market.policy, &cord, (true, [&said, &said_in_chinese]), desk.now);
    let day = desk.market.calendar.day_of(desk.now);
    action_days::count(desk.session, desk.market.id, day, &[(Kind::PullListing.word(), 1, u64::from(stage == Stage::InForce))])?;
    desk.open(Opening {
        merchant,
        measure,
        origin: Origin::Cord,
        stage,
        held,
        effective_at: desk.now,
        days: None,
        verdict: None,
        author: TIME.to_owned(),
        reason: said,
        record: Record { reasons: vec![reason.to_owned()], statement, cord: Some(cord), ..Record::default() },
    })?;
    Ok(())
}

/// Counts a pull, by reason and agent, with how long after the first complaint it came.
pub(crate) fn timed(cord: &Cord, agent: &str, now: Instant) {
    let (reason, agent) = (cord.reason.clone(), agent.to_owned());
    let took = (now - cord.since).max(0) as f64 / 1_000.0;
    metrics::histogram!("andon_cord_pull_seconds", "reason" => reason, "agent" => agent).record(took);
}

/// Whether as much was pulled today as may be by itself.
fn is_full(desk: &mut Desk<'_>) -> Result<bool> {
    let day = desk.market.calendar.day_of(desk.now);
    let taken = action_days::taken(desk.session, desk.market.id, Kind::PullListing, day)?;
    Ok(taken >= u64::from(desk.market.policy.cap(Kind::PullListing)))
}

/// Buyers above which nobody asks how they are related: rings are small.
const RING: usize = 100;

/// Pairs among buyers who complain of a listing that have both complained of one of another merchant's as well.
pub(crate) fn together(desk: &mut Desk<'_>, (listing, merchant): (&str, i64), said: &[Complaint]) -> Result<Vec<(u64, u64)>> {
    let buyers: BTreeSet<i64> = said.iter().map(|c| c.buyer as i64).collect();
    if !(2..=RING).contains(&buyers.len()) {
        return Ok(Vec::new());
    }
    let list = list_of(&buyers.into_iter().collect::<Vec<_>>());
    let sql = format!(
        "select distinct a.buyer, b.buyer from complaints a
            join complaints b on b.marketplace = a.marketplace and b.listing = a.listing and b.buyer > a.buyer
            join subjects s on s.id = a.subject
            where a.marketplace = ?1 and a.buyer in ({list}) and b.buyer in ({list}) and a.listing <> ?2 and s.merchant <> ?3"
    );
    let key = desk.market.listing_key(listing) as i64;
    let rows = desk.session.ask(&sql, &[desk.market.id.into(), key.into(), merchant.into()])?;
    Ok(rows.iter().filter_map(|row| Some((row.int(0)? as u64, row.int(1)? as u64))).collect())
}

/// What buyers said about a listing for one reason, and the orders they said it of.
fn complaints(desk: &mut Desk<'_>, listing: &str, reason: &str) -> Result<(Vec<Complaint>, Vec<i64>)> {
    let sql = "select buyer, at, subject from complaints where marketplace = ?1 and listing = ?2 and reason = ?3 and at > ?4
        order by at desc limit 1000";
    let (market, key) = (desk.market, desk.market.listing_key(listing) as i64);
    let from = desk.now - Instant::from(market.policy.cord.days) * DAY;
    let rows = desk.session.ask(sql, &[market.id.into(), key.into(), reason.into(), from.into()])?;
    let complaint = |row: &Cells| Some((Complaint { buyer: row.int(0)? as u64, at: row.int(1)? }, row.int(2)?));
    Ok(rows.iter().filter_map(complaint).unzip())
}

/// When a listing's cord was last let go.
pub(crate) fn released(desk: &mut Desk<'_>, listing: &str) -> Result<Option<Instant>> {
    let sql = "select max(closed_at) from enforcements where marketplace = ?1 and object = ?2 and origin = 'cord'
        and stage in ('lifted', 'reversed', 'expired', 'declined')";
    let rows = desk.session.ask(sql, &[desk.market.id.into(), listing.into()])?;
    Ok(rows.first().and_then(|row| row.int(0)))
}
