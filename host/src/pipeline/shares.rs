//! Whose turn it is: each marketplace works for a while, then rests as long as that took (longer while those who take events in have
//! no time to spare), and who has rested longest comes first. A marketplace with slow rules has the same turns as any other, with
//! fewer merchants in each, and waits for itself alone.

use std::collections::HashMap;
use std::time::Duration;

/// What one turn should take. A turn ends with the batch in hand, whose size follows from how long the last one took.
pub(crate) const TURN: Duration = Duration::from_millis(100);

/// Rest after a turn, in per cent of what the turn took: taking events in goes before judging, and whoever is judged a little
/// later is judged on more of them at once.
const REST: u32 = 100;

/// So much more of it where writers do nothing but take events in; nothing where they have this part of their time to spare, in per
/// cent: verdicts do not wait for the sake of writers that are half idle.
const REST_WHEN_BUSY: u32 = 300;
const SPARE: u32 = 40;

/// Merchants of a batch before anything is known of the rules.
const FIRST: usize = 64;

/// Largest batch where nobody waits for the writer of verdicts: it shares the price of a transaction.
pub(crate) const LARGEST: usize = 512;

/// Largest batch while events come in by the writer that writes verdicts, too: whoever sends them waits until it is written.
pub(crate) const LARGEST_SHARED: usize = 128;

/// One marketplace's share of the scheduler. Moments are counted from any fixed one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Share {
    ready: Duration,
    /// What a merchant took in the last batch.
    each: Option<Duration>,
    /// How many requests had brought events by the last batch.
    requests: u64,
    /// When the last turn ended, and how long writers had been busy by then.
    last: (Duration, Duration),
}

impl Share {
    /// The largest batch there may be next: `requests` have brought events so far by the writer of verdicts.
    pub(crate) fn largest(&mut self, requests: u64) -> usize {
        let before = std::mem::replace(&mut self.requests, requests);
        if requests == before { LARGEST } else { LARGEST_SHARED }
    }

    /// How many merchants to evaluate next, `largest` at most, so that it takes no longer than a turn should.
    pub(crate) fn batch(&self, largest: usize) -> usize {
        let fit = |each: Duration| TURN.as_nanos() / each.as_nanos().max(1);
        self.each.map_or(FIRST, |each| fit(each).clamp(1, largest as u128) as usize)
    }

    /// Takes note of a batch.
    pub(crate) fn evaluated(&mut self, merchants: usize, took: Duration) {
        self.each = Some(took / u32::try_from(merchants.max(1)).unwrap_or(u32::MAX));
    }

    /// Takes note of a turn; by its end writers have spent `busy` on taking events in.
    pub(crate) fn worked(&mut self, now: Duration, took: Duration, busy: Duration) {
        let (since, before) = std::mem::replace(&mut self.last, (now, busy));
        let (part, whole) = (busy.saturating_sub(before).as_micros(), now.saturating_sub(since).as_micros());
        let busy = (part * 100 / whole.max(1)).min(100) as u32;
        let more = REST_WHEN_BUSY * busy.saturating_sub(100 - SPARE) / SPARE;
        self.ready = now + took * (REST + more) / 100;
    }
}

/// All marketplaces' shares, by row number.
#[derive(Debug, Default)]
pub(crate) struct Shares(HashMap<i64, Share>);

impl Shares {
    /// The share of a marketplace.
    pub(crate) fn of(&mut self, market: i64) -> &mut Share {
        self.0.entry(market).or_default()
    }

    /// Those of `markets` that have rested enough, the longest rested first.
    pub(crate) fn ready(&mut self, markets: impl Iterator<Item = i64>, now: Duration) -> Vec<i64> {
        let mut ready: Vec<(Duration, i64)> = markets.map(|market| (self.of(market).ready, market)).collect();
        ready.retain(|(at, _)| *at <= now);
        ready.sort_unstable();
        ready.into_iter().map(|(_, market)| market).collect()
    }

    /// How long from `now` until the first of those has rested enough who were not ready when they were `asked` last.
    pub(crate) fn rest(&self, asked: Duration, now: Duration) -> Option<Duration> {
        self.0.values().filter(|share| share.ready > asked).map(|share| share.ready.saturating_sub(now)).min()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn batches_fit_into_a_turn() {
        let mut share = Share::default();
        assert_eq!(share.batch(LARGEST), 64);
        share.evaluated(64, MS * 64);
        assert_eq!(share.batch(LARGEST), 100);
        share.evaluated(100, MS);
        assert_eq!(share.batch(LARGEST), 512);
        share.evaluated(1, MS * 3_000);
        assert_eq!(share.batch(LARGEST), 1);
        share.evaluated(0, Duration::ZERO);
        assert_eq!(share.batch(LARGEST_SHARED), 128);
    }

    #[test]
    fn batches_are_small_while_events_come_in() {
        let mut share = Share::default();
        assert_eq!([0, 3, 4, 4, 4, 5].map(|requests| share.largest(requests)), [512, 128, 128, 512, 512, 128]);
    }

    #[test]
    fn judging_leaves_busy_writers_more_of_the_time() {
        let ready = |busy: u32| {
            let mut share = Share::default();
            share.worked(MS * 500, MS * 100, MS * 50);
            share.worked(MS * 1_000, MS * 100, MS * (50 + busy));
            share.ready
        };
        assert_eq!([0, 300, 400, 500, 9_000].map(ready), [1_100, 1_100, 1_250, 1_400, 1_400].map(|ms| MS * ms));
    }

    /// Plays marketplaces that always have work, of which a turn takes each its own time, and gives the time each of them worked.
    fn play(turns: &[Duration], until: Duration) -> (Vec<Duration>, Vec<Duration>) {
        let (mut shares, mut now) = (Shares::default(), Duration::ZERO);
        let (mut worked, mut waited) = (vec![Duration::ZERO; turns.len()], vec![Duration::ZERO; turns.len()]);
        let mut ready_since = vec![Duration::ZERO; turns.len()];
        while now < until {
            let asked = now;
            for market in shares.ready(0..turns.len() as i64, asked) {
                let (i, took) = (market as usize, turns[market as usize]);
                waited[i] = waited[i].max(now.saturating_sub(ready_since[i]));
                now += took;
                worked[i] += took;
                shares.of(market).worked(now, took, Duration::ZERO);
                ready_since[i] = now + took * REST / 100;
            }
            now += shares.rest(asked, now).unwrap_or_default();
        }
        (worked, waited)
    }

    #[test]
    fn a_slow_one_does_not_slow_the_others() {
        let (alone, _) = play(&[MS * 5], MS * 10_000);
        let (worked, waited) = play(&[MS * 5, MS * 100], MS * 10_000);
        assert!(waited[0] <= MS * 100, "{waited:?}");
        assert!(worked[0] >= alone[0] / 2, "{worked:?}, {alone:?} alone");
    }

    proptest! {
        #[test]
        fn nobody_waits_for_more_than_one_turn_of_each_other(turns in prop::collection::vec(1u32..100, 1..12)) {
            let turns: Vec<Duration> = turns.into_iter().map(|ms| MS * ms).collect();
            let all: Duration = turns.iter().sum();
            let (worked, waited) = play(&turns, MS * 20_000);
            for i in 0..turns.len() {
                // A pass under way when it became ready, and one more before it in the next.
                prop_assert!(waited[i] <= all * 2, "{:?}", waited);
                prop_assert!(worked[i] > Duration::ZERO);
            }
        }
    }
}
