//! What an operator may set: the bounds of Star Seller, which have changed over the years and differ by currency.

use andon_sdk::{Declaration, Given, Setting, words};

/// Handles to the settings.
#[derive(Debug)]
pub(crate) struct Codes {
    star_response_rate: Setting<f64>,
    star_on_time_rate: Setting<f64>,
    star_rating: Setting<f64>,
    star_orders: Setting<i64>,
    star_sales: Setting<i64>,
}

impl Codes {
    pub(crate) fn declare(d: &mut Declaration) -> Self {
        Self {
            star_response_rate: d.number(
                "star-least-response-rate",
                0.95,
                0.0..=1.0,
                words("Star Seller: lowest message response rate", "星级卖家：最低消息回复率"),
            ),
            star_on_time_rate: d.number(
                "star-least-on-time-rate",
                0.95,
                0.0..=1.0,
                words("Star Seller: lowest rate of on-time shipping with tracking", "星级卖家：最低准时且可追踪发货率"),
            ),
            star_rating: d.number(
                "star-least-rating",
                4.8,
                1.0..=5.0,
                words("Star Seller: lowest average rating", "星级卖家：最低平均评分"),
            ),
            star_orders: d.integer(
                "star-least-orders",
                5,
                0..=1_000_000,
                words("Star Seller: orders in three months", "星级卖家：三个月订单数"),
            ),
            star_sales: d.integer(
                "star-least-sales",
                30_000,
                0..=1_000_000_000_000,
                words("Star Seller: sales in three months, in minor units", "星级卖家：三个月销售额（最小货币单位）"),
            ),
        }
    }
}

/// The settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) star_response_rate: f64,
    pub(crate) star_on_time_rate: f64,
    pub(crate) star_rating: f64,
    pub(crate) star_orders: i64,
    pub(crate) star_sales: i64,
}

impl Settings {
    pub(crate) fn read(codes: &Codes, given: &Given) -> Self {
        Self {
            star_response_rate: given.get(codes.star_response_rate),
            star_on_time_rate: given.get(codes.star_on_time_rate),
            star_rating: given.get(codes.star_rating),
            star_orders: given.get(codes.star_orders),
            star_sales: given.get(codes.star_sales),
        }
    }
}
