//! What an operator may set: points by severity, the steps of both ledgers, and how far below the mean is too far. None of it is
//! published in full.

use andon_sdk::facts::Severity;
use andon_sdk::{Declaration, Given, Setting, SettingError, Words, words};

use crate::manifest::FIRST_STEP;

/// Handles to the settings.
#[derive(Debug)]
pub(crate) struct Codes {
    below_mean_percent: Setting<i64>,
    points: [Setting<i64>; 4],
    steps: [Setting<i64>; 4],
    orders_a_day: Setting<i64>,
}

impl Codes {
    pub(crate) fn declare(d: &mut Declaration) -> Self {
        let mut points = |key, default, text: Words| d.integer(key, default, 0..=1000, text);
        let points = [
            points("points-low", 3, words("Points for a violation of low severity (general ledger)", "轻微违规扣分（一般违规）")),
            points(
                "points-medium",
                6,
                words("Points for a violation of medium severity (general ledger)", "中度违规扣分（一般违规）"),
            ),
            points(
                "points-high",
                12,
                words("Points for a violation of high severity (serious ledger)", "严重违规扣分（严重违规）"),
            ),
            points(
                "points-critical",
                48,
                words("Points for a violation of critical severity (serious ledger)", "特别严重违规扣分（严重违规）"),
            ),
        ];
        let mut step = |key, default, text: Words| d.integer(key, default, 1..=1000, text);
        let steps = [
            step("first-step", FIRST_STEP, words("Points of the first step", "第一节点扣分")),
            step("second-step", 24, words("Points of the second step", "第二节点扣分")),
            step("third-step", 36, words("Points of the third step", "第三节点扣分")),
            step("fourth-step", 48, words("Points of the fourth step", "第四节点扣分")),
        ];
        Self {
            below_mean_percent: d.integer(
                "below-mean-percent",
                10,
                0..=100,
                words("Percent below the marketplace's mean that are too much", "低于市场平均水平的容许百分比"),
            ),
            points,
            steps,
            orders_a_day: d.integer(
                "limited-orders-a-day",
                10,
                1..=1_000_000,
                words("Orders a day while selling is limited", "限制销售期间每日订单上限"),
            ),
        }
    }

    pub(crate) fn read(&self, given: &Given) -> Result<Settings, SettingError> {
        let steps = self.steps.map(|step| given.get(step));
        for i in 1..steps.len() {
            if steps[i] <= steps[i - 1] {
                return Err(self.steps[i].refuse(format!("is {}, not above the step before it, {}", steps[i], steps[i - 1])));
            }
        }
        Ok(Settings {
            below_mean_percent: given.get(self.below_mean_percent),
            points: self.points.map(|points| given.get(points)),
            steps,
            orders_a_day: given.get(self.orders_a_day) as u32,
        })
    }
}

/// The settings in force.
#[derive(Debug)]
pub(crate) struct Settings {
    below_mean_percent: i64,
    points: [i64; 4],
    steps: [i64; 4],
    pub(crate) orders_a_day: u32,
}

impl Settings {
    /// Whether a mean is too far below the marketplace's.
    pub(crate) fn too_low(&self, mean: f64, peers: f64) -> bool {
        mean < peers * (100 - self.below_mean_percent) as f64 / 100.0
    }

    /// What a violation costs.
    pub(crate) fn points(&self, severity: Severity) -> i64 {
        self.points[match severity {
            Severity::Low => 0,
            Severity::Medium => 1,
            Severity::High => 2,
            Severity::Critical => 3,
        }]
    }

    /// How many steps a ledger has reached, 0 to 4.
    pub(crate) fn step(&self, points: i64) -> usize {
        self.steps.iter().filter(|step| points >= **step).count()
    }

    /// Points of the last step.
    pub(crate) fn last_step(&self) -> i64 {
        self.steps[3]
    }
}
