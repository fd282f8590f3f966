//! Lazada's rules from facts to verdicts, on both sides of every published number.

mod metrics;
mod orders;
mod verdicts;

use andon_lazada::Lazada;
use andon_sdk::testing::{Case, check_manifest};

#[test]
fn the_host_would_admit_the_manifest() {
    check_manifest::<Lazada>();
}

#[test]
fn a_bad_setting_is_refused_by_key() {
    for (key, value, why) in [
        ("limited-orders-a-day", "-1", "must be a whole number from 0 to 1000000, not \"-1\""),
        ("cross-border", "yes", "must be true or false, not \"yes\""),
        ("new-seller-days", "3651", "must be a whole number from 0 to 3650, not \"3651\""),
    ] {
        let error = Case::<Lazada>::refusal(&[(key, value)]);
        assert_eq!((error.key.as_str(), error.why.as_str()), (key, why));
    }
}
