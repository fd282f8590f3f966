//! AliExpress's rules from facts to verdicts, on both sides of every published number.

mod assessment;
mod feedback;
mod orders;

use andon_aliexpress::AliExpress;
use andon_sdk::testing::{Case, check_manifest};

#[test]
fn the_host_would_admit_the_manifest() {
    check_manifest::<AliExpress>();
}

#[test]
fn a_bad_setting_is_refused_by_key() {
    for (key, value, why) in [
        ("least-order-value", "-1", "must be a whole number from 0 to 1000000000000, not \"-1\""),
        ("observed-months", "6", "must be a whole number from 0 to 5, not \"6\""),
        ("limited-orders-a-day", "0", "must be a whole number from 1 to 1000000, not \"0\""),
    ] {
        let error = Case::<AliExpress>::refusal(&[(key, value)]);
        assert_eq!((error.key.as_str(), error.why.as_str()), (key, why));
    }
}
