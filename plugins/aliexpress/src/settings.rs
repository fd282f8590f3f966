//! What an operator may set: the least value of an order whose rating counts, how long a miss is only observed, and the limit on
//! orders that follows.

use andon_sdk::facts::Money;
use andon_sdk::{Declaration, Given, Setting, words};

/// Handles to the settings.
#[derive(Debug)]
pub(crate) struct Codes {
    least_value: Setting<i64>,
    observed_months: Setting<i64>,
    orders_a_day: Setting<i64>,
}

impl Codes {
    pub(crate) fn declare(d: &mut Declaration) -> Self {
        Self {
            least_value: d.integer(
                "least-order-value",
                500,
                0..=1_000_000_000_000,
                words("Least value of an order whose rating counts, in minor units", "评价计入的最低订单金额（最小货币单位）"),
            ),
            observed_months: d.integer(
                "observed-months",
                1,
                0..=5,
                words("Assessments in a row that may be missed before penalties follow", "处罚前允许连续未达标的考核期数"),
            ),
            orders_a_day: d.integer(
                "limited-orders-a-day",
                10,
                1..=1_000_000,
                words("Orders a day while penalised", "受处罚期间每日订单上限"),
            ),
        }
    }

    pub(crate) fn read(&self, given: &Given) -> Settings {
        Settings {
            least_value: given.get(self.least_value),
            observed_months: given.get(self.observed_months) as u16,
            orders_a_day: given.get(self.orders_a_day) as u32,
        }
    }
}

/// The settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) least_value: Money,
    pub(crate) observed_months: u16,
    pub(crate) orders_a_day: u32,
}
