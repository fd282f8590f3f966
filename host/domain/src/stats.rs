//! Statistics that metrics are shown with.

/// 95 % two-sided quantile of the normal distribution.
pub const Z95: f64 = 1.959_963_984_540_054;

/// The Wilson score interval of a proportion (Wilson 1927; NIST/SEMATECH e-Handbook 7.2.4.1) at 95 %: lower and upper bound,
/// each in 0..=1. With no trials nothing is known, and the interval is the whole of 0..=1. Successes outside 0..=trials are
/// held to that range.
pub fn wilson(successes: i64, trials: i64) -> (f64, f64) {
    if trials <= 0 {
        return (0.0, 1.0);
    }
    let n = trials as f64;
    let p = successes.clamp(0, trials) as f64 / n;
    let z2 = Z95 * Z95;
    let centre = p + z2 / (2.0 * n);
    let spread = Z95 * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    (((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn handbook_example() {
        // 4 of 20: 0.0807 to 0.4160, as published implementations of the Wilson interval give it.
        let (lower, upper) = wilson(4, 20);
        assert!((lower - 0.080_658).abs() < 1e-5 && (upper - 0.416_017).abs() < 1e-5, "{lower} {upper}");
    }

    proptest! {
        #[test]
        fn holds_the_proportion(trials in 1i64..100_000, part in 0.0f64..=1.0) {
            let successes = (trials as f64 * part) as i64;
            let (lower, upper) = wilson(successes, trials);
            let p = successes as f64 / trials as f64;
            prop_assert!(0.0 <= lower && lower <= p + 1e-12 && p <= upper + 1e-12 && upper <= 1.0);
        }
    }
}
