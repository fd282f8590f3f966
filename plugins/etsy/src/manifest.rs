//! What these rules declare: counters, metrics, standings and their wording. The README names the source of each number.

use andon_sdk::{
    About, Badge, Cadence, Cause, Counter, Declaration, Exclusion, Judged, Level, Metric, MetricSpec, ReasonCode, Standing,
    Window, days, defect, months, volume, words,
};

use crate::settings;

pub(crate) const ABOUT: About =
    About { marketplace: "etsy", name: "etsy", version: env!("CARGO_PKG_VERSION"), cadence: Cadence::Continuous };

/// Handles to all that is declared.
#[derive(Debug)]
pub struct Codes {
    pub(crate) counters: Counters,
    pub(crate) causes: Causes,
    pub(crate) exclusions: Exclusions,
    pub(crate) metrics: Metrics,
    pub(crate) standings: Standings,
    pub(crate) star_met: ReasonCode,
    pub(crate) star_missed: ReasonCode,
    pub(crate) badge: Badge,
    pub(crate) settings: settings::Codes,
}

/// Declares everything.
pub(crate) fn declare(d: &mut Declaration) -> Codes {
    let counters = Counters::declare(d);
    Codes {
        causes: Causes::declare(d),
        exclusions: Exclusions::declare(d),
        metrics: Metrics::declare(d, &counters),
        standings: Standings {
            star_seller: d.standing("star-seller", Level::Excellent, words("Star Seller", "星级卖家")),
            good: d.standing("good", Level::Good, words("Good", "良好")),
            below_standards: d.standing(
                "below-standards",
                Level::AtRisk,
                words("Below the customer service standards", "未达客户服务标准"),
            ),
            warned: d.standing("warned", Level::AtRisk, words("Customer service warning", "客户服务警告")),
            suspended: d.standing("suspended", Level::Suspended, words("Suspended", "已暂停")),
        },
        star_met: d.reason("star-met", words("Meets every criterion of Star Seller", "满足星级卖家全部条件")),
        star_missed: d.reason("star-missed", words("Misses a criterion of Star Seller", "未满足星级卖家条件")),
        badge: d.badge("star-seller", words("Star Seller", "星级卖家")),
        settings: settings::Codes::declare(d),
        counters,
    }
}

/// Messages, by whether they were answered within some time.
#[derive(Debug)]
pub(crate) struct Answers {
    pub(crate) owed: Counter,
    pub(crate) in_time: Counter,
    pub(crate) late: Counter,
}

#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) orders: Counter,
    pub(crate) orders_completed: Counter,
    pub(crate) sales: Counter,
    pub(crate) orders_dissatisfied: Counter,
    pub(crate) cases_refunded: Counter,
    pub(crate) reviews: Counter,
    pub(crate) review_stars: Counter,
    pub(crate) reviews_imperfect: Counter,
    pub(crate) reviews_low: Counter,
    pub(crate) shipments_due: Counter,
    pub(crate) shipments_on_time: Counter,
    pub(crate) shipments_late: Counter,
    pub(crate) shipments_tracked: Counter,
    pub(crate) shipments_short_of_star: Counter,
    pub(crate) answers_24: Answers,
    pub(crate) answers_48: Answers,
}

impl Counters {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            orders: d.counter("orders", volume(), words("Orders", "订单数")),
            orders_completed: d.counter("orders-completed", volume(), words("Orders completed", "已完成订单")),
            sales: d.counter("sales", volume(), words("Sales in minor units", "销售额（最小货币单位）")),
            orders_dissatisfied: d.counter(
                "orders-dissatisfied",
                defect(),
                words("Orders with a case or a review of 1 or 2", "有纠纷或1至2星评价的订单"),
            ),
            cases_refunded: d.counter(
                "cases-refunded",
                defect(),
                words("Cases refunded from the shop's account", "由店铺账户退款的纠纷"),
            ),
            reviews: d.counter("reviews", volume(), words("Reviews", "评价数")),
            review_stars: d.counter("review-stars", volume(), words("Stars of reviews", "评价星数")),
            reviews_imperfect: d.counter("reviews-imperfect", defect(), words("Reviews below 5", "低于5星的评价")),
            reviews_low: d.counter("reviews-low", defect(), words("Reviews of 3 or lower", "3星及以下的评价")),
            shipments_due: d.counter("shipments-due", volume(), words("Shipments due", "应发货订单")),
            shipments_on_time: d.counter("shipments-on-time", volume(), words("Shipments on time", "准时发货")),
            shipments_late: d.counter("shipments-late", defect(), words("Late shipments", "迟发订单")),
            shipments_tracked: d.counter(
                "shipments-tracked",
                volume(),
                words("Shipments on time and tracked", "准时且可追踪的发货"),
            ),
            shipments_short_of_star: d.counter(
                "shipments-short-of-star",
                defect(),
                words("Shipments late or untracked", "迟发或不可追踪的发货"),
            ),
            answers_24: Answers {
                owed: d.counter("answers-owed-24", volume(), words("Messages due in 24 hours", "应在24小时内回复的消息")),
                in_time: d.counter("answers-in-time-24", volume(), words("Messages answered in 24 hours", "24小时内回复的消息")),
                late: d.counter("answers-late-24", defect(), words("Messages not answered in 24 hours", "24小时内未回复的消息")),
            },
            answers_48: Answers {
                owed: d.counter("answers-owed-48", volume(), words("Messages due in 48 hours", "应在48小时内回复的消息")),
                in_time: d.counter("answers-in-time-48", volume(), words("Messages answered in 48 hours", "48小时内回复的消息")),
                late: d.counter("answers-late-48", defect(), words("Messages not answered in 48 hours", "48小时内未回复的消息")),
            },
        }
    }
}

#[derive(Debug)]
pub(crate) struct Causes {
    pub(crate) case: Cause,
    pub(crate) case_refunded: Cause,
    pub(crate) low_review: Cause,
    pub(crate) shipped_late: Cause,
    pub(crate) ship_by_passed: Cause,
    pub(crate) no_scan: Cause,
    pub(crate) answered_late: Cause,
    pub(crate) not_answered: Cause,
}

impl Causes {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            case: d.cause("case", words("Case", "纠纷")),
            case_refunded: d.cause("case-refunded", words("Case refunded from the shop's account", "纠纷由店铺账户退款")),
            low_review: d.cause("low-review", words("Low review", "低星评价")),
            shipped_late: d.cause("shipped-late", words("Shipped after the promised day", "晚于承诺时间发货")),
            ship_by_passed: d
                .cause("ship-by-passed", words("Not shipped though the promised day has passed", "已过承诺时间仍未发货")),
            no_scan: d.cause("no-carrier-scan", words("No carrier ever scanned it", "无承运商扫描记录")),
            answered_late: d.cause("answered-late", words("Answered after the time allowed", "超时回复")),
            not_answered: d.cause("not-answered", words("Not answered within the time allowed", "超时未回复")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Exclusions {
    pub(crate) case_dismissed: Exclusion,
    pub(crate) at_platform_cost: Exclusion,
    pub(crate) review_struck: Exclusion,
    pub(crate) review_withdrawn: Exclusion,
    pub(crate) review_removed: Exclusion,
}

impl Exclusions {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            case_dismissed: d.exclusion("case-dismissed", words("The case was denied or withdrawn", "纠纷被驳回或撤回")),
            at_platform_cost: d.exclusion("at-platform-cost", words("Etsy bore the refund", "由平台承担退款")),
            review_struck: d.exclusion("review-struck", words("The review was struck", "评价已划除")),
            review_withdrawn: d.exclusion("review-withdrawn", words("The buyer withdrew the review", "买家撤回评价")),
            review_removed: d.exclusion("review-removed", words("The review was removed", "评价已删除")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) response: Judged,
    pub(crate) on_time: Judged,
    pub(crate) low_reviews: Judged,
    pub(crate) case_rate: Judged,
    pub(crate) cases_refunded: Judged,
    /// Insufficient before standards are shown.
    pub(crate) orders: Metric,
    pub(crate) dissatisfaction: Judged,
    pub(crate) dissatisfaction_before: Judged,
    /// Insufficient before a warning may be given.
    pub(crate) dissatisfied_ever: Metric,
    pub(crate) star_orders_ever: Metric,
    pub(crate) star_orders_90: Metric,
    pub(crate) star_response: Metric,
    pub(crate) star_on_time: Metric,
    pub(crate) star_rating: Metric,
    pub(crate) star_orders: Metric,
    pub(crate) star_sales: Metric,
}

impl Metrics {
    fn declare(d: &mut Declaration, c: &Counters) -> Self {
        let recent = days(90);
        let success = |of, over, short| MetricSpec::ratio(of, over, recent).at_least(0.80).evidence(short);
        let dissatisfied = |window| MetricSpec::ratio(c.orders_dissatisfied, c.orders, window).less_than(0.01).min_numerator(2);
        let past = months(3);
        let review = Cadence::Monthly(1);
        let shown = |of, over, short| MetricSpec::ratio(of, over, past).evidence(short);
        Self {
            response: d.judged(
                "message-response-rate",
                success(c.answers_48.in_time, c.answers_48.owed, c.answers_48.late).min_denominator(5).min_numerator(2),
                words("Message response rate", "消息回复率"),
            ),
            on_time: d.judged(
                "on-time-shipping-rate",
                success(c.shipments_on_time, c.shipments_due, c.shipments_late).min_denominator(5).min_numerator(2),
                words("On-time shipping rate", "准时发货率"),
            ),
            low_reviews: d.judged(
                "low-review-rate",
                // With 40 reviews or fewer, 5 are more than a tenth: the floor alone says "at most 4".
                MetricSpec::ratio(c.reviews_low, c.reviews, recent).at_most(0.10).min_numerator(5),
                words("Low review rate", "低星评价率"),
            ),
            case_rate: d.judged(
                "case-rate",
                MetricSpec::ratio(c.cases_refunded, c.orders_completed, recent).less_than(0.01).min_denominator(300),
                words("Case rate", "纠纷率"),
            ),
            cases_refunded: d.judged(
                "cases-refunded",
                MetricSpec::sum(c.cases_refunded, recent).at_most(3.0),
                words("Cases refunded from the shop's account", "由店铺账户退款的纠纷"),
            ),
            orders: d.metric(
                "orders-90",
                MetricSpec::sum(c.orders, recent).min_denominator(5),
                words("Orders, 90 days", "订单数（90天）"),
            ),
            dissatisfaction: d.judged(
                "order-dissatisfaction-rate",
                dissatisfied(days(60)),
                words("Order dissatisfaction rate", "订单不满意率"),
            ),
            dissatisfaction_before: d.judged(
                "order-dissatisfaction-rate-before",
                dissatisfied(days(60).lag(90)),
                words("Order dissatisfaction rate, as evaluated 90 days ago", "订单不满意率（90天前评估）"),
            ),
            dissatisfied_ever: d.metric(
                "orders-dissatisfied-ever",
                MetricSpec::sum(c.orders_dissatisfied, Window::Lifetime).min_denominator(3),
                words("Dissatisfied orders since the first sale", "首次销售以来的不满意订单"),
            ),
            star_orders_ever: d.metric(
                "star-orders-ever",
                MetricSpec::sum(c.orders, Window::Lifetime).judged_on(review),
                words("Star Seller: orders since the first sale", "星级卖家：首次销售以来的订单数"),
            ),
            star_orders_90: d.metric(
                "star-orders-90",
                MetricSpec::sum(c.orders, recent).judged_on(review),
                words("Star Seller: orders, 90 days", "星级卖家：订单数（90天）"),
            ),
            star_response: d.metric(
                "star-response-rate",
                shown(c.answers_24.in_time, c.answers_24.owed, c.answers_24.late),
                words("Star Seller: message response rate", "星级卖家：消息回复率"),
            ),
            star_on_time: d.metric(
                "star-on-time-rate",
                shown(c.shipments_tracked, c.shipments_due, c.shipments_short_of_star),
                words("Star Seller: on-time shipping with tracking", "星级卖家：准时且可追踪发货率"),
            ),
            star_rating: d.metric(
                "star-average-rating",
                MetricSpec::mean(c.review_stars, c.reviews, 5, past).evidence(c.reviews_imperfect),
                words("Star Seller: average rating", "星级卖家：平均评分"),
            ),
            star_orders: d.metric(
                "star-orders",
                MetricSpec::sum(c.orders, past),
                words("Star Seller: orders", "星级卖家：订单数"),
            ),
            star_sales: d.metric(
                "star-sales",
                MetricSpec::sum(c.sales, past),
                words("Star Seller: sales in minor units", "星级卖家：销售额（最小货币单位）"),
            ),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Standings {
    pub(crate) star_seller: Standing,
    pub(crate) good: Standing,
    pub(crate) below_standards: Standing,
    pub(crate) warned: Standing,
    pub(crate) suspended: Standing,
}
