//! The cord: when complaints pull it by themselves, and what makes a pull doubtful, so that a second person looks before anything is
//! taken off sale. Cords were pulled by the bribed, by rivals, and by machines that read a return's reason without reading the return.

use std::collections::{BTreeMap, BTreeSet};

use super::policy::{Cord, DAY};
use crate::fact::words;
use crate::ids::Instant;

words!(/** What makes a pull doubtful. */ Doubt {
    Burst = "burst", AgentRate = "agent-rate", AgentOverturned = "agent-overturned", SameMerchant = "same-merchant",
    ConflictOfInterest = "conflict-of-interest", Related = "related",
});

/// A buyer's complaint about a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Complaint {
    /// The buyer's key.
    pub buyer: u64,
    /// When.
    pub at: Instant,
}

/// What an agent has pulled before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Record {
    /// Pulls in the day before.
    pub day: u32,
    /// Listings of the same merchant in the thirty days before.
    pub same_merchant: u32,
    /// Pulls that were reviewed in the ninety days before.
    pub reviewed: u32,
    /// Of those, how many were overturned.
    pub overturned: u32,
}

/// Complaints fewer than this are no burst, however close together they come.
const FEW: usize = 3;

/// Listings of one merchant after which more of them by the same agent look like a campaign.
const CAMPAIGN: u32 = 3;

/// Reviewed pulls from which on their outcome says something of an agent.
const TELLING: u32 = 5;

/// Distinct buyers among complaints.
pub fn buyers(complaints: &[Complaint]) -> usize {
    complaints.iter().map(|c| c.buyer).collect::<BTreeSet<_>>().len()
}

/// Buyers among complaints, of whom those count once who have complained together before: `together` names such pairs.
pub fn unrelated(complaints: &[Complaint], together: &[(u64, u64)]) -> usize {
    let mut group: BTreeMap<u64, u64> = complaints.iter().map(|c| (c.buyer, c.buyer)).collect();
    for (one, other) in together {
        if let (Some(&from), Some(&to)) = (group.get(one), group.get(other)) {
            group.values_mut().filter(|g| **g == from).for_each(|g| *g = to);
        }
    }
    group.values().collect::<BTreeSet<_>>().len()
}

/// Complaints that count at `now`: within the days that the policy looks back, and after what was let go before.
pub fn counting(complaints: &[Complaint], policy: &Cord, released: Option<Instant>, now: Instant) -> Vec<Complaint> {
    let from = (now - Instant::from(policy.days) * DAY).max(released.map_or(Instant::MIN, |at| at + 1));
    complaints.iter().filter(|c| (from..=now).contains(&c.at)).copied().collect()
}

/// Whether complaints that count pull the cord by themselves.
pub fn pulls(counting: &[Complaint], policy: &Cord) -> bool {
    buyers(counting) >= usize::from(policy.buyers)
}

/// Whether several complaints come so close together that somebody may have ordered them.
fn is_burst(complaints: &[Complaint], policy: &Cord) -> bool {
    let times = || complaints.iter().map(|c| c.at);
    let span = times().max().unwrap_or_default() - times().min().unwrap_or_default();
    complaints.len() >= FEW && span <= Instant::from(policy.burst_minutes) * 60_000
}

/// What makes a pull doubtful: how its complaints came, which of its buyers have complained `together` before, and who pulls it. A pull
/// that nobody but complaints brought about has no agent.
pub fn doubts(
    complaints: &[Complaint],
    together: &[(u64, u64)],
    agent: Option<(&str, Record)>,
    policy: &Cord,
) -> BTreeSet<Doubt> {
    let mut doubts = BTreeSet::new();
    let mut doubt = |is: bool, what: Doubt| {
        if is {
            doubts.insert(what);
        }
    };
    doubt(is_burst(complaints, policy), Doubt::Burst);
    let enough = buyers(complaints).min(usize::from(policy.buyers));
    doubt(unrelated(complaints, together) < enough, Doubt::Related);
    if let Some((name, record)) = agent {
        doubt(record.day >= u32::from(policy.agent_daily), Doubt::AgentRate);
        doubt(record.same_merchant >= CAMPAIGN, Doubt::SameMerchant);
        doubt(record.reviewed >= TELLING && record.overturned * 2 > record.reviewed, Doubt::AgentOverturned);
        doubt(policy.conflicted.contains(name), Doubt::ConflictOfInterest);
    }
    doubts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Instant = 100 * DAY;

    fn complaint(buyer: u64, days_ago: i64) -> Complaint {
        Complaint { buyer, at: NOW - days_ago * DAY }
    }

    #[test]
    fn two_buyers_pull_it_and_one_who_says_it_twice_does_not() {
        let policy = Cord::default();
        assert!(!pulls(&[complaint(1, 1), complaint(1, 2)], &policy));
        assert!(pulls(&[complaint(1, 1), complaint(2, 2)], &policy));
        let old = counting(&[complaint(1, 1), complaint(2, 31)], &policy, None, NOW);
        assert!(!pulls(&old, &policy));
        let settled = counting(&[complaint(1, 1), complaint(2, 5)], &policy, Some(NOW - 3 * DAY), NOW);
        assert!(!pulls(&settled, &policy), "what was let go is not held against it again");
    }

    #[test]
    fn each_doubt_by_itself() {
        let mut policy = Cord::default();
        let one = [complaint(1, 1)];
        let agent = |record| doubts(&one, &[], Some(("ann", record)), &Cord::default()).into_iter().collect::<Vec<_>>();
        assert_eq!(agent(Record::default()), []);
        assert_eq!(agent(Record { day: 10, ..Record::default() }), [Doubt::AgentRate]);
        assert_eq!(agent(Record { same_merchant: 3, ..Record::default() }), [Doubt::SameMerchant]);
        assert_eq!(agent(Record { reviewed: 5, overturned: 3, ..Record::default() }), [Doubt::AgentOverturned]);
        assert_eq!(agent(Record { reviewed: 4, overturned: 4, ..Record::default() }), []);
        policy.conflicted.insert("ann".into());
        assert_eq!(doubts(&one, &[], Some(("ann", Record::default())), &policy), BTreeSet::from([Doubt::ConflictOfInterest]));
        let burst: Vec<_> = (0..3).map(|i| Complaint { buyer: i, at: NOW + i as i64 * 60_000 }).collect();
        assert_eq!(doubts(&burst, &[], None, &policy), BTreeSet::from([Doubt::Burst]));
        assert_eq!(doubts(&burst[..2], &[], None, &policy), BTreeSet::new());
    }

    #[test]
    fn buyers_who_complain_together_count_once() {
        let policy = Cord::default();
        let three: Vec<_> = (1..4).map(|i| complaint(i, i as i64)).collect();
        let related =
            |together: &[(u64, u64)], some: &[Complaint]| doubts(some, together, None, &policy).contains(&Doubt::Related);
        assert_eq!(
            [unrelated(&three, &[]), unrelated(&three, &[(1, 2)]), unrelated(&three, &[(1, 2), (3, 2), (7, 8)])],
            [3, 2, 1]
        );
        assert!(!related(&[(1, 2)], &three), "two that have nothing to do with each other are enough");
        assert!(related(&[(1, 2), (2, 3)], &three) && related(&[(1, 2)], &three[..2]));
        assert!(!related(&[(1, 2)], &three[..1]), "one alone is related to nobody");
    }

    proptest! {
        #[test]
        fn more_complaints_never_let_go(all in proptest::collection::vec((0..5u64, 0..40i64), 0..20), cut in 0..20usize) {
            let policy = Cord::default();
            let all: Vec<_> = all.into_iter().map(|(buyer, days)| complaint(buyer, days)).collect();
            let some = &all[..cut.min(all.len())];
            let pulled = |complaints: &[Complaint]| pulls(&counting(complaints, &policy, None, NOW), &policy);
            prop_assert!(!pulled(some) || pulled(&all));
        }
    }
}
