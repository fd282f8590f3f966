//! What these rules declare: counters, metrics, standings and their wording. The README names the source of each number.

use andon_sdk::{
    About, Cadence, Cause, Counter, Declaration, Exclusion, Level, Metric, MetricSpec, Period, Quota, ReasonCode, Standing,
    Window, Words, days, defect, volume, words,
};

use crate::settings;

pub(crate) const ABOUT: About =
    About { marketplace: "taobao", name: "taobao", version: env!("CARGO_PKG_VERSION"), cadence: Cadence::Continuous };

/// Ratings of one buyer that count in a month.
const RATINGS_A_MONTH: u16 = 3;

/// A ledger that ends the year with so many points is not reset.
const KEPT_FROM: u32 = 48;

/// Points from which on something follows.
pub(crate) const FIRST_STEP: i64 = 12;

/// Best mark of a dimension.
pub(crate) const BEST: u32 = 5;

/// Handles to all that is declared.
#[derive(Debug)]
pub struct Codes {
    pub(crate) described: Dimension,
    pub(crate) service: Dimension,
    pub(crate) logistics: Dimension,
    pub(crate) general: Ledger,
    pub(crate) serious: Ledger,
    pub(crate) low_mark: Cause,
    pub(crate) violation: Cause,
    pub(crate) exclusions: Exclusions,
    pub(crate) standings: Standings,
    pub(crate) settings: settings::Codes,
}

/// Declares everything.
pub(crate) fn declare(d: &mut Declaration) -> Codes {
    let exclusions = Exclusions::declare(d);
    let quota = d.quota(RATINGS_A_MONTH, Period::Month, exclusions.beyond_quota);
    Codes {
        described: Dimension::declare(d, quota, &DESCRIBED),
        service: Dimension::declare(d, quota, &SERVICE),
        logistics: Dimension::declare(d, quota, &LOGISTICS),
        general: Ledger::declare(
            d,
            ("points-general", words("Points for general violations", "一般违规扣分")),
            ("general-step-reached", words("Points for general violations have reached a step", "一般违规扣分已达节点")),
        ),
        serious: Ledger::declare(
            d,
            ("points-serious", words("Points for serious violations", "严重违规扣分")),
            ("serious-step-reached", words("Points for serious violations have reached a step", "严重违规扣分已达节点")),
        ),
        low_mark: d.cause("low-mark", words("A mark of 1 or 2", "1至2分评价")),
        violation: d.cause("violation-recorded", words("Violation on record", "违规记录")),
        standings: Standings::declare(d),
        settings: settings::Codes::declare(d),
        exclusions,
    }
}

/// One of the three marks that a buyer gives, its mean over six months, and the marketplace's.
#[derive(Debug)]
pub(crate) struct Dimension {
    pub(crate) marks: Counter,
    pub(crate) ratings: Counter,
    pub(crate) low: Counter,
    pub(crate) mean: Metric,
    pub(crate) below_mean: ReasonCode,
}

/// Codes of a dimension, each with its wording.
struct Names([(&'static str, Words); 5]);

const DESCRIBED: Names = Names([
    ("described-marks", words("Marks: item as described, sum", "描述相符：评分合计")),
    ("described-ratings", words("Marks: item as described, number", "描述相符：评分次数")),
    ("described-low", words("Low marks: item as described", "描述相符：低分评价")),
    ("described", words("Item as described", "描述相符")),
    ("described-below-mean", words("Item as described: below the marketplace's mean", "描述相符：低于市场平均水平")),
]);

const SERVICE: Names = Names([
    ("service-marks", words("Marks: service, sum", "服务态度：评分合计")),
    ("service-ratings", words("Marks: service, number", "服务态度：评分次数")),
    ("service-low", words("Low marks: service", "服务态度：低分评价")),
    ("service", words("Service", "服务态度")),
    ("service-below-mean", words("Service: below the marketplace's mean", "服务态度：低于市场平均水平")),
]);

const LOGISTICS: Names = Names([
    ("logistics-marks", words("Marks: logistics, sum", "物流服务：评分合计")),
    ("logistics-ratings", words("Marks: logistics, number", "物流服务：评分次数")),
    ("logistics-low", words("Low marks: logistics", "物流服务：低分评价")),
    ("logistics", words("Logistics", "物流服务")),
    ("logistics-below-mean", words("Logistics: below the marketplace's mean", "物流服务：低于市场平均水平")),
]);

impl Dimension {
    fn declare(d: &mut Declaration, quota: Quota, names: &Names) -> Self {
        let [marks, ratings, low, mean, below_mean] = names.0;
        let marks = d.counter(marks.0, volume().within(quota), marks.1);
        let ratings = d.counter(ratings.0, volume().within(quota), ratings.1);
        let low = d.counter(low.0, defect().within(quota), low.1);
        let spec = MetricSpec::mean(marks, ratings, BEST, days(180)).evidence(low).min_denominator(10);
        Self { marks, ratings, low, mean: d.metric(mean.0, spec, mean.1), below_mean: d.reason(below_mean.0, below_mean.1) }
    }
}

/// Points of a year, and those of the years that were not reset.
#[derive(Debug)]
pub(crate) struct Ledger {
    pub(crate) points: Counter,
    pub(crate) total: Metric,
    pub(crate) step_reached: ReasonCode,
}

impl Ledger {
    fn declare(d: &mut Declaration, (code, words): (&'static str, Words), reached: (&'static str, Words)) -> Self {
        let points = d.counter(code, defect(), words);
        let spec = MetricSpec::sum(points, Window::YearToDate(Some(KEPT_FROM))).less_than(FIRST_STEP as f64);
        Self { points, total: d.metric(code, spec, words), step_reached: d.reason(reached.0, reached.1) }
    }
}

#[derive(Debug)]
pub(crate) struct Exclusions {
    pub(crate) beyond_quota: Exclusion,
    pub(crate) rated_too_late: Exclusion,
    pub(crate) feedback_struck: Exclusion,
    pub(crate) feedback_withdrawn: Exclusion,
    pub(crate) feedback_removed: Exclusion,
    pub(crate) overturned: Exclusion,
}

impl Exclusions {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            beyond_quota: d.exclusion(
                "beyond-three-a-month",
                words("The buyer's first three of the month count, and this is another", "同一买家每月仅前三次评价计入"),
            ),
            rated_too_late: d.exclusion(
                "rated-too-late",
                words("Rated more than 15 days after the transaction succeeded", "交易成功15天后的评价"),
            ),
            feedback_struck: d.exclusion("feedback-struck", words("The rating was struck", "评价已划除")),
            feedback_withdrawn: d.exclusion("feedback-withdrawn", words("The buyer withdrew the rating", "买家撤回评价")),
            feedback_removed: d.exclusion("feedback-removed", words("The rating was removed", "评价已删除")),
            overturned: d.exclusion("violation-overturned", words("The violation was overturned", "违规已撤销")),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Standings {
    pub(crate) good: Standing,
    pub(crate) below_mean: Standing,
    pub(crate) warned: Standing,
    pub(crate) restricted: Standing,
    pub(crate) suspended: Standing,
    pub(crate) closed: Standing,
}

impl Standings {
    fn declare(d: &mut Declaration) -> Self {
        Self {
            good: d.standing("good", Level::Good, words("Good", "良好")),
            below_mean: d.standing("below-mean", Level::AtRisk, words("Below the marketplace's mean", "低于市场平均水平")),
            warned: d.standing("warned", Level::AtRisk, words("Warned", "已警告")),
            restricted: d.standing("restricted", Level::Restricted, words("Restricted", "受限")),
            suspended: d.standing("suspended", Level::Suspended, words("Suspended", "已暂停")),
            closed: d.standing("closed", Level::Suspended, words("Closed", "已关店")),
        }
    }
}
