//! What rules said a fact means: how much it counts, for what, when, and why. An order's row keeps the marks made last, so
//! that exactly they can be taken back.

use serde::{Deserialize, Serialize};

use crate::ids::Instant;

/// One thing a fact counts for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Mark {
    /// Index of the counter.
    pub counter: u16,
    /// When it counts, which decides the windows it falls in.
    pub at: Instant,
    /// How much.
    pub amount: i64,
    /// Index of the declared cause.
    pub cause: Option<u16>,
    /// Index of the declared exclusion that keeps it out of the sums.
    pub excluded: Option<u16>,
}

/// A subject's marks, and when time alone may change them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classified {
    /// In the plugin's order.
    pub marks: Vec<Mark>,
    /// Ask again then.
    pub revisit: Option<Instant>,
}
