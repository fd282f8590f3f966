//! What is unusual about what buyers say: low ratings far above what others give, low ratings together with money back, and low
//! ratings of one merchant within hours. A ranked list with its evidence for a person to look at; nothing follows from it by itself.
//!
//! Every comparison is exact: the chance that so much would come about if the buyer were as everybody else, in one binomial test.
//! Whoever is found by such a test among very many may have been found by chance, so what is least likely comes first, and few
//! ratings never tell anything.

use std::collections::BTreeMap;

use crate::fact::{ClaimState, FeedbackState, Order, ReturnOutcome, words};
use crate::ids::Instant;
use crate::stats::at_least;

/// Ratings up to this are low.
pub const LOW: u8 = 2;
/// Stars from which on a text's words gainsay a low rating.
const HIGH: u8 = 4;
/// Fewer of a buyer's orders tell nothing.
const LEAST: u32 = 3;
/// Fewer low ratings tell nothing of a share or of a burst.
const LEAST_LOW: u32 = 5;
/// Ratings of one merchant this close belong to one burst, milliseconds: six hours.
const BURST: Instant = 6 * 3_600_000;
/// What is at least this likely is not unusual.
const CHANCE: f64 = 0.001;

words!(/** What is unusual. */ Oddity {
    LowShare = "low-share", MoneyBack = "low-with-money-back", Gainsaid = "text-against-stars", Burst = "burst",
});

/// Reads stars off the words of a comment. None is part of this: whoever has a model for a language says with it what a comment
/// would give, 1 to 5, or nothing where its words do not tell.
pub trait ReadsText {
    /// The stars.
    fn stars(&self, comment: &str) -> Option<u8>;
}

/// One rating that counts, as far as comparing buyers needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rated {
    /// The buyer's key.
    pub buyer: u64,
    /// When it was left.
    pub at: Instant,
    /// The order's row.
    pub order: i64,
    /// The merchant's row.
    pub merchant: i64,
    /// At most [`LOW`] stars.
    pub low: bool,
    /// Low, and the buyer claimed, or was given money back, on the same order.
    pub money_back: bool,
    /// Low, and its words would give many stars.
    pub gainsaid: bool,
}

impl Rated {
    /// What an order's feedback says; `None` where there is none that counts.
    pub fn of(order: &Order, row: i64, merchant: i64, reads: Option<&dyn ReadsText>) -> Option<Self> {
        let feedback = order.feedback.as_ref().filter(|f| f.state == FeedbackState::Counted)?;
        let low = feedback.rating <= LOW;
        let claimed = order.claims.iter().any(|c| !matches!(c.state, ClaimState::Denied | ClaimState::Withdrawn));
        let refunded = order.returns.iter().any(|r| r.outcome == ReturnOutcome::Refunded);
        let says_many = || reads?.stars(&feedback.comment).filter(|stars| *stars >= HIGH);
        Some(Self {
            buyer: order.buyer.key,
            at: feedback.at,
            order: row,
            merchant,
            low,
            money_back: low && (claimed || refunded),
            gainsaid: low && says_many().is_some(),
        })
    }
}

/// Something unusual, with what it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Signal {
    /// What.
    pub oddity: Oddity,
    /// How many ratings of the kind.
    pub count: u32,
    /// Of how many: the buyer's, or in a burst the merchant's within its hours.
    pub of: u32,
    /// The share that is usual: everybody else's, or in a burst the merchant's own at other times; by the rule of succession, so that
    /// little to compare with tells little.
    pub usual: f64,
    /// How likely so many are by chance.
    pub chance: f64,
    /// The merchant of a burst, and its first and last moment.
    pub burst: Option<(i64, Instant, Instant)>,
    /// Rows of the orders, the buyer's own alone, oldest rating first.
    pub orders: Vec<i64>,
}

/// A buyer with something unusual.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// The buyer's key.
    pub buyer: u64,
    /// How many ratings that count.
    pub ratings: u32,
    /// How many of them are low.
    pub low: u32,
    /// The least likely first.
    pub signals: Vec<Signal>,
}

/// How many of how many.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    count: u32,
    of: u32,
}

impl Share {
    fn of(count: usize, of: usize) -> Self {
        Self { count: u32::try_from(count).unwrap_or(u32::MAX), of: u32::try_from(of).unwrap_or(u32::MAX) }
    }

    /// What remains of `all` is what is usual: (usual share, chance of this one under it).
    fn against(self, all: Self) -> (f64, f64) {
        let (others, of) = (all.count.saturating_sub(self.count), all.of.saturating_sub(self.of));
        let usual = (f64::from(others) + 1.0) / (f64::from(of) + 2.0);
        (usual, at_least(self.count, self.of, usual))
    }
}

/// Which ratings a kind of oddity is about.
type Which = fn(&Rated) -> bool;

/// Everybody with something unusual, the least likely first.
pub fn suspects(ratings: &[Rated]) -> Vec<Suspect> {
    let mut ratings = ratings.to_vec();
    ratings.sort_unstable();
    let mut bursts = bursts(&ratings);
    let all = |of: Which| Share::of(ratings.iter().filter(|r| of(r)).count(), ratings.len());
    let kinds: [(Oddity, u32, Which); 3] = [
        (Oddity::LowShare, LEAST_LOW, |r| r.low),
        (Oddity::MoneyBack, LEAST, |r| r.money_back),
        (Oddity::Gainsaid, LEAST, |r| r.gainsaid),
    ];
    let kinds = kinds.map(|(oddity, least, of)| (oddity, least, of, all(of)));
    let mut found: Vec<Suspect> = Vec::new();
    for own in ratings.chunk_by(|a, b| a.buyer == b.buyer) {
        let unusual = kinds.iter().filter_map(|(oddity, least, of, all)| {
            let orders: Vec<i64> = own.iter().filter(|r| of(r)).map(|r| r.order).collect();
            let share = Share::of(orders.len(), own.len());
            let (usual, chance) = share.against(*all);
            let signal = Signal { oddity: *oddity, count: share.count, of: share.of, usual, chance, burst: None, orders };
            (share.count >= *least && chance < CHANCE).then_some(signal)
        });
        let mut signals: Vec<Signal> = unusual.chain(bursts.remove(&own[0].buyer).into_iter().flatten()).collect();
        signals.sort_by(|a, b| a.chance.total_cmp(&b.chance).then(a.oddity.cmp(&b.oddity)));
        if !signals.is_empty() {
            let low = Share::of(own.iter().filter(|r| r.low).count(), own.len());
            found.push(Suspect { buyer: own[0].buyer, ratings: low.of, low: low.count, signals });
        }
    }
    found.sort_by(|a, b| a.signals[0].chance.total_cmp(&b.signals[0].chance).then(b.low.cmp(&a.low)).then(a.buyer.cmp(&b.buyer)));
    found
}

/// Low ratings of one merchant within hours, more than at other times: by buyer, each with their own part in it.
fn bursts(ratings: &[Rated]) -> BTreeMap<u64, Vec<Signal>> {
    let mut by_merchant: Vec<&Rated> = ratings.iter().collect();
    by_merchant.sort_unstable_by_key(|r| (r.merchant, r.at, r.order));
    let mut found: BTreeMap<u64, Vec<Signal>> = BTreeMap::new();
    for theirs in by_merchant.chunk_by(|a, b| a.merchant == b.merchant) {
        let all = Share::of(theirs.iter().filter(|r| r.low).count(), theirs.len());
        let mut next = 0;
        while let Some(first) = theirs[next..].iter().position(|r| r.low).map(|i| next + i) {
            let until = theirs[first].at.saturating_add(BURST);
            let within = &theirs[first..theirs.partition_point(|r| r.at <= until)];
            let low: Vec<&Rated> = within.iter().copied().filter(|r| r.low).collect();
            let share = Share::of(low.len(), within.len());
            let (usual, chance) = share.against(all);
            if share.count < LEAST_LOW || chance >= CHANCE {
                next = first + 1;
                continue;
            }
            next = first + within.len();
            let span = (theirs[first].merchant, theirs[first].at, low.last().map_or(until, |r| r.at));
            let mut by_buyer: BTreeMap<u64, Vec<i64>> = BTreeMap::new();
            for rating in low {
                by_buyer.entry(rating.buyer).or_default().push(rating.order);
            }
            for (buyer, orders) in by_buyer {
                let signal =
                    Signal { oddity: Oddity::Burst, count: share.count, of: share.of, usual, chance, burst: Some(span), orders };
                found.entry(buyer).or_default().push(signal);
            }
        }
    }
    found
}

#[cfg(test)]
#[path = "buyers/tests.rs"]
mod tests;
