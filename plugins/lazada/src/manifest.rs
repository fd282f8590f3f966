//! What these rules declare: counters, metrics, standings and their wording. The README names the source of each number.

use andon_sdk::{
    About, Badge, Cadence, Cause, Counter, Declaration, Exclusion, Judged, Level, MetricSpec, ReturnReason, Standing, days,
    defect, months, volume, words,
};

use crate::settings;

pub(crate) const ABOUT: About =
    About { marketplace: "lazada", name: "lazada", version: env!("CARGO_PKG_VERSION"), cadence: Cadence::Continuous };

/// Handles to all that is declared.
#[derive(Debug)]
pub struct Codes {
    pub(crate) counters: Counters,
    pub(crate) causes: Causes,
    pub(crate) exclusions: Exclusions,
    /// Reasons that make a return the seller's fault.
    pub(crate) sellers_fault: [ReturnReason; 6],
    pub(crate) metrics: Metrics,
    pub(crate) standings: Standings,
    pub(crate) lazmall: Badge,
    pub(crate) settings: settings::Codes,
}

/// Declares everything.
pub(crate) fn declare(d: &mut Declaration) -> Codes {
    let counters = Counters::declare(d);
    Codes {
        causes: Causes::declare(d),
        exclusions: Exclusions::declare(d),
        sellers_fault: return_reasons(d),
        metrics: Metrics::declare(d, &counters),
        standings: Standings {
            good: d.standing("good", Level::Good, words("Good", "良好")),
            at_risk: d.standing("at-risk", Level::AtRisk, words("At risk", "存在风险")),
            limited: d.standing("limited", Level::Restricted, words("Order volume limited", "订单量受限")),
        },
        lazmall: d.badge("lazmall", words("LazMall", "Lazada商城")),
        settings: settings::Codes::declare(d),
        counters,
    }
}

#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) orders: Counter,
    pub(crate) items_ordered: Counter,
    pub(crate) items_cancelled: Counter,
    pub(crate) items_returned: Counter,
    pub(crate) ratings: Counter,
    pub(crate) ratings_positive: Counter,
    pub(crate) ratings_not_positive: Counter,
    pub(crate) shipments_due: Counter,
    pub(crate) shipments_on_time: Counter,
    pub(crate) shipments_late: Counter,
}

impl Counters {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            orders: d.counter("orders", volume(), words("Orders", "订单数")),
            items_ordered: d.counter("items-ordered", volume(), words("Items ordered", "订购件数")),
            items_cancelled: d.counter(
                "items-cancelled",
                defect(),
                words("Items cancelled by the seller's fault", "卖家原因取消件数"),
            ),
            items_returned: d.counter(
                "items-returned",
                defect(),
                words("Items returned by the seller's fault", "卖家原因退货件数"),
            ),
            ratings: d.counter("ratings", volume(), words("Ratings", "评价数")),
            ratings_positive: d.counter("ratings-positive", volume(), words("Positive ratings", "好评数")),
            ratings_not_positive: d.counter("ratings-not-positive", defect(), words("Ratings of 3 or lower", "3星及以下评价")),
            shipments_due: d.counter("shipments-due", volume(), words("Shipments due", "应发货订单")),
            shipments_on_time: d.counter("shipments-on-time", volume(), words("Shipments on time", "准时发货")),
            shipments_late: d.counter("shipments-late", defect(), words("Late shipments", "迟发订单")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Causes {
    pub(crate) cancelled_by_seller: Cause,
    pub(crate) auto_cancelled: Cause,
    pub(crate) returned: Cause,
    pub(crate) shipped_late: Cause,
    pub(crate) ship_by_passed: Cause,
}

impl Causes {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            cancelled_by_seller: d.cause("cancelled-by-seller", words("Cancelled by the seller", "卖家取消")),
            auto_cancelled: d
                .cause("auto-cancelled", words("Cancelled because it was not handed over in time", "未按时交运被自动取消")),
            returned: d.cause("returned", words("The buyer sent it back", "买家退货")),
            shipped_late: d.cause("shipped-late", words("Shipped after the promised day", "晚于承诺时间发货")),
            ship_by_passed: d
                .cause("ship-by-passed", words("Not shipped though the promised day has passed", "已过承诺时间仍未发货")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Exclusions {
    pub(crate) not_sellers_fault: Exclusion,
    pub(crate) rating_struck: Exclusion,
    pub(crate) rating_withdrawn: Exclusion,
    pub(crate) rating_removed: Exclusion,
}

impl Exclusions {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            not_sellers_fault: d.exclusion("not-sellers-fault", words("Not the seller's fault", "非卖家原因")),
            rating_struck: d.exclusion("rating-struck", words("The rating was struck", "评价已划除")),
            rating_withdrawn: d.exclusion("rating-withdrawn", words("The buyer withdrew the rating", "买家撤回评价")),
            rating_removed: d.exclusion("rating-removed", words("The rating was removed", "评价已删除")),
        }
    }
}

fn return_reasons(d: &mut Declaration) -> [ReturnReason; 6] {
    d.return_reason("changed-mind", words("Changed their mind", "不想要了"));
    [
        d.return_reason("wrong-item", words("The wrong item", "发错商品")),
        d.return_reason("incomplete", words("Something is missing", "少件")),
        d.return_reason("damaged", words("Damaged", "商品破损")),
        d.return_reason("defective", words("Defective", "商品有缺陷")),
        d.return_reason("not-as-described", words("Not as described", "与描述不符")),
        d.return_reason("counterfeit", words("Counterfeit", "假冒商品")),
    ]
}

#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) cancellation: Judged,
    pub(crate) cancellation_few: Judged,
    pub(crate) lazmall: [Judged; 5],
}

impl Metrics {
    fn declare(d: &mut Declaration, c: &Counters) -> Self {
        let cancelled = MetricSpec::ratio(c.items_cancelled, c.items_ordered, days(28).lag(8));
        d.metric(
            "positive-rating-rate",
            MetricSpec::ratio(c.ratings_positive, c.ratings, days(56))
                .at_least(0.30)
                .warn(0.70)
                .evidence(c.ratings_not_positive)
                .min_denominator(10)
                .min_numerator(2),
            words("Positive rating rate", "好评率"),
        );
        Self {
            cancellation: d.judged(
                "cancellation-rate",
                cancelled.clone().at_most(0.30).warn(0.20).min_numerator(10),
                words("Seller-fault cancellation rate", "卖家原因取消率"),
            ),
            cancellation_few: d.judged(
                "cancellation-rate-few-items",
                cancelled.less_than(0.50),
                words("Seller-fault cancellation rate, on few items", "卖家原因取消率（少量商品）"),
            ),
            lazmall: lazmall(d, c),
        }
    }
}

/// The standards of LazMall, assessed on the 7th over the month before.
fn lazmall(d: &mut Declaration, c: &Counters) -> [Judged; 5] {
    let assessment = Cadence::Monthly(7);
    let last_month =
        |of, over, least| MetricSpec::ratio(of, over, months(1)).judged_on(assessment).min_denominator(least).min_numerator(2);
    [
        d.judged(
            "lazmall-on-time-rate",
            last_month(c.shipments_on_time, c.shipments_due, 30).at_least(0.90).evidence(c.shipments_late),
            words("LazMall: on-time shipping rate", "商城：准时发货率"),
        ),
        d.judged(
            "lazmall-positive-rating-rate",
            last_month(c.ratings_positive, c.ratings, 10).at_least(0.70).evidence(c.ratings_not_positive),
            words("LazMall: positive rating rate", "商城：好评率"),
        ),
        d.judged(
            "lazmall-cancellation-rate",
            last_month(c.items_cancelled, c.items_ordered, 30).less_than(0.02),
            words("LazMall: seller-fault cancellation rate", "商城：卖家原因取消率"),
        ),
        d.judged(
            "lazmall-return-rate",
            last_month(c.items_returned, c.items_ordered, 30).less_than(0.01),
            words("LazMall: seller-fault return rate", "商城：卖家原因退货率"),
        ),
        d.judged(
            "lazmall-orders",
            MetricSpec::sum(c.orders, months(1)).judged_on(assessment).at_least(1.0),
            words("LazMall: orders", "商城：订单数"),
        ),
    ]
}

#[derive(Debug)]
pub(crate) struct Standings {
    pub(crate) good: Standing,
    pub(crate) at_risk: Standing,
    pub(crate) limited: Standing,
}
