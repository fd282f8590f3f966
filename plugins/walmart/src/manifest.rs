//! What these rules declare: counters, metrics, standings and their wording. The README names the source of each number.

use andon_sdk::{
    About, Cadence, Cause, Counter, Declaration, Exclusion, Judged, Level, MetricSpec, ReturnReason, Standing, days, defect,
    volume, words,
};

use crate::settings;

pub(crate) const ABOUT: About =
    About { marketplace: "walmart", name: "walmart", version: env!("CARGO_PKG_VERSION"), cadence: Cadence::Continuous };

/// Handles to all that is declared.
#[derive(Debug)]
pub struct Codes {
    pub(crate) counters: Counters,
    pub(crate) causes: Causes,
    pub(crate) exclusions: Exclusions,
    pub(crate) return_reasons: ReturnReasons,
    pub(crate) metrics: Metrics,
    pub(crate) standings: Standings,
    pub(crate) settings: settings::Codes,
}

/// Declares everything.
pub(crate) fn declare(d: &mut Declaration) -> Codes {
    let counters = Counters::declare(d);
    Codes {
        causes: Causes::declare(d),
        exclusions: Exclusions::declare(d),
        return_reasons: ReturnReasons::declare(d),
        metrics: Metrics::declare(d, &counters),
        standings: Standings {
            good: d.standing("good", Level::Good, words("In good standing", "状况良好")),
            at_risk: d.standing("at-risk", Level::AtRisk, words("At risk", "存在风险")),
            suppressed: d.standing(
                "suppressed",
                Level::Restricted,
                words("Suppressed: listings that the seller ships are off", "已下架：自配送商品停售"),
            ),
            suspended: d.standing(
                "suspended",
                Level::Suspended,
                words("Suspended: all listings are off", "已暂停：全部商品停售"),
            ),
        },
        settings: settings::Codes::declare(d),
        counters,
    }
}

#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) orders: Counter,
    pub(crate) orders_cancelled: Counter,
    pub(crate) orders_refunded: Counter,
    pub(crate) orders_not_received: Counter,
    pub(crate) deliveries_due: Counter,
    pub(crate) deliveries_on_time: Counter,
    pub(crate) deliveries_late: Counter,
    pub(crate) parcels_shipped: Counter,
    pub(crate) parcels_tracked: Counter,
    pub(crate) parcels_untracked: Counter,
    pub(crate) answers_owed: Counter,
    pub(crate) answers_in_time: Counter,
    pub(crate) answers_late: Counter,
    pub(crate) orders_delivered: Counter,
    pub(crate) orders_returned: Counter,
    pub(crate) orders_sold: Counter,
    pub(crate) orders_rated_low: Counter,
}

impl Counters {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            orders: d.counter("orders", volume(), words("Orders for the seller to ship", "卖家自配送订单")),
            orders_cancelled: d.counter("orders-cancelled", defect(), words("Orders the seller cancelled", "卖家取消的订单")),
            orders_refunded: d.counter("orders-refunded", defect(), words("Refunded orders", "已退款订单")),
            orders_not_received: d.counter(
                "orders-not-received",
                defect().by_buyer(),
                words("Orders reported as not received", "买家报告未收到的订单"),
            ),
            deliveries_due: d.counter("deliveries-due", volume(), words("Deliveries due", "应送达订单")),
            deliveries_on_time: d.counter("deliveries-on-time", volume(), words("Deliveries on time", "准时送达订单")),
            deliveries_late: d.counter("deliveries-late", defect(), words("Late deliveries", "未准时送达订单")),
            parcels_shipped: d.counter("parcels-shipped", volume(), words("Parcels shipped", "已发包裹")),
            parcels_tracked: d.counter("parcels-tracked", volume(), words("Parcels with a carrier scan", "有承运商扫描的包裹")),
            parcels_untracked: d.counter(
                "parcels-untracked",
                defect(),
                words("Parcels without a carrier scan", "无承运商扫描的包裹"),
            ),
            answers_owed: d.counter("answers-owed", volume(), words("Messages owed an answer", "应回复消息")),
            answers_in_time: d.counter("answers-in-time", volume(), words("Messages answered in time", "及时回复的消息")),
            answers_late: d.counter("answers-late", defect(), words("Messages answered late or never", "迟回或未回消息")),
            orders_delivered: d.counter("orders-delivered", volume(), words("Orders delivered", "已送达订单")),
            orders_returned: d.counter("orders-returned", defect(), words("Orders sent back", "被退回的订单")),
            orders_sold: d.counter("orders-sold", volume(), words("Orders that can be rated", "可评价订单")),
            orders_rated_low: d.counter(
                "orders-rated-low",
                defect().by_buyer(),
                words("Orders rated 1 or 2", "评为1至2星的订单"),
            ),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Causes {
    pub(crate) cancelled_by_seller: Cause,
    pub(crate) auto_cancelled: Cause,
    pub(crate) claim_refunded: Cause,
    pub(crate) return_refunded: Cause,
    pub(crate) not_received: Cause,
    pub(crate) delivered_late: Cause,
    pub(crate) deliver_by_passed: Cause,
    pub(crate) no_scan: Cause,
    pub(crate) answered_late: Cause,
    pub(crate) not_answered: Cause,
    pub(crate) returned: Cause,
    pub(crate) low_rating: Cause,
}

impl Causes {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            cancelled_by_seller: d.cause("cancelled-by-seller", words("Cancelled by the seller", "卖家取消")),
            auto_cancelled: d
                .cause("auto-cancelled", words("Cancelled because it was not shipped in time", "未按时发货被自动取消")),
            claim_refunded: d.cause("claim-refunded", words("Refunded after a claim", "索赔后退款")),
            return_refunded: d.cause("return-refunded", words("Refunded after a return", "退货后退款")),
            not_received: d.cause("not-received", words("The buyer did not receive it", "买家未收到货")),
            delivered_late: d.cause("delivered-late", words("Delivered after the expected day", "晚于预计时间送达")),
            deliver_by_passed: d
                .cause("deliver-by-passed", words("Not delivered though the expected day has passed", "已过预计时间仍未送达")),
            no_scan: d.cause("no-carrier-scan", words("No carrier scan within 48 hours", "48小时内无承运商扫描")),
            answered_late: d.cause("answered-late", words("Answered after 48 hours", "超过48小时才回复")),
            not_answered: d.cause("not-answered", words("Not answered within 48 hours", "48小时内未回复")),
            returned: d.cause("returned", words("The buyer sent it back", "买家退货")),
            low_rating: d.cause("low-rating", words("Rated 1 or 2", "评为1至2星")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Exclusions {
    pub(crate) not_accountable: Exclusion,
    pub(crate) claim_dismissed: Exclusion,
    pub(crate) feedback_struck: Exclusion,
    pub(crate) feedback_withdrawn: Exclusion,
    pub(crate) feedback_removed: Exclusion,
}

impl Exclusions {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            not_accountable: d.exclusion("not-seller-accountable", words("The seller is not accountable for it", "非卖家责任")),
            claim_dismissed: d.exclusion("claim-dismissed", words("The claim was denied or withdrawn", "索赔被驳回或撤回")),
            feedback_struck: d.exclusion("feedback-struck", words("The feedback was struck", "评价已划除")),
            feedback_withdrawn: d.exclusion("feedback-withdrawn", words("The buyer withdrew the feedback", "买家撤回评价")),
            feedback_removed: d.exclusion("feedback-removed", words("The feedback was removed", "评价已删除")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct ReturnReasons {
    /// Reasons that make a refund the seller's fault.
    pub(crate) accountable: [ReturnReason; 6],
    /// Those of them that say that nothing came.
    pub(crate) never_arrived: [ReturnReason; 2],
}

impl ReturnReasons {
    fn declare(d: &mut Declaration) -> Self {
        d.return_reason("changed-mind", words("Changed their mind", "不想要了"));
        let lost = d.return_reason("lost", words("Lost on the way", "运输丢失"));
        let undelivered = d.return_reason("undelivered", words("Never delivered", "未送达"));
        let defective = d.return_reason("defective", words("Defective", "商品有缺陷"));
        let damaged = d.return_reason("damaged", words("Damaged", "商品破损"));
        let late = d.return_reason("late", words("Came late", "送达过晚"));
        let incorrect = d.return_reason("incorrect-item", words("The wrong item", "发错商品"));
        Self { accountable: [lost, undelivered, defective, damaged, late, incorrect], never_arrived: [lost, undelivered] }
    }
}

#[derive(Debug)]
pub(crate) struct Metrics {
    cancellation: Judged,
    on_time_delivery: Judged,
    valid_tracking: Judged,
    refund: Judged,
    response: Judged,
    returns: Judged,
    not_received: Judged,
    negative_feedback: Judged,
}

impl Metrics {
    fn declare(d: &mut Declaration, c: &Counters) -> Self {
        let rate = |of, over, n| MetricSpec::ratio(of, over, days(n)).min_denominator(20).min_numerator(2);
        Self {
            cancellation: d.judged(
                "cancellation-rate",
                rate(c.orders_cancelled, c.orders, 30).at_most(0.02).warn(0.015),
                words("Cancellation rate", "取消率"),
            ),
            on_time_delivery: d.judged(
                "on-time-delivery-rate",
                rate(c.deliveries_on_time, c.deliveries_due, 30).at_least(0.90).warn(0.92).evidence(c.deliveries_late),
                words("On-time delivery rate", "准时送达率"),
            ),
            valid_tracking: d.judged(
                "valid-tracking-rate",
                rate(c.parcels_tracked, c.parcels_shipped, 30).at_least(0.99).warn(0.995).evidence(c.parcels_untracked),
                words("Valid tracking rate", "有效追踪率"),
            ),
            refund: d.judged(
                "refund-rate",
                rate(c.orders_refunded, c.orders, 30).less_than(0.06).warn(0.05),
                words("Refund rate", "退款率"),
            ),
            response: d.judged(
                "response-rate",
                rate(c.answers_in_time, c.answers_owed, 30).at_least(0.95).warn(0.97).evidence(c.answers_late),
                words("Seller response rate", "卖家回复率"),
            ),
            returns: d.judged(
                "return-rate",
                rate(c.orders_returned, c.orders_delivered, 60).at_most(0.06).warn(0.05),
                words("Return rate", "退货率"),
            ),
            not_received: d.judged(
                "item-not-received-rate",
                rate(c.orders_not_received, c.orders, 60).at_most(0.02).warn(0.015).min_buyers(2),
                words("Item not received rate", "未收到货率"),
            ),
            negative_feedback: d.judged(
                "negative-feedback-rate",
                rate(c.orders_rated_low, c.orders_sold, 60).at_most(0.02).warn(0.015).min_buyers(2),
                words("Negative feedback rate", "差评率"),
            ),
        }
    }

    pub(crate) fn all(&self) -> [Judged; 8] {
        [
            self.cancellation,
            self.on_time_delivery,
            self.valid_tracking,
            self.refund,
            self.response,
            self.returns,
            self.not_received,
            self.negative_feedback,
        ]
    }
}

#[derive(Debug)]
pub(crate) struct Standings {
    pub(crate) good: Standing,
    pub(crate) at_risk: Standing,
    pub(crate) suppressed: Standing,
    pub(crate) suspended: Standing,
}
