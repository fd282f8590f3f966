//! Pulling a cord, agreeing to a pull, and letting go: by three hands at best, by two at least.

use std::sync::Arc;

use andon_domain::change::Kind as Subjects;
use andon_domain::enforce::cord::{Complaint, buyers, doubts};
use andon_domain::enforce::decide::Held;
use andon_domain::enforce::measure::{Effect, Kind, Measure, Origin};
use andon_domain::enforce::stage::{Move, Stage};
use andon_domain::fact::{Fact, Order};
use andon_domain::ids::{Instant, Named, check_reference};

use super::{EnforceError, Refusal, note};
use crate::app::App;
use crate::pipeline::cord::{timed, together};
use crate::pipeline::desk::{Answer, Desk, Opening};
use crate::pipeline::statement::of_a_cord;
use crate::store::enforcements::{self as rows, Cord, Enforcement, Record, Release, Signed};
use crate::store::session::{For, Subject};

/// Most contacts, and most orders, that a pull or a release may name.
const MOST: usize = 50;

/// A cord to pull.
#[derive(Debug, Clone)]
pub struct Pulling {
    /// The listing's reference.
    pub listing: String,
    /// Code of the reason.
    pub reason: String,
    /// References of contacts that say so.
    pub contacts: Vec<String>,
    /// References of orders that say so.
    pub orders: Vec<String>,
    /// What the merchant is told.
    pub note: String,
}

/// A cord to let go.
#[derive(Debug, Clone)]
pub struct Letting {
    /// Whether it had been right to pull it.
    pub upheld: bool,
    /// What had gone wrong.
    pub root_cause: String,
    /// What was put right.
    pub correction: String,
    /// What keeps it from happening again.
    pub prevention: String,
    /// What shows it.
    pub evidence: Vec<String>,
}

/// What an agent's evidence comes to.
struct Grounds {
    merchant: i64,
    complaints: Vec<Complaint>,
}

impl App {
    /// Pulls a listing's cord: it is off sale when this returns, unless something about the pull makes a second person look first.
    pub async fn pull(self: &Arc<Self>, market: &str, pulling: Pulling, by: &str) -> Result<Enforcement, EnforceError> {
        let (by, said) = (by.to_owned(), note("note", &pulling.note)?);
        check_reference(&pulling.listing).map_err(|e| Refusal::Field { field: "listing", why: e.to_string() })?;
        for (field, given) in [("contacts", &pulling.contacts), ("orders", &pulling.orders)] {
            bounded(field, given)?;
        }
        self.at_desk(market, move |desk| pull(desk, &pulling, &said, &by)).await
    }

    /// Agrees to a pull: one in doubt takes the listing off sale now, one in force is reviewed by that.
    pub async fn uphold(
        self: &Arc<Self>,
        market: &str,
        listing: &str,
        by: &str,
        said: &str,
    ) -> Result<Enforcement, EnforceError> {
        let (listing, by, said) = (listing.to_owned(), by.to_owned(), note("note", said)?);
        self.at_desk(market, move |desk| uphold(desk, &listing, &by, &said)).await
    }

    /// Lets go of a listing's cord. What was off sale before it was pulled stays so.
    pub async fn release(
        self: &Arc<Self>,
        market: &str,
        listing: &str,
        letting: Letting,
        by: &str,
    ) -> Result<Enforcement, EnforceError> {
        let (listing, by) = (listing.to_owned(), by.to_owned());
        let release = Release {
            upheld: letting.upheld,
            root_cause: note("root_cause", &letting.root_cause)?,
            correction: note("correction", &letting.correction)?,
            prevention: note("prevention", &letting.prevention)?,
            evidence: letting.evidence,
        };
        bounded("evidence", &release.evidence)?;
        self.at_desk(market, move |desk| let_go(desk, &listing, &release, &by)).await
    }
}

fn bounded(field: &'static str, given: &[String]) -> Result<(), Refusal> {
    if given.len() > MOST {
        return Err(Refusal::Field { field, why: format!("must be at most {MOST}") });
    }
    let wrong = given.iter().find_map(|one| Some((one, check_reference(one).err()?)));
    wrong.map_or(Ok(()), |(one, e)| Err(Refusal::Field { field, why: format!("`{}` {e}", one.escape_debug()) }))
}

fn pull(desk: &mut Desk<'_>, pulling: &Pulling, said: &str, by: &str) -> Answer<Enforcement> {
    let policy = desk.market.policy.cord.clone();
    if !policy.reasons.contains(&pulling.reason) {
        let known = policy.reasons.iter().cloned().collect::<Vec<_>>().join(", ");
        return Ok(Err(Refusal::Field { field: "reason", why: format!("is none that a seller controls; there are {known}") }));
    }
    let grounds = match grounds(desk, pulling)? {
        Ok(grounds) => grounds,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let measure = Measure::about(Kind::PullListing, &pulling.listing);
    let open = desk.open_of(grounds.merchant)?;
    let in_force = open.iter().filter(|o| o.stage == Stage::InForce).map(|o| &o.measure);
    if let Err(illegal) = Effect::of(in_force).admits(&measure) {
        return Ok(Err(illegal.into()));
    }
    let standing = open.into_iter().find(|o| o.origin == Origin::Cord && o.measure.is_same(&measure));
    match standing {
        Some(mut noted) if noted.stage == Stage::Observed => {
            drop(desk.shift(&mut noted, Move::Withdraw, by, "an agent pulls it")?);
        }
        Some(_) => return Ok(Err(Refusal::Clash("the cord is pulled already".into()))),
        None => {}
    }
    let record = rows::pulls_of(desk.session, desk.market.id, by, grounds.merchant, desk.now)?;
    let related = together(desk, (&pulling.listing, grounds.merchant), &grounds.complaints)?;
    let doubts = doubts(&grounds.complaints, &related, Some((by, record)), &policy);
    let (stage, held) = if doubts.is_empty() { (Stage::InForce, None) } else { (Stage::InReview, Some(Held::Doubt)) };
    let cord = Cord {
        reason: pulling.reason.clone(),
        contacts: pulling.contacts.clone(),
        orders: pulling.orders.clone(),
        buyers: u32::try_from(buyers(&grounds.complaints)).unwrap_or(u32::MAX),
        since: grounds.complaints.iter().map(|c| c.at).min().unwrap_or(desk.now),
        doubts: doubts.iter().map(|d| d.word().to_owned()).collect(),
        release: None,
    };
    timed(&cord, by, desk.now);
    let statement = of_a_cord(&desk.market.policy, &cord, (false, [said; 2]), desk.now);
    let id = desk.open(Opening {
        merchant: grounds.merchant,
        measure,
        origin: Origin::Cord,
        stage,
        held,
        effective_at: desk.now,
        days: None,
        verdict: None,
        author: by.to_owned(),
        reason: said.to_owned(),
        record: Record { reasons: vec![pulling.reason.clone()], statement, cord: Some(cord), ..Record::default() },
    })?;
    Ok(desk.find(id)?.ok_or(Refusal::Unknown))
}

/// Every contact and order named must be about this listing, and so about one merchant.
fn grounds(desk: &mut Desk<'_>, pulling: &Pulling) -> Answer<Grounds> {
    let (mut orders, mut complaints, mut merchant) = (Vec::new(), Vec::new(), None);
    for reference in &pulling.contacts {
        let contact = subject(desk, Subjects::Contact, reference)?;
        let opened = contact.as_ref().and_then(|c| c.history.contact_opened());
        match opened.and_then(|opened| opened.order.clone()) {
            Some(order) => orders.push(("contacts", reference, order)),
            None => return Ok(Err(unrelated("contacts", reference))),
        }
    }
    orders.extend(pulling.orders.iter().map(|order| ("orders", order, order.as_str().into())));
    for (field, named, order) in orders {
        let found = subject(desk, Subjects::Order, &order)?;
        let Some((whose, order)) = found.and_then(|s| Some((s.merchant?, folded(&s)?))) else {
            return Ok(Err(unrelated(field, named)));
        };
        if order.listing.name != pulling.listing || *merchant.get_or_insert(whose) != whose {
            return Ok(Err(unrelated(field, named)));
        }
        let said = order.returns.iter().map(|r| r.requested).chain(order.contacts.iter().map(|c| c.opened)).min();
        complaints.push(Complaint { buyer: order.buyer.key, at: said.unwrap_or(order.placed) });
    }
    let without =
        || Refusal::Field { field: "orders", why: "or contacts must say why: a cord is not pulled without evidence".into() };
    Ok(merchant.map(|merchant| Grounds { merchant, complaints }).ok_or_else(without))
}

fn unrelated(field: &'static str, reference: &str) -> Refusal {
    Refusal::Field { field, why: format!("`{}` is about no order of this listing", reference.escape_debug()) }
}

fn subject(desk: &mut Desk<'_>, kind: Subjects, reference: &str) -> Result<Option<Subject>, crate::store::StoreError> {
    let word = if kind == Subjects::Order { "order" } else { "contact" };
    let key = desk.market.named(word, reference).key;
    let found = desk.session.subjects(desk.market.id, &[(kind, key)], For::Reading)?.pop().flatten();
    Ok(found.filter(|s| s.reference == reference))
}

fn folded(subject: &Subject) -> Option<Order> {
    match subject.history.fact(&Named { key: subject.key, name: subject.reference.as_str().into() }, Instant::MAX)? {
        Fact::Order(order) => Some(*order),
        _ => None,
    }
}

/// The open cord of a listing, unless it is none of the caller's business to judge it.
fn pulled(desk: &mut Desk<'_>, listing: &str, by: &str) -> Answer<Enforcement> {
    let cords = rows::cords_of(desk.session, desk.market.id, listing, MOST)?;
    let Some(row) = cords.into_iter().find(|c| matches!(c.stage, Stage::InForce | Stage::InReview)) else {
        return Ok(Err(Refusal::Unknown));
    };
    if row.author == by {
        return Ok(Err(Refusal::OwnCase("you pulled this cord")));
    }
    Ok(Ok(row))
}

fn uphold(desk: &mut Desk<'_>, listing: &str, by: &str, said: &str) -> Answer<Enforcement> {
    let mut row = match pulled(desk, listing, by)? {
        Ok(row) => row,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if row.record.approvals.iter().any(|a| a.by == by) {
        return Ok(Err(Refusal::Clash("you have reviewed this pull already".into())));
    }
    row.record.approvals.push(Signed { by: by.to_owned(), at: desk.now, note: said.to_owned() });
    if row.stage == Stage::InReview {
        return Ok(desk.shift(&mut row, Move::TakeEffect, by, said)?.map(|()| row));
    }
    row.due_at = row.ends_at;
    rows::update(desk.session, &row)?;
    let data = serde_json::json!({ "enforcement": row.id, "listing": listing });
    desk.note("cord.upheld", (&format!("enforcement/{}", row.id), Some(row.merchant)), (by, said), data);
    Ok(Ok(row))
}

fn let_go(desk: &mut Desk<'_>, listing: &str, release: &Release, by: &str) -> Answer<Enforcement> {
    let mut row = match pulled(desk, listing, by)? {
        Ok(row) => row,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let how = match (row.stage, release.upheld) {
        (Stage::InReview, _) => Move::Decline,
        (_, true) => Move::Lift,
        (_, false) => Move::Reverse,
    };
    if let Some(cord) = &mut row.record.cord {
        cord.release = Some(release.clone());
    }
    let (reason, agent) = (row.record.reasons.concat(), row.author.clone());
    let outcome = if release.upheld { "upheld" } else { "overturned" };
    let took = (desk.now - row.opened_at).max(0) as f64 / 1_000.0;
    metrics::histogram!("andon_cord_release_seconds", "reason" => reason, "agent" => agent, "outcome" => outcome).record(took);
    Ok(desk.shift(&mut row, how, by, &release.root_cause)?.map(|()| row))
}
