//! What is asked of `evaluate`, and both answers as the domain has them. Nothing is checked here; that is `output`'s.

use andon_domain::mark::{Classified, Mark};
use andon_domain::reading::{Reading, Status};
use andon_domain::verdict::{Action, ListingSnapshot, Proposal, Reason, Snapshot, Verdict};

use super::bindings::exports::andon::rules::judge as wit;
use super::{narrow, same_words};

pub(super) fn snapshot(snapshot: &Snapshot) -> wit::Snapshot {
    wit::Snapshot {
        now: snapshot.now,
        merchant: wit::Merchant {
            joined: snapshot.merchant.joined,
            standing: snapshot.merchant.standing,
            standing_since: snapshot.merchant.standing_since,
            badges: snapshot.merchant.badges.clone(),
            reinstated: snapshot.merchant.reinstated,
        },
        readings: snapshot.readings.iter().map(reading).collect(),
        listings: snapshot.listings.iter().map(listing).collect(),
    }
}

fn listing(listing: &ListingSnapshot) -> wit::ListingSnapshot {
    wit::ListingSnapshot { listing: narrow(listing.listing), readings: listing.readings.iter().map(reading).collect() }
}

fn reading(reading: &Reading) -> wit::Reading {
    wit::Reading {
        value: reading.value,
        numerator: reading.numerator,
        denominator: reading.denominator,
        buyers: reading.buyers,
        lower: reading.lower,
        upper: reading.upper,
        peers: reading.peers,
        status: same_words!(reading.status, Status => wit::Status: Good AtRisk Breached Insufficient),
        breached_in_a_row: reading.breached_in_a_row,
    }
}

pub(super) fn classified(answer: wit::Classified) -> Classified {
    Classified { marks: answer.marks.into_iter().map(mark).collect(), revisit: answer.revisit }
}

fn mark(mark: wit::Mark) -> Mark {
    Mark { counter: mark.counter, at: mark.at, amount: mark.amount, cause: mark.cause, excluded: mark.excluded }
}

pub(super) fn verdict(answer: wit::Verdict, asked: Option<&Snapshot>) -> Verdict {
    let shown = Shown(asked);
    Verdict {
        standing: answer.standing,
        score: answer.score,
        proposals: answer.proposals.into_iter().map(|proposal| shown.proposal(proposal)).collect(),
        reasons: answer.reasons.into_iter().map(|reason| shown.reason(reason)).collect(),
        revisit: answer.revisit,
    }
}

/// The snapshot that a verdict is about: rules name its listings by narrowed keys.
struct Shown<'a>(Option<&'a Snapshot>);

impl Shown<'_> {
    /// The listing's own key; one that was not shown stays as it was named, and is found out by the check.
    fn listing(&self, named: u64) -> u64 {
        let shown = self.0.into_iter().flat_map(|asked| &asked.listings).map(|shown| shown.listing);
        shown.into_iter().find(|key| narrow(*key) == named).unwrap_or(named)
    }

    fn proposal(&self, proposal: wit::Proposal) -> Proposal {
        let reasons = proposal.reasons.into_iter().map(|reason| self.reason(reason)).collect();
        Proposal { action: self.action(proposal.action), days: proposal.days, reasons }
    }

    fn reason(&self, reason: wit::Reason) -> Reason {
        Reason { code: reason.code, metric: reason.metric, listing: reason.listing.map(|listing| self.listing(listing)) }
    }

    fn action(&self, action: wit::Action) -> Action {
        match action {
            wit::Action::Notice => Action::Notice,
            wit::Action::Warning => Action::Warning,
            wit::Action::PullListing(listing) => Action::PullListing(self.listing(listing)),
            wit::Action::RestoreListing(listing) => Action::RestoreListing(self.listing(listing)),
            wit::Action::CapOrders(orders) => Action::CapOrders(orders),
            wit::Action::HoldPayouts => Action::HoldPayouts,
            wit::Action::Suspend => Action::Suspend,
            wit::Action::Terminate => Action::Terminate,
            wit::Action::Reinstate => Action::Reinstate,
            wit::Action::AwardBadge(badge) => Action::AwardBadge(badge),
            wit::Action::RevokeBadge(badge) => Action::RevokeBadge(badge),
            wit::Action::AskPlanOfAction => Action::AskPlanOfAction,
            wit::Action::Restrict => Action::Restrict,
        }
    }
}
