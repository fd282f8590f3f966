//! What these rules declare: counters, metrics, standings and their wording. The README names the source of each number.

use andon_sdk::{
    About, Cadence, Cause, Counter, Declaration, Exclusion, Judged, Level, Metric, MetricSpec, ReasonCode, Standing, days,
    defect, volume, words,
};

use crate::settings;

pub(crate) const ABOUT: About =
    About { marketplace: "mercadolibre", name: "mercadolibre", version: env!("CARGO_PKG_VERSION"), cadence: Cadence::Continuous };

/// From so many sales in 60 days on, those 60 days are judged; below, the last 365.
pub(crate) const SHORT_WINDOW_FROM: u32 = 40;

/// From so many sales in 365 days on a merchant has a colour.
pub(crate) const COLOUR_FROM: u32 = 10;

/// Handles to all that is declared.
#[derive(Debug)]
pub struct Codes {
    pub(crate) counters: Counters,
    pub(crate) causes: Causes,
    pub(crate) exclusions: Exclusions,
    pub(crate) two_months: Rates,
    pub(crate) a_year: Rates,
    pub(crate) sales_60: Metric,
    pub(crate) sales_365: Metric,
    pub(crate) standings: Standings,
    pub(crate) too_few_sales: ReasonCode,
    pub(crate) settings: settings::Codes,
}

/// Declares everything.
pub(crate) fn declare(d: &mut Declaration) -> Codes {
    let counters = Counters::declare(d);
    Codes {
        causes: Causes::declare(d),
        exclusions: Exclusions::declare(d),
        two_months: Rates::over_60_days(d, &counters),
        a_year: Rates::over_365_days(d, &counters),
        sales_60: d.metric("sales-60", MetricSpec::sum(counters.sales, days(60)), words("Sales, 60 days", "销售数（60天）")),
        sales_365: d.metric("sales-365", MetricSpec::sum(counters.sales, days(365)), words("Sales, 365 days", "销售数（365天）")),
        standings: Standings::declare(d),
        too_few_sales: d.reason("too-few-sales", words("Too few sales for a colour", "销售数不足，暂无颜色等级")),
        settings: settings::Codes::declare(d),
        counters,
    }
}

#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) sales: Counter,
    pub(crate) claims: Counter,
    pub(crate) dispatches_late: Counter,
    pub(crate) cancellations: Counter,
}

impl Counters {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            sales: d.counter("sales", volume(), words("Sales", "销售数")),
            claims: d.counter("claims", defect(), words("Sales with a claim", "有投诉的销售")),
            dispatches_late: d.counter("dispatches-late", defect(), words("Sales dispatched late", "延迟发货的销售")),
            cancellations: d.counter("cancellations", defect(), words("Sales the seller cancelled", "卖家取消的销售")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Causes {
    pub(crate) claim: Cause,
    pub(crate) dispatched_late: Cause,
    pub(crate) dispatch_overdue: Cause,
    pub(crate) cancelled_by_seller: Cause,
    pub(crate) cancelled_undispatched: Cause,
}

impl Causes {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            claim: d.cause("claim", words("Claim", "投诉")),
            dispatched_late: d.cause("dispatched-late", words("Dispatched after the promised moment", "晚于承诺时间发货")),
            dispatch_overdue: d
                .cause("dispatch-overdue", words("Not dispatched though the promised moment has passed", "已过承诺时间仍未发货")),
            cancelled_by_seller: d.cause("cancelled-by-seller", words("Cancelled by the seller", "卖家取消")),
            cancelled_undispatched: d
                .cause("cancelled-undispatched", words("Cancelled because it was not dispatched", "因未发货被取消")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Exclusions {
    pub(crate) decided_for_seller: Exclusion,
    pub(crate) claim_withdrawn: Exclusion,
    pub(crate) covered_by_platform: Exclusion,
    pub(crate) not_the_sellers_delay: Exclusion,
    pub(crate) not_the_sellers_choice: Exclusion,
}

impl Exclusions {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            decided_for_seller: d
                .exclusion("decided-for-seller", words("The claim was decided for the seller", "投诉判卖家胜诉")),
            claim_withdrawn: d.exclusion("claim-withdrawn", words("The buyer withdrew the claim", "买家撤回投诉")),
            covered_by_platform: d.exclusion("covered-by-platform", words("The platform covered the claim", "平台已承担该投诉")),
            not_the_sellers_delay: d
                .exclusion("not-the-sellers-delay", words("Carrier or platform caused the delay", "承运商或平台造成延误")),
            not_the_sellers_choice: d.exclusion(
                "not-the-sellers-choice",
                words(
                    "Cancelled for the buyer, for want of payment, or as the platform wished",
                    "应买家要求、未付款或按平台要求取消",
                ),
            ),
        }
    }
}

/// The three rates over one window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rates {
    pub(crate) claims: Judged,
    pub(crate) late_dispatch: Judged,
    pub(crate) cancellation: Judged,
}

impl Rates {
    fn over_60_days(d: &mut Declaration, c: &Counters) -> Self {
        let specs = Specs::over(60, SHORT_WINDOW_FROM, c);
        Self {
            claims: d.judged("claims-rate-60", specs.claims, words("Claims, 60 days", "投诉率（60天）")),
            late_dispatch: d.judged(
                "late-dispatch-rate-60",
                specs.late_dispatch,
                words("Late dispatch, 60 days", "延迟发货率（60天）"),
            ),
            cancellation: d.judged(
                "cancellation-rate-60",
                specs.cancellation,
                words("Cancelled by the seller, 60 days", "卖家取消率（60天）"),
            ),
        }
    }

    fn over_365_days(d: &mut Declaration, c: &Counters) -> Self {
        let specs = Specs::over(365, COLOUR_FROM, c);
        Self {
            claims: d.judged("claims-rate-365", specs.claims, words("Claims, 365 days", "投诉率（365天）")),
            late_dispatch: d.judged(
                "late-dispatch-rate-365",
                specs.late_dispatch,
                words("Late dispatch, 365 days", "延迟发货率（365天）"),
            ),
            cancellation: d.judged(
                "cancellation-rate-365",
                specs.cancellation,
                words("Cancelled by the seller, 365 days", "卖家取消率（365天）"),
            ),
        }
    }
}

struct Specs {
    claims: MetricSpec,
    late_dispatch: MetricSpec,
    cancellation: MetricSpec,
}

impl Specs {
    /// Green's limits, with those of leaders as warnings.
    fn over(window: u16, floor: u32, c: &Counters) -> Self {
        let rate = |of| MetricSpec::ratio(of, c.sales, days(window)).min_denominator(floor);
        Self {
            claims: rate(c.claims).less_than(0.015).warn(0.01),
            late_dispatch: rate(c.dispatches_late).less_than(0.10).warn(0.08),
            cancellation: rate(c.cancellations).less_than(0.01).warn(0.005),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Standings {
    pub(crate) gray: Standing,
    pub(crate) green: Standing,
    pub(crate) light_green: Standing,
    pub(crate) yellow: Standing,
    pub(crate) orange: Standing,
    pub(crate) red: Standing,
}

impl Standings {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            gray: d.standing("gray", Level::Good, words("No colour yet", "暂无颜色等级")),
            green: d.standing("green", Level::Excellent, words("Green", "绿色")),
            light_green: d.standing("light-green", Level::Good, words("Light green", "浅绿色")),
            yellow: d.standing("yellow", Level::AtRisk, words("Yellow", "黄色")),
            orange: d.standing("orange", Level::AtRisk, words("Orange", "橙色")),
            red: d.standing("red", Level::Restricted, words("Red", "红色")),
        }
    }
}
