//! Ledgers: appended to in the transaction of what they tell of, read in pages, proved by the subtrees that are kept.

use std::collections::HashMap;
use std::sync::Arc;

use andon_domain::ids::Instant;
use andon_domain::ledger::{Chain, Hash, Place, Record, Said, Salt, Sealed, Tree, actor_digest, joined, leaf, parts, siblings};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::entity::ledger::{Column, Entity, Model};
use super::session::{Hold, Result, Session, Value};
use super::statement::{MOST_VALUES, insert, places};
use super::{Store, StoreError};
use crate::keys::Keys;

/// What happened, to be entered.
#[derive(Debug, Clone, Copy)]
pub struct NewEntry<'a> {
    /// When, by the host's clock.
    pub at: Instant,
    /// Who: a token's `sub`, `rules:<name>@<version>` for what rules decided by themselves, `andon` for what time brought about.
    /// Nobody who is bound to a merchant is shown it.
    pub actor: &'a str,
    /// What: words with hyphens, a thing and after a dot what became of it, such as `feedback.struck`.
    pub kind: &'a str,
    /// Row number of the merchant it is about, where it is about one: who then sees the whole entry, but for the actor.
    pub merchant: Option<i64>,
    /// What it is about: a reference, code or number that `kind` gives the meaning of.
    pub about: &'a str,
    /// Why; empty where nobody said so.
    pub reason: &'a str,
    /// What was before, JSON.
    pub before: Option<&'a str>,
    /// What is now, JSON.
    pub after: Option<&'a str>,
}

/// How far a ledger has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Entries.
    pub size: u64,
    /// Hash of the newest; zeros where there is none.
    pub hash: Hash,
    /// Root of the tree over all of them.
    pub root: Hash,
}

/// Which entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of one kind.
    pub kind: Option<String>,
    /// About one merchant.
    pub merchant: Option<String>,
    /// About one thing.
    pub about: Option<String>,
}

/// Sets the salts of actors apart from other uses of the secret.
const ACTORS: &str = "ledger actors";

/// Adds entries to a marketplace's ledger, inside the transaction of whatever they tell of. Any number, in a few statements.
pub fn append(session: &mut dyn Session, market: i64, entries: &[NewEntry<'_>]) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    // Writers in other lanes wait for this transaction's end here, rather than clash with it over the next place.
    session.hold(Hold::Desk(market))?;
    let (code, keys, mut chain) = end(session, market)?;
    let merchants = references(session, entries)?;
    let (mut links, mut completed) = (Vec::with_capacity(entries.len()), Vec::new());
    for entry in entries {
        let NewEntry { at, actor, kind, merchant, about, reason, before, after } = *entry;
        let salt = keys.salt(ACTORS, &code, chain.tree().size());
        let merchant = merchant.map(|id| merchants.get(&id).ok_or_else(|| StoreError::absent("merchants", id))).transpose()?;
        let merchant = merchant.map(String::as_str);
        let said = Said { at, actor: actor_digest(&salt, actor), kind, merchant, about, reason, before, after };
        links.push(Link { entry, salt, merchant, sealed: chain.seal(&said, &mut completed) });
    }
    let rows: Vec<_> = links.iter().map(|link| link.row(market)).collect();
    insert(session, &format!("insert into ledger ({COLUMNS})"), &rows)?;
    let number = |n: i64| Value::from(n);
    let nodes: Vec<_> = completed
        .iter()
        .map(|(at, hash)| [number(market), number(at.level.into()), number(at.index as i64), Value::Bytes(hash)])
        .collect();
    insert(session, "insert into ledger_nodes (marketplace, level, place, hash)", &nodes)
}

const COLUMNS: &str = "marketplace, seq, at, actor, salt, kind, merchant, about, reason, before, after, previous, hash";

/// An entry with what makes it a link.
struct Link<'a> {
    entry: &'a NewEntry<'a>,
    salt: Salt,
    merchant: Option<&'a str>,
    sealed: Sealed,
}

impl Link<'_> {
    /// Its [`COLUMNS`].
    fn row(&self, market: i64) -> [Value<'_>; 13] {
        let NewEntry { at, actor, kind, merchant: _, about, reason, before, after } = *self.entry;
        let Sealed { seq, previous, hash } = &self.sealed;
        let [actor, kind, about, reason] = [actor, kind, about, reason].map(Value::from);
        let [merchant, before, after] = [self.merchant, before, after].map(Value::Text);
        let [salt, previous, hash] = [&self.salt[..], previous, hash].map(Value::Bytes);
        [
            market.into(),
            (*seq as i64).into(),
            at.into(),
            actor,
            salt,
            kind,
            merchant,
            about,
            reason,
            before,
            after,
            previous,
            hash,
        ]
    }
}

/// A marketplace's code, the database's keys, and where its ledger ends.
fn end(session: &mut dyn Session, market: i64) -> Result<(String, Keys, Chain)> {
    let sql = "select m.code, s.value, l.seq, l.hash from marketplaces m join meta s on s.name = 'secret'
        left join ledger l on l.marketplace = m.id and l.seq = (select max(seq) from ledger where marketplace = ?1)
        where m.id = ?1";
    let rows = session.ask(sql, &[market.into()])?;
    let row = rows.first().ok_or_else(|| StoreError::absent("marketplaces", market))?;
    let secret = row.bytes(1).and_then(|bytes| bytes.try_into().ok());
    let (code, keys) =
        (row.text(0).unwrap_or_default(), Keys::new(secret.ok_or_else(|| StoreError::undecodable("meta", "secret"))?));
    let Some(seq) = row.int(2) else { return Ok((code.to_owned(), keys, Chain::new(code))) };
    let broken = || StoreError::undecodable("ledger", seq);
    let last = row.bytes(3).and_then(|bytes| bytes.try_into().ok()).ok_or_else(broken)?;
    let size = seq as u64 + 1;
    let tree = Tree::restored(size, kept(session, market, &parts(0, size))?).ok_or_else(broken)?;
    Ok((code.to_owned(), keys, Chain::resumed(code, last, tree)))
}

/// Hashes of complete subtrees that must be there, in the order asked for. Leaves are those of the entries themselves.
fn kept(session: &mut dyn Session, market: i64, asked: &[Place]) -> Result<Vec<Hash>> {
    let (leaves, above): (Vec<Place>, Vec<Place>) = asked.iter().partition(|place| place.level == 0);
    let mut known = HashMap::with_capacity(asked.len());
    let tables =
        [("ledger", "n.seq = w.column2", leaves), ("ledger_nodes", "n.level = w.column1 and n.place = w.column2", above)];
    for (table, on, wanted) in tables {
        if wanted.is_empty() {
            continue;
        }
        // SQLite goes through the left side of a cross join first, and so looks up each of these alone.
        let (these, market_at) = (places(wanted.len(), 2), 2 * wanted.len() + 1);
        let sql = format!(
            "select w.column1, w.column2, n.hash from (values {these}) w cross join {table} n
                where n.marketplace = ?{market_at} and {on}"
        );
        let pairs = wanted.iter().flat_map(|p| [i64::from(p.level).into(), (p.index as i64).into()]);
        let values: Vec<Value<'_>> = pairs.chain(std::iter::once(market.into())).collect();
        for row in session.ask(&sql, &values)? {
            let (Some(level), Some(index)) = (row.int(0), row.int(1)) else { continue };
            let Some(hash) = row.bytes(2).and_then(|bytes| Hash::try_from(bytes).ok()) else { continue };
            let hash = if level == 0 { leaf(&hash) } else { hash };
            known.insert(Place { level: level as u8, index: index as u64 }, hash);
        }
    }
    let missing = |p: &Place| StoreError::absent("ledger_nodes", format!("{}/{}", p.level, p.index));
    asked.iter().map(|place| known.get(place).copied().ok_or_else(|| missing(place))).collect()
}

/// References of the merchants that entries are about.
fn references(session: &mut dyn Session, entries: &[NewEntry<'_>]) -> Result<HashMap<i64, String>> {
    let mut ids: Vec<i64> = entries.iter().filter_map(|e| e.merchant).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut known = HashMap::with_capacity(ids.len());
    for part in ids.chunks(MOST_VALUES) {
        let values: Vec<Value<'_>> = part.iter().map(|id| Value::from(*id)).collect();
        let rows = session.ask(&format!("select id, ref from merchants where id in {}", places(1, part.len())), &values)?;
        known.extend(rows.iter().filter_map(|row| Some((row.int(0)?, row.text(1)?.to_owned()))));
    }
    Ok(known)
}

impl Store {
    /// How far a marketplace's ledger has come.
    pub async fn ledger_head(self: &Arc<Self>, market: i64) -> Result<Head> {
        let (_, _, chain) = self.read(move |session| end(session, market)).await?;
        Ok(Head { size: chain.tree().size(), hash: chain.last(), root: chain.tree().root() })
    }

    /// The path from an entry to the root over the first `size` entries, and that root. `seq` is below `size`, and so many entries
    /// there are.
    pub async fn ledger_path(self: &Arc<Self>, market: i64, seq: u64, size: u64) -> Result<(Vec<Hash>, Hash)> {
        let mut ranges: Vec<Vec<Place>> = siblings(seq, size).into_iter().map(|(from, to)| parts(from, to)).collect();
        ranges.push(parts(0, size));
        let places = ranges.concat();
        let hashes = self.read(move |session| kept(session, market, &places)).await?;
        let mut rest = &hashes[..];
        let mut range = |parts: &Vec<Place>| {
            let (these, after) = rest.split_at(parts.len());
            rest = after;
            joined(these).ok_or_else(|| StoreError::absent("ledger", seq))
        };
        let mut path: Vec<Hash> = ranges.iter().map(&mut range).collect::<Result<_>>()?;
        let root = path.pop().ok_or_else(|| StoreError::absent("ledger", seq))?;
        Ok((path, root))
    }

    /// The complete subtrees that the entries from place `from` up to `to` completed, as they are kept.
    pub async fn ledger_nodes(self: &Arc<Self>, market: i64, from: u64, to: u64) -> Result<HashMap<Place, Hash>> {
        let sql = "select place, hash from ledger_nodes where marketplace = ?1 and level = ?2 and place >= ?3 and place < ?4";
        self.read(move |session| {
            let mut found = HashMap::new();
            for level in (1..64u8).take_while(|level| to >> level > 0) {
                let range = [i64::from(level), (from >> level) as i64, (to >> level) as i64].map(Value::from);
                for row in session.ask(sql, &[&[market.into()], &range[..]].concat())? {
                    let hash = row.bytes(1).and_then(|bytes| Hash::try_from(bytes).ok());
                    found.extend(row.int(0).zip(hash).map(|(index, hash)| (Place { level, index: index as u64 }, hash)));
                }
            }
            Ok(found)
        })
        .await
    }

    /// How many entries and how many subtrees are kept of a ledger.
    pub async fn ledger_counts(self: &Arc<Self>, market: i64) -> Result<(u64, u64)> {
        let sql = "select (select count(*) from ledger where marketplace = ?1), (select count(*) from ledger_nodes where marketplace = ?1)";
        let rows = self.read(move |session| session.ask(sql, &[market.into()])).await?;
        let count = |column| rows.first().and_then(|row| row.int(column)).unwrap_or(0) as u64;
        Ok((count(0), count(1)))
    }

    /// An entry.
    pub async fn ledger_entry(&self, market: i64, seq: u64) -> Result<Option<Record>> {
        // No ledger is longer than the numbers of the database.
        let Ok(seq) = i64::try_from(seq) else { return Ok(None) };
        Entity::find_by_id((market, seq)).one(self.db()).await?.map(record).transpose()
    }

    /// A page of entries, newest first, those before place `before` where given.
    pub async fn ledger(&self, market: i64, wanted: &Wanted, before: Option<u64>, limit: u64) -> Result<Vec<Record>> {
        let mut query = Entity::find().filter(Column::Marketplace.eq(market));
        let Wanted { kind, merchant, about } = wanted;
        for (column, value) in [(Column::Kind, kind), (Column::Merchant, merchant), (Column::About, about)] {
            if let Some(value) = value {
                query = query.filter(column.eq(value));
            }
        }
        if let Some(seq) = before {
            query = query.filter(Column::Seq.lt(seq as i64));
        }
        query.order_by_desc(Column::Seq).limit(limit).all(self.db()).await?.into_iter().map(record).collect()
    }

    /// A page of entries from place `from` on, oldest first.
    pub async fn ledger_from(&self, market: i64, from: u64, limit: u64) -> Result<Vec<Record>> {
        let query = Entity::find().filter(Column::Marketplace.eq(market)).filter(Column::Seq.gte(from as i64));
        query.order_by_asc(Column::Seq).limit(limit).all(self.db()).await?.into_iter().map(record).collect()
    }
}

fn record(row: Model) -> Result<Record> {
    let broken = |_: Vec<u8>| StoreError::undecodable("ledger", row.seq);
    Ok(Record {
        seq: row.seq as u64,
        at: row.at,
        actor: row.actor,
        salt: row.salt.try_into().map_err(broken)?,
        kind: row.kind,
        merchant: row.merchant,
        about: row.about,
        reason: row.reason,
        before: row.before,
        after: row.after,
        previous: row.previous.try_into().map_err(broken)?,
        hash: row.hash.try_into().map_err(broken)?,
    })
}
