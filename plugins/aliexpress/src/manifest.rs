//! What these rules declare: counters, metrics, standings and their wording. The README names the source of each number.

use andon_sdk::{
    About, Cadence, Cause, Counter, Declaration, Exclusion, Judged, Level, Metric, MetricSpec, Period, Quota, Standing, Window,
    Words, days, defect, months_from, volume, words,
};

use crate::settings;

pub(crate) const ABOUT: About =
    About { marketplace: "aliexpress", name: "aliexpress", version: env!("CARGO_PKG_VERSION"), cadence: Cadence::Continuous };

/// Ratings of one buyer that count in ten days.
const RATINGS_A_BLOCK: u16 = 1;

/// The day on which a month of assessment begins, and the last one is judged.
const ASSESSED_ON: u8 = 27;

/// Fewer orders or ratings in a month of assessment are not scored.
const LEAST: u32 = 30;

/// Best mark of a dimension.
pub(crate) const BEST: u32 = 5;

/// Handles to all that is declared.
#[derive(Debug)]
pub struct Codes {
    pub(crate) feedback: FeedbackCounters,
    pub(crate) described: Dimension,
    pub(crate) service: Dimension,
    pub(crate) shipping: Dimension,
    pub(crate) orders: OrderCounters,
    pub(crate) severe: Counter,
    pub(crate) causes: Causes,
    pub(crate) exclusions: Exclusions,
    pub(crate) metrics: Metrics,
    pub(crate) standings: Standings,
    pub(crate) settings: settings::Codes,
}

/// Declares everything.
pub(crate) fn declare(d: &mut Declaration) -> Codes {
    let exclusions = Exclusions::declare(d);
    let quota = d.quota(RATINGS_A_BLOCK, Period::TenDays, exclusions.beyond_quota);
    let feedback = FeedbackCounters::declare(d, quota);
    let orders = OrderCounters::declare(d);
    let severe = d.counter("severe-violations", defect(), words("Severe violations", "严重违规"));
    Codes {
        described: Dimension::declare(d, quota, &DESCRIBED),
        service: Dimension::declare(d, quota, &SERVICE),
        shipping: Dimension::declare(d, quota, &SHIPPING),
        causes: Causes::declare(d),
        metrics: Metrics::declare(d, &feedback, &orders, severe),
        standings: Standings::declare(d),
        settings: settings::Codes::declare(d),
        exclusions,
        feedback,
        orders,
        severe,
    }
}

/// What a rating as a whole counts for.
#[derive(Debug)]
pub(crate) struct FeedbackCounters {
    pub(crate) score: Counter,
    pub(crate) decided: Counter,
    pub(crate) positive: Counter,
    pub(crate) negative: Counter,
    pub(crate) rated: Counter,
    pub(crate) quality_defects: Counter,
    pub(crate) shipping_rated: Counter,
    pub(crate) shipping_defects: Counter,
}

impl FeedbackCounters {
    fn declare(d: &mut Declaration, quota: Quota) -> Self {
        let mut sum = |code, words| d.counter(code, volume().within(quota), words);
        let (score, decided, positive, rated, shipping_rated) = (
            sum("feedback-points", words("Feedback points, +1 and -1", "评价积分（好评+1，差评-1）")),
            sum("feedback-decided", words("Positive and negative feedback", "好评与差评数")),
            sum("feedback-positive", words("Positive feedback", "好评数")),
            sum("ratings", words("Ratings", "评价数")),
            sum("shipping-rated", words("Ratings of shipping", "物流评价数")),
        );
        let mut kept = |code, words| d.counter(code, defect().within(quota), words);
        Self {
            negative: kept("feedback-negative", words("Negative feedback", "差评数")),
            quality_defects: kept(
                "quality-defects",
                words("Ratings of 3 stars and fewer, overall or as described", "总评或描述相符3星及以下"),
            ),
            shipping_defects: kept("shipping-defects", words("Ratings of shipping of 1 star", "物流1星评价")),
            score,
            decided,
            positive,
            rated,
            shipping_rated,
        }
    }
}

/// What an order counts for, rated or not.
#[derive(Debug)]
pub(crate) struct OrderCounters {
    pub(crate) orders: Counter,
    pub(crate) unshipped: Counter,
    pub(crate) shipped: Counter,
    pub(crate) disputed: Counter,
}

impl OrderCounters {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            orders: d.counter("orders", volume(), words("Orders", "订单数")),
            unshipped: d.counter("orders-unshipped", defect(), words("Orders paid and never shipped", "付款未发货订单")),
            shipped: d.counter("orders-shipped", volume(), words("Orders shipped", "已发货订单")),
            disputed: d.counter(
                "orders-disputed",
                defect(),
                words("Shipped orders with a request for a refund", "提起退款的已发货订单"),
            ),
        }
    }
}

/// One of the three marks that a buyer gives, and its mean.
#[derive(Debug)]
pub(crate) struct Dimension {
    pub(crate) marks: Counter,
    pub(crate) ratings: Counter,
    pub(crate) mean: Metric,
}

/// Codes of a dimension, each with its wording.
struct Names([(&'static str, Words); 3]);

const DESCRIBED: Names = Names([
    ("described-marks", words("Marks: item as described, sum", "描述相符：评分合计")),
    ("described-ratings", words("Marks: item as described, number", "描述相符：评分次数")),
    ("described", words("Item as described", "描述相符")),
]);

const SERVICE: Names = Names([
    ("service-marks", words("Marks: communication, sum", "沟通质量：评分合计")),
    ("service-ratings", words("Marks: communication, number", "沟通质量：评分次数")),
    ("service", words("Communication", "沟通质量")),
]);

const SHIPPING: Names = Names([
    ("shipping-marks", words("Marks: shipping, sum", "物流服务：评分合计")),
    ("shipping-ratings", words("Marks: shipping, number", "物流服务：评分次数")),
    ("shipping", words("Shipping", "物流服务")),
]);

impl Dimension {
    fn declare(d: &mut Declaration, quota: Quota, names: &Names) -> Self {
        let [marks, ratings, mean] = names.0;
        let marks = d.counter(marks.0, volume().within(quota), marks.1);
        let ratings = d.counter(ratings.0, volume().within(quota), ratings.1);
        let spec = MetricSpec::mean(marks, ratings, BEST, days(180)).min_denominator(10);
        Self { marks, ratings, mean: d.metric(mean.0, spec, mean.1) }
    }
}

#[derive(Debug)]
pub(crate) struct Causes {
    pub(crate) negative: Cause,
    pub(crate) overall_low: Cause,
    pub(crate) described_low: Cause,
    pub(crate) shipping_low: Cause,
    pub(crate) not_shipped: Cause,
    pub(crate) not_received: Cause,
    pub(crate) other_refund: Cause,
    pub(crate) violation: Cause,
}

impl Causes {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            negative: d.cause("rated-1-or-2", words("Rated 1 or 2 stars", "1至2星评价")),
            overall_low: d.cause("overall-low", words("Rated 3 stars or fewer", "总评3星及以下")),
            described_low: d.cause("described-low", words("Rated 3 stars or fewer as described", "描述相符3星及以下")),
            shipping_low: d.cause("shipping-low", words("Shipping rated 1 star", "物流1星")),
            not_shipped: d.cause("not-shipped", words("Paid for and not shipped", "付款未发货")),
            not_received: d.cause("not-received", words("Claim: not received", "纠纷：未收到货")),
            other_refund: d.cause("other-refund", words("Claim or return", "纠纷或退货")),
            violation: d.cause("violation-recorded", words("Violation on record", "违规记录")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Exclusions {
    pub(crate) beyond_quota: Exclusion,
    pub(crate) rated_too_late: Exclusion,
    pub(crate) low_value: Exclusion,
    pub(crate) disputed: Exclusion,
    pub(crate) feedback_struck: Exclusion,
    pub(crate) feedback_withdrawn: Exclusion,
    pub(crate) feedback_removed: Exclusion,
    pub(crate) withdrawn: Exclusion,
    pub(crate) overturned: Exclusion,
}

impl Exclusions {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            beyond_quota: d.exclusion(
                "beyond-one-in-ten-days",
                words("The buyer's first rating of the ten days counts, and this is another", "同一买家每旬仅首次评价计入"),
            ),
            rated_too_late: d.exclusion("rated-too-late", words("Rated more than 30 days after delivery", "收货30天后的评价")),
            low_value: d.exclusion("low-value", words("The order was worth too little", "订单金额过低")),
            disputed: d.exclusion(
                "order-disputed",
                words("The buyer disputed receipt or asked to return it", "买家已提起未收货或退货纠纷"),
            ),
            feedback_struck: d.exclusion("feedback-struck", words("The rating was struck", "评价已划除")),
            feedback_withdrawn: d.exclusion("feedback-withdrawn", words("The buyer withdrew the rating", "买家撤回评价")),
            feedback_removed: d.exclusion("feedback-removed", words("The rating was removed", "评价已删除")),
            withdrawn: d.exclusion("claim-withdrawn", words("The buyer withdrew the claim", "买家撤回纠纷")),
            overturned: d.exclusion("violation-overturned", words("The violation was overturned", "违规已撤销")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) quality: Judged,
    pub(crate) service: Judged,
    pub(crate) logistics: Judged,
    pub(crate) severe: Judged,
}

impl Metrics {
    fn declare(d: &mut Declaration, feedback: &FeedbackCounters, orders: &OrderCounters, severe: Counter) -> Self {
        d.metric("feedback-score", MetricSpec::sum(feedback.score, Window::Lifetime), words("Feedback score", "评价积分"));
        d.metric(
            "positive-feedback-rate",
            MetricSpec::ratio(feedback.positive, feedback.decided, days(180)).evidence(feedback.negative).min_denominator(10),
            words("Positive feedback rate", "好评率"),
        );
        d.metric(
            "dispute-rate",
            MetricSpec::ratio(orders.disputed, orders.shipped, days(30)).min_denominator(LEAST),
            words("Dispute rate", "纠纷提起率"),
        );
        let assessed = |of, over| {
            MetricSpec::ratio(of, over, months_from(ASSESSED_ON, 1))
                .judged_on(Cadence::Monthly(ASSESSED_ON))
                .min_denominator(LEAST)
        };
        Self {
            quality: d.judged(
                "quality-defect-rate",
                assessed(feedback.quality_defects, feedback.rated).less_than(0.10).warn(0.08),
                words("Quality", "商品质量"),
            ),
            service: d.judged(
                "service-defect-rate",
                assessed(orders.unshipped, orders.orders).less_than(0.05).warn(0.04),
                words("Service", "服务质量"),
            ),
            logistics: d.judged(
                "logistics-defect-rate",
                assessed(feedback.shipping_defects, feedback.shipping_rated).less_than(0.10).warn(0.08),
                words("Logistics", "物流质量"),
            ),
            severe: d.judged(
                "severe-violations",
                MetricSpec::sum(severe, days(180)).at_most(0.0),
                words("Severe violations", "严重违规"),
            ),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Standings {
    pub(crate) good: Standing,
    pub(crate) observed: Standing,
    pub(crate) penalised: Standing,
    pub(crate) suspended: Standing,
}

impl Standings {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            good: d.standing("good", Level::Good, words("Good", "良好")),
            observed: d.standing("observed", Level::AtRisk, words("Under observation", "观察中")),
            penalised: d.standing("penalised", Level::Restricted, words("Penalised", "受处罚")),
            suspended: d.standing("suspended", Level::Suspended, words("Suspended", "已暂停")),
        }
    }
}
