//! Listings natively: the same that a host shows reach the rules, and no others.

use super::{Case, Shop, check_manifest, contact, order, violation};
use crate::facts::{Actor, CancelReason, Instant, Subject};
use crate::{
    About, Action, Cadence, Classified, Counter, Declaration, Given, Judged, Level, MetricSpec, Rules, SettingError, Snapshot,
    Standing, Unreadable, Verdict, days, defect, volume, words,
};

/// Takes each listing off sale that is delivered late, or has a violation, too often. The rest is the merchant's alone.
struct Shelf {
    codes: Codes,
}

struct Codes {
    orders: Counter,
    late: Counter,
    kept: Counter,
    cancelled: Counter,
    violations: Counter,
    contacts: Counter,
    of_listings: [Judged; 2],
    of_merchants: [Judged; 2],
    good: Standing,
}

impl Rules for Shelf {
    type Codes = Codes;
    const ABOUT: About = About { marketplace: "shelf", name: "shelf", version: "0.1.0", cadence: Cadence::Continuous };

    fn declare(d: &mut Declaration) -> Codes {
        let orders = d.counter("orders", volume().by_listing(), words("Orders", "订单"));
        let late = d.counter("late", defect().by_listing(), words("Late orders", "迟到订单"));
        let kept = d.counter("kept", volume(), words("Orders kept", "保留订单"));
        let cancelled = d.counter("cancelled", defect(), words("Orders cancelled", "取消订单"));
        let violations = d.counter("violations", defect().by_listing(), words("Violations", "违规"));
        let contacts = d.counter("contacts", defect().by_buyer(), words("Contacts", "联系"));
        let rate = |of| MetricSpec::ratio(of, orders, days(30)).min_denominator(2);
        let late_rate = rate(late).less_than(0.5).warn(0.25);
        let kept_rate = rate(kept).at_least(0.5).warn(0.75).evidence(cancelled);
        let few = |of| MetricSpec::sum(of, days(30)).at_most(1.0);
        Codes {
            of_listings: [
                d.judged("late-rate", late_rate, words("Late rate", "迟到率")),
                d.judged("violations-30", few(violations), words("Violations, 30 days", "违规（30天）")),
            ],
            of_merchants: [
                d.judged("kept-rate", kept_rate, words("Rate of orders kept", "保留率")),
                d.judged("contacts-30", few(contacts).min_buyers(1), words("Contacts, 30 days", "联系（30天）")),
            ],
            good: d.standing("good", Level::Good, words("Good", "良好")),
            orders,
            late,
            kept,
            cancelled,
            violations,
            contacts,
        }
    }

    fn configure(codes: Codes, _: &Given) -> Result<Self, SettingError> {
        Ok(Self { codes })
    }

    fn classify(&self, _: Instant, subject: &Subject) -> Result<Classified, Unreadable> {
        let mut answer = Classified::with_room(3);
        match subject {
            Subject::Order(order) => {
                answer.mark(self.codes.orders.at(order.placed));
                if order.delivered > order.deliver_by {
                    answer.mark(self.codes.late.at(order.placed));
                }
                let fate = if order.cancelled.is_some() { self.codes.cancelled } else { self.codes.kept };
                answer.mark(fate.at(order.placed));
            }
            Subject::Violation(violation) => answer.mark(self.codes.violations.at(violation.at)),
            Subject::Contact(contact) => answer.mark(self.codes.contacts.at(contact.opened)),
        }
        Ok(answer)
    }

    fn evaluate(&self, snapshot: &Snapshot) -> Result<Verdict, Unreadable> {
        let all = self.codes.of_listings.iter().chain(&self.codes.of_merchants);
        let verdict = Verdict::new(self.codes.good, 1000).because(all.filter_map(|m| m.reason(&snapshot[m.metric])));
        Ok(snapshot.listings.iter().fold(verdict, |verdict, shown| {
            let reasons = self.codes.of_listings.iter().filter_map(|m| m.reason(&shown[m.metric]));
            verdict.propose(Action::PullListing(shown.listing), reasons.map(|reason| reason.on_listing(shown.listing)))
        }))
    }
}

/// So many orders of a listing in time, and so many late.
fn sold(shop: Shop<Shelf>, listing: u64, in_time: u64, late: u64) -> Shop<Shelf> {
    let made = move || order().listing(listing).placed("2026-03-01").deliver_by("2026-03-04");
    shop.facts(in_time, |_| made().delivered("2026-03-04")).facts(late, |_| made().delivered("2026-03-05"))
}

#[test]
fn the_host_would_admit_these_rules() {
    check_manifest::<Shelf>();
}

#[test]
fn a_shop_shows_listings_whose_own_metrics_are_at_risk_or_breached() {
    // Listing 3 is on the good side of its alert, listing 4 has too few orders, and 0 is no listing.
    let shop = [(9, 1, 1), (5, 3, 1), (3, 4, 1), (4, 0, 1), (0, 0, 2)]
        .into_iter()
        .fold(Shop::new(), |shop, (listing, in_time, late)| sold(shop, listing, in_time, late));
    let health = shop.on("2026-03-09");
    assert_eq!(health.metric("late-rate"), "6/14 at-risk");
    health.check(
        "standing good
         score 1000
         reasons late-rate-at-risk
         pull-listing 5: late-rate-at-risk of listing 5
         pull-listing 9: late-rate-breached of listing 9",
    );
    // Only within their windows.
    shop.on("2026-03-31").check("standing good\nscore 1000");
}

#[test]
fn a_metric_of_the_merchant_alone_shows_no_listing() {
    // Orders are counted by listing and kept ones are not, so of either listing 0 of 2 would seem to be kept.
    let cancelled =
        |_| order().listing(7).placed("2026-03-01").cancelled("2026-03-02", Actor::Merchant, CancelReason::OutOfStock);
    let shop = sold(Shop::new().facts(2, cancelled), 8, 2, 0);
    let health = shop.on("2026-03-09");
    assert_eq!(health.metric("kept-rate"), "2/4 at-risk");
    health.check("standing good\nscore 1000\nreasons kept-rate-at-risk");
}

#[test]
fn a_violation_counts_for_its_listing_if_it_has_one() {
    let recorded = || violation().recorded("2026-03-01");
    let shop = Shop::<Shelf>::new().facts(2, |_| recorded().listing(7)).fact(recorded().listing(8)).facts(2, |_| recorded());
    shop.on("2026-03-09").check(
        "standing good
         score 1000
         reasons violations-30-breached
         pull-listing 7: violations-30-breached of listing 7",
    );
}

#[test]
fn what_belongs_to_no_order_has_one_buyer() {
    let shop = Shop::<Shelf>::new().facts(2, |_| contact().opened("2026-03-01"));
    shop.on("2026-03-09").check("standing good\nscore 1000\nreasons contacts-30-breached");
}

#[test]
fn a_snapshot_shows_listings_with_readings_of_their_own_in_order_of_their_keys() {
    let case = Case::<Shelf>::new();
    let snapshot = case
        .snapshot("2026-03-09")
        .at_risk("kept-rate")
        .listing(9, |listing| listing.counts("late-rate", 3, 4).breached("late-rate", 2).at_risk("violations-30"))
        .listing(5, |listing| listing.at_risk("late-rate"));
    let shown: Vec<_> = snapshot.snapshot.listings.iter().map(|shown| shown.listing).collect();
    assert_eq!(shown, [5, 9]);
    case.check_verdict(
        snapshot,
        "standing good
         score 1000
         reasons kept-rate-at-risk
         pull-listing 5: late-rate-at-risk of listing 5
         pull-listing 9: late-rate-breached of listing 9, violations-30-at-risk of listing 9",
    );
}
