//! What these rules declare: counters, metrics, standings and their wording. The README names the source of each number.

use andon_sdk::{
    About, Badge, Cadence, Cause, Counter, Declaration, Exclusion, Judged, Level, Metric, MetricSpec, ReasonCode, Standing,
    defect, months, volume, words,
};

use crate::settings;

pub(crate) const ABOUT: About =
    About { marketplace: "ebay", name: "ebay", version: env!("CARGO_PKG_VERSION"), cadence: Cadence::Monthly(20) };

/// From so many transactions in three months on, those three months are judged; below, the last twelve.
pub(crate) const SHORT_LOOKBACK_FROM: u32 = 400;

/// Most transactions that may be defective, and cases left unresolved, for the minimum standard; most late ones for Top Rated.
pub(crate) const DEFECT_LIMIT: f64 = 0.02;
pub(crate) const UNRESOLVED_LIMIT: f64 = 0.003;
pub(crate) const LATE_LIMIT: f64 = 0.03;

/// Handles to all that is declared.
#[derive(Debug)]
pub struct Codes {
    pub(crate) counters: Counters,
    pub(crate) causes: Causes,
    pub(crate) exclusions: Exclusions,
    pub(crate) three_months: Lookback,
    pub(crate) twelve_months: Lookback,
    pub(crate) transactions: Metric,
    pub(crate) sales: Metric,
    pub(crate) standings: Standings,
    pub(crate) top_rated_met: ReasonCode,
    pub(crate) top_rated_missed: ReasonCode,
    pub(crate) badge: Badge,
    pub(crate) settings: settings::Codes,
}

/// Declares everything.
pub(crate) fn declare(d: &mut Declaration) -> Codes {
    let counters = Counters::declare(d);
    Codes {
        causes: Causes::declare(d),
        exclusions: Exclusions::declare(d),
        three_months: Lookback::three_months(d, &counters),
        twelve_months: Lookback::twelve_months(d, &counters),
        transactions: d.metric(
            "transactions-12",
            MetricSpec::sum(counters.transactions, months(12)),
            words("Transactions, 12 months", "交易数（12个月）"),
        ),
        sales: d.metric(
            "sales-12",
            MetricSpec::sum(counters.sales, months(12)),
            words("Sales in minor units, 12 months", "销售额（最小货币单位，12个月）"),
        ),
        standings: Standings {
            top_rated: d.standing("top-rated", Level::Excellent, words("Top Rated", "优秀评级")),
            above_standard: d.standing("above-standard", Level::Good, words("Above Standard", "达标")),
            below_standard: d.standing("below-standard", Level::Restricted, words("Below Standard", "不达标")),
        },
        top_rated_met: d.reason("top-rated-met", words("Meets every standard of Top Rated", "满足优秀评级全部标准")),
        top_rated_missed: d.reason("top-rated-missed", words("Misses a standard of Top Rated", "未满足优秀评级标准")),
        badge: d.badge("top-rated-seller", words("Top Rated Seller", "优秀卖家")),
        settings: settings::Codes::declare(d),
        counters,
    }
}

#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) transactions: Counter,
    pub(crate) sales: Counter,
    pub(crate) transactions_defective: Counter,
    pub(crate) cases_unresolved: Counter,
    pub(crate) shipments_judged: Counter,
    pub(crate) shipments_late: Counter,
}

impl Counters {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            transactions: d.counter("transactions", volume(), words("Transactions", "交易数")),
            sales: d.counter("sales", volume(), words("Sales in minor units", "销售额（最小货币单位）")),
            transactions_defective: d.counter(
                "transactions-defective",
                defect().by_buyer(),
                words("Defective transactions", "缺陷交易"),
            ),
            cases_unresolved: d.counter(
                "cases-unresolved",
                defect(),
                words("Cases closed without the seller resolving them", "卖家未解决而结案的纠纷"),
            ),
            shipments_judged: d.counter(
                "shipments-judged",
                volume(),
                words("Shipments with evidence of their timing", "有时效证据的发货"),
            ),
            shipments_late: d.counter("shipments-late", defect(), words("Late shipments", "迟发订单")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Causes {
    pub(crate) cancelled_by_seller: Cause,
    pub(crate) case_unresolved: Cause,
    pub(crate) tracking_shows_late: Cause,
}

impl Causes {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            cancelled_by_seller: d.cause("cancelled-by-seller", words("Cancelled by the seller", "卖家取消")),
            case_unresolved: d.cause("case-unresolved", words("Case closed without seller resolution", "纠纷未由卖家解决")),
            tracking_shows_late: d.cause("tracking-shows-late", words("Tracking shows it late", "物流显示迟发")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Exclusions {
    pub(crate) buyer_request: Exclusion,
    pub(crate) unpaid: Exclusion,
    pub(crate) site_fault: Exclusion,
    pub(crate) told_to_hold: Exclusion,
    pub(crate) decided_for_seller: Exclusion,
    pub(crate) not_the_sellers_delay: Exclusion,
}

impl Exclusions {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            buyer_request: d.exclusion("buyer-request", words("The buyer asked for it", "应买家要求")),
            unpaid: d.exclusion("unpaid", words("The buyer did not pay", "买家未付款")),
            site_fault: d.exclusion("site-fault", words("The site was at fault", "网站故障")),
            told_to_hold: d.exclusion("told-to-hold", words("The seller was told to hold or cancel it", "平台要求暂停或取消")),
            decided_for_seller: d.exclusion("decided-for-seller", words("The case was decided for the seller", "纠纷判卖家胜诉")),
            not_the_sellers_delay: d
                .exclusion("not-the-sellers-delay", words("Carrier or platform caused the delay", "承运商或平台造成延误")),
        }
    }
}

/// The metrics over one look-back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lookback {
    pub(crate) defects: Judged,
    pub(crate) unresolved: Judged,
    pub(crate) unresolved_cases: Judged,
    pub(crate) late: Judged,
}

impl Lookback {
    fn three_months(d: &mut Declaration, c: &Counters) -> Self {
        let specs = Specs::over(3, SHORT_LOOKBACK_FROM, c);
        Self {
            defects: d.judged(
                "transaction-defect-rate-3",
                specs.defects,
                words("Transaction defect rate, 3 months", "交易缺陷率（3个月）"),
            ),
            unresolved: d.judged(
                "unresolved-case-rate-3",
                specs.unresolved,
                words("Unresolved case rate, 3 months", "未解决纠纷率（3个月）"),
            ),
            unresolved_cases: d.judged(
                "unresolved-cases-3",
                specs.unresolved_cases,
                words("Unresolved cases, 3 months", "未解决纠纷数（3个月）"),
            ),
            late: d.judged("late-shipment-rate-3", specs.late, words("Late shipment rate, 3 months", "迟发率（3个月）")),
        }
    }

    fn twelve_months(d: &mut Declaration, c: &Counters) -> Self {
        let specs = Specs::over(12, 10, c);
        Self {
            defects: d.judged(
                "transaction-defect-rate-12",
                specs.defects,
                words("Transaction defect rate, 12 months", "交易缺陷率（12个月）"),
            ),
            unresolved: d.judged(
                "unresolved-case-rate-12",
                specs.unresolved,
                words("Unresolved case rate, 12 months", "未解决纠纷率（12个月）"),
            ),
            unresolved_cases: d.judged(
                "unresolved-cases-12",
                specs.unresolved_cases,
                words("Unresolved cases, 12 months", "未解决纠纷数（12个月）"),
            ),
            late: d.judged("late-shipment-rate-12", specs.late, words("Late shipment rate, 12 months", "迟发率（12个月）")),
        }
    }
}

struct Specs {
    defects: MetricSpec,
    unresolved: MetricSpec,
    unresolved_cases: MetricSpec,
    late: MetricSpec,
}

impl Specs {
    /// Rates over so many months, from so many transactions on.
    fn over(n: u8, floor: u32, c: &Counters) -> Self {
        let rate = |of, over| MetricSpec::ratio(of, over, months(n)).min_denominator(floor);
        Self {
            defects: rate(c.transactions_defective, c.transactions).at_most(DEFECT_LIMIT).warn(0.015).min_buyers(5),
            unresolved: rate(c.cases_unresolved, c.transactions).at_most(UNRESOLVED_LIMIT).min_numerator(3),
            unresolved_cases: MetricSpec::sum(c.cases_unresolved, months(n)).at_most(2.0),
            late: rate(c.shipments_late, c.shipments_judged).at_most(LATE_LIMIT).min_numerator(6),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Standings {
    pub(crate) top_rated: Standing,
    pub(crate) above_standard: Standing,
    pub(crate) below_standard: Standing,
}
