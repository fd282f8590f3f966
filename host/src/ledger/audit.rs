//! A ledger held against itself, against a head that was published earlier, and against the state that it tells of. What is named is
//! the first entry that something is wrong with.

use std::str::FromStr;
use std::sync::Arc;

use andon_domain::ledger::{Chain, Hash};

use super::told::Told;
use crate::store::ledger::Head;
use crate::store::{Store, StoreError};

/// Entries read at a time.
const PAGE: u64 = 1_000;

/// How far a ledger had come when somebody made a note of it: `SIZE:ROOT`, the root in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Entries.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

impl FromStr for Published {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (size, root) = text.split_once(':').ok_or("must be SIZE:ROOT")?;
        let size = size.parse().map_err(|_| "SIZE must be a number of entries")?;
        let mut hash = [0; 32];
        hex::decode_to_slice(root, &mut hash).map_err(|_| "ROOT must be 64 hexadecimal digits")?;
        Ok(Self { size, root: hash })
    }
}

/// What a check of a ledger found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// How far the entries that are in order go.
    pub head: Head,
    /// What is wrong, the earliest entry first.
    pub problems: Vec<String>,
}

/// Reads a marketplace's whole ledger. Where its chain is broken, what comes after the break is not looked at.
pub async fn audit(store: &Arc<Store>, market: i64, code: &str, published: Option<Published>) -> Result<Audit, StoreError> {
    let (mut walk, mut told) = (Walk { chain: Chain::new(code), published, problem: None }, Told::default());
    while walk.problem.is_none() && walk.page(store, market, &mut told).await? {}
    let size = walk.chain.tree().size();
    let head = Head { size, hash: walk.chain.last(), root: walk.chain.tree().root() };
    let problems = match walk.problem {
        Some(problem) => vec![problem],
        None => match surplus(store, market, size).await? {
            Some(problem) => vec![problem],
            None => match published.filter(|head| head.size > size) {
                Some(head) => vec![format!("entry {size} is missing: the published head had {} entries", head.size)],
                None => told.against(store, market).await?,
            },
        },
    };
    Ok(Audit { head, problems })
}

struct Walk {
    chain: Chain,
    published: Option<Published>,
    problem: Option<String>,
}

impl Walk {
    /// The next page; says whether there was one.
    async fn page(&mut self, store: &Arc<Store>, market: i64, told: &mut Told) -> Result<bool, StoreError> {
        let from = self.chain.tree().size();
        self.look_at_head();
        let records = store.ledger_from(market, from, PAGE).await?;
        let mut completed = Vec::new();
        for record in &records {
            if let Err(broken) = self.chain.check(record, &mut completed) {
                self.problem = Some(broken.to_string());
                return Ok(true);
            }
            self.look_at_head();
            told.take(record);
        }
        let kept = store.ledger_nodes(market, from, self.chain.tree().size()).await?;
        for (place, hash) in completed {
            if kept.get(&place) != Some(&hash) && self.problem.is_none() {
                let last = ((place.index + 1) << place.level) - 1;
                self.problem = Some(format!("entry {last}: the subtree that it completes is not what is kept of it"));
            }
        }
        Ok(!records.is_empty())
    }

    fn look_at_head(&mut self) {
        let tree = self.chain.tree();
        if self.published.is_some_and(|head| head.size == tree.size() && head.root != tree.root()) && self.problem.is_none() {
            self.problem = Some(format!("the first {} entries are others than the published head stands for", tree.size()));
        }
    }
}

/// Rows that belong to no entry of a chain of `size`.
async fn surplus(store: &Arc<Store>, market: i64, size: u64) -> Result<Option<String>, StoreError> {
    let (entries, nodes) = store.ledger_counts(market).await?;
    // Every subtree but the peaks is half of another, so that there are as many as pairs.
    let pairs = size - u64::from(size.count_ones());
    Ok(match () {
        () if entries != size => Some(format!("entry {size}: {entries} entries are kept, of which {size} follow on each other")),
        () if nodes != pairs => Some(format!("entry {size}: {nodes} subtrees are kept where {size} entries complete {pairs}")),
        () => None,
    })
}
