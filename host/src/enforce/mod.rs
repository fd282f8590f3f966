//! What people do about enforcements: decide them, take them, end them, undo them, hold them back, appeal against them. Whether they
//! may is worked out in the transaction that does it, so that two people cannot both be right.

mod appeals;
mod attachments;
mod cord;
pub mod media;
mod open;
mod overrides;
mod review;
pub mod statement;

use std::sync::Arc;

use andon_domain::enforce::measure::is_person;

use crate::app::App;
pub use crate::pipeline::desk::Refusal;
use crate::pipeline::desk::{Answer, Desk};
use crate::pipeline::ingest::IngestError;
use crate::store::StoreError;
use crate::store::enforcements::Enforcement;
pub use appeals::{Filing, More, Speaker};
pub use attachments::{MAX_FILE, is_digest};
pub use cord::{Letting, Pulling};
pub use open::Taking;

/// Longest note, in bytes.
pub const MAX_NOTE: usize = 4_000;

/// Why a request about an enforcement was not done.
#[derive(Debug, thiserror::Error)]
pub enum EnforceError {
    /// It may not be.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The writer failed.
    #[error(transparent)]
    Write(#[from] IngestError),
}

impl App {
    /// Does something at a marketplace's desk, in a transaction of the writer's. What is refused has changed nothing.
    pub(crate) async fn at_desk<T: Send + 'static>(
        self: &Arc<Self>,
        market: &str,
        mut work: impl FnMut(&mut Desk<'_>) -> Answer<T> + Send + 'static,
    ) -> Result<T, EnforceError> {
        let (markets, clock, code) = (self.markets.clone(), self.clock.clone(), market.to_owned());
        let done = self.ingest.chore(move |session| {
            let Some(market) = markets.get(&code) else { return Ok(Err(Refusal::Unknown)) };
            let mut desk = Desk::of(session, &market, clock.as_ref())?;
            match work(&mut desk)? {
                Ok(done) => desk.finish().map(|()| Ok(done)),
                Err(refusal) => Ok(Err(refusal)),
            }
        });
        let done = done.await??;
        self.wake();
        Ok(done)
    }
}

/// Whether nobody had a hand in a decision.
pub(crate) fn is_automated(row: &Enforcement) -> bool {
    !is_person(row.decided_by())
}

/// A note that says something, and not too much.
pub(crate) fn note(field: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let why = match text.len() {
        0 => "must not be blank".to_owned(),
        1..=MAX_NOTE => return Ok(text.to_owned()),
        _ => format!("must be at most {MAX_NOTE} bytes"),
    };
    Err(Refusal::Field { field, why })
}
