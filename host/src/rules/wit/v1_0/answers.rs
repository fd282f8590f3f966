//! What rules answer, read out of the guest as the domain has it. Nothing is checked here; that is `output`'s.

use andon_domain::mark::{Classified, Mark};
use andon_domain::verdict::{Action, Proposal, Reason, Snapshot, Verdict};
use wasmtime::Result;
use wasmtime::component::__internal::{CanonicalAbiInfo, InstanceType, InterfaceType, LiftContext};
use wasmtime::component::{ComponentType, Lift};

use super::bindings::exports::andon::rules::judge as wit;
use super::layout::{Malformed, Record, laid_out_as};
use super::narrow;

/// What a fact means: `classified` of the contract.
#[derive(Debug)]
pub(super) struct Meaning(pub(super) Classified);

laid_out_as!(Meaning => wit::Classified);

// SAFETY: what is read is its model's, or laid out as it.
#[expect(unsafe_code, reason = "its layout is held against its model's by a test")]
unsafe impl Lift for Meaning {
    fn linear_lift_from_flat(cx: &mut LiftContext<'_>, ty: InterfaceType, src: &Self::Lower) -> Result<Self> {
        wit::Classified::linear_lift_from_flat(cx, ty, src).map(classified)
    }

    /// What is not as it should be is left to wasmtime, which says what is wrong with it.
    fn linear_lift_from_memory(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        let mut record = Record::new(bytes);
        let marks = read_list::<_, { wit::Mark::SIZE32 }>(cx, wit::Mark::ALIGN32, &mut record, read_mark)?;
        match (marks, record.option(i64::from_le_bytes)) {
            (Some(marks), Ok(revisit)) => Ok(Self(Classified { marks, revisit })),
            _ => wit::Classified::linear_lift_from_memory(cx, ty, bytes).map(classified),
        }
    }
}

fn read_mark(mut record: Record<'_>) -> Result<Mark, Malformed> {
    Ok(Mark {
        counter: u16::from_le_bytes(record.take()),
        at: i64::from_le_bytes(record.take()),
        amount: i64::from_le_bytes(record.take()),
        cause: record.option(u16::from_le_bytes)?,
        excluded: record.option(u16::from_le_bytes)?,
    })
}

pub(super) fn classified(answer: wit::Classified) -> Meaning {
    let mark = |mark: wit::Mark| Mark {
        counter: mark.counter,
        at: mark.at,
        amount: mark.amount,
        cause: mark.cause,
        excluded: mark.excluded,
    };
    Meaning(Classified { marks: answer.marks.into_iter().map(mark).collect(), revisit: answer.revisit })
}

/// What readings lead to: `verdict` of the contract.
#[derive(Debug, ComponentType, Lift)]
#[component(record)]
pub(super) struct Finding {
    pub(super) standing: u16,
    pub(super) score: u16,
    pub(super) proposals: Vec<wit::Proposal>,
    pub(super) reasons: Reasons,
    pub(super) revisit: Option<i64>,
}

/// Why: `list<reason>` of the contract.
#[derive(Debug)]
pub(super) struct Reasons(pub(super) Vec<wit::Reason>);

laid_out_as!(Reasons => Vec<wit::Reason>);

// SAFETY: what is read is its model's, or laid out as it.
#[expect(unsafe_code, reason = "its layout is held against its model's by a test")]
unsafe impl Lift for Reasons {
    fn linear_lift_from_flat(cx: &mut LiftContext<'_>, ty: InterfaceType, src: &Self::Lower) -> Result<Self> {
        Vec::linear_lift_from_flat(cx, ty, src).map(Self)
    }

    /// As of marks.
    fn linear_lift_from_memory(cx: &mut LiftContext<'_>, ty: InterfaceType, bytes: &[u8]) -> Result<Self> {
        let read = read_list::<_, { wit::Reason::SIZE32 }>(cx, wit::Reason::ALIGN32, &mut Record::new(bytes), read_reason)?;
        read.map_or_else(|| Vec::linear_lift_from_memory(cx, ty, bytes), Ok).map(Self)
    }
}

fn read_reason(mut record: Record<'_>) -> Result<wit::Reason, Malformed> {
    Ok(wit::Reason {
        code: u16::from_le_bytes(record.take()),
        metric: record.option(u16::from_le_bytes)?,
        listing: record.option(u64::from_le_bytes)?,
    })
}

/// A list of records of `SIZE` bytes; nothing where it, or one of them, is not as it should be. Fails where the guest answers more
/// than it may.
fn read_list<R, const SIZE: usize>(
    cx: &mut LiftContext<'_>,
    align: u32,
    list: &mut Record<'_>,
    read: impl Fn(Record<'_>) -> Result<R, Malformed>,
) -> Result<Option<Vec<R>>> {
    let (address, length) = (u32::from_le_bytes(list.take()), u32::from_le_bytes(list.take()) as usize);
    let bytes = cx.memory().get(address as usize..).and_then(|rest| rest.get(..length.checked_mul(SIZE)?));
    let Some(bytes) = bytes.filter(|_| address.is_multiple_of(align)) else { return Ok(None) };
    cx.consume_fuel_array(length, size_of::<R>())?;
    let mut records = Vec::with_capacity(length);
    for bytes in bytes.as_chunks::<SIZE>().0 {
        let Ok(record) = read(Record::new(bytes)) else { return Ok(None) };
        records.push(record);
    }
    Ok(Some(records))
}

/// The verdict on a snapshot.
pub(super) fn verdict(answer: Finding, asked: Option<&Snapshot>) -> Verdict {
    let shown = Shown(asked);
    Verdict {
        standing: answer.standing,
        score: answer.score,
        proposals: answer.proposals.into_iter().map(|proposal| shown.proposal(proposal)).collect(),
        reasons: answer.reasons.0.into_iter().map(|reason| shown.reason(reason)).collect(),
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
