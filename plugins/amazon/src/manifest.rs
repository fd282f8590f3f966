//! What these rules declare: counters, metrics, standings and their wording. The README names the source of each number.

use andon_sdk::{
    About, Cadence, Cause, Counter, Declaration, Exclusion, Judged, Level, Metric, MetricSpec, Policy, Setting, Standing, days,
    defect, volume, words,
};

use crate::settings::DEFAULT_CLAIM_STATES;

pub(crate) const ABOUT: About =
    About { marketplace: "amazon", name: "amazon", version: env!("CARGO_PKG_VERSION"), cadence: Cadence::Continuous };

/// Handles to all that is declared.
#[derive(Debug)]
pub struct Codes {
    pub(crate) counters: Counters,
    pub(crate) causes: Causes,
    pub(crate) exclusions: Exclusions,
    pub(crate) policies: Policies,
    pub(crate) metrics: Metrics,
    pub(crate) standings: Standings,
    pub(crate) counted_claim_states: Setting<String>,
    pub(crate) preview_days: Setting<i64>,
}

/// Declares everything.
pub(crate) fn declare(d: &mut Declaration) -> Codes {
    let counters = Counters::declare(d);
    Codes {
        causes: Causes::declare(d),
        exclusions: Exclusions::declare(d),
        policies: Policies::declare(d),
        metrics: Metrics::declare(d, &counters),
        standings: Standings::declare(d),
        counted_claim_states: d.text(
            "counted-claim-states",
            DEFAULT_CLAIM_STATES,
            words("States in which a claim counts as a defect, separated by spaces", "计为缺陷的索赔状态，以空格分隔"),
        ),
        preview_days: d.integer(
            "preview-days",
            7,
            1..=31,
            words("Days in a row of a breach before restrictions are proposed", "连续超标多少天后才建议限制"),
        ),
        counters,
    }
}

#[derive(Debug)]
pub(crate) struct Counters {
    pub(crate) orders: Counter,
    pub(crate) orders_defective: Counter,
    pub(crate) orders_self_fulfilled: Counter,
    pub(crate) orders_cancelled: Counter,
    pub(crate) orders_fulfilled: Counter,
    pub(crate) shipments_due: Counter,
    pub(crate) shipments_late: Counter,
    pub(crate) units_promised: Counter,
    pub(crate) units_on_time: Counter,
    pub(crate) units_late: Counter,
    pub(crate) parcels_shipped: Counter,
    pub(crate) parcels_tracked: Counter,
    pub(crate) parcels_untracked: Counter,
    pub(crate) answers_owed: Counter,
    pub(crate) answers_late: Counter,
    pub(crate) returns_requested: Counter,
    pub(crate) returns_dissatisfied: Counter,
    pub(crate) violations: Counter,
    pub(crate) violations_low: Counter,
    pub(crate) violations_medium: Counter,
    pub(crate) violations_high: Counter,
    pub(crate) violations_critical: Counter,
    pub(crate) violations_of_ip: Counter,
    pub(crate) violations_restricted: Counter,
}

impl Counters {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            orders: d.counter("orders", volume(), words("Orders placed", "下单数")),
            orders_defective: d.counter("orders-defective", defect().by_buyer(), words("Defective orders", "缺陷订单")),
            orders_self_fulfilled: d.counter(
                "orders-self-fulfilled",
                volume(),
                words("Orders for the merchant to ship", "卖家自配送订单"),
            ),
            orders_cancelled: d.counter("orders-cancelled", defect(), words("Orders the merchant cancelled", "卖家取消的订单")),
            orders_fulfilled: d.counter("orders-fulfilled", volume(), words("Orders fulfilled", "已履行订单")),
            shipments_due: d.counter("shipments-due", volume(), words("Shipments due", "应发货订单")),
            shipments_late: d.counter("shipments-late", defect(), words("Late shipments", "迟发订单")),
            units_promised: d.counter("units-promised", volume(), words("Units promised", "承诺送达件数")),
            units_on_time: d.counter("units-on-time", volume(), words("Units delivered on time", "准时送达件数")),
            units_late: d.counter("units-late", defect(), words("Units not delivered on time", "未准时送达件数")),
            parcels_shipped: d.counter("parcels-shipped", volume(), words("Parcels shipped", "已发包裹")),
            parcels_tracked: d.counter("parcels-tracked", volume(), words("Parcels with a carrier scan", "有承运商扫描的包裹")),
            parcels_untracked: d.counter(
                "parcels-untracked",
                defect(),
                words("Parcels without a carrier scan", "无承运商扫描的包裹"),
            ),
            answers_owed: d.counter("answers-owed", volume(), words("Messages owed an answer", "应回复消息")),
            answers_late: d.counter("answers-late", defect(), words("Messages answered late or never", "迟回或未回消息")),
            returns_requested: d.counter("returns-requested", volume(), words("Return requests", "退货申请")),
            returns_dissatisfied: d.counter(
                "returns-dissatisfied",
                defect(),
                words("Return requests handled badly", "处理不当的退货申请"),
            ),
            violations: d.counter("violations", defect(), words("Violations", "违规")),
            violations_low: d.counter("violations-low", volume(), words("Violations of low severity", "轻微违规")),
            violations_medium: d.counter("violations-medium", volume(), words("Violations of medium severity", "一般违规")),
            violations_high: d.counter("violations-high", volume(), words("Violations of high severity", "严重违规")),
            violations_critical: d.counter(
                "violations-critical",
                volume(),
                words("Violations of critical severity", "特别严重违规"),
            ),
            violations_of_ip: d.counter(
                "violations-of-ip",
                defect(),
                words("Violations of intellectual property", "知识产权违规"),
            ),
            violations_restricted: d.counter(
                "violations-restricted",
                defect(),
                words("Violations by restricted products", "受限商品违规"),
            ),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Causes {
    pub(crate) negative_feedback: Cause,
    pub(crate) claim: Cause,
    pub(crate) chargeback: Cause,
    pub(crate) cancelled_by_merchant: Cause,
    pub(crate) cancelled_unshipped: Cause,
    pub(crate) shipped_late: Cause,
    pub(crate) ship_by_passed: Cause,
    pub(crate) delivered_late: Cause,
    pub(crate) deliver_by_passed: Cause,
    pub(crate) no_scan: Cause,
    pub(crate) answered_late: Cause,
    pub(crate) not_answered: Cause,
    pub(crate) dissatisfied: Cause,
    pub(crate) wrongly_rejected: Cause,
    pub(crate) violation: Cause,
}

impl Causes {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            negative_feedback: d.cause("negative-feedback", words("Feedback of 1 or 2", "1至2星评价")),
            claim: d.cause("claim", words("Claim", "索赔")),
            chargeback: d.cause("chargeback", words("Chargeback over service", "服务类信用卡拒付")),
            cancelled_by_merchant: d.cause("cancelled-by-merchant", words("Cancelled by the merchant", "卖家取消")),
            cancelled_unshipped: d
                .cause("cancelled-unshipped", words("Cancelled because it was not shipped in time", "未按时发货被取消")),
            shipped_late: d.cause("shipped-late", words("Shipped after the promised day", "晚于承诺时间发货")),
            ship_by_passed: d
                .cause("ship-by-passed", words("Not shipped though the promised day has passed", "已过承诺时间仍未发货")),
            delivered_late: d.cause("delivered-late", words("Delivered after the promised day", "晚于承诺时间送达")),
            deliver_by_passed: d
                .cause("deliver-by-passed", words("Not delivered though the promised day has passed", "已过承诺时间仍未送达")),
            no_scan: d.cause("no-carrier-scan", words("No carrier ever scanned it", "无承运商扫描记录")),
            answered_late: d.cause("answered-late", words("Answered after the time allowed", "超时回复")),
            not_answered: d.cause("not-answered", words("Not answered within the time allowed", "超时未回复")),
            dissatisfied: d.cause("dissatisfied", words("The buyer was dissatisfied with it", "买家不满意")),
            wrongly_rejected: d.cause("wrongly-rejected", words("Wrongly rejected", "错误拒绝")),
            violation: d.cause("violation-recorded", words("Violation on record", "违规记录")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Exclusions {
    pub(crate) feedback_struck: Exclusion,
    pub(crate) feedback_withdrawn: Exclusion,
    pub(crate) feedback_removed: Exclusion,
    pub(crate) fraud_chargeback: Exclusion,
    pub(crate) buyer_request: Exclusion,
    pub(crate) overturned: Exclusion,
    pub(crate) resolved: Exclusion,
}

impl Exclusions {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            feedback_struck: d.exclusion("feedback-struck", words("The feedback was struck", "评价已划除")),
            feedback_withdrawn: d.exclusion("feedback-withdrawn", words("The buyer withdrew the feedback", "买家撤回评价")),
            feedback_removed: d.exclusion("feedback-removed", words("The feedback was removed", "评价已删除")),
            fraud_chargeback: d
                .exclusion("fraud-chargeback", words("Card fraud is not the merchant's doing", "信用卡欺诈非卖家责任")),
            buyer_request: d.exclusion("buyer-request", words("The buyer asked for it", "应买家要求")),
            overturned: d.exclusion("violation-overturned", words("The violation was overturned", "违规已撤销")),
            resolved: d.exclusion("violation-resolved", words("The violation was resolved", "违规已解决")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Policies {
    pub(crate) intellectual_property: Policy,
    pub(crate) restricted_products: Policy,
}

impl Policies {
    fn declare(d: &mut Declaration) -> Self {
        let declared = Self {
            intellectual_property: d.policy("intellectual-property", words("Intellectual property", "知识产权")),
            restricted_products: d.policy("restricted-products", words("Restricted products", "受限商品")),
        };
        d.policy("authenticity", words("Product authenticity", "商品真实性"));
        d.policy("condition", words("Product condition", "商品状况"));
        d.policy("safety", words("Product safety", "商品安全"));
        d.policy("listing", words("Listing policy", "商品信息政策"));
        d.policy("reviews", words("Customer product reviews", "买家商品评论"));
        d.policy("other-policy", words("Another policy", "其他政策"));
        declared
    }
}

#[derive(Debug)]
pub(crate) struct Metrics {
    pub(crate) odr: Judged,
    pub(crate) late_shipment_10: Judged,
    pub(crate) late_shipment_30: Judged,
    pub(crate) cancellation: Judged,
    pub(crate) on_time_delivery: Judged,
    pub(crate) account_rating: Judged,
    pub(crate) policy_violations: Judged,
    pub(crate) ip_violations: Judged,
    pub(crate) restricted_products: Judged,
}

impl Metrics {
    fn declare(d: &mut Declaration, c: &Counters) -> Self {
        inform(d, c);
        let late = |window| MetricSpec::ratio(c.shipments_late, c.shipments_due, window).less_than(0.04).warn(0.03);
        let half_year = days(180);
        Self {
            odr: d.judged(
                "odr",
                MetricSpec::ratio(c.orders_defective, c.orders, days(60).lag(15))
                    .less_than(0.01)
                    .warn(0.008)
                    .min_denominator(20)
                    .min_numerator(2)
                    .min_buyers(2),
                words("Order defect rate", "订单缺陷率"),
            ),
            late_shipment_10: d.judged(
                "late-shipment-rate-10",
                late(days(10)).min_denominator(10).min_numerator(2),
                words("Late shipment rate, 10 days", "迟发率（10天）"),
            ),
            late_shipment_30: d.judged(
                "late-shipment-rate-30",
                late(days(30)).min_denominator(20).min_numerator(2),
                words("Late shipment rate, 30 days", "迟发率（30天）"),
            ),
            cancellation: d.judged(
                "cancellation-rate",
                MetricSpec::ratio(c.orders_cancelled, c.orders_self_fulfilled, days(7).lag(1))
                    .less_than(0.025)
                    .warn(0.02)
                    .min_denominator(10)
                    .min_numerator(2),
                words("Cancellation rate", "取消率"),
            ),
            on_time_delivery: d.judged(
                "on-time-delivery-rate",
                MetricSpec::ratio(c.units_on_time, c.units_promised, days(14).lag(7))
                    .at_least(0.90)
                    .warn(0.95)
                    .evidence(c.units_late)
                    .min_denominator(10)
                    .min_numerator(2),
                words("On-time delivery rate", "准时送达率"),
            ),
            account_rating: d.judged(
                "account-rating",
                MetricSpec::points(
                    200,
                    0..=1000,
                    vec![
                        c.orders_fulfilled.points(4).each(200),
                        c.violations_critical.points(-8),
                        c.violations_high.points(-6),
                        c.violations_medium.points(-4),
                        c.violations_low.points(-2),
                    ],
                    half_year,
                )
                .at_least(100.0)
                .warn(200.0)
                .evidence(c.violations),
                words("Account health rating", "账户状况评级"),
            ),
            policy_violations: d.judged(
                "policy-violations",
                MetricSpec::sum(c.violations, half_year).at_most(0.0),
                words("Policy violations", "政策违规"),
            ),
            ip_violations: d.judged(
                "intellectual-property-violations",
                MetricSpec::sum(c.violations_of_ip, half_year).less_than(5.0).warn(4.0),
                words("Intellectual property violations", "知识产权违规次数"),
            ),
            restricted_products: d.judged(
                "restricted-product-violations",
                MetricSpec::sum(c.violations_restricted, half_year).less_than(2.0).warn(1.0),
                words("Restricted product violations", "受限商品违规次数"),
            ),
        }
    }
}

/// Metrics that Amazon shows and draws no consequence from.
fn inform(d: &mut Declaration, c: &Counters) -> [Metric; 3] {
    [
        d.metric(
            "valid-tracking-rate",
            MetricSpec::ratio(c.parcels_tracked, c.parcels_shipped, days(30).lag(10))
                .at_least(0.95)
                .evidence(c.parcels_untracked)
                .min_denominator(20)
                .min_numerator(2),
            words("Valid tracking rate", "有效追踪率"),
        ),
        d.metric(
            "late-response-rate",
            MetricSpec::ratio(c.answers_late, c.answers_owed, days(30)).at_most(0.10).min_denominator(10).min_numerator(2),
            words("Late response rate", "迟回率"),
        ),
        d.metric(
            "return-dissatisfaction-rate",
            MetricSpec::ratio(c.returns_dissatisfied, c.returns_requested, days(30))
                .less_than(0.10)
                .min_denominator(10)
                .min_numerator(2),
            words("Return dissatisfaction rate", "退货不满意率"),
        ),
    ]
}

#[derive(Debug)]
pub(crate) struct Standings {
    pub(crate) healthy: Standing,
    pub(crate) at_risk: Standing,
    pub(crate) restricted: Standing,
    pub(crate) deactivated: Standing,
}

impl Standings {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            healthy: d.standing("healthy", Level::Good, words("Healthy", "良好")),
            at_risk: d.standing("at-risk", Level::AtRisk, words("At risk", "存在风险")),
            restricted: d.standing("restricted", Level::Restricted, words("Restricted", "受限")),
            deactivated: d.standing("deactivated", Level::Suspended, words("Deactivated", "已停用")),
        }
    }
}
