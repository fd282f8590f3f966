//! What the host is put together with, apart from its database and clock: how rules are compiled, kept, limited and watched, and
//! how messages leave.

use std::path::PathBuf;
use std::time::Duration;

use crate::backtest::Bounds;
use crate::config::Config;
use crate::outbound::{Outward, Reach};
use crate::rules::compile::{CompileLimits, Compiler};
use crate::rules::{BreakerPolicy, Large, Limits, Protection};

/// How rules are treated, and messages.
#[derive(Debug, Clone)]
pub struct Options {
    /// What a plugin may use.
    pub limits: Limits,
    /// How everybody is protected from a plugin.
    pub protection: Protection,
    /// Who compiles.
    pub compiler: Compiler,
    /// Where machine code is kept; without a place it is made anew at each start.
    pub cache: Option<PathBuf>,
    /// How much a backtest may take.
    pub backtest: Bounds,
    /// How messages leave.
    pub outward: Outward,
    /// Connections that take in events at once, 1 to 7; SQLite has one writer.
    pub lanes: u16,
}

impl Default for Options {
    /// For tools that run nothing but their own rules: compiled in this process, kept nowhere.
    fn default() -> Self {
        let compiler = Compiler::here(CompileLimits::default());
        let (limits, protection) = (Limits::default(), Protection::default());
        let (backtest, outward) = (Bounds::default(), Outward::default());
        Self { limits, protection, compiler, cache: None, backtest, outward, lanes: 2 }
    }
}

impl Options {
    /// As `config` says: compiled in a child of this program, which must be `andon`, and kept in the home.
    pub fn of(config: &Config) -> std::io::Result<Self> {
        let millis = Duration::from_millis;
        let limits = Limits {
            component_bytes: config.plugin_bytes,
            memory_bytes: config.plugin_memory_bytes,
            table_elements: config.plugin_table_elements,
            stack_bytes: config.plugin_stack_bytes,
            fuel: config.plugin_fuel,
            fuel_per_item: config.plugin_fuel_per_item,
            wall: millis(config.plugin_wall_ms),
            wall_per_item: millis(config.plugin_wall_ms_per_item),
            tick: millis(config.plugin_tick_ms),
            answer_bytes: config.plugin_answer_bytes,
            answer_bytes_per_item: config.plugin_answer_bytes_per_item,
            instances: config.plugin_instances,
            large: Large {
                above_bytes: config.plugin_large_above_bytes,
                fuel: config.plugin_large_fuel,
                fuel_per_item: config.plugin_large_fuel_per_item,
            },
            ..Limits::default()
        };
        let breaker = BreakerPolicy {
            failures: config.breaker_failures,
            window: config.breaker_window,
            rest: config.breaker_rest_ms as i64,
            longest_rest: config.breaker_longest_rest_ms as i64,
            rests: config.breaker_rests,
        };
        let protection = Protection {
            breaker,
            transaction_fuel: config.plugin_transaction_fuel,
            plays: config.plugin_plays,
            replay_one_in: config.replay_one_in,
        };
        let compile = CompileLimits {
            processor: Duration::from_secs(config.compile_seconds),
            wall: Duration::from_secs(config.compile_wall_seconds),
            memory_bytes: config.compile_memory_bytes,
            ..CompileLimits::default()
        };
        let outward = Outward {
            reach: if config.webhook_private { Reach::Private } else { Reach::Public },
            limit: Duration::from_secs(config.webhook_seconds),
            keep: Duration::from_secs(config.message_days.saturating_mul(86_400)),
            ..Outward::default()
        };
        let backtest = Bounds { facts: config.backtest_facts, time: Duration::from_secs(config.backtest_seconds) };
        let (compiler, cache, lanes) = (Compiler::own(compile)?, Some(config.home.join("compiled")), config.lanes);
        Ok(Self { limits, protection, compiler, cache, backtest, outward, lanes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_left_alone_are_the_defaults() {
        let (options, default) = (Options::of(&Config::default()).unwrap(), Options::default());
        assert_eq!(format!("{:?}", options.limits), format!("{:?}", default.limits));
        assert_eq!((options.protection, options.compiler.limits()), (default.protection, default.compiler.limits()));
        assert_eq!(format!("{:?}", options.outward), format!("{:?}", default.outward));
        assert_eq!((options.lanes, options.backtest), (default.lanes, default.backtest));
    }
}
