//! Mercado Libre's rules from facts to colours, on both sides of every published number.

mod colours;
mod metrics;
mod sales;

use andon_mercadolibre::MercadoLibre;
use andon_sdk::testing::{Case, check_manifest};

#[test]
fn the_host_would_admit_the_manifest() {
    check_manifest::<MercadoLibre>();
}

#[test]
fn a_bad_setting_is_refused_by_key() {
    for (key, value, why) in [
        ("claims-yellow", "1.1", "must be a number from 0 to 1, not \"1.1\""),
        ("claims-yellow", "0.02", "is 0.02, below light green's 0.0225"),
        ("cancellation-orange", "0.019", "is 0.019, below yellow's 0.02"),
        ("late-dispatch-orange", "NaN", "must be a number from 0 to 1, not \"NaN\""),
    ] {
        let error = Case::<MercadoLibre>::refusal(&[(key, value)]);
        assert_eq!((error.key.as_str(), error.why.as_str()), (key, why));
    }
}
