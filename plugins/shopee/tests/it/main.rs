//! Shopee's rules from facts to verdicts, on both sides of every published number.

mod metrics;
mod orders;
mod points;
mod verdicts;

use andon_sdk::facts::Subject;
use andon_sdk::testing::{Case, OrderBuilder, check_manifest};
use andon_shopee::Shopee;

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
    check_manifest::<Shopee>();
}

#[test]
fn a_bad_setting_is_refused_by_key() {
    for (key, value, why) in [
        ("points-a-tier", "0", "must be a whole number from 1 to 1000, not \"0\""),
        ("many-unfulfilled-orders", "-1", "must be a whole number from 0 to 1000000, not \"-1\""),
        ("grave-unfulfilled-rate", "60", "must be a number from 0 to 1, not \"60\""),
        ("order-cap-rate", "NaN", "must be a number from 0 to 1, not \"NaN\""),
    ] {
        let error = Case::<Shopee>::refusal(&[(key, value)]);
        assert_eq!((error.key.as_str(), error.why.as_str()), (key, why));
    }
}
