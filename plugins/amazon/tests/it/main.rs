//! Amazon's rules from facts to verdicts, on both sides of every published number.

mod delivery;
mod metrics;
mod orders;
mod service;
mod verdicts;

use andon_amazon::Amazon;
use andon_sdk::testing::{Case, check_manifest};

#[test]
fn the_host_would_admit_the_manifest() {
    check_manifest::<Amazon>();
}

#[test]
fn a_bad_setting_is_refused_by_key() {
    for (key, value, why) in [
        ("counted-claim-states", "open lost", "\"lost\" is not a state of a claim"),
        ("preview-days", "0", "must be a whole number from 1 to 31, not \"0\""),
        ("preview-days", "32", "must be a whole number from 1 to 31, not \"32\""),
        ("preview-hours", "1", "is not a setting of these rules"),
    ] {
        let error = Case::<Amazon>::refusal(&[(key, value)]);
        assert_eq!((error.key.as_str(), error.why.as_str()), (key, why));
    }
}
