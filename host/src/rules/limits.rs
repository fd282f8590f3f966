//! What a plugin may use, in one place: every limit of size, memory and time, and how a call's budget grows with its batch.

use std::time::Duration;

/// Limits on plugins. The defaults follow what storefront and edge platforms allow their guests.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Largest component accepted, in bytes. Rules in Rust are a hundredth of it; but a JavaScript engine alone takes 1.7 MB, and
    /// 2 MiB would leave it and the rules it runs little to grow by.
    pub component_bytes: usize,
    /// Linear memory of an instance, in bytes; a multiple of 64 KiB.
    pub memory_bytes: usize,
    /// Elements of each table.
    pub table_elements: usize,
    /// Stack of a guest, in bytes. Threads that call guests need 1 MiB more than this.
    pub stack_bytes: usize,
    /// Fuel of a call: a base and a share for each item. A wasm instruction costs about one.
    pub fuel: u64,
    /// See `fuel`.
    pub fuel_per_item: u64,
    /// Wall clock of a call: a base and a share for each item. Fuel runs out long before; this is for what fuel does not see.
    /// It is generous because a crowded machine may leave any thread without a core for a while: at 50 ms, sound rules were cut
    /// off on two cores that six threads fought over.
    pub wall: Duration,
    /// See `wall`.
    pub wall_per_item: Duration,
    /// How often the wall clock is looked at; a call may overrun by one tick.
    pub tick: Duration,
    /// Largest answer of a call as the host holds it, in bytes: a base and a share for each item.
    pub answer_bytes: usize,
    /// See `answer_bytes`.
    pub answer_bytes_per_item: usize,
    /// Items of one call; larger inputs are split. Beyond this a call is no faster, and what it works on no longer fits the
    /// processor's cache.
    pub batch: usize,
    /// Items that one instance answers, all of one question; the pages it touches are new to it only once.
    pub instance_items: usize,
    /// Instances alive at once; further callers wait for one to end.
    pub instances: u32,
    /// What large plugins get instead.
    pub large: Large,
}

/// A plugin that brings a language's engine along works through an interpreter: a hundred times the instructions for the same
/// rules. It is told by its size, which is known before anything of it runs; memory it needs hardly more than others.
#[derive(Debug, Clone)]
pub struct Large {
    /// A component of more bytes than this is large.
    pub above_bytes: usize,
    /// Fuel of a call, as [`Limits::fuel`].
    pub fuel: u64,
    /// See `fuel`.
    pub fuel_per_item: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            component_bytes: 4 << 20,
            memory_bytes: 16 << 20,
            table_elements: 10_000,
            stack_bytes: 512 << 10,
            fuel: 10_000_000,
            fuel_per_item: 50_000,
            wall: Duration::from_secs(1),
            wall_per_item: Duration::from_millis(2),
            tick: Duration::from_millis(5),
            answer_bytes: 1 << 20,
            answer_bytes_per_item: 4 << 10,
            batch: 64,
            instance_items: 4_096,
            instances: 32,
            large: Large { above_bytes: 1 << 20, fuel: 50_000_000, fuel_per_item: 1_000_000 },
        }
    }
}

/// What one call may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    pub(super) fuel: u64,
    pub(super) ticks: u64,
    pub(super) answer_bytes: usize,
}

impl Limits {
    /// The limits of a component of so many bytes.
    #[must_use]
    pub fn of(&self, component_bytes: usize) -> Self {
        let (fuel, fuel_per_item) = match component_bytes > self.large.above_bytes {
            true => (self.large.fuel, self.large.fuel_per_item),
            false => (self.fuel, self.fuel_per_item),
        };
        Self { fuel, fuel_per_item, ..self.clone() }
    }

    /// The budget of a call over `items` items.
    pub(super) fn budget(&self, items: usize) -> Budget {
        let shares = u32::try_from(items).unwrap_or(u32::MAX);
        let wall = self.wall.saturating_add(self.wall_per_item.saturating_mul(shares));
        let ticks = wall.as_nanos().div_ceil(self.tick.as_nanos().max(1));
        Budget {
            fuel: self.fuel.saturating_add(self.fuel_per_item.saturating_mul(u64::from(shares))),
            // The tick under way when a call begins is of unknown length, so one is added.
            ticks: u64::try_from(ticks).unwrap_or(u64::MAX / 2).saturating_add(1).min(u64::MAX / 2),
            answer_bytes: self.answer_bytes.saturating_add(self.answer_bytes_per_item.saturating_mul(items)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_above_a_megabyte_gets_more_fuel_and_nothing_else() {
        let limits = Limits::default();
        let [small, large] = [1 << 20, (1 << 20) + 1].map(|bytes| limits.of(bytes).budget(64));
        assert_eq!(small, limits.budget(64));
        assert_eq!((large.fuel, large.ticks, large.answer_bytes), (114_000_000, small.ticks, small.answer_bytes));
    }

    #[test]
    fn budgets_grow_with_the_batch_and_never_overflow() {
        let limits = Limits::default();
        assert_eq!(limits.budget(0), Budget { fuel: 10_000_000, ticks: 201, answer_bytes: 1 << 20 });
        assert_eq!(limits.budget(512), Budget { fuel: 35_600_000, ticks: 406, answer_bytes: 3 << 20 });
        let endless = limits.budget(usize::MAX);
        assert!(endless.fuel > 0 && endless.ticks <= u64::MAX / 2);
    }
}
