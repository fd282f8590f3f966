//! Everything that a marketplace's events came to under the rules in force, with names in place of row numbers, so that two hosts can be compared.

use andon::store::session::For;
use std::collections::BTreeMap;

use andon_domain::fact::Fact;
use andon_domain::ids::{Instant, Named};
use andon_domain::mark::Mark;
use andon_domain::reading::Reading;
use andon_domain::tally::Bucket;
use andon_domain::verdict::{Snapshot, Verdict};
use sea_orm::{ConnectionTrait, Statement};

use crate::app::TestApp;

/// Facts, tallies, evidence and verdicts of a marketplace.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Picture {
    /// By kind and reference.
    pub subjects: BTreeMap<(String, String), Standing>,
    /// By bucket, merchant (empty for the whole marketplace) and listing.
    pub tallies: BTreeMap<(i32, String, u64), Bucket>,
    /// Kept marks: merchant, subject, and the rest of the row.
    pub evidence: Vec<(String, String, Vec<i64>)>,
    /// By merchant.
    pub merchants: BTreeMap<String, Judged>,
}

/// What a subject came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Whose it is.
    pub merchant: Option<String>,
    /// When it began.
    pub began: Option<Instant>,
    /// What it folds to.
    pub fact: Option<Fact>,
    /// What that counts for.
    pub marks: Vec<Vec<Mark>>,
    /// When to ask again.
    pub revisit: Option<Instant>,
}

/// How a merchant is judged. What depends on the way there, the moments of past verdicts and what peers were then, is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// How many orders, and when the first was placed.
    pub orders: (i64, Option<i64>),
    /// One for each metric.
    pub readings: Vec<Reading>,
    /// What the rules concluded.
    pub verdict: Option<Verdict>,
}

impl Picture {
    /// Takes it.
    pub async fn of(test: &TestApp) -> Self {
        let names = names(test).await;
        let (market, store) = (test.market(), &test.app.store);
        let (id, generation) = (market.id, market.generation.as_ref().map_or(0, |g| g.id));
        let subjects =
            store.read(move |session| session.subjects_after(id, None, 0, usize::MAX >> 1, For::Reading)).await.unwrap();
        let books = store.read(move |session| session.all_books(generation)).await.unwrap();
        let name = |merchant: i64| names.get(&merchant).cloned().unwrap_or_default();
        let mut picture = Self::default();
        let mut references = BTreeMap::new();
        for s in subjects {
            let named = Named { key: s.key, name: s.reference.as_str().into() };
            let standing = Standing {
                merchant: s.merchant.map(name),
                began: s.began,
                fact: s.history.fact(&named, Instant::MAX),
                marks: s
                    .marks
                    .into_iter()
                    .filter(|m| m.generation == generation)
                    .map(|m| m.marks)
                    .filter(|m| !m.is_empty())
                    .collect(),
                revisit: s.revisit,
            };
            references.insert(s.id, format!("{:?} {}", s.kind, s.reference));
            picture.subjects.insert((format!("{:?}", s.kind), s.reference), standing);
        }
        for (bucket, merchant, listing, cells) in books {
            let sum = picture.tallies.entry((bucket, name(merchant), listing)).or_default();
            for (day, slot, amount) in cells.cells(bucket) {
                sum.add(day, slot, amount);
            }
        }
        picture.tallies.retain(|_, bucket| !bucket.is_empty());
        picture.evidence =
            evidence(test, generation).await.into_iter().map(|(m, s, row)| (name(m), references[&s].clone(), row)).collect();
        picture.evidence.sort();
        for (id, name) in &names {
            picture.merchants.insert(name.clone(), judged(test, *id).await);
        }
        picture
    }
}

async fn rows(test: &TestApp, sql: &str) -> Vec<sea_orm::QueryResult> {
    let db = test.app.store.db();
    db.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await.unwrap()
}

async fn names(test: &TestApp) -> BTreeMap<i64, String> {
    let rows = rows(test, "select id, ref from merchants").await;
    rows.iter().map(|r| (r.try_get("", "id").unwrap(), r.try_get("", "ref").unwrap())).collect()
}

async fn evidence(test: &TestApp, generation: i64) -> Vec<(i64, i64, Vec<i64>)> {
    let columns =
        ["counter", "at", "ordinal", "day", "amount", "coalesce(cause, -1)", "coalesce(excluded, -1)", "buyer", "listing"];
    let numbered: Vec<_> = columns.iter().enumerate().map(|(i, c)| format!("cast({c} as bigint) as c{i}")).collect();
    let sql = format!("select merchant, subject, {} from evidence where generation = {generation}", numbered.join(", "));
    let row = |r: &sea_orm::QueryResult| {
        let rest = (0..columns.len()).map(|i| r.try_get("", &format!("c{i}")).unwrap()).collect();
        (r.try_get("", "merchant").unwrap(), r.try_get("", "subject").unwrap(), rest)
    };
    rows(test, &sql).await.iter().map(row).collect()
}

async fn judged(test: &TestApp, merchant: i64) -> Judged {
    let orders = rows(test, &format!("select orders, first_order from merchants where id = {merchant}")).await;
    let orders = (orders[0].try_get("", "orders").unwrap(), orders[0].try_get("", "first_order").unwrap());
    let read = move |session: &mut dyn andon::store::Session| {
        let states = session.states(&[merchant])?;
        session.verdicts(&[states[0].verdict])
    };
    let stored = test.app.store.read(read).await.unwrap().remove(0);
    let Some((_, input, output)) = stored else { return Judged { orders, readings: Vec::new(), verdict: None } };
    let snapshot: Snapshot = postcard::from_bytes(&input).unwrap();
    let readings = snapshot.readings.into_iter().map(|r| Reading { peers: None, ..r }).collect();
    Judged { orders, readings, verdict: Some(postcard::from_bytes(&output).unwrap()) }
}
