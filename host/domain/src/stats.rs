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

/// The exact chance of `successes` or more among `trials`, each a success by itself with probability `p`: the upper tail of the
/// binomial distribution (NIST/SEMATECH e-Handbook 1.3.6.6.18). `p` is held to 0..=1.
pub fn at_least(successes: u32, trials: u32, p: f64) -> f64 {
    let p = p.clamp(0.0, 1.0);
    if successes == 0 || p >= 1.0 && successes <= trials {
        return 1.0;
    }
    if successes > trials || p <= 0.0 {
        return 0.0;
    }
    let (k, n) = (f64::from(successes), f64::from(trials));
    let choices: f64 = (1..=successes).map(|i| ((n - k + f64::from(i)) / f64::from(i)).ln()).sum();
    let mut term = (choices + k * p.ln() + (n - k) * (-p).ln_1p()).exp();
    let mut chance = term;
    for i in successes..trials {
        term *= f64::from(trials - i) / f64::from(i + 1) * p / (1.0 - p);
        chance += term;
    }
    chance.min(1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn chances_of_dice() {
        // One six or more in four throws, and de Mere's other bet.
        assert!((at_least(1, 4, 1.0 / 6.0) - 671.0 / 1296.0).abs() < 1e-12);
        assert!((at_least(1, 24, 1.0 / 36.0) - 0.491_403_876).abs() < 1e-9);
        assert!((at_least(7, 7, 0.1) - 1e-7).abs() < 1e-18);
        assert_eq!((at_least(0, 5, 0.1), at_least(6, 5, 0.9), at_least(3, 5, 0.0), at_least(3, 5, 1.0)), (1.0, 0.0, 0.0, 1.0));
    }

    #[test]
    fn handbook_example() {
        // 4 of 20: 0.0807 to 0.4160, as published implementations of the Wilson interval give it.
        let (lower, upper) = wilson(4, 20);
        assert!((lower - 0.080_658).abs() < 1e-5 && (upper - 0.416_017).abs() < 1e-5, "{lower} {upper}");
    }

    proptest! {
        #[test]
        fn the_tail_is_the_sum_over_all_outcomes(successes in 0u32..12, trials in 0u32..12, p in 0.0f64..=1.0) {
            let outcomes = (0u32..1 << trials).filter(|bits| bits.count_ones() >= successes);
            let chance = |bits: u32| p.powi(bits.count_ones() as i32) * (1.0 - p).powi((trials - bits.count_ones()) as i32);
            let plain: f64 = outcomes.map(chance).sum();
            prop_assert!((at_least(successes, trials, p) - plain).abs() < 1e-9);
        }

        #[test]
        fn holds_the_proportion(trials in 1i64..100_000, part in 0.0f64..=1.0) {
            let successes = (trials as f64 * part) as i64;
            let (lower, upper) = wilson(successes, trials);
            let p = successes as f64 / trials as f64;
            prop_assert!(0.0 <= lower && lower <= p + 1e-12 && p <= upper + 1e-12 && upper <= 1.0);
        }
    }
}
