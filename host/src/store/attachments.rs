//! What merchants attach to appeals: each file once for its merchant, by its digest.

use std::collections::BTreeSet;

use andon_domain::ids::Instant;

use super::StoreError;
use super::session::{Result, Session, Value};

/// A file as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its media type.
    pub media_type: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

/// Stores a file; says whether it was not there yet.
pub(crate) fn put(session: &mut dyn Session, merchant: i64, digest: &str, file: &Attachment, at: Instant) -> Result<bool> {
    let sql = "insert into attachments (merchant, digest, media_type, at, content) values (?1, ?2, ?3, ?4, ?5)
        on conflict (merchant, digest) do nothing";
    let values = [Value::from(merchant), digest.into(), file.media_type.as_str().into(), at.into(), Value::Bytes(&file.content)];
    Ok(session.execute(sql, &values)? > 0)
}

/// A merchant's file.
pub(crate) fn one(session: &mut dyn Session, merchant: i64, digest: &str) -> Result<Option<Attachment>> {
    let sql = "select media_type, content from attachments where merchant = ?1 and digest = ?2";
    let Some(row) = session.ask(sql, &[merchant.into(), digest.into()])?.pop() else { return Ok(None) };
    match (row.text(0), row.bytes(1)) {
        (Some(media_type), Some(content)) => {
            Ok(Some(Attachment { media_type: media_type.to_owned(), content: content.to_vec() }))
        }
        _ => Err(StoreError::undecodable("attachments", digest)),
    }
}

/// Whether a merchant has this file.
pub(crate) fn is_known(session: &mut dyn Session, merchant: i64, digest: &str) -> Result<bool> {
    let sql = "select 1 from attachments where merchant = ?1 and digest = ?2";
    Ok(!session.ask(sql, &[merchant.into(), digest.into()])?.is_empty())
}

/// Files that an appeal brings forward are kept from now on.
pub(crate) fn keep(session: &mut dyn Session, merchant: i64, digests: &BTreeSet<String>) -> Result<()> {
    for digest in digests {
        let sql = "update attachments set used = 1 where merchant = ?1 and digest = ?2";
        session.execute(sql, &[merchant.into(), digest.as_str().into()])?;
    }
    Ok(())
}

/// Drops a merchant's files that no appeal has brought forward and that came before a moment; says how many others wait.
pub(crate) fn tidy(session: &mut dyn Session, merchant: i64, before: Instant) -> Result<i64> {
    let unused = "from attachments where merchant = ?1 and used = 0";
    session.execute(&format!("delete {unused} and at < ?2"), &[merchant.into(), before.into()])?;
    let rows = session.ask(&format!("select count(*) {unused}"), &[merchant.into()])?;
    Ok(rows.first().and_then(|row| row.int(0)).unwrap_or(0))
}
