//! Rules of {{name}}: orders that arrive late are defects, and a merchant with a tenth of them late is at risk.

use andon_sdk::facts::{HOUR, Instant, Subject};
use andon_sdk::{
    About, Action, Cadence, Cause, Classified, Counter, Declaration, Given, Judged, Level, MetricSpec, Rules, Setting,
    SettingError, Snapshot, Standing, Unreadable, Verdict, days, defect, volume, words,
};

/// The rules, configured.
pub struct Late {
    codes: Codes,
    grace: Instant,
}

/// Handles to all that is declared.
pub struct Codes {
    orders: Counter,
    orders_late: Counter,
    delivered_late: Cause,
    late_rate: Judged,
    good: Standing,
    at_risk: Standing,
    grace_hours: Setting<i64>,
}

impl Rules for Late {
    type Codes = Codes;

    const ABOUT: About = About {
        marketplace: "{{name}}",
        name: "{{name}}",
        version: env!("CARGO_PKG_VERSION"),
        cadence: Cadence::Continuous,
    };

    /// What is counted, read, concluded and set, each with its wording in English and Simplified Chinese.
    fn declare(d: &mut Declaration) -> Codes {
        let orders = d.counter("orders", volume(), words("Orders delivered", "已送达订单"));
        let orders_late = d.counter("orders-late", defect(), words("Orders delivered late", "迟到订单"));
        let late_rate = MetricSpec::ratio(orders_late, orders, days(30)).less_than(0.10).warn(0.05).min_denominator(10);
        Codes {
            delivered_late: d.cause("delivered-late", words("Delivered after the promised moment", "晚于承诺时间送达")),
            late_rate: d.judged("late-rate", late_rate, words("Late rate", "迟到率")),
            good: d.standing("good", Level::Good, words("Good", "良好")),
            at_risk: d.standing("at-risk", Level::AtRisk, words("At risk", "存在风险")),
            grace_hours: d.integer("grace-hours", 0, 0..=48, words("Hours of grace", "宽限小时数")),
            orders,
            orders_late,
        }
    }

    fn configure(codes: Codes, given: &Given) -> Result<Self, SettingError> {
        Ok(Self { grace: given.get(codes.grace_hours) * HOUR, codes })
    }

    /// What one fact counts for, and when.
    fn classify(&self, _now: Instant, subject: &Subject) -> Result<Classified, Unreadable> {
        let mut answer = Classified::with_room(2);
        let Subject::Order(order) = subject else { return Ok(answer) };
        let (Some(delivered), Some(deliver_by)) = (order.delivered, order.deliver_by) else { return Ok(answer) };
        answer.mark(self.codes.orders.at(delivered));
        if delivered > deliver_by + self.grace {
            answer.mark(self.codes.orders_late.at(delivered).because(self.codes.delivered_late));
        }
        Ok(answer)
    }

    /// What follows from one merchant's readings.
    fn evaluate(&self, snapshot: &Snapshot) -> Result<Verdict, Unreadable> {
        let late_rate = self.codes.late_rate;
        Ok(match late_rate.reason(&snapshot[late_rate.metric]) {
            Some(reason) => Verdict::new(self.codes.at_risk, 500).because([reason]).propose(Action::Warning, [reason]),
            None => Verdict::new(self.codes.good, 1000),
        })
    }
}

andon_sdk::export!(Late);

#[cfg(test)]
mod tests {
    use andon_sdk::testing::{Case, check_manifest, order};

    use super::*;

    #[test]
    fn a_host_would_admit_them() {
        check_manifest::<Late>();
    }

    #[test]
    fn grace_moves_the_moment_from_which_an_order_is_late() {
        let late = order().deliver_by("2026-03-01").delivered("2026-03-02");
        let marks = "orders 2026-03-02\norders-late 2026-03-02 because delivered-late";
        Case::<Late>::new().check("2026-03-05", late.clone(), marks);
        Case::<Late>::with(&[("grace-hours", "24")]).check("2026-03-05", late, "orders 2026-03-02");
    }
}
