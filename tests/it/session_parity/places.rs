//! Calls about places under quotas.

use andon::store::session::{Front, Repeat, Result, Session};
use andon_domain::quota::Place;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

#[derive(Debug, Clone)]
pub(super) enum Call {
    Repeats(Vec<Repeat>, Vec<Repeat>),
    Fronts(Vec<Front>),
}

fn repeat() -> impl Strategy<Value = Repeat> {
    let keys = || select(&[0, 1, u64::MAX / 2, u64::MAX / 2 + 1, u64::MAX][..]);
    (1i64..3, super::merchant(), 0u16..2, keys(), -2i64..3, keys(), 1i64..9).prop_map(
        |(generation, merchant, quota, buyer, at, key, subject)| {
            let place = Place { at, key };
            Repeat { generation, merchant, quota, buyer, place, subject }
        },
    )
}

pub(super) fn write() -> impl Strategy<Value = Call> {
    (vec(repeat(), 0..6), vec(repeat(), 0..9)).prop_map(|(drop, add)| Call::Repeats(drop, add))
}

pub(super) fn read() -> impl Strategy<Value = Call> {
    let front = (repeat(), -3i64..2, -1i64..4, 0usize..4).prop_map(|(repeat, from, until, limit)| {
        let Repeat { generation, merchant, quota, buyer, .. } = repeat;
        Front { generation, merchant, quota, buyer, from, until, limit }
    });
    vec(front, 0..6).prop_map(Call::Fronts)
}

pub(super) fn answer(s: &mut dyn Session, call: &Call) -> Result<String> {
    Ok(match call {
        Call::Repeats(drop, add) => format!("{:?}", s.repeats(drop, add)?),
        Call::Fronts(fronts) => format!("{:?}", s.fronts(fronts)?),
    })
}
