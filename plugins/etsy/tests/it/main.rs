//! Etsy's rules from facts to verdicts, on both sides of every published number.

mod metrics;
mod orders;
mod service;
mod star;
mod verdicts;

use andon_etsy::Etsy;
use andon_sdk::testing::{Case, check_manifest};

#[test]
fn the_host_would_admit_the_manifest() {
    check_manifest::<Etsy>();
}

#[test]
fn a_bad_setting_is_refused_by_key() {
    for (key, value, why) in [
        ("star-least-rating", "5.1", "must be a number from 1 to 5, not \"5.1\""),
        ("star-least-rating", "NaN", "must be a number from 1 to 5, not \"NaN\""),
        ("star-least-response-rate", "95", "must be a number from 0 to 1, not \"95\""),
        ("star-least-orders", "-1", "must be a whole number from 0 to 1000000, not \"-1\""),
    ] {
        let error = Case::<Etsy>::refusal(&[(key, value)]);
        assert_eq!((error.key.as_str(), error.why.as_str()), (key, why));
    }
}
