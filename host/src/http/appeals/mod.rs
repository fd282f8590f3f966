//! `/v1/marketplaces/{m}/appeals`: what merchants say against decisions about them, and what is answered.

pub mod answer;
pub mod attachments;
pub mod file;
pub mod list;
pub mod more;
pub mod show;

use std::collections::BTreeSet;

use andon_domain::enforce::appeal::{Evidence, Phase, Reference as Named, Referred, is_urgent};
use andon_domain::enforce::measure::{Kind, Measure};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::enforcements::list::known;
use super::problem::Problem;
use super::shapes::time;
use crate::app::App;
use crate::auth::Caller;
use crate::enforce::Speaker;
use crate::markets::Market;
use crate::pipeline::desk::TIME;
use crate::store::accounts::references;
use crate::store::appeals::{self as rows, Appeal as Row, Plan};

/// Something known of the merchant.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AppealReference)]
pub struct Reference {
    /// `order`, `contact` or `violation`.
    kind: String,
    #[serde(rename = "ref")]
    reference: String,
}

/// What happened in an appeal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AppealStep)]
pub struct Step {
    /// The phase it led to.
    phase: &'static str,
    at: String,
    /// `merchant`, `marketplace`, or `andon` where only time has passed.
    from: &'static str,
    /// Who; null where that is not for the reader.
    by: Option<String>,
    note: String,
}

/// A measure, as an appeal names it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AppealedMeasure)]
pub struct About {
    enforcement: Uuid,
    action: &'static str,
    /// The listing or the badge it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    listing: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    badge: Option<String>,
    /// Most orders a day, with `cap-orders`.
    #[serde(skip_serializing_if = "Option::is_none")]
    orders_a_day: Option<u32>,
}

/// An appeal.
#[derive(Debug, Serialize, ToSchema)]
pub struct Appeal {
    id: Uuid,
    merchant: String,
    /// The decision it is against.
    #[serde(flatten)]
    against: About,
    /// 1, or 2 for one on new evidence.
    round: u8,
    /// `filed`, `more-asked`, `more-given`, `more-lapsed`, and answered `upheld` or `overturned`, which the decision then is.
    phase: &'static str,
    /// Whether the merchant cannot trade until it is answered.
    urgent: bool,
    filed_at: String,
    /// By when the marketplace owes an answer; stands still while the merchant is asked for more.
    answer_by: String,
    /// Whether it owed the answer before now.
    overdue: bool,
    /// By when the merchant may say more, where that is asked for.
    more_by: Option<String>,
    closed_at: Option<String>,
    plan: Plan,
    /// Digests of attached files.
    attachments: BTreeSet<String>,
    references: Vec<Reference>,
    /// Oldest first.
    steps: Vec<Step>,
    /// Other measures in force when the decision was overturned, which is not for them.
    still_in_force: Vec<About>,
}

/// Which appeal, from the path.
#[derive(Debug, Deserialize)]
pub struct Which {
    /// Its id.
    pub id: Uuid,
}

impl About {
    fn of(enforcement: Uuid, measure: Measure) -> Self {
        let object = Some(measure.object).filter(|object| !object.is_empty());
        let is_listing = matches!(measure.kind, Kind::PullListing | Kind::RestoreListing);
        let (listing, badge) = if is_listing { (object, None) } else { (None, object) };
        Self { enforcement, action: measure.kind.word(), listing, badge, orders_a_day: measure.amount }
    }
}

impl Appeal {
    /// As staff see it, or as its merchant does: people of the marketplace have no names there.
    fn of(row: Row, merchant: &str, staff: bool) -> Self {
        let record = row.record;
        let step = |step: rows::Step| Step {
            phase: step.phase.word(),
            at: time(step.at),
            from: match step.phase {
                _ if step.by == TIME => "andon",
                Phase::Filed | Phase::MoreGiven if !step.on_behalf => "merchant",
                _ => "marketplace",
            },
            by: Some(step.by).filter(|_| staff),
            note: step.text,
        };
        let reference = |named: Named| Reference { kind: named.kind.word().to_owned(), reference: named.name };
        Self {
            id: row.id,
            merchant: merchant.to_owned(),
            round: row.round,
            phase: record.course.phase.word(),
            urgent: is_urgent(record.measure.kind),
            filed_at: time(row.filed_at),
            answer_by: time(record.course.answer_by),
            overdue: record.course.overdue,
            more_by: record.course.asked.map(|(_, until)| time(until)),
            closed_at: row.closed_at.map(time),
            against: About::of(row.enforcement, record.measure),
            plan: record.plan,
            attachments: record.evidence.attachments,
            references: record.evidence.references.into_iter().map(reference).collect(),
            steps: record.steps.into_iter().map(step).collect(),
            still_in_force: record.kept.into_iter().map(|kept| About::of(kept.enforcement, kept.measure)).collect(),
        }
    }
}

/// Whoever speaks through a token.
fn speaker(caller: &Caller) -> Speaker {
    Speaker { who: caller.subject.clone(), merchant: caller.merchant().map(|m| m.reference.clone()) }
}

/// What is brought forward.
fn evidence(attachments: Vec<String>, references: Vec<Reference>) -> Result<Evidence, Problem> {
    let named = |reference: Reference| {
        let kind = known("references.kind", Some(&reference.kind), Referred::ALL)?;
        kind.map(|kind| Named { kind, name: reference.reference }).ok_or(Problem::NotFound)
    };
    let references = references.into_iter().map(named).collect::<Result<_, _>>()?;
    Ok(Evidence { attachments: attachments.into_iter().collect(), references })
}

/// An appeal with the reference of its merchant, if there is one.
async fn find(app: &App, market: &Market, id: Uuid) -> Result<(Row, String), Problem> {
    let market = market.id;
    let found = app.store.read(move |session| {
        let Some(row) = rows::one(session, market, id)? else { return Ok(None) };
        let name = references(session, &[row.merchant])?.remove(&row.merchant);
        Ok(name.map(|name| (row, name)))
    });
    found.await?.ok_or(Problem::NotFound)
}
