//! What an operator may set: how far orders are limited, and whether the rules for cross-border sellers hold.

use andon_sdk::facts::{DAY, Instant};
use andon_sdk::{Declaration, Given, Setting, words};

/// Handles to the settings.
#[derive(Debug)]
pub(crate) struct Codes {
    limited_orders_a_day: Setting<i64>,
    limit_days: Setting<i64>,
    cross_border: Setting<bool>,
    new_seller_days: Setting<i64>,
}

impl Codes {
    pub(crate) fn declare(d: &mut Declaration) -> Self {
        Self {
            limited_orders_a_day: d.integer(
                "limited-orders-a-day",
                10,
                0..=1_000_000,
                words("Orders a day while order volume is limited", "限单期间每日订单上限"),
            ),
            limit_days: d.integer("limit-days", 7, 1..=366, words("Days that a limit on orders lasts", "限单持续的天数")),
            cross_border: d.flag("cross-border", false, words("The sellers are cross-border sellers", "卖家为跨境卖家")),
            new_seller_days: d.integer(
                "new-seller-days",
                90,
                0..=3650,
                words("Days for which a cross-border or LazMall seller is new", "跨境或商城新卖家的天数"),
            ),
        }
    }
}

/// The settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) limited_orders_a_day: u32,
    pub(crate) limit_days: u16,
    pub(crate) cross_border: bool,
    /// For how long a seller is new, in milliseconds.
    pub(crate) new_for: Instant,
}

impl Settings {
    pub(crate) fn read(codes: &Codes, given: &Given) -> Self {
        Self {
            limited_orders_a_day: given.get(codes.limited_orders_a_day) as u32,
            limit_days: given.get(codes.limit_days) as u16,
            cross_border: given.get(codes.cross_border),
            new_for: given.get(codes.new_seller_days) * DAY,
        }
    }
}
