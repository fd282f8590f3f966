//! What the hot path asks of a database, in the shape that is fast on it: whole batches in, whole batches out, inside one
//! transaction. One implementation for each database; cold paths use sea-orm instead.

use std::collections::HashMap;
use std::sync::Arc;

use andon_domain::change::Kind;
use andon_domain::history::History;
use andon_domain::ids::{Day, Instant, Named};
use andon_domain::mark::Mark;
use andon_domain::quota::Place;
use andon_domain::reading::BuyerMark;
use andon_domain::tally::Bucket;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::StoreError;
use super::marketplaces::MarketRow;
pub use super::repeats::{Front, Repeat};
pub use super::statement::{Cells, Value};
use crate::keys::EventKey;

/// The result of a session's call.
pub type Result<T> = std::result::Result<T, StoreError>;

/// What was known of an event before this transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing: it is kept now.
    New,
    /// The same event came before.
    Same,
    /// Another event came before under its name.
    Other,
}

/// The marks one generation made of a subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marked {
    /// The generation.
    pub generation: i64,
    /// The buyer they were counted for, 0 where there is none.
    pub buyer: u64,
    /// The listing they were counted for, 0 where there is none.
    pub listing: u64,
    /// Its marks.
    pub marks: Vec<Mark>,
}

impl Marked {
    /// The buyer, where there is one.
    pub fn party(&self) -> Option<u64> {
        Some(self.buyer).filter(|buyer| *buyer != 0)
    }
}

/// An order, contact, violation or listing with all its history.
#[derive(Debug, Clone, PartialEq)]
pub struct Subject {
    /// Row number, 0 for one not yet stored.
    pub id: i64,
    /// Marketplace.
    pub market: i64,
    /// What it is.
    pub kind: Kind,
    /// Keyed hash of `reference`.
    pub key: u64,
    /// The sender's reference.
    pub reference: String,
    /// The merchant it belongs to, once known.
    pub merchant: Option<i64>,
    /// When it was placed, opened or recorded, once known.
    pub began: Option<Instant>,
    /// Every change.
    pub history: History,
    /// What it counts for.
    pub marks: Vec<Marked>,
    /// When to ask again.
    pub revisit: Option<Instant>,
}

/// What is known of an order, contact, violation or listing, without what it counts for.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Row number.
    pub row: i64,
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub id: Named,
    /// Every change.
    pub history: History,
}

/// Whose sums: a merchant's (0 for the whole marketplace), one listing's of theirs (0 for all).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TallyKey {
    /// Generation.
    pub generation: i64,
    /// Bucket of days.
    pub bucket: i32,
    /// Merchant, or 0.
    pub merchant: i64,
    /// Listing's key, or 0.
    pub listing: u64,
}

/// A kept mark.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Evidence {
    /// Generation.
    pub generation: i64,
    /// Merchant.
    pub merchant: i64,
    /// The subject it was made of.
    pub subject: i64,
    /// Place among the subject's marks.
    pub ordinal: u16,
    /// The mark itself.
    pub mark: Mark,
    /// The calendar day it counts on.
    pub day: Day,
    /// The buyer's key, 0 where there is none.
    pub buyer: u64,
    /// The listing's key, 0 where there is none.
    pub listing: u64,
}

/// A verdict as it was given: generation, input and output, encoded.
pub type Told = (i64, Vec<u8>, Vec<u8>);

/// What evaluation needs of a merchant's row.
#[derive(Debug, Clone, PartialEq)]
pub struct MerchantState {
    /// Row number.
    pub id: i64,
    /// When it joined, or placed its first order, or 0.
    pub joined: Instant,
    /// Code of the standing in force.
    pub standing: Option<String>,
    /// Since when.
    pub since: Instant,
    /// The last binding day that was judged.
    pub judged_day: Option<Day>,
    /// The newest verdict.
    pub verdict: Option<Uuid>,
    /// When the merchant is next on the agenda.
    pub next_evaluation: Option<Instant>,
    /// Set by the last change to its facts that no evaluation has seen; absent where there is none.
    pub stamp: Option<i64>,
    /// When a person last lifted a suspension.
    pub reinstated: Option<Instant>,
    /// Codes of the badges it bears, with a space between them.
    pub badges: String,
}

/// What subjects are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// To be looked at, as they were committed last.
    Reading,
    /// To be changed: until this transaction ends, nobody else changes them.
    Changing,
}

/// What one transaction at a time has to itself. So that no two wait for each other, transactions take subjects first, then these in
/// this order, and last mark merchants as due.
#[derive(Debug, Clone, Copy)]
pub enum Hold<'a> {
    /// A marketplace's enforcements, its ledger and its endpoints.
    Desk(i64),
    /// The outbox, which all marketplaces share.
    Outbox,
    /// Merchants' rows.
    Merchants(&'a [i64]),
}

/// A standing as it is stored: words, so that it outlives the rules that gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandingWords {
    /// Its code.
    pub code: String,
    /// Its level on the common ladder.
    pub level: String,
}

/// A verdict with all that follows from it.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// Marketplace.
    pub market: i64,
    /// Merchant.
    pub merchant: i64,
    /// The stamp that was read, so that later changes stay due.
    pub stamp: Option<i64>,
    /// What the agenda held.
    pub was_due: Option<Instant>,
    /// When to evaluate again with no event at all.
    pub next: Option<Instant>,
    /// The verdict, absent where nothing but time differs from the last one.
    pub verdict: Option<NewVerdict>,
}

/// A verdict to store.
#[derive(Debug, Clone)]
pub struct NewVerdict {
    /// Its id.
    pub id: Uuid,
    /// Generation.
    pub generation: i64,
    /// The marketplace's clock.
    pub at: Instant,
    /// Whether it moves the standing.
    pub binding: bool,
    /// The snapshot, encoded.
    pub input: Vec<u8>,
    /// The verdict, encoded.
    pub output: Vec<u8>,
    /// Where the rules see the merchant.
    pub projected: StandingWords,
    /// Score, 0 to 1000.
    pub score: u16,
    /// One letter a metric: g, r, b, i.
    pub statuses: String,
    /// The standing in force after it and since when, where it changed.
    pub moved: Option<Instant>,
    /// The binding day it judged.
    pub judged_day: Option<Day>,
}

/// A fault of the rules on one subject (or, with subject 0, on evaluating a merchant).
#[derive(Debug, Clone)]
pub struct FaultRow {
    /// Generation.
    pub generation: i64,
    /// Merchant.
    pub merchant: i64,
    /// Subject, or 0.
    pub subject: i64,
    /// Stable code.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// When, by the marketplace's clock.
    pub at: Instant,
    /// Fuel of the call that ended in it.
    pub fuel: i64,
    /// Digest of what was asked about as it is stored: a subject's history, or a merchant as rules are shown it but for the moment.
    pub input: Option<String>,
}

/// A merchant as an event registers it.
#[derive(Debug, Clone)]
pub struct Registration<'a> {
    /// Reference.
    pub reference: &'a str,
    /// Name.
    pub name: &'a str,
    /// When it joined.
    pub joined_at: Instant,
    /// When the event happened; the latest wins, the tie decides among equals.
    pub at: Instant,
    /// Hash of the event.
    pub tie: u64,
}

/// One connection doing the hot path's work. Writers call `begin` first and `commit` last; readers need neither.
pub trait Session: Send {
    /// Starts a transaction.
    fn begin(&mut self) -> Result<()>;
    /// Makes it durable.
    fn commit(&mut self) -> Result<()>;
    /// Undoes it.
    fn rollback(&mut self);

    /// Keeps the events' keys and says which were known.
    fn remember(&mut self, events: &[(EventKey, u64)]) -> Result<Vec<Seen>>;
    /// Keeps a segment of raw events.
    fn add_segment(&mut self, market: i64, events: usize, raw: &[u8]) -> Result<i64>;
    /// Row numbers for new subjects.
    fn new_subject_ids(&mut self, count: usize) -> Result<Vec<i64>>;
    /// Subjects by kind and key, `None` for those not known.
    fn subjects(&mut self, market: i64, keys: &[(Kind, u64)], why: For) -> Result<Vec<Option<Subject>>>;
    /// Subjects by row number.
    fn subjects_by_id(&mut self, ids: &[i64], why: For) -> Result<Vec<Subject>>;
    /// A page of a marketplace's subjects in order of row number, after `after`, of one merchant where given.
    fn subjects_after(&mut self, market: i64, merchant: Option<i64>, after: i64, limit: usize, why: For) -> Result<Vec<Subject>>;
    /// A page of what is known of a merchant's subjects, in order of row number, after `after`.
    fn recorded_after(&mut self, merchant: i64, after: i64, limit: usize) -> Result<Vec<Recorded>>;
    /// Stores subjects: those in `new` for the first time.
    fn put_subjects(&mut self, new: &[&Subject], changed: &[&Subject]) -> Result<()>;
    /// Row numbers of merchants, made where they are not known.
    fn merchants(&mut self, market: i64, references: &[&str]) -> Result<Vec<i64>>;
    /// Takes over what registrations say.
    fn register(&mut self, market: i64, registrations: &[Registration<'_>]) -> Result<()>;
    /// Counts orders of merchants: (merchant, how many more, earliest moment).
    fn count_orders(&mut self, orders: &[(i64, i64, Instant)]) -> Result<()>;
    /// Looks up anew when merchants' first orders were placed, for those that an order has left.
    fn find_first_orders(&mut self, merchants: &[i64]) -> Result<()>;
    /// This lane's buckets.
    fn buckets(&mut self, keys: &[TallyKey]) -> Result<Vec<Bucket>>;
    /// Stores this lane's buckets; empty ones disappear.
    fn put_buckets(&mut self, rows: &[(TallyKey, Bucket)]) -> Result<()>;
    /// Drops and adds kept marks.
    fn evidence(&mut self, drop: &[Evidence], add: &[Evidence]) -> Result<()>;
    /// First places with their orders, for each front in order. Inside a transaction nobody else may change places of these
    /// merchants until it ends.
    fn fronts(&mut self, fronts: &[Front]) -> Result<Vec<Vec<(Place, i64)>>>;
    /// Drops and adds places.
    fn repeats(&mut self, drop: &[Repeat], add: &[Repeat]) -> Result<()>;
    /// Drops and adds moments to ask again: (moment, subject).
    fn revisits(&mut self, market: i64, drop: &[(Instant, i64)], add: &[(Instant, i64)]) -> Result<()>;
    /// Notes that merchants, each named once, must be evaluated.
    fn mark_dirty(&mut self, market: i64, merchants: &[i64], stamp: i64) -> Result<()>;
    /// Notes that every merchant must be evaluated.
    fn all_dirty(&mut self, market: i64, stamp: i64) -> Result<()>;
    /// Stores a marketplace's set-up anew, all but the time of its latest event.
    fn put_setup(&mut self, row: &MarketRow) -> Result<()>;
    /// Moves the time of a marketplace's latest event forward.
    fn advance(&mut self, market: i64, to: Instant) -> Result<()>;
    /// Has writers in other lanes wait, until this transaction ends, where they would hold the same. What is read after it is as
    /// they left it. SQLite has one writer.
    fn hold(&mut self, what: Hold<'_>) -> Result<()>;
    /// Stores verdicts and what follows from them.
    fn judge(&mut self, judgements: &[Judgement]) -> Result<()>;
    /// Counts faults and clears those that are over: (generation, merchant, subject). Answers the merchants of whom one of a subject was
    /// there to be cleared.
    fn faults(&mut self, add: &[FaultRow], clear: &[(i64, i64, i64)]) -> Result<Vec<i64>>;

    /// Subjects that asked to be asked again by now.
    fn revisits_due(&mut self, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>>;
    /// Numbers of the dockets that there are of a marketplace: what PostgreSQL's transactions have noted of many merchants in one row.
    fn dockets(&mut self, market: i64) -> Result<Vec<i64>>;
    /// Notes of each merchant what dockets have noted of many, but for those that a merchant, by its row number, is known to have been
    /// evaluated under. Only then [`Session::due`] tells of them.
    fn gather(&mut self, market: i64, evaluated: &HashMap<i64, Arc<[i64]>>) -> Result<()>;
    /// Merchants that must be evaluated by now, those first whose facts have changed.
    fn due(&mut self, market: i64, now: Instant, limit: usize) -> Result<Vec<i64>>;
    /// Merchants' states, in the order asked for. Whoever evaluates reads them before the sums: a change that comes in between is
    /// then seen and stays due, and never the other way round.
    fn states(&mut self, merchants: &[i64]) -> Result<Vec<MerchantState>>;
    /// All buckets of merchants between two buckets, both included: (merchant, listing, bucket number, sums), lanes apart.
    fn books(&mut self, generation: i64, merchants: &[i64], from: i32, to: i32) -> Result<Vec<(i64, u64, i32, Bucket)>>;
    /// Every bucket of a generation: (bucket number, merchant, listing, sums), lanes apart.
    fn all_books(&mut self, generation: i64) -> Result<Vec<(i32, i64, u64, Bucket)>>;
    /// The earliest bucket of a generation.
    fn first_bucket(&mut self, generation: i64) -> Result<Option<i32>>;
    /// Counted marks of counters from a moment on: (merchant, mark).
    fn buyer_marks(
        &mut self,
        generation: i64,
        merchants: &[i64],
        counters: &[u16],
        from: Instant,
    ) -> Result<Vec<(i64, BuyerMark)>>;
    /// Inputs and outputs of verdicts, in the order asked for, `None` where there is none.
    fn verdicts(&mut self, ids: &[Option<Uuid>]) -> Result<Vec<Option<Told>>>;
    /// Raw events of a segment.
    fn segment(&mut self, id: i64) -> Result<Option<Vec<u8>>>;
    /// Numbers of a marketplace's segments after `after`, oldest first.
    fn segments_after(&mut self, market: i64, after: i64, limit: usize) -> Result<Vec<i64>>;
    /// Kept marks of one merchant and counter, newest first, with a mark's (at, subject, ordinal) before which to go on.
    fn evidence_page(&mut self, query: &EvidenceQuery) -> Result<Vec<Evidence>>;

    /// Runs a rare statement that both databases understand, with its values as `?1`, `?2` and so on; answers how many rows it
    /// changed. For repositories of the store.
    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<usize>;
    /// The rows that such a statement answers.
    fn ask(&mut self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Cells>>;

    /// Whether messages were put into the outbox since this was last taken: whoever commits tells those who wait for them.
    fn outgoing(&mut self) -> &mut bool;
}

/// Which kept marks.
#[derive(Debug, Clone, Copy)]
pub struct EvidenceQuery {
    /// Generation.
    pub generation: i64,
    /// Merchant.
    pub merchant: i64,
    /// Counter.
    pub counter: u16,
    /// From this moment.
    pub from: Instant,
    /// Before this moment.
    pub until: Instant,
    /// Before this one.
    pub before: Option<(Instant, i64, u16)>,
    /// At most so many.
    pub limit: usize,
}
