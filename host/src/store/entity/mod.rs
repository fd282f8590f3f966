//! Rows as sea-orm sees them; nothing outside `store` knows them.
#![expect(unreachable_pub, reason = "the derives want their types public; the modules are not")]

pub(super) mod backtest;
pub(super) mod component;
pub(super) mod fault;
pub(super) mod generation;
pub(super) mod idempotency;
pub(super) mod ledger;
pub(super) mod marketplace;
pub(super) mod merchant;
pub(super) mod meta;
pub(super) mod notice;
pub(super) mod shadow;
pub(super) mod subject;
pub(super) mod verdict;
