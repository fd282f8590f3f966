//! STAND-IN until the branch is joined.
use super::session::{Result, Session};
use andon_domain::ids::Instant;
use uuid::Uuid;
pub struct Outgoing<'a> {
    pub id: Uuid,
    pub kind: &'a str,
    pub subject: &'a str,
    pub merchant: Option<i64>,
    pub at: Instant,
    pub data: &'a str,
    pub confirm: bool,
}
pub(crate) fn put(_: &mut dyn Session, _: i64, _: &[Outgoing<'_>]) -> Result<()> {
    Ok(())
}
