//! What an operator may set: how long a reopened shop is left in peace, and for how long a new failure is its last. The
//! thresholds themselves are the metrics' own, and overridden there.

use andon_sdk::facts::{DAY, Instant};
use andon_sdk::{Declaration, Given, Setting, words};

/// Handles to the settings.
#[derive(Debug)]
pub(crate) struct Codes {
    immunity_days: Setting<i64>,
    final_days: Setting<i64>,
}

impl Codes {
    pub(crate) fn declare(d: &mut Declaration) -> Self {
        Self {
            immunity_days: d.integer(
                "immunity-days",
                30,
                0..=365,
                words("Days after reopening in which nothing suspends a shop", "重新开店后的豁免天数"),
            ),
            final_days: d.integer(
                "final-days",
                365,
                0..=3650,
                words("Days after reopening in which another suspension is final", "重新开店后再次暂停即永久关店的天数"),
            ),
        }
    }

    pub(crate) fn read(&self, given: &Given) -> Settings {
        Settings { immunity: given.get(self.immunity_days) * DAY, last: given.get(self.final_days) * DAY }
    }
}

/// The settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Time after reopening in which nothing suspends.
    pub(crate) immunity: Instant,
    /// Time after reopening in which another suspension is final.
    pub(crate) last: Instant,
}
