//! What an operator may set: the bounds of Top Rated, which differ by country and year, and readings on which sources disagree.

use andon_sdk::{Declaration, Given, Setting, words};

/// Handles to the settings.
#[derive(Debug)]
pub(crate) struct Codes {
    unresolved_needs_both: Setting<bool>,
    top_rated_needs_both: Setting<bool>,
    top_rated_days: Setting<i64>,
    top_rated_transactions: Setting<i64>,
    top_rated_sales: Setting<i64>,
    top_rated_defect_rate: Setting<f64>,
    top_rated_defect_buyers: Setting<i64>,
    top_rated_unresolved_rate: Setting<f64>,
    top_rated_unresolved_cases: Setting<i64>,
    top_rated_late_rate: Setting<f64>,
    top_rated_late_shipments: Setting<i64>,
    months_before_limits: Setting<i64>,
    limited_orders_a_day: Setting<i64>,
}

impl Codes {
    pub(crate) fn declare(d: &mut Declaration) -> Self {
        const COUNT: std::ops::RangeInclusive<i64> = 0..=1_000_000_000_000;
        const SHARE: std::ops::RangeInclusive<f64> = 0.0..=1.0;
        Self {
            unresolved_needs_both: d.flag(
                "unresolved-needs-both",
                true,
                words(
                    "Unresolved cases sink a merchant only if both their rate and their number are too high",
                    "未解决纠纷的比率和数量均超标才降级",
                ),
            ),
            top_rated_needs_both: d.flag(
                "top-rated-needs-both",
                true,
                words("Top Rated needs both rate and number within bounds", "优秀评级要求比率和数量均达标"),
            ),
            top_rated_days: d.integer(
                "top-rated-days",
                90,
                0..=3650,
                words("Top Rated: days since joining", "优秀评级：入驻天数"),
            ),
            top_rated_transactions: d.integer(
                "top-rated-transactions",
                100,
                COUNT,
                words("Top Rated: transactions in 12 months", "优秀评级：12个月交易数"),
            ),
            top_rated_sales: d.integer(
                "top-rated-sales",
                100_000,
                COUNT,
                words("Top Rated: sales in 12 months, in minor units", "优秀评级：12个月销售额（最小货币单位）"),
            ),
            top_rated_defect_rate: d.number(
                "top-rated-defect-rate",
                0.005,
                SHARE,
                words("Top Rated: highest defect rate", "优秀评级：最高缺陷率"),
            ),
            top_rated_defect_buyers: d.integer(
                "top-rated-defect-buyers",
                3,
                COUNT,
                words("Top Rated: most buyers with a defect", "优秀评级：缺陷涉及买家数上限"),
            ),
            top_rated_unresolved_rate: d.number(
                "top-rated-unresolved-rate",
                0.003,
                SHARE,
                words("Top Rated: highest rate of unresolved cases", "优秀评级：最高未解决纠纷率"),
            ),
            top_rated_unresolved_cases: d.integer(
                "top-rated-unresolved-cases",
                2,
                COUNT,
                words("Top Rated: most unresolved cases", "优秀评级：未解决纠纷数上限"),
            ),
            top_rated_late_rate: d.number(
                "top-rated-late-rate",
                0.03,
                SHARE,
                words("Top Rated: highest late shipment rate", "优秀评级：最高迟发率"),
            ),
            top_rated_late_shipments: d.integer(
                "top-rated-late-shipments",
                5,
                COUNT,
                words("Top Rated: most late shipments", "优秀评级：迟发数上限"),
            ),
            months_before_limits: d.integer(
                "months-before-limits",
                3,
                1..=6,
                words("Months Below Standard before selling is limited", "不达标多少个月后限制销售"),
            ),
            limited_orders_a_day: d.integer(
                "limited-orders-a-day",
                10,
                1..=1_000_000,
                words("Orders a day while selling is limited", "限制销售期间每日订单上限"),
            ),
        }
    }
}

/// A bound on a rate, and one on the number behind it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    rate: f64,
    number: i64,
}

/// The settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) unresolved_needs_both: bool,
    top_rated_needs_both: bool,
    pub(crate) days: i64,
    pub(crate) transactions: i64,
    pub(crate) sales: i64,
    pub(crate) defects: Bound,
    pub(crate) unresolved: Bound,
    pub(crate) late: Bound,
    pub(crate) months_before_limits: u16,
    pub(crate) limited_orders_a_day: u32,
}

impl Settings {
    pub(crate) fn read(codes: &Codes, given: &Given) -> Self {
        let bound = |rate, number| Bound { rate: given.get(rate), number: given.get(number) };
        Self {
            unresolved_needs_both: given.get(codes.unresolved_needs_both),
            top_rated_needs_both: given.get(codes.top_rated_needs_both),
            days: given.get(codes.top_rated_days),
            transactions: given.get(codes.top_rated_transactions),
            sales: given.get(codes.top_rated_sales),
            defects: bound(codes.top_rated_defect_rate, codes.top_rated_defect_buyers),
            unresolved: bound(codes.top_rated_unresolved_rate, codes.top_rated_unresolved_cases),
            late: bound(codes.top_rated_late_rate, codes.top_rated_late_shipments),
            months_before_limits: given.get(codes.months_before_limits) as u16,
            limited_orders_a_day: given.get(codes.limited_orders_a_day) as u32,
        }
    }

    /// Whether a rate and the number behind it are within a bound of Top Rated.
    pub(crate) fn within(&self, bound: Bound, rate: f64, number: i64) -> bool {
        let (rate, number) = (rate <= bound.rate, number <= bound.number);
        if self.top_rated_needs_both { rate && number } else { rate || number }
    }
}
