//! What these rules declare: counters, metrics, standings and their wording. The README names the source of each number.

use andon_sdk::{
    About, Cadence, Cause, Counter, Declaration, Exclusion, Judged, Level, Metric, MetricSpec, ReasonCode, ReturnReason,
    Standing, Window, days, defect, volume, words,
};

use crate::settings;

pub(crate) const ABOUT: About =
    About { marketplace: "shopee", name: "shopee", version: env!("CARGO_PKG_VERSION"), cadence: Cadence::Weekly(0) };

/// Tiers of penalty points; the last one freezes the account.
pub(crate) const TIERS: usize = 5;

/// Handles to all that is declared.
#[derive(Debug)]
pub struct Codes {
    pub(crate) counters: Counters,
    pub(crate) causes: Causes,
    pub(crate) exclusions: Exclusions,
    /// Reasons that make a return the seller's fault.
    pub(crate) sellers_fault: [ReturnReason; 7],
    pub(crate) metrics: Metrics,
    pub(crate) standings: Standings,
    pub(crate) many_unfulfilled: ReasonCode,
    pub(crate) gravely_unfulfilled: ReasonCode,
    pub(crate) order_cap: ReasonCode,
    pub(crate) in_tier: ReasonCode,
    pub(crate) settings: settings::Codes,
}

/// Declares everything.
pub(crate) fn declare(d: &mut Declaration) -> Codes {
    let counters = Counters::declare(d);
    policies(d);
    Codes {
        causes: Causes::declare(d),
        exclusions: Exclusions::declare(d),
        sellers_fault: return_reasons(d),
        metrics: Metrics::declare(d, &counters),
        standings: Standings::declare(d),
        many_unfulfilled: d
            .reason("many-unfulfilled", words("Many orders unfulfilled: another point is due", "未完成订单过多：加计一分")),
        gravely_unfulfilled: d
            .reason("gravely-unfulfilled", words("Most orders unfulfilled: more points are due", "大部分订单未完成：加重计分")),
        order_cap: d.reason("order-cap", words("Bad enough for a cap on orders", "已达限单标准")),
        in_tier: d.reason("penalty-tier", words("A tier of penalty points was reached within 28 days", "28天内计分达到惩罚等级")),
        settings: settings::Codes::declare(d),
        counters,
    }
}

#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) orders_judged: Counter,
    pub(crate) orders_unfulfilled: Counter,
    pub(crate) orders_cancelled: Counter,
    pub(crate) orders_refunded: Counter,
    pub(crate) shipments: Counter,
    pub(crate) shipments_late: Counter,
    pub(crate) preparation_seconds: Counter,
    pub(crate) answers_owed: Counter,
    pub(crate) answers_in_time: Counter,
    pub(crate) answers_late: Counter,
    pub(crate) reviews: Counter,
    pub(crate) review_stars: Counter,
    pub(crate) reviews_imperfect: Counter,
    pub(crate) penalty_points: Counter,
}

impl Counters {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            orders_judged: d.counter("orders-judged", volume(), words("Net and unfulfilled orders", "净订单与未完成订单")),
            orders_unfulfilled: d.counter(
                "orders-unfulfilled",
                defect(),
                words("Orders unfulfilled by the seller's fault", "卖家原因未完成订单"),
            ),
            orders_cancelled: d.counter(
                "orders-cancelled",
                defect(),
                words("Orders cancelled by the seller's fault", "卖家原因取消的订单"),
            ),
            orders_refunded: d.counter(
                "orders-refunded",
                defect(),
                words("Orders refunded by the seller's fault", "卖家原因退款的订单"),
            ),
            shipments: d.counter("shipments", volume(), words("Shipments", "已发货订单")),
            shipments_late: d.counter("shipments-late", defect(), words("Late shipments", "迟发订单")),
            preparation_seconds: d.counter("preparation-seconds", volume(), words("Seconds of preparation", "备货秒数")),
            answers_owed: d.counter("answers-owed", volume(), words("Messages owed an answer", "应回复消息")),
            answers_in_time: d.counter("answers-in-time", volume(), words("Messages answered in time", "及时回复的消息")),
            answers_late: d.counter("answers-late", defect(), words("Messages answered late or never", "迟回或未回消息")),
            reviews: d.counter("reviews", volume(), words("Reviews", "评价数")),
            review_stars: d.counter("review-stars", volume(), words("Stars of reviews", "评价星数")),
            reviews_imperfect: d.counter("reviews-imperfect", defect(), words("Reviews below 5", "低于5星的评价")),
            penalty_points: d.counter("penalty-points", defect(), words("Penalty points", "惩罚计分")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Causes {
    pub(crate) cancelled_by_seller: Cause,
    pub(crate) auto_cancelled: Cause,
    pub(crate) claim_refunded: Cause,
    pub(crate) return_refunded: Cause,
    pub(crate) shipped_late: Cause,
    pub(crate) answered_late: Cause,
    pub(crate) not_answered: Cause,
    pub(crate) points_recorded: Cause,
}

impl Causes {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            cancelled_by_seller: d.cause("cancelled-by-seller", words("Cancelled by the seller's doing", "卖家原因取消")),
            auto_cancelled: d
                .cause("auto-cancelled", words("Cancelled because it was not shipped in time", "未按时发货被自动取消")),
            claim_refunded: d.cause("claim-refunded", words("Refunded after a claim", "索赔后退款")),
            return_refunded: d.cause("return-refunded", words("Refunded after a return", "退货后退款")),
            shipped_late: d.cause("shipped-late", words("Shipped after the promised day", "晚于承诺时间发货")),
            answered_late: d.cause("answered-late", words("Answered after the time allowed", "超时回复")),
            not_answered: d.cause("not-answered", words("Not answered within the time allowed", "超时未回复")),
            points_recorded: d.cause("points-recorded", words("Penalty points on record", "计分记录")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Exclusions {
    pub(crate) not_sellers_fault: Exclusion,
    pub(crate) appealed: Exclusion,
    pub(crate) review_struck: Exclusion,
    pub(crate) review_withdrawn: Exclusion,
    pub(crate) review_removed: Exclusion,
}

impl Exclusions {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            not_sellers_fault: d.exclusion("not-sellers-fault", words("Not the seller's fault", "非卖家原因")),
            appealed: d.exclusion("appealed", words("Removed on appeal", "申诉成功已撤销")),
            review_struck: d.exclusion("review-struck", words("The review was struck", "评价已划除")),
            review_withdrawn: d.exclusion("review-withdrawn", words("The buyer withdrew the review", "买家撤回评价")),
            review_removed: d.exclusion("review-removed", words("The review was removed", "评价已删除")),
        }
    }
}

fn return_reasons(d: &mut Declaration) -> [ReturnReason; 7] {
    d.return_reason("changed-mind", words("Changed their mind", "不想要了"));
    [
        d.return_reason("not-received", words("Not received", "未收到货")),
        d.return_reason("wrong-item", words("The wrong item", "发错商品")),
        d.return_reason("incomplete", words("Something is missing", "少件")),
        d.return_reason("damaged", words("Damaged", "商品破损")),
        d.return_reason("defective", words("Defective", "商品有缺陷")),
        d.return_reason("not-as-described", words("Not as described", "与描述不符")),
        d.return_reason("counterfeit", words("Counterfeit", "假冒商品")),
    ]
}

/// What penalty points are recorded for, as Shopee's interface lists them.
fn policies(d: &mut Declaration) {
    d.policy("non-fulfilment-rate", words("Non-fulfilment rate", "订单未完成率"));
    d.policy("late-shipment-rate", words("Late shipment rate", "迟发率"));
    d.policy("listing-violations", words("Listing violations", "商品违规"));
    d.policy("failed-pickups", words("Parcels not ready on the day of pick-up", "揽收日未备妥包裹"));
    d.policy("other", words("Other", "其他"));
}

#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) non_fulfilment: Judged,
    pub(crate) late_shipment: Judged,
    pub(crate) penalty_points: Judged,
    pub(crate) penalty_points_28: Metric,
}

impl Metrics {
    fn declare(d: &mut Declaration, c: &Counters) -> Self {
        let last_week = |of, over| MetricSpec::ratio(of, over, days(7).lag(1)).min_denominator(2);
        inform(d, c);
        for (code, counter, words) in [
            ("cancellation-rate", c.orders_cancelled, words("Cancellation rate", "取消率")),
            ("return-refund-rate", c.orders_refunded, words("Return and refund rate", "退货退款率")),
        ] {
            d.metric(code, last_week(counter, c.orders_judged).less_than(0.025), words);
        }
        Self {
            non_fulfilment: d.judged(
                "non-fulfilment-rate",
                last_week(c.orders_unfulfilled, c.orders_judged).at_most(0.10).warn(0.05),
                words("Non-fulfilment rate", "订单未完成率"),
            ),
            late_shipment: d.judged(
                "late-shipment-rate",
                last_week(c.shipments_late, c.shipments).less_than(0.20).warn(0.10),
                words("Late shipment rate", "迟发率"),
            ),
            penalty_points: d.judged(
                "penalty-points",
                MetricSpec::sum(c.penalty_points, Window::QuarterToDate).less_than(3.0).warn(2.0),
                words("Penalty points", "惩罚计分"),
            ),
            penalty_points_28: d.metric(
                "penalty-points-28",
                MetricSpec::sum(c.penalty_points, days(28)),
                words("Penalty points of the last 28 days", "近28天惩罚计分"),
            ),
        }
    }
}

/// Targets that Shopee shows and gives no points for.
fn inform(d: &mut Declaration, c: &Counters) -> [Metric; 3] {
    [
        d.metric(
            "response-rate",
            MetricSpec::ratio(c.answers_in_time, c.answers_owed, days(30))
                .at_least(0.70)
                .evidence(c.answers_late)
                .min_denominator(10)
                .min_numerator(2),
            words("Response rate", "回复率"),
        ),
        d.metric(
            "preparation-time",
            MetricSpec::mean(c.preparation_seconds, c.shipments, 0, days(30)).at_most(172_800.0).min_denominator(2),
            words("Preparation time in seconds", "备货时长（秒）"),
        ),
        d.metric(
            "shop-rating",
            MetricSpec::mean(c.review_stars, c.reviews, 5, days(90))
                .at_least(4.5)
                .evidence(c.reviews_imperfect)
                .min_denominator(10),
            words("Shop rating", "店铺评分"),
        ),
    ]
}

#[derive(Debug)]
pub(crate) struct Standings {
    pub(crate) good: Standing,
    pub(crate) at_risk: Standing,
    pub(crate) tiers: [Standing; TIERS],
}

impl Standings {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            good: d.standing("good", Level::Good, words("Good", "良好")),
            at_risk: d.standing("at-risk", Level::AtRisk, words("At risk", "存在风险")),
            tiers: [
                d.standing("tier-1", Level::Restricted, words("Tier 1: no campaigns", "等级一：禁止参加活动")),
                d.standing(
                    "tier-2",
                    Level::Restricted,
                    words("Tier 2: no shipping rebates, listings demoted", "等级二：取消运费补贴，商品降权"),
                ),
                d.standing("tier-3", Level::Restricted, words("Tier 3: listings demoted severely", "等级三：商品严重降权")),
                d.standing(
                    "tier-4",
                    Level::Restricted,
                    words("Tier 4: no listing may be added or edited", "等级四：禁止新增和编辑商品"),
                ),
                d.standing("tier-5", Level::Suspended, words("Tier 5: the account is frozen", "等级五：账户冻结")),
            ],
        }
    }
}
