//! What these rules declare: counters, metrics, standings and their wording. The README names the source of each number.

use andon_sdk::{
    About, Cadence, Cause, Counter, Declaration, Exclusion, Judged, Level, Metric, MetricSpec, ReasonCode, Standing, Words, days,
    defect, volume, words,
};

use crate::settings;

pub(crate) const ABOUT: About =
    About { marketplace: "mirakl", name: "mirakl", version: env!("CARGO_PKG_VERSION"), cadence: Cadence::Continuous };

/// Below so many orders, messages or ratings nothing about them is judged.
const LEAST: u32 = 10;

/// What the floor of orders counts. The counter and the metric that shows its sum are worded once, as one thing.
const ORDERS: &str = "orders-not-cancelled";
const NOT_CANCELLED: Words = words("Orders not cancelled", "未取消的订单");

/// Days that metrics cover, and ratings.
const MONTH: u16 = 30;
const QUARTER: u16 = 90;

/// Handles to all that is declared.
#[derive(Debug)]
pub struct Codes {
    pub(crate) counters: Counters,
    pub(crate) causes: Causes,
    pub(crate) exclusions: Exclusions,
    pub(crate) metrics: [Judged; 9],
    /// Those of them that are held against nobody with too few orders. Their own floors count what they are divided by, and that
    /// takes in orders accepted and then cancelled.
    pub(crate) of_orders: [Judged; 6],
    /// How many orders there are to judge by: insufficient where they are too few.
    pub(crate) volume: Metric,
    pub(crate) standings: Standings,
    pub(crate) immune: ReasonCode,
    pub(crate) too_few_orders: ReasonCode,
    pub(crate) settings: settings::Codes,
}

/// Declares everything.
pub(crate) fn declare(d: &mut Declaration) -> Codes {
    let counters = Counters::declare(d);
    let metrics = metrics(d, &counters);
    let [incidents, acceptance_minutes, acceptance, refunds, _, _, late_shipments, _, tracking] = metrics;
    Codes {
        causes: Causes::declare(d),
        exclusions: Exclusions::declare(d),
        metrics,
        of_orders: [incidents, acceptance_minutes, acceptance, refunds, late_shipments, tracking],
        volume: volume_of_orders(d, &counters),
        standings: Standings::declare(d),
        immune: d.reason("immune", words("Reopened, and given time", "已重新开店，处于豁免期")),
        too_few_orders: d.reason("too-few-orders", words("Too few orders to be judged by", "订单过少，暂不评判")),
        settings: settings::Codes::declare(d),
        counters,
    }
}

#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) not_cancelled: Counter,
    pub(crate) orders: Counter,
    pub(crate) accepted: Counter,
    pub(crate) refused: Counter,
    pub(crate) auto_rejected: Counter,
    pub(crate) accept_minutes: Counter,
    pub(crate) accept_timed: Counter,
    pub(crate) incidents: Counter,
    pub(crate) refunds: Counter,
    pub(crate) shipments_due: Counter,
    pub(crate) shipments_late: Counter,
    pub(crate) parcels: Counter,
    pub(crate) parcels_tracked: Counter,
    pub(crate) parcels_untracked: Counter,
    pub(crate) answers_owed: Counter,
    pub(crate) answer_minutes: Counter,
    pub(crate) answers_slow: Counter,
    pub(crate) ratings: Counter,
    pub(crate) stars: Counter,
    pub(crate) ratings_low: Counter,
}

impl Counters {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            not_cancelled: d.counter(ORDERS, volume(), NOT_CANCELLED),
            orders: d.counter("orders", volume(), words("Orders accepted or refused", "已接受或拒绝的订单")),
            accepted: d.counter("orders-accepted", volume(), words("Orders accepted", "已接受订单")),
            refused: d.counter("orders-refused", defect(), words("Orders not accepted", "未接受订单")),
            auto_rejected: d.counter(
                "orders-auto-rejected",
                defect(),
                words("Orders rejected for want of an answer", "超时自动拒绝的订单"),
            ),
            accept_minutes: d.counter("accept-minutes", volume(), words("Minutes until acceptance, sum", "接单用时合计（分钟）")),
            accept_timed: d.counter("accept-timed", volume(), words("Acceptances with a known moment", "有接单时间的订单")),
            incidents: d.counter("incidents", defect(), words("Orders with an incident", "有纠纷的订单")),
            refunds: d.counter("refunds", defect(), words("Orders with a refund", "有退款的订单")),
            shipments_due: d.counter("shipments-due", volume(), words("Shipments due", "应发货订单")),
            shipments_late: d.counter("shipments-late", defect(), words("Late shipments", "迟发订单")),
            parcels: d.counter("parcels", volume(), words("Parcels shipped", "已发包裹")),
            parcels_tracked: d.counter("parcels-tracked", volume(), words("Parcels with a tracking number", "有物流单号的包裹")),
            parcels_untracked: d.counter(
                "parcels-untracked",
                defect(),
                words("Parcels without a tracking number", "无物流单号的包裹"),
            ),
            answers_owed: d.counter("answers-owed", volume(), words("Messages answered or overdue", "已回复或逾期的消息")),
            answer_minutes: d.counter("answer-minutes", volume(), words("Minutes until an answer, sum", "回复用时合计（分钟）")),
            answers_slow: d.counter("answers-slow", defect(), words("Messages without an answer for a day", "一天未回复的消息")),
            ratings: d.counter("ratings", volume(), words("Ratings", "评价数")),
            stars: d.counter("stars", volume(), words("Stars, sum", "星级合计")),
            ratings_low: d.counter("ratings-low", defect(), words("Ratings of 1 or 2", "1至2星评价")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Causes {
    pub(crate) refused: Cause,
    pub(crate) auto_rejected: Cause,
    pub(crate) incident: Cause,
    pub(crate) refund: Cause,
    pub(crate) shipped_late: Cause,
    pub(crate) ship_by_passed: Cause,
    pub(crate) no_tracking: Cause,
    pub(crate) answered_late: Cause,
    pub(crate) not_answered: Cause,
    pub(crate) rated_low: Cause,
}

impl Causes {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            refused: d.cause("refused", words("Refused by the shop", "店铺拒绝")),
            auto_rejected: d
                .cause("auto-rejected", words("Rejected because the shop did not answer in time", "店铺超时未接单被拒")),
            incident: d.cause("incident", words("Incident", "纠纷")),
            refund: d.cause("refund", words("Refund", "退款")),
            shipped_late: d.cause("shipped-late", words("Shipped after the promised moment", "晚于承诺时间发货")),
            ship_by_passed: d
                .cause("ship-by-passed", words("Not shipped though the promised moment has passed", "已过承诺时间仍未发货")),
            no_tracking: d.cause("no-tracking", words("No tracking number", "无物流单号")),
            answered_late: d.cause("answered-late", words("Answered after a day", "超过一天才回复")),
            not_answered: d.cause("not-answered", words("Not answered for a day", "一天未回复")),
            rated_low: d.cause("rated-low", words("Rated 1 or 2", "评价1至2星")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Exclusions {
    pub(crate) withdrawn: Exclusion,
    pub(crate) decided_for_shop: Exclusion,
    pub(crate) feedback_struck: Exclusion,
    pub(crate) feedback_withdrawn: Exclusion,
    pub(crate) feedback_removed: Exclusion,
}

impl Exclusions {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            withdrawn: d.exclusion("incident-withdrawn", words("The buyer withdrew the incident", "买家撤回纠纷")),
            decided_for_shop: d.exclusion("decided-for-shop", words("The incident was decided for the shop", "纠纷判店铺胜诉")),
            feedback_struck: d.exclusion("feedback-struck", words("The rating was struck", "评价已划除")),
            feedback_withdrawn: d.exclusion("feedback-withdrawn", words("The buyer withdrew the rating", "买家撤回评价")),
            feedback_removed: d.exclusion("feedback-removed", words("The rating was removed", "评价已删除")),
        }
    }
}

/// Each with a limit, and the alert before it.
fn metrics(d: &mut Declaration, c: &Counters) -> [Judged; 9] {
    let rate = |of, over| MetricSpec::ratio(of, over, days(MONTH)).min_denominator(LEAST);
    let minutes = |sum, number| MetricSpec::mean(sum, number, 0, days(MONTH)).min_denominator(LEAST);
    [
        d.judged("incident-rate", rate(c.incidents, c.accepted).less_than(0.09).warn(0.08), words("Incident rate", "纠纷率")),
        d.judged(
            "acceptance-minutes",
            minutes(c.accept_minutes, c.accept_timed).less_than(1440.0).warn(1200.0),
            words("Minutes until acceptance", "平均接单用时（分钟）"),
        ),
        d.judged(
            "acceptance-rate",
            MetricSpec::ratio(c.accepted, c.orders, days(MONTH))
                .at_least(0.96)
                .warn(0.97)
                .evidence(c.refused)
                .min_denominator(LEAST),
            words("Acceptance rate", "接单率"),
        ),
        d.judged("refund-rate", rate(c.refunds, c.accepted).less_than(0.25).warn(0.20), words("Refund rate", "退款率")),
        d.judged(
            "response-minutes",
            minutes(c.answer_minutes, c.answers_owed).at_most(1440.0).warn(1200.0).evidence(c.answers_slow),
            words("Minutes until an answer", "平均回复用时（分钟）"),
        ),
        d.judged(
            "auto-rejections",
            MetricSpec::sum(c.auto_rejected, days(MONTH)).at_most(1.0).warn(0.0),
            words("Orders rejected for want of an answer", "超时自动拒绝的订单数"),
        ),
        d.judged(
            "late-shipment-rate",
            rate(c.shipments_late, c.shipments_due).less_than(0.10).warn(0.08),
            words("Late shipment rate", "迟发率"),
        ),
        d.judged(
            "rating",
            MetricSpec::mean(c.stars, c.ratings, 5, days(QUARTER))
                .at_least(3.0)
                .warn(3.5)
                .evidence(c.ratings_low)
                .min_denominator(LEAST),
            words("Mean rating", "平均评分"),
        ),
        d.judged(
            "tracking-rate",
            MetricSpec::ratio(c.parcels_tracked, c.parcels, days(MONTH))
                .at_least(0.90)
                .warn(0.91)
                .evidence(c.parcels_untracked)
                .min_denominator(LEAST),
            words("Tracking rate", "物流单号提供率"),
        ),
    ]
}

/// It has no limit of its own.
fn volume_of_orders(d: &mut Declaration, c: &Counters) -> Metric {
    d.metric(ORDERS, MetricSpec::sum(c.not_cancelled, days(MONTH)).min_denominator(LEAST), NOT_CANCELLED)
}

#[derive(Debug)]
pub(crate) struct Standings {
    pub(crate) good: Standing,
    pub(crate) alerted: Standing,
    pub(crate) immune: Standing,
    pub(crate) suspended: Standing,
    pub(crate) closed: Standing,
}

impl Standings {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            good: d.standing("good", Level::Good, words("Within its limits", "指标达标")),
            alerted: d.standing("alerted", Level::AtRisk, words("Alerted", "已预警")),
            immune: d.standing("immune", Level::AtRisk, words("Reopened, immune for now", "已重新开店（豁免期）")),
            suspended: d.standing("suspended", Level::Suspended, words("Suspended", "已暂停")),
            closed: d.standing("closed", Level::Suspended, words("Closed for good", "永久关店")),
        }
    }
}
