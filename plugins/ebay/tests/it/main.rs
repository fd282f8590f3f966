//! eBay's rules from facts to seller levels, on both sides of every published number.

mod levels;
mod metrics;
mod transactions;

use andon_ebay::Ebay;
use andon_sdk::testing::{Case, check_manifest};

#[test]
fn the_host_would_admit_the_manifest() {
    check_manifest::<Ebay>();
}

#[test]
fn a_bad_setting_is_refused_by_key() {
    for (key, value, why) in [
        ("top-rated-needs-both", "yes", "must be true or false, not \"yes\""),
        ("top-rated-defect-rate", "1.1", "must be a number from 0 to 1, not \"1.1\""),
        ("top-rated-defect-rate", "NaN", "must be a number from 0 to 1, not \"NaN\""),
        ("months-before-limits", "7", "must be a whole number from 1 to 6, not \"7\""),
    ] {
        let error = Case::<Ebay>::refusal(&[(key, value)]);
        assert_eq!((error.key.as_str(), error.why.as_str()), (key, why));
    }
}
