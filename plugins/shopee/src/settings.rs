//! What an operator may set: where tiers of penalty points begin, what makes a bad week worse, and the order cap.

use andon_sdk::{Declaration, Given, Setting, words};

/// Handles to the settings.
#[derive(Debug)]
pub(crate) struct Codes {
    points_a_tier: Setting<i64>,
    many_unfulfilled_orders: Setting<i64>,
    grave_unfulfilled_rate: Setting<f64>,
    order_cap_rate: Setting<f64>,
    capped_orders_a_day: Setting<i64>,
}

impl Codes {
    pub(crate) fn declare(d: &mut Declaration) -> Self {
        Self {
            points_a_tier: d.integer(
                "points-a-tier",
                3,
                1..=1000,
                words("Penalty points from one tier to the next", "每升一级所需计分"),
            ),
            many_unfulfilled_orders: d.integer(
                "many-unfulfilled-orders",
                30,
                0..=1_000_000,
                words(
                    "With more unfulfilled orders than this a missed rate is worth another point",
                    "未完成订单超过此数时加计一分",
                ),
            ),
            grave_unfulfilled_rate: d.number(
                "grave-unfulfilled-rate",
                0.60,
                0.0..=1.0,
                words("From this rate of unfulfilled orders on a miss is worth more points", "未完成率达到此值时加重计分"),
            ),
            order_cap_rate: d.number(
                "order-cap-rate",
                0.10,
                0.0..=1.0,
                words("From this rate of unfulfilled or late orders on orders are capped", "未完成率或迟发率达到此值时限单"),
            ),
            capped_orders_a_day: d.integer(
                "capped-orders-a-day",
                10,
                0..=1_000_000,
                words("Orders a day while they are capped", "限单期间每日订单上限"),
            ),
        }
    }
}

/// The settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) points_a_tier: i64,
    pub(crate) many_unfulfilled_orders: i64,
    pub(crate) grave_unfulfilled_rate: f64,
    pub(crate) order_cap_rate: f64,
    pub(crate) capped_orders_a_day: u32,
}

impl Settings {
    pub(crate) fn read(codes: &Codes, given: &Given) -> Self {
        Self {
            points_a_tier: given.get(codes.points_a_tier),
            many_unfulfilled_orders: given.get(codes.many_unfulfilled_orders),
            grave_unfulfilled_rate: given.get(codes.grave_unfulfilled_rate),
            order_cap_rate: given.get(codes.order_cap_rate),
            capped_orders_a_day: given.get(codes.capped_orders_a_day) as u32,
        }
    }
}
