//! What a plugin may answer. An answer that breaks one of these rules is a fault of the whole batch, named with field and value:
//! rules that are wrong in one place are not trusted in the next.

use andon_domain::calendar::TIME_RANGE;
use andon_domain::ids::Instant;
use andon_domain::manifest::Manifest;
use andon_domain::mark::{Classified, Mark};
use andon_domain::reading::Status;
use andon_domain::verdict::{Action, Reason, Snapshot, Verdict};

use super::fault::PluginFault;

/// Most marks of one subject.
const MAX_MARKS: usize = 64;
/// Largest amount of a mark, either way: a thousand times a million million, so that nine thousand marks still add up.
const MAX_AMOUNT: u64 = 1_000_000_000_000_000;
/// Most reasons of a verdict or proposal, and most proposals of a verdict.
const MAX_REASONS: usize = 32;
const MAX_SCORE: u16 = 1000;
/// How long an action may last by itself.
const DAYS: std::ops::RangeInclusive<u16> = 1..=366;

type Checked = Result<(), PluginFault>;

/// Checks the answers to `asked` facts; `first` is the number of the first of them.
pub(super) fn check_classified(manifest: &Manifest, now: Instant, first: usize, asked: usize, answers: &[Classified]) -> Checked {
    count("classified", answers.len(), asked)?;
    for (i, answer) in answers.iter().enumerate() {
        let at = Path { list: "classified", index: first + i };
        at.at_most("marks", answer.marks.len(), MAX_MARKS)?;
        at.revisit(answer.revisit, now)?;
        for (j, mark) in answer.marks.iter().enumerate() {
            check_mark(manifest, &at, j, mark)?;
        }
    }
    Ok(())
}

fn check_mark(manifest: &Manifest, at: &Path, j: usize, mark: &Mark) -> Checked {
    let field = |name: &str| format!("marks[{j}].{name}");
    at.index(&field, "counter", Some(mark.counter), manifest.counters.len())?;
    at.index(&field, "cause", mark.cause, manifest.causes.len())?;
    at.index(&field, "excluded", mark.excluded, manifest.exclusions.len())?;
    if !TIME_RANGE.contains(&mark.at) {
        return at.fault(&field("at"), format!("is {}, outside the years 2000 to 2099", mark.at));
    }
    if mark.amount.unsigned_abs() > MAX_AMOUNT {
        return at.fault(&field("amount"), format!("is {}, beyond {MAX_AMOUNT}", mark.amount));
    }
    Ok(())
}

/// Checks the answers to `snapshots`; `first` is the number of the first of them.
pub(super) fn check_verdicts(manifest: &Manifest, first: usize, snapshots: &[Snapshot], verdicts: &[Verdict]) -> Checked {
    count("verdicts", verdicts.len(), snapshots.len())?;
    for (i, (verdict, snapshot)) in verdicts.iter().zip(snapshots).enumerate() {
        VerdictCheck { manifest, snapshot, at: Path { list: "verdicts", index: first + i } }.run(verdict)?;
    }
    Ok(())
}

struct VerdictCheck<'a> {
    manifest: &'a Manifest,
    snapshot: &'a Snapshot,
    at: Path,
}

impl VerdictCheck<'_> {
    fn run(&self, verdict: &Verdict) -> Checked {
        let whole = |name: &str| name.to_owned();
        self.at.index(&whole, "standing", Some(verdict.standing), self.manifest.standings.len())?;
        if verdict.score > MAX_SCORE {
            return self.at.fault("score", format!("is {}, above {MAX_SCORE}", verdict.score));
        }
        self.at.revisit(verdict.revisit, self.snapshot.now)?;
        self.reasons(&|| "reasons".to_owned(), &verdict.reasons)?;
        self.at.at_most("proposals", verdict.proposals.len(), MAX_REASONS)?;
        for (j, proposal) in verdict.proposals.iter().enumerate() {
            self.action(&|_| format!("proposals[{j}].action"), proposal.action)?;
            if let Some(days) = proposal.days.filter(|days| !DAYS.contains(days)) {
                let why = format!("is {days}, not {} to {}", DAYS.start(), DAYS.end());
                return self.at.fault(&format!("proposals[{j}].days"), why);
            }
            let reasons = || format!("proposals[{j}].reasons");
            if proposal.reasons.is_empty() {
                return self.at.fault(&reasons(), "is empty; what is done to a merchant must be explained".to_owned());
            }
            self.reasons(&reasons, &proposal.reasons)?;
        }
        Ok(())
    }

    fn reasons(&self, list: &dyn Fn() -> String, reasons: &[Reason]) -> Checked {
        if reasons.len() > MAX_REASONS {
            return self.at.at_most(&list(), reasons.len(), MAX_REASONS);
        }
        for (k, reason) in reasons.iter().enumerate() {
            let field = |name: &str| format!("{}[{k}].{name}", list());
            self.at.index(&field, "code", Some(reason.code), self.manifest.reasons.len())?;
            self.at.index(&field, "metric", reason.metric, self.manifest.metrics.len())?;
            self.listing(&field, reason.listing)?;
        }
        Ok(())
    }

    fn action(&self, field: &dyn Fn(&str) -> String, action: Action) -> Checked {
        match action {
            Action::PullListing(listing) | Action::RestoreListing(listing) => self.listing(field, Some(listing)),
            Action::AwardBadge(badge) | Action::RevokeBadge(badge) => {
                self.at.index(field, "badge", Some(badge), self.manifest.badges.len())
            }
            Action::Notice
            | Action::Warning
            | Action::CapOrders(_)
            | Action::HoldPayouts
            | Action::Suspend
            | Action::Terminate
            | Action::Reinstate
            | Action::AskPlanOfAction
            | Action::Restrict => Ok(()),
        }
    }

    /// A plugin knows no listing but those it was shown.
    fn listing(&self, field: &dyn Fn(&str) -> String, listing: Option<u64>) -> Checked {
        match listing.filter(|key| !self.snapshot.listings.iter().any(|shown| shown.listing == *key)) {
            Some(key) => self.at.fault(&field("listing"), format!("names listing {key}, which is not in the snapshot")),
            None => Ok(()),
        }
    }
}

/// Nothing is ever proposed on insufficient data: takes out each proposal's reasons that rest on an insufficient metric, and each
/// proposal that is left with none. Reasons of the verdict itself stay, since they may well be that data is insufficient.
pub(super) fn strip_insufficient(verdict: &mut Verdict, snapshot: &Snapshot) {
    let insufficient = |reason: &Reason| {
        let readings = match reason.listing {
            None => Some(&snapshot.readings),
            Some(key) => snapshot.listings.iter().find(|shown| shown.listing == key).map(|shown| &shown.readings),
        };
        let reading = reason.metric.and_then(|metric| readings?.get(usize::from(metric)));
        reading.is_some_and(|reading| reading.status == Status::Insufficient)
    };
    verdict.proposals.retain_mut(|proposal| {
        proposal.reasons.retain(|reason| !insufficient(reason));
        !proposal.reasons.is_empty()
    });
}

fn count(list: &str, answers: usize, asked: usize) -> Checked {
    if answers != asked {
        return Err(PluginFault::output(list, format!("are {answers}, not {asked}")));
    }
    Ok(())
}

/// Where in the answers a check stands; written out only when it fails.
struct Path {
    list: &'static str,
    index: usize,
}

impl Path {
    fn fault(&self, field: &str, why: String) -> Checked {
        Err(PluginFault::output(format!("{}[{}].{field}", self.list, self.index), why))
    }

    fn index(&self, path: &dyn Fn(&str) -> String, name: &str, index: Option<u16>, count: usize) -> Checked {
        match index.filter(|index| usize::from(*index) >= count) {
            Some(index) => self.fault(&path(name), format!("is {index}, of {count}")),
            None => Ok(()),
        }
    }

    fn at_most(&self, field: &str, len: usize, most: usize) -> Checked {
        if len > most { self.fault(field, format!("has {len} entries, above {most}")) } else { Ok(()) }
    }

    fn revisit(&self, revisit: Option<Instant>, now: Instant) -> Checked {
        match revisit.filter(|at| *at <= now || *at >= TIME_RANGE.end) {
            Some(at) => self.fault("revisit", format!("is {at}, not after now ({now}) and before the year 2100")),
            None => Ok(()),
        }
    }
}
