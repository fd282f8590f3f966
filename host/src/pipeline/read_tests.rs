//! An account that is kept as facts change is the one that their last marks add up to.

use std::collections::BTreeMap;

use andon_domain::manifest::CounterKind;
use proptest::prelude::*;

use super::*;

/// A fact's marks, and the buyer and listing it is about.
type Meaning = (Vec<Mark>, (u64, u64));

fn counter(by_listing: bool, by_buyer: bool) -> Counter {
    Counter { code: "c".to_owned(), kind: CounterKind::Volume, by_listing, by_buyer, quota: None }
}

fn meaning() -> impl Strategy<Value = Meaning> {
    let mark = (0u16..4, 0i64..40, -2i64..4, any::<bool>()).prop_map(|(counter, day, amount, excluded)| Mark {
        counter,
        at: day * 86_400_000,
        amount,
        cause: None,
        excluded: excluded.then_some(0),
    });
    (prop::collection::vec(mark, 0..5), (0u64..3, 0u64..3))
}

/// Cell by cell, with no regard to what was there before.
fn added_up<'a>(counters: &[Counter], facts: impl Iterator<Item = &'a Meaning>) -> Account {
    let (mut cells, mut listings, mut buyers) = (Vec::new(), BTreeMap::<u64, Vec<Cell>>::new(), Vec::new());
    for (marks, (buyer, listing)) in facts {
        for mark in marks {
            let (counter, day) = (&counters[usize::from(mark.counter)], (mark.at / 86_400_000) as Day);
            let cell = (day, Slot::of(mark.counter, mark.excluded.is_some()), mark.amount);
            cells.push(cell);
            if counter.by_listing && *listing > 0 {
                listings.entry(*listing).or_default().push(cell);
            }
            if counter.by_buyer && mark.excluded.is_none() {
                buyers.push(BuyerMark { counter: mark.counter, day, buyer: *buyer });
            }
        }
    }
    let listings = listings.into_iter().map(|(listing, cells)| (listing, Sheet::new(cells)));
    let listings = listings.filter(|(_, sheet)| !sheet.is_empty()).collect();
    buyers.sort_unstable();
    Account { sheet: Sheet::new(cells), listings, buyers }
}

proptest! {
    #[test]
    fn what_is_taken_back_and_added_leaves_what_the_last_marks_add_up_to(
        changes in prop::collection::vec((0usize..6, meaning()), 0..40),
        at_once in 1usize..10,
    ) {
        let counters = [(false, false), (true, false), (false, true), (true, true)].map(|(l, b)| counter(l, b));
        let calendar = Calendar::utc();
        let mut days = Days::new(&calendar);
        let (mut account, mut facts) = (Account::default(), BTreeMap::<usize, Meaning>::new());
        for some in changes.chunks(at_once) {
            let mut shift = Shift::default();
            for (fact, (marks, party)) in some {
                if let Some((marks, party)) = facts.insert(*fact, (marks.clone(), *party)) {
                    shift.count(&counters, &marks, party, -1, &mut days);
                }
                shift.count(&counters, marks, *party, 1, &mut days);
            }
            account.add(shift);
        }
        let expected = added_up(&counters, facts.values());
        account.buyers.sort_unstable();
        prop_assert_eq!((account.sheet, account.listings, account.buyers), (expected.sheet, expected.listings, expected.buyers));
    }
}
