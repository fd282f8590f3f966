//! What an author writes: one type that declares itself, is configured once, and then answers.

use std::fmt;
use std::ops::Index;

use crate::bindings::exports::andon::rules::judge::{Classified, ListingSnapshot, Proposal, Reading, Reason, Snapshot, Verdict};
use crate::codes::{Metric, Standing};
use crate::declaration::{About, Declaration};
use crate::facts::{Claim, Contact, Incident, Instant, Order, ReturnRequest, Subject};
use crate::settings::{Given, SettingError};
use crate::{Action, Mark};

/// A marketplace's rules: a pure function of facts. An instance lives for a batch of calls and keeps nothing between them that
/// could change an answer.
pub trait Rules: Sized + 'static {
    /// Handles to what [`Rules::declare`] declares.
    type Codes;

    /// Who these rules are.
    const ABOUT: About;

    /// Declares counters, metrics, standings, wording and settings. Must declare the same every time.
    fn declare(declaration: &mut Declaration) -> Self::Codes;

    /// Takes the operator's settings, whose kinds and ranges have been checked; anything else is checked here.
    fn configure(codes: Self::Codes, settings: &Given) -> Result<Self, SettingError>;

    /// What one fact means at the moment `now`, and when to ask again if time alone may change it.
    fn classify(&self, now: Instant, subject: &Subject) -> Result<Classified, Unreadable>;

    /// What follows from one merchant's readings.
    fn evaluate(&self, snapshot: &Snapshot) -> Result<Verdict, Unreadable>;
}

/// The facts contradict each other in a way the rules cannot read; says how. The whole call fails and the old verdict stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable(pub String);

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unreadable {}

/// What followed an order, as lists that are empty where nothing did.
impl Order {
    /// Claims against it, oldest first.
    pub fn claims(&self) -> &[Claim] {
        self.aftermath.as_ref().map_or(&[], |after| &after.claims)
    }

    /// Requests to return it, oldest first.
    pub fn returns(&self) -> &[ReturnRequest] {
        self.aftermath.as_ref().map_or(&[], |after| &after.returns)
    }

    /// What happened on its way, oldest first.
    pub fn incidents(&self) -> &[Incident] {
        self.aftermath.as_ref().map_or(&[], |after| &after.incidents)
    }

    /// Contacts about it, oldest first.
    pub fn contacts(&self) -> &[Contact] {
        self.aftermath.as_ref().map_or(&[], |after| &after.contacts)
    }
}

impl Classified {
    /// No marks, with room for so many.
    pub fn with_room(marks: usize) -> Self {
        Self { marks: Vec::with_capacity(marks), revisit: None }
    }

    /// It counts for this.
    pub fn mark(&mut self, mark: Mark) {
        self.marks.push(mark);
    }

    /// Ask again then; of several moments the first holds, and one beyond the year 2099 is never reached. Where nothing but time has
    /// passed since the last time, a host asks again a minute later at the earliest.
    pub fn revisit(&mut self, at: Instant) {
        self.revisit = sooner(self.revisit, at);
    }
}

impl Verdict {
    /// Where the merchant stands, and how well: 0 to 1000.
    pub fn new(standing: Standing, score: u16) -> Self {
        Self { standing: standing.0, score, proposals: Vec::new(), reasons: Vec::new(), revisit: None }
    }

    /// Why.
    #[must_use]
    pub fn because(mut self, reasons: impl IntoIterator<Item = Reason>) -> Self {
        self.reasons.extend(reasons);
        self
    }

    /// Something to do about it until it is lifted, and why.
    #[must_use]
    pub fn propose(self, action: Action, reasons: impl IntoIterator<Item = Reason>) -> Self {
        self.push(Proposal { action, days: None, reasons: reasons.into_iter().collect() })
    }

    /// Something to do about it for so many days (1 to 366) once it is done, and why.
    #[must_use]
    pub fn propose_for(self, days: u16, action: Action, reasons: impl IntoIterator<Item = Reason>) -> Self {
        self.push(Proposal { action, days: Some(days), reasons: reasons.into_iter().collect() })
    }

    fn push(mut self, proposal: Proposal) -> Self {
        self.proposals.push(proposal);
        self
    }

    /// Ask again then; of several moments the first holds, and one beyond the year 2099 is never reached. Where nothing but time has
    /// passed since the last time, a host asks again a minute later at the earliest.
    #[must_use]
    pub fn revisit(mut self, at: Instant) -> Self {
        self.revisit = sooner(self.revisit, at);
        self
    }
}

/// The end of time as hosts know it, 2100-01-01 UTC.
const END: Instant = 4_102_444_800_000;

fn sooner(known: Option<Instant>, at: Instant) -> Option<Instant> {
    known.into_iter().chain((at < END).then_some(at)).min()
}

/// The number of readings is checked before rules see a snapshot, so a metric's own handle always finds its reading.
impl Index<Metric> for Snapshot {
    type Output = Reading;

    fn index(&self, metric: Metric) -> &Reading {
        &self.readings[usize::from(metric.0)]
    }
}

/// As with [`Snapshot`].
impl Index<Metric> for ListingSnapshot {
    type Output = Reading;

    fn index(&self, metric: Metric) -> &Reading {
        &self.readings[usize::from(metric.0)]
    }
}
