//! A backtest from its question to its report: two workers share the groups of merchants, each with a session and a walk of its
//! own. More would gain nothing on the smallest machine, and would take the processor from those who judge.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::assemble::assemble;
use super::group::Feed;
use super::moments::moments;
use super::schedule::{Step, steps};
use super::sum::Sum;
use super::walk::{Course, walk};
use super::{BacktestError, Progress, Question, Report};
use crate::markets::Generation;
use crate::store::{Store, StoreError};

const WORKERS: usize = 2;

/// Stops the workers when nobody waits for them any more.
struct Guard(Arc<Progress>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Answers a question from the stored facts, which stay as they are.
pub async fn run(store: Arc<Store>, question: Question, progress: Arc<Progress>) -> Result<Report, BacktestError> {
    let in_force = question.market.generation.clone().ok_or(BacktestError::NoRules)?;
    let calendar = question.market.calendar;
    let moments: Arc<[i64]> = moments((question.from, question.to), question.every, calendar, question.now)?.into();
    let rules = [in_force, question.candidate.clone()];
    let cadences = [0, 1].map(|side: usize| rules[side].manifest().cadence);
    let steps: Arc<[Step]> = steps(&moments, calendar, cadences).into();
    progress.merchants.store(store.count_merchants(question.market.id).await?, Ordering::Relaxed);
    let feed = Arc::new(Feed::of(store.clone(), question.market.id, question.bounds.facts));
    let guard = Guard(progress.clone());
    let mut workers = JoinSet::new();
    for _ in 0..WORKERS {
        let work = Work {
            store: store.clone(),
            question: question.clone(),
            rules: rules.clone(),
            steps: steps.clone(),
            moments: moments.len(),
            feed: feed.clone(),
            progress: progress.clone(),
            runtime: Handle::current(),
        };
        workers.spawn_blocking(move || work.run());
    }
    let mut sum = Sum::over(moments.len());
    let all = async {
        while let Some(done) = workers.join_next().await {
            sum.merge(done.map_err(|e| StoreError::Driver(e.to_string()))??);
        }
        Ok::<_, BacktestError>(())
    };
    let longest = question.bounds.time;
    tokio::time::timeout(longest, all).await.map_err(|_| BacktestError::TooLong(longest))??;
    drop(guard);
    Ok(assemble(&question, [&rules[0], &rules[1]], &moments, sum))
}

/// One worker's part.
struct Work {
    store: Arc<Store>,
    question: Question,
    rules: [Arc<Generation>; 2],
    steps: Arc<[Step]>,
    moments: usize,
    feed: Arc<Feed>,
    progress: Arc<Progress>,
    runtime: Handle,
}

impl Work {
    fn run(self) -> Result<Sum, BacktestError> {
        let mut session = self.store.session(0, true, &self.runtime)?;
        let rules = [self.rules[0].as_ref(), self.rules[1].as_ref()];
        let course = Course {
            market: &self.question.market,
            rules,
            steps: &self.steps,
            stop: &self.progress.stop,
            runtime: &self.runtime,
        };
        let mut sum = Sum::over(self.moments);
        while let Some(group) = self.feed.next(session.as_mut(), &self.runtime)? {
            if !walk(&course, &group, &mut sum) {
                return Err(BacktestError::Stopped);
            }
            let merchants = (group.merchants.len() + group.left_out.len()) as u64;
            for reference in group.left_out {
                sum.left_out(reference);
            }
            self.progress.done.fetch_add(merchants, Ordering::Relaxed);
            self.progress.orders.fetch_add(group.orders, Ordering::Relaxed);
        }
        Ok(sum)
    }
}
