//! Nothing that happens after a moment can be seen at it, however much it would change.

use andon::backtest::Report;
use andon::backtest::report::Changed;
use andon_domain::calendar::rfc3339 as time;
use andon_tests::events::{DAY, NOW, event, placed};
use andon_tests::{TestApp, guests, on_both};
use chrono::DateTime;
use serde_json::json;

use super::{backtest, candidate, months};

/// A report without the number of merchants there are, which is counted now.
fn seen(report: Report) -> Report {
    let mut report = report;
    report.coverage.merchants = 0;
    report
}

on_both! {
    async fn what_comes_later_changes_no_moment_before_it(backend) {
        let test = TestApp::new(backend).await;
        let split = NOW - 20 * DAY;
        let (early, late): (Vec<_>, Vec<_>) =
            months().into_iter().partition(|e| e["time"].as_str().unwrap() <= andon_tests::events::rfc3339(split).as_str());
        assert!(early.len() > 300 && late.len() > 100, "{} {}", early.len(), late.len());
        test.accept(&early).await;
        let rules = candidate(&test, guests::amazon(), &[("preview-days", "2"), ("counted-claim-states", "open denied withdrawn granted")]).await;
        let period = (NOW - 50 * DAY, split);
        let before = backtest(&test, &rules, period, "1d").await;
        assert!(before.changed > 0);

        // Later: the rest of those lives, the worst of ratings and claims on every order known, cancellations, another merchant's
        // claim to an order, and a merchant of whom nobody had heard.
        test.accept(&late).await;
        let mut worst = vec![placed("news", "newcomer", split + 1)];
        for shop in 0..5 {
            for n in 0..10 {
                let order = format!("s{shop}-{n}");
                let say = |kind: &str, data| event(&format!("{order}-{kind}-late"), kind, &order, split + 1, data);
                worst.push(event(&format!("{order}-late"), "feedback.left", &order, split + 1, json!({"rating": 1})));
                worst.push(say("claim.opened", json!({"claim": "late", "kind": "not-received"})));
                worst.push(say("order.cancelled", json!({"by": "merchant", "reason": "out-of-stock"})));
                let mut again = placed(&order, &format!("shop-{}", (shop + 1) % 5), split + 2);
                again["id"] = json!(format!("{order}-again"));
                worst.push(again);
            }
        }
        test.accept(&worst).await;
        test.drain().await;
        assert_eq!(seen(backtest(&test, &rules, period, "1d").await), seen(before.clone()));

        // The same moments as part of a longer way, on which the later facts are seen when they are due.
        let longer = backtest(&test, &rules, (period.0, NOW), "1d").await;
        assert_eq!(longer.timeline[..before.timeline.len()], before.timeline);
        assert_eq!(longer.coverage.with_facts, before.coverage.with_facts + 1);
        let merchants = |report: &Report| report.merchants.iter().map(|m| (m.merchant.clone(), m.at.clone())).collect::<Vec<_>>();
        assert_ne!(merchants(&longer), merchants(&before));
    }

    async fn a_claim_is_known_from_its_own_day_on(backend) {
        let test = TestApp::new(backend).await;
        let mut events = andon_tests::events::good_orders("m", 30, NOW - 30 * DAY);
        for n in 0..3 {
            let say = |kind: &str, at, data| event(&format!("{n}-{kind}"), kind, &format!("m-{n}"), at, data);
            events.push(say("claim.opened", NOW - 10 * DAY - 1, json!({"claim": "c", "kind": "not-received"})));
            events.push(say("claim.closed", NOW - 10 * DAY, json!({"claim": "c", "state": "denied"})));
        }
        test.accept(&events).await;
        // The candidate holds denied claims against a merchant too.
        let strict = candidate(&test, guests::amazon(), &[("counted-claim-states", "open denied")]).await;
        let report = backtest(&test, &strict, (NOW - 14 * DAY, NOW - 6 * DAY), "1d").await;
        let worse: Vec<u64> = report.timeline.iter().map(|m| m.worse + m.better + m.proposals).collect();
        assert_eq!(worse.iter().take(4).sum::<u64>(), 0, "{worse:?}");
        assert!(worse.iter().skip(4).sum::<u64>() > 0, "{worse:?}");
        let merchant = &report.merchants[0];
        let odr = merchant.readings.iter().find(|r| r.metric == "odr").unwrap();
        assert_eq!(odr.candidate.as_ref().map(|f| (f.numerator, f.denominator, &*f.status)), Some((3, 30, "breached")));
        let mut orders: Vec<_> = merchant.evidence.iter().map(|c| c.reference.as_str()).collect();
        orders.sort_unstable();
        assert_eq!((orders, merchant.evidence_total), (vec!["m-0", "m-1", "m-2"], 3));
        assert_eq!((report.coverage.days_before, report.coverage.windows_filled), (17, Some(false)));
    }

    async fn what_decided_is_shown_though_it_counts_no_more(backend) {
        let test = TestApp::new(backend).await;
        let mut events = andon_tests::events::good_orders("m", 30, NOW - 30 * DAY);
        let closed = |n: u8, state: &str, at| {
            let data = json!({"claim": "c", "state": state});
            event(&format!("{n}-{state}"), "claim.closed", &format!("m-{n}"), at, data)
        };
        for n in 0..3 {
            let opened = json!({"claim": "c", "kind": "not-received"});
            events.push(event(&format!("{n}-opened"), "claim.opened", &format!("m-{n}"), NOW - 10 * DAY - 1, opened));
            events.extend([closed(n, "denied", NOW - 10 * DAY), closed(n, "withdrawn", NOW - 7 * DAY - 1)]);
        }
        test.accept(&events).await;
        let strict = candidate(&test, guests::amazon(), &[("counted-claim-states", "open denied")]).await;
        let report = backtest(&test, &strict, (NOW - 14 * DAY, NOW - 2 * DAY), "1d").await;
        let merchant = &report.merchants[0];
        assert_eq!((&*merchant.at, merchant.moments), (&*time(NOW - 8 * DAY), 3));
        let mut counted: Vec<_> = merchant.evidence.iter().map(|c| (&*c.reference, &c.in_force[..], &*c.candidate[0])).collect();
        counted.sort_unstable();
        assert_eq!(counted, ["m-0", "m-1", "m-2"].map(|order| (order, &[][..], "orders-defective")));
        assert_eq!(merchant.evidence_total, 3);
    }

    async fn the_buyers_of_a_moment_are_those_told_of_by_then(backend) {
        let test = TestApp::new(backend).await;
        let mut events = andon_tests::events::good_orders("m", 30, NOW - 30 * DAY);
        let bought_by = |order: &str, buyer: &str, at| {
            let mut again = placed(order, "m", at);
            (again["id"], again["data"]["buyer"]) = (json!(format!("{order} by {buyer}")), json!(buyer));
            again
        };
        for order in ["m-0", "m-1", "m-2"] {
            let opened = json!({"claim": "c", "kind": "not-received"});
            events.push(bought_by(order, "one", NOW - 20 * DAY));
            events.push(event(&format!("{order}-opened"), "claim.opened", order, NOW - 10 * DAY - 1, opened));
            events.push(event(&format!("{order}-denied"), "claim.closed", order, NOW - 10 * DAY, json!({"claim": "c", "state": "denied"})));
            // What one buyer says is not held against anybody; what another says besides is.
            events.push(bought_by(order, order, NOW - 6 * DAY - 1));
        }
        test.accept(&events).await;
        let strict = candidate(&test, guests::amazon(), &[("counted-claim-states", "open denied")]).await;
        let report = backtest(&test, &strict, (NOW - 14 * DAY, NOW), "1d").await;
        let merchant = &report.merchants[0];
        assert_eq!((&*merchant.first, &*merchant.at, merchant.moments), (&*time(NOW - 6 * DAY), &*time(NOW), 7));
    }

    async fn what_is_shown_of_a_merchant_is_as_it_was_at_the_moment_it_bears(backend) {
        let test = TestApp::new(backend).await;
        test.accept(&months()).await;
        let settings = [("preview-days", "2"), ("counted-claim-states", "open denied withdrawn granted")];
        let (mut earlier, mut shown) = (0, 0);
        for rules in [candidate(&test, guests::amazon(), &settings).await, candidate(&test, guests::taobao(), &[]).await] {
            // Until some time after most orders' ends, so that much of what decided has changed its meaning since.
            let report = backtest(&test, &rules, (NOW - 60 * DAY, NOW), "1d").await;
            for merchant in report.merchants.iter().filter(|merchant| merchant.at != report.period.to) {
                let at = DateTime::parse_from_rfc3339(&merchant.at).unwrap().timestamp_millis();
                let alone = backtest(&test, &rules, (at, at), "1d").await;
                let then = alone.merchants.iter().find(|then| then.merchant == merchant.merchant).unwrap();
                let now = Changed { first: then.first.clone(), moments: 1, ..merchant.clone() };
                assert_eq!(Changed { orders: then.orders, amount_minor: then.amount_minor, ..now }, *then);
                (earlier, shown) = (earlier + 1, shown + then.evidence.len());
            }
        }
        assert!(earlier > 2 && shown > 10, "{earlier} {shown}");
    }
}
