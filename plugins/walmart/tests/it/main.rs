//! Walmart's rules from facts to verdicts, on both sides of every published number.

mod delivery;
mod metrics;
mod orders;
mod verdicts;

use andon_sdk::facts::Subject;
use andon_sdk::testing::{Case, OrderBuilder, check_manifest};
use andon_walmart::Walmart;

/// An order whose returns were asked for with this reason, by its place among those declared.
fn because(order: OrderBuilder, reason: Option<u16>) -> Subject {
    let Subject::Order(mut order) = order.into() else { panic!("an order is an order") };
    for request in order.aftermath.iter_mut().flat_map(|after| &mut after.returns) {
        request.reason = reason;
    }
    Subject::Order(order)
}

#[test]
fn the_host_would_admit_the_manifest() {
    check_manifest::<Walmart>();
}

#[test]
fn a_bad_setting_is_refused_by_key() {
    for (settings, key, why) in [
        (&[("days-before-suppression", "0")][..], "days-before-suppression", "must be a whole number from 1 to 31, not \"0\""),
        (&[("days-before-suspension", "32")], "days-before-suspension", "must be a whole number from 1 to 31, not \"32\""),
        (&[("days-before-suspension", "6")], "days-before-suspension", "is sooner than suppression, which takes 7 days"),
        (&[("feedback-on-platform-fulfilled", "1")], "feedback-on-platform-fulfilled", "must be true or false, not \"1\""),
    ] {
        let error = Case::<Walmart>::refusal(settings);
        assert_eq!((error.key.as_str(), error.why.as_str()), (key, why));
    }
    Case::<Walmart>::with(&[("days-before-suspension", "7")]);
}
