//! `/v1/marketplaces/{m}/merchants/{ref}/health`: the verdict, with every number explained.

pub mod coming;
pub mod evidence;
pub mod history;
pub mod recovery;
pub mod show;
pub mod what_if;

use std::sync::Arc;

use andon_domain::calendar::date_of;
use andon_domain::ids::Instant;
use andon_domain::manifest::{Manifest, Metric};
use andon_domain::reading::Reading;
use andon_domain::verdict::{Action, Reason, Snapshot, Verdict};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::marketplaces::Rules;
use super::merchants::Standing;
use super::problem::Problem;
use super::shapes::time;
use crate::app::App;
use crate::markets::{Generation, Market};
use crate::pipeline::listings::{self, Listings};
use crate::pipeline::play::{Play, Scene};
use crate::store::StoreError;
use crate::store::merchants::MerchantRow;
use crate::wording;

/// Where a merchant stands, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    pub(super) marketplace: String,
    pub(super) merchant: String,
    pub(super) as_of: String,
    /// The stored verdict; null where the figures were played for this answer.
    pub(super) verdict: Option<Uuid>,
    /// The rules failed since, cannot be asked now, or have changed: this is the last verdict they gave.
    pub(super) stale: bool,
    pub(super) rules: Rules,
    pub(super) standing: Standing,
    /// 0 to 1000.
    pub(super) score: u16,
    pub(super) metrics: Vec<MetricHealth>,
    pub(super) reasons: Vec<Why>,
    pub(super) proposals: Vec<Proposed>,
    pub(super) next_evaluation: Option<String>,
    /// How the merchant will stand under rules that have been announced; null where none are.
    pub(super) coming: Option<coming::Coming>,
}

/// One metric.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetricHealth {
    code: String,
    title: String,
    value: f64,
    numerator: i64,
    denominator: i64,
    /// Distinct buyers behind the numerator, where the rules count them.
    buyers: u32,
    /// 95 % Wilson interval of a ratio; the value twice otherwise.
    interval: [f64; 2],
    /// The whole marketplace's value, where known.
    peers: Option<f64>,
    /// How the value is held against `target`: `less`, `at-most`, `greater` or `at-least`; null where it is only shown.
    compare: Option<&'static str>,
    target: Option<f64>,
    warn: Option<f64>,
    /// `good`, `at-risk`, `breached` or `insufficient`.
    status: &'static str,
    window: Days,
    excluded: Excluded,
    breached_in_a_row: u16,
}

/// Days of the marketplace's calendar, both included.
#[derive(Debug, Serialize, ToSchema)]
pub struct Days {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
}

/// What was not held against the merchant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Excluded {
    /// Kept out of the numerator.
    numerator: i64,
    /// The value if it had counted.
    value_with: f64,
}

/// A reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct Why {
    code: String,
    /// The metric it is about.
    metric: Option<String>,
    /// Reference of the listing it is about; absent where it is about the merchant as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    listing: Option<String>,
    text: String,
}

/// What the rules propose.
#[derive(Debug, Serialize, ToSchema)]
pub struct Proposed {
    action: &'static str,
    /// What it does, in words.
    text: &'static str,
    /// Most orders a day, with `cap-orders`.
    #[serde(skip_serializing_if = "Option::is_none")]
    orders_a_day: Option<u32>,
    /// How many days it is to last once it is taken; absent: until it is lifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    days: Option<u16>,
    /// Reference of the listing, with `pull-listing` and `restore-listing`.
    #[serde(skip_serializing_if = "Option::is_none")]
    listing: Option<String>,
    /// The badge, with `award-badge` and `revoke-badge`.
    #[serde(skip_serializing_if = "Option::is_none")]
    badge: Option<String>,
    /// Codes of the reasons it rests on.
    reasons: Vec<String>,
}

/// Rules and a language to show their figures in.
#[derive(Clone, Copy)]
pub struct Voice<'a> {
    /// The rules.
    pub generation: &'a Generation,
    /// The language.
    pub locale: &'a str,
}

impl Voice<'_> {
    fn manifest(&self) -> &Manifest {
        self.generation.manifest()
    }

    /// The wording of a code.
    pub(super) fn text(&self, code: &str) -> String {
        self.manifest().text(self.locale, code).to_owned()
    }

    pub(super) fn metrics(&self, snapshot: &Snapshot) -> Vec<MetricHealth> {
        self.generation.metrics.iter().zip(&snapshot.readings).map(|(m, r)| self.metric(m, r)).collect()
    }

    fn metric(&self, metric: &Metric, reading: &Reading) -> MetricHealth {
        MetricHealth {
            code: metric.code.clone(),
            title: self.text(&metric.code),
            value: reading.value,
            numerator: reading.numerator,
            denominator: reading.denominator,
            buyers: reading.buyers,
            interval: [reading.lower, reading.upper],
            peers: reading.peers,
            compare: metric.limit.map(|l| l.compare.word()),
            target: metric.limit.map(|l| l.target),
            warn: metric.limit.map(|l| l.warn),
            status: reading.status.word(),
            window: Days { from: date_of(reading.from).to_string(), to: date_of(reading.to).to_string() },
            excluded: Excluded { numerator: reading.excluded_numerator, value_with: reading.value_with_excluded },
            breached_in_a_row: reading.breached_in_a_row,
        }
    }

    fn reason_code(&self, reason: &Reason) -> String {
        self.manifest().reasons.get(usize::from(reason.code)).cloned().unwrap_or_default()
    }

    pub(super) fn reasons(&self, verdict: &Verdict, listings: &Listings) -> Vec<Why> {
        let why = |reason: &Reason| {
            let code = self.reason_code(reason);
            let metric = reason.metric.and_then(|m| self.manifest().metrics.get(usize::from(m))).map(|m| m.code.clone());
            let listing = reason.listing.and_then(|key| listings.get(&key)).cloned();
            Why { text: self.text(&code), code, metric, listing }
        };
        verdict.reasons.iter().map(why).collect()
    }

    pub(super) fn proposals(&self, verdict: &Verdict, listings: &Listings) -> Vec<Proposed> {
        let proposed = |proposal: &andon_domain::verdict::Proposal| Proposed {
            action: proposal.action.word(),
            text: wording::action(self.locale, proposal.action),
            orders_a_day: if let Action::CapOrders(n) = proposal.action { Some(n) } else { None },
            days: proposal.days,
            listing: listings::of_action(proposal.action).and_then(|key| listings.get(&key)).cloned(),
            badge: match proposal.action {
                Action::AwardBadge(i) | Action::RevokeBadge(i) => self.manifest().badges.get(usize::from(i)).cloned(),
                _ => None,
            },
            reasons: proposal.reasons.iter().map(|r| self.reason_code(r)).collect(),
        };
        verdict.proposals.iter().map(proposed).collect()
    }

    /// Code and level of a standing.
    pub(super) fn standing(&self, index: u16) -> (String, String) {
        let kind = self.manifest().standings.get(usize::from(index));
        kind.map(|s| (s.code.clone(), s.level.word().to_owned())).unwrap_or_default()
    }

    /// A played moment as health; nothing of it is stored.
    pub(super) fn played(&self, market: &Market, merchant: &str, played: &Played) -> Health {
        let Played { play, since, listings } = played;
        let (code, level): (Option<String>, _) = play.standing.map(|index| self.standing(index)).unzip();
        let projected = Some(self.standing(play.verdict.standing).0);
        let title = code.as_deref().map(|code| self.text(code));
        Health {
            marketplace: market.code.clone(),
            merchant: merchant.to_owned(),
            as_of: time(play.snapshot.now),
            verdict: None,
            stale: false,
            rules: Rules::of(self.generation),
            standing: Standing { code, title, level, since: since.map(time), projected },
            score: play.verdict.score,
            metrics: self.metrics(&play.snapshot),
            reasons: self.reasons(&play.verdict, listings),
            proposals: self.proposals(&play.verdict, listings),
            next_evaluation: None,
            coming: None,
        }
    }
}

/// The rules in force for a merchant.
pub(super) fn in_force(market: &Market, merchant: i64) -> Result<Arc<Generation>, Problem> {
    market.in_force_for(merchant).cloned().ok_or_else(|| Problem::Conflict("the marketplace has no rules".into()))
}

/// The generation of rules that gave a stored verdict, which may take no part any more.
pub(super) async fn generation_of(app: &App, market: &Market, id: i64) -> Result<Arc<Generation>, Problem> {
    if let Some(current) = market.generation_numbered(id) {
        return Ok(current.clone());
    }
    let missing = || StoreError::Inconsistent { table: "generations", row: id.to_string(), what: "a verdict names it".into() };
    let row = app.store.generation(id).await?.ok_or_else(missing)?;
    let rules = app.registry.by_digest(&row.component).await?;
    let settings: Vec<(String, String)> = row.settings.clone().into_iter().collect();
    let judge = rules.resume(&settings)?;
    Ok(Arc::new(Generation::new(id, row.rules, row.settings, judge, &market.overrides)))
}

/// A merchant at a moment.
pub(super) struct Played {
    pub(super) play: Play,
    /// Since when the standing was in force, where that is known.
    since: Option<Instant>,
    listings: Listings,
}

/// Plays a merchant at a moment, or now, with additions to counters.
pub(super) async fn play(
    app: &App,
    market: &Arc<Market>,
    generation: &Arc<Generation>,
    row: &MerchantRow,
    moment: Option<Instant>,
    extra: Vec<(u16, i64)>,
) -> Result<Played, Problem> {
    let now = market.now(app.clock.now());
    let turn = generation.judge.gate().play().await.map_err(Problem::RulesFailed)?;
    let (market_there, generation_there, merchant) = (market.clone(), generation.clone(), row.id);
    let played = app.store.read(move |session| {
        let _turn = turn;
        let scene = Scene::of(session, (&market_there, &generation_there), merchant, moment)?;
        let in_force = scene.party.standing;
        let since = in_force.map(|_| scene.party.standing_since);
        let play = match moment {
            Some(moment) => scene.at(session, moment, &extra),
            None => scene.now(session, now, &extra),
        };
        // When another standing was in force than the play arrives at, since when is not known.
        Ok(play.map(|play| {
            let since = since.filter(|_| play.standing == in_force);
            (play, since)
        }))
    });
    let (play, since) = played.await??;
    let listings = listings::of(&app.store, market, (generation.id, row.id), &[&play.verdict]).await?;
    Ok(Played { play, since, listings })
}
