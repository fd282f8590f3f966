//! The rules under `plugins` as native code, asked in the host's words and without a sandbox: what components must answer as well.

use andon::bench::asked::{snapshot, subject};
use andon_aliexpress::AliExpress;
use andon_amazon::Amazon;
use andon_domain::fact::Fact;
use andon_domain::ids::Instant;
use andon_domain::manifest::Manifest;
use andon_domain::mark::{Classified, Mark};
use andon_domain::verdict::{self, Proposal, Reason, Snapshot, Verdict};
use andon_ebay::Ebay;
use andon_etsy::Etsy;
use andon_lazada::Lazada;
use andon_mercadolibre::MercadoLibre;
use andon_mirakl::Mirakl;
use andon_sdk::{__export as guest, Rules, facts as sdk};
use andon_shopee::Shopee;
use andon_taobao::Taobao;
use andon_walmart::Walmart;

/// Rules with their defaults.
pub struct Native {
    /// What they are called.
    pub name: &'static str,
    classify: fn(Instant, &[sdk::Subject]) -> Vec<andon_sdk::Classified>,
    evaluate: fn(&[andon_sdk::Snapshot]) -> Vec<andon_sdk::Verdict>,
}

/// All that are written in Rust.
pub const ALL: [Native; 10] = [
    Native::of::<AliExpress>(),
    Native::of::<Amazon>(),
    Native::of::<Ebay>(),
    Native::of::<Etsy>(),
    Native::of::<Lazada>(),
    Native::of::<MercadoLibre>(),
    Native::of::<Mirakl>(),
    Native::of::<Shopee>(),
    Native::of::<Taobao>(),
    Native::of::<Walmart>(),
];

impl Native {
    const fn of<R: Rules>() -> Self {
        Self { name: R::ABOUT.name, classify: classify::<R>, evaluate: evaluate::<R> }
    }

    /// What facts mean; `manifest` is that of the rules, which holds the words they know.
    pub fn classify(&self, manifest: &Manifest, now: Instant, facts: &[&Fact]) -> Vec<Classified> {
        let subjects: Vec<_> = facts.iter().map(|fact| subject(manifest, fact)).collect();
        let mark =
            |m: &andon_sdk::Mark| Mark { counter: m.counter, at: m.at, amount: m.amount, cause: m.cause, excluded: m.excluded };
        let answers = (self.classify)(now, &subjects);
        answers.iter().map(|a| Classified { marks: a.marks.iter().map(mark).collect(), revisit: a.revisit }).collect()
    }

    /// What readings lead to.
    pub fn evaluate(&self, snapshots: &[Snapshot]) -> Vec<Verdict> {
        (self.evaluate)(&snapshots.iter().map(snapshot).collect::<Vec<_>>()).iter().map(said).collect()
    }
}

fn classify<R: Rules>(now: Instant, subjects: &[sdk::Subject]) -> Vec<andon_sdk::Classified> {
    let rules = guest::configure::<R>(&[]).ok().unwrap();
    guest::classify(Some(&rules), now, subjects).unwrap()
}

fn evaluate<R: Rules>(snapshots: &[andon_sdk::Snapshot]) -> Vec<andon_sdk::Verdict> {
    let rules = guest::configure::<R>(&[]).ok().unwrap();
    guest::evaluate(Some(&rules), snapshots).unwrap()
}

fn said(v: &andon_sdk::Verdict) -> Verdict {
    let reasons = |all: &[andon_sdk::Reason]| {
        all.iter().map(|r| Reason { code: r.code, metric: r.metric, listing: r.listing }).collect::<Vec<_>>()
    };
    let proposal = |p: &andon_sdk::Proposal| Proposal { action: action(p.action), days: p.days, reasons: reasons(&p.reasons) };
    Verdict {
        standing: v.standing,
        score: v.score,
        proposals: v.proposals.iter().map(proposal).collect(),
        reasons: reasons(&v.reasons),
        revisit: v.revisit,
    }
}

fn action(proposed: andon_sdk::Action) -> verdict::Action {
    use andon_sdk::Action::{AwardBadge, CapOrders, PullListing, RestoreListing, RevokeBadge};
    match proposed {
        PullListing(listing) => verdict::Action::PullListing(listing),
        RestoreListing(listing) => verdict::Action::RestoreListing(listing),
        CapOrders(orders) => verdict::Action::CapOrders(orders),
        AwardBadge(badge) => verdict::Action::AwardBadge(badge),
        RevokeBadge(badge) => verdict::Action::RevokeBadge(badge),
        andon_sdk::Action::Notice => verdict::Action::Notice,
        andon_sdk::Action::Warning => verdict::Action::Warning,
        andon_sdk::Action::HoldPayouts => verdict::Action::HoldPayouts,
        andon_sdk::Action::Suspend => verdict::Action::Suspend,
        andon_sdk::Action::Terminate => verdict::Action::Terminate,
        andon_sdk::Action::Reinstate => verdict::Action::Reinstate,
        andon_sdk::Action::AskPlanOfAction => verdict::Action::AskPlanOfAction,
        andon_sdk::Action::Restrict => verdict::Action::Restrict,
    }
}
