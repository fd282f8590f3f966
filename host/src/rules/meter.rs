//! What rules took so far, added up by whoever asks them on the host's behalf.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counts from when the rules were taken up.
#[derive(Debug, Default)]
pub struct Meter {
    items: AtomicU64,
    fuel: AtomicU64,
}

impl Meter {
    /// Adds questions about so many items, and the fuel they took.
    pub(crate) fn add(&self, items: u64, fuel: u64) {
        self.items.fetch_add(items, Ordering::Relaxed);
        self.fuel.fetch_add(fuel, Ordering::Relaxed);
    }

    /// Items and fuel.
    pub fn read(&self) -> (u64, u64) {
        (self.items.load(Ordering::Relaxed), self.fuel.load(Ordering::Relaxed))
    }
}
