//! STAND-IN until the branch is joined.
use super::session::{Result, Session};
use andon_domain::ids::Instant;
pub struct NewEntry<'a> {
    pub at: Instant,
    pub actor: &'a str,
    pub kind: &'a str,
    pub merchant: Option<i64>,
    pub about: &'a str,
    pub reason: &'a str,
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
}
pub(crate) fn append(_: &mut dyn Session, _: i64, _: &[NewEntry<'_>]) -> Result<()> {
    Ok(())
}
