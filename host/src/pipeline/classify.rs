//! Asks the rules what facts mean, and keeps one bad fact from taking the others with it.

use andon_domain::fact::Fact;
use andon_domain::ids::Instant;
use andon_domain::mark::Classified;

use crate::markets::Generation;

/// After so many faults in one batch the rules are taken to be broken, and the rest of the batch shares the last fault:
/// each further try could burn a whole time budget while everybody waits.
const PATIENCE: usize = 4;

/// What came of one fact.
pub(super) enum Answer {
    /// No fact, or not one of a kind that is classified.
    Nothing,
    /// Its marks.
    Marks(Classified),
    /// The rules failed on it: code and message.
    Fault(&'static str, String),
}

/// Classifies what there is to classify; the answers are in the order of the facts.
pub(super) fn classify(generation: &Generation, now: Instant, facts: &[Option<Fact>]) -> Vec<Answer> {
    let mut answers: Vec<Answer> = facts.iter().map(|_| Answer::Nothing).collect();
    let asked: Vec<(usize, &Fact)> = facts.iter().enumerate().filter_map(|(i, f)| Some((i, f.as_ref()?))).collect();
    let mut patience = PATIENCE;
    part(generation, now, &asked, &mut answers, &mut patience);
    answers
}

fn part(generation: &Generation, now: Instant, asked: &[(usize, &Fact)], answers: &mut [Answer], patience: &mut usize) {
    if asked.is_empty() {
        return;
    }
    let facts: Vec<&Fact> = asked.iter().map(|(_, f)| *f).collect();
    match generation.judge.classify(now, &facts) {
        Ok(all) => {
            for ((i, _), classified) in asked.iter().zip(all) {
                answers[*i] = Answer::Marks(classified);
            }
        }
        Err(fault) => {
            metrics::counter!("andon_plugin_faults_total", "rules" => generation.judge.manifest().name.clone(), "code" => fault.code())
                .increment(1);
            if asked.len() == 1 || *patience == 0 {
                tracing::warn!(rules = %generation.judge.digest(), code = fault.code(), "classify failed on {} facts: {fault}", asked.len());
                for (i, _) in asked {
                    answers[*i] = Answer::Fault(fault.code(), fault.to_string());
                }
                *patience = patience.saturating_sub(1);
                return;
            }
            let (left, right) = asked.split_at(asked.len() / 2);
            part(generation, now, left, answers, patience);
            part(generation, now, right, answers, patience);
        }
    }
}
