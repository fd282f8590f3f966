//! Whether an action hits far more merchants than it used to: an exact binomial test of a day against the days before it.

use serde::{Deserialize, Serialize};
use statrs::function::beta::checked_beta_reg;

/// What one day saw of an action in a marketplace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Merchants judged, each time anew.
    pub judged: u64,
    /// Of those, how often the action came up that had not been up before.
    pub hits: u64,
}

/// When an action is taken to have gone astray. Where the history is too thin, nothing can be said and nothing is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guard {
    /// How sure one must be that a day is not like those before it, 0.9 to 0.999999.
    pub confidence: f64,
    /// Days of history at least.
    pub days: u16,
    /// Judgements in them at least.
    pub judged: u64,
    /// A day must be worse than its history by this part at least, 0 to 100: what is certain may still be small.
    pub effect: f64,
}

impl Default for Guard {
    /// As Coop, the open moderation platform, guards its rules.
    fn default() -> Self {
        Self { confidence: 0.995, days: 24, judged: 4_000, effect: 0.25 }
    }
}

/// What a day counts less than the one after it.
const FADING: f64 = 0.98;

/// Hits that are never an alarm.
const FEW: u64 = 2;

/// Whether `today` is far above what the days before it, newest first, let expect. The expected rate weighs recent days more, and
/// never is nought (Laplace's rule of succession).
pub fn is_alarming(history: &[Tally], today: Tally, guard: &Guard) -> bool {
    let (days, judged) = (history.len(), history.iter().map(|d| d.judged).sum::<u64>());
    if today.hits <= FEW || days < usize::from(guard.days) || judged < guard.judged {
        return false;
    }
    let faded = |of: fn(&Tally) -> u64| history.iter().rev().fold(0.0, |sum, day| sum * FADING + of(day) as f64);
    let expected = (faded(|d| d.hits) + 1.0) / (faded(|d| d.judged) + 2.0);
    let rate = today.hits as f64 / today.judged.max(1) as f64;
    rate > expected * (1.0 + guard.effect) && at_least(today, expected) <= 1.0 - guard.confidence
}

/// How likely as many hits or more are, if each judgement hits with this probability: the upper tail of the binomial distribution, by
/// the incomplete beta function (NIST DLMF 8.17.5).
fn at_least(day: Tally, probability: f64) -> f64 {
    if day.hits == 0 || day.hits > day.judged {
        return if day.hits == 0 { 1.0 } else { 0.0 };
    }
    let (hits, misses) = (day.hits as f64, (day.judged - day.hits) as f64);
    checked_beta_reg(hits, misses + 1.0, probability.clamp(0.0, 1.0)).unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(days: usize, judged: u64, hits: u64) -> Vec<Tally> {
        vec![Tally { judged, hits }; days]
    }

    #[test]
    fn the_tail_is_the_sum_of_its_terms() {
        // 5 or more of 10 at 0.3: one less the sum of the first five terms.
        let term = |k: i32| [1.0, 10.0, 45.0, 120.0, 210.0][k as usize] * 0.3f64.powi(k) * 0.7f64.powi(10 - k);
        let tail = 1.0 - (0..5).map(term).sum::<f64>();
        assert!((at_least(Tally { judged: 10, hits: 5 }, 0.3) - tail).abs() < 1e-12);
        assert!(at_least(Tally { judged: 10, hits: 0 }, 0.3) >= 1.0);
    }

    #[test]
    fn a_day_like_the_others_is_no_alarm_and_a_flood_is() {
        let (history, guard) = (steady(30, 1_000, 10), Guard::default());
        assert!(!is_alarming(&history, Tally { judged: 1_000, hits: 12 }, &guard));
        assert!(is_alarming(&history, Tally { judged: 1_000, hits: 40 }, &guard));
    }

    #[test]
    fn a_thin_history_says_nothing() {
        let guard = Guard::default();
        let flood = Tally { judged: 1_000, hits: 900 };
        assert!(!is_alarming(&steady(23, 1_000, 0), flood, &guard));
        assert!(!is_alarming(&steady(30, 100, 0), flood, &guard));
        assert!(is_alarming(&steady(30, 1_000, 0), flood, &guard));
    }

    #[test]
    fn two_hits_are_never_an_alarm() {
        assert!(!is_alarming(&steady(30, 1_000_000, 0), Tally { judged: 2, hits: 2 }, &Guard::default()));
    }

    #[test]
    fn what_is_certain_may_be_too_small_to_matter() {
        let history = steady(30, 1_000_000, 10_000);
        assert!(!is_alarming(&history, Tally { judged: 1_000_000, hits: 11_000 }, &Guard::default()));
    }
}
