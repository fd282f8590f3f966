//! `/v1/marketplaces/{m}/ledger`: everything that was decided and changed, each entry holding the hash of the one before it. A merchant
//! sees the entries about them, without who of the staff acted, and can check all of them nevertheless.

pub mod export;
pub mod head;
pub mod list;
pub mod proof;
pub mod show;

use andon_domain::ledger::{Record, actor_digest};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::{Member, See};
use super::problem::Problem;
use super::shapes::time;
use crate::app::App;
use crate::auth::Caller;

/// An entry. Its hash is over everything here but `actor`, `actor_salt` and itself, with the marketplace's code, as `host/LEDGER.md` of
/// the sources has it. Hashes are in hexadecimal digits.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    /// Its place in the ledger, from 0.
    seq: u64,
    /// When it was entered.
    at: String,
    /// Who acted; null for merchants.
    actor: Option<String>,
    /// Salt of the actor's digest; null for merchants.
    actor_salt: Option<String>,
    /// What the entry holds of its actor.
    actor_digest: String,
    /// What happened, such as `feedback.struck`.
    kind: String,
    /// The merchant it is about, where it is about one.
    merchant: Option<String>,
    /// What it is about: a reference, code or number that `kind` gives the meaning of.
    about: String,
    /// Why; empty where nobody said so.
    reason: String,
    /// What was before: JSON, as a text, because its very bytes are hashed.
    before: Option<String>,
    /// What is now, in the same way.
    after: Option<String>,
    /// Hash of the entry before it; zeros for the first.
    previous: String,
    /// Its own.
    hash: String,
}

impl Entry {
    fn of(record: Record, caller: &Caller) -> Self {
        let staff = caller.merchant().is_none();
        Self {
            seq: record.seq,
            at: time(record.at),
            actor_digest: hex::encode(actor_digest(&record.salt, &record.actor)),
            actor: staff.then_some(record.actor),
            actor_salt: staff.then(|| hex::encode(record.salt)),
            kind: record.kind,
            merchant: record.merchant,
            about: record.about,
            reason: record.reason,
            before: record.before,
            after: record.after,
            previous: hex::encode(record.previous),
            hash: hex::encode(record.hash),
        }
    }
}

/// Which entry, from the path.
#[derive(Debug, Deserialize)]
pub struct Numbered {
    seq: u64,
}

/// An entry that the caller may know of.
async fn find(app: &App, access: &Member<See>, seq: u64) -> Result<Record, Problem> {
    let record = app.store.ledger_entry(access.market.id, seq).await?.ok_or(Problem::NotFound)?;
    access.check(record.merchant.as_deref())?;
    Ok(record)
}
