//! Names of events that were remembered in this transaction and are not kept after all.

use std::collections::HashSet;

use super::session::{Result, Session};
use super::statement::{MOST_VALUES, Value, places};
use crate::keys::EventKey;

/// Forgets them, so that each is new when it comes again.
pub(crate) fn forget(session: &mut dyn Session, events: &HashSet<EventKey>) -> Result<()> {
    let events: Vec<Value<'_>> = events.iter().map(|event| Value::Bytes(event)).collect();
    for part in events.chunks(MOST_VALUES) {
        session.execute(&format!("delete from seen where event in {}", places(1, part.len())), part)?;
    }
    Ok(())
}
