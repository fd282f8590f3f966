//! Values of any type of the contract, most of them sound in themselves, some of a form that no compiler would make; and bytes
//! changed at random.

use andon_tests::guests::contract::{Contract, Shape};
use andon_tests::questions::NOW;
use arbitrary::{Result, Unstructured};
use serde_json::{Map, Value, json};
use wit_parser::Type;

/// Numbers at which something begins or ends.
const EDGES: [i64; 16] = [
    0,
    1,
    2,
    31,
    64,
    255,
    1_000,
    1_001,
    65_535,
    NOW,
    NOW + 1,
    946_684_800_000,
    4_102_444_799_999,
    1_000_000_000_000_000,
    i64::MAX,
    i64::MIN,
];

/// Nothing of the contract is nested deeper.
const DEPTH: u32 = 12;

/// A value of a type; see `Contract::image` for its forms.
pub(super) fn value(contract: &Contract, ty: Type, u: &mut Unstructured<'_>) -> Result<Value> {
    nested(contract, ty, u, DEPTH)
}

fn nested(contract: &Contract, ty: Type, u: &mut Unstructured<'_>, depth: u32) -> Result<Value> {
    let odd = u.ratio(1u8, 100)?;
    Ok(match contract.shape(ty) {
        Shape::Plain(_) if ty == Type::F64 => json!({"bits": float(u)?.to_bits()}),
        Shape::Plain(_) if u.ratio(9u8, 10)? => json!(u.int_in_range(0..=3u8)?),
        Shape::Plain(_) => json!(number(u)?),
        Shape::Text | Shape::List(_) if odd => json!({"ptr": number(u)? as u32, "len": number(u)? as u32}),
        Shape::Text => match u.int_in_range(0..=9u8)? {
            0 => json!(u.arbitrary::<Vec<u8>>()?.into_iter().take(40).collect::<Vec<_>>()),
            1 => json!(u.arbitrary::<String>()?),
            _ => json!(*u.choose(&["", "a", "en", "late", "fine", "0.1.0", "x-y", "zh-CN"])?),
        },
        Shape::List(item) => {
            let len = if depth == 0 { 0 } else { length(u)? };
            json!((0..len).map(|_| nested(contract, item, u, depth - 1)).collect::<Result<Vec<_>>>()?)
        }
        Shape::Fields(fields) => {
            let named = fields.into_iter().map(|(name, ty)| Ok((name, nested(contract, ty, u, depth.saturating_sub(1))?)));
            let named = named.collect::<Result<Map<_, _>>>()?;
            Value::Object(named)
        }
        Shape::OneOf(..) if odd => json!({"tag": u.arbitrary::<u8>()?}),
        Shape::OneOf(_, cases) => {
            // The first of two is most often the one that is worth reading on: `ok`, and `none`.
            let case = if cases.len() == 2 && u.ratio(9u8, 10)? { 0 } else { u.choose_index(cases.len())? };
            let (name, payload) = &cases[case];
            let payload = payload.map(|ty| nested(contract, ty, u, depth.saturating_sub(1))).transpose()?;
            match (name.as_str(), payload) {
                ("none", _) => Value::Null,
                ("some", payload) => payload.unwrap_or_default(),
                (name, Some(payload)) => json!({name: payload}),
                (name, None) => json!(name),
            }
        }
    })
}

fn length(u: &mut Unstructured<'_>) -> Result<usize> {
    Ok(if u.ratio(1u8, 50)? { u.int_in_range(30..=70)? } else { u.int_in_range(0..=3)? })
}

fn number(u: &mut Unstructured<'_>) -> Result<i64> {
    if u.arbitrary()? { u.choose(&EDGES).copied() } else { u.arbitrary() }
}

fn float(u: &mut Unstructured<'_>) -> Result<f64> {
    if u.ratio(3u8, 4)? { Ok(f64::from(u.int_in_range(0..=100u8)?) / 100.0) } else { u.arbitrary() }
}

/// Changes up to `most` places: a bit, a byte, a number, or a piece copied, cut out or put in.
pub(super) fn mutate(bytes: &mut Vec<u8>, most: usize, u: &mut Unstructured<'_>) -> Result<()> {
    for _ in 0..u.int_in_range(0..=most)? {
        if bytes.len() < 16 {
            return Ok(());
        }
        let at = u.choose_index(bytes.len() - 8)?;
        match u.int_in_range(0..=9u8)? {
            0..=2 => bytes[at] ^= 1 << u.int_in_range(0..=7u8)?,
            3..=5 => bytes[at] = u.arbitrary()?,
            6 => bytes[at..at + 4].copy_from_slice(&(number(u)? as u32).to_le_bytes()),
            7 => bytes[at..at + 8].copy_from_slice(&number(u)?.to_le_bytes()),
            8 => {
                let (from, len) = (u.choose_index(bytes.len() - 8)?, u.int_in_range(1..=64)?);
                let piece: Vec<u8> = bytes[from..(from + len).min(bytes.len())].to_vec();
                let end = (at + piece.len()).min(bytes.len());
                bytes[at..end].copy_from_slice(&piece[..end - at]);
            }
            _ => {
                let end = (at + u.int_in_range(0..=16)?).min(bytes.len());
                let piece: Vec<u8> = (0..u.int_in_range(0..=16)?).map(|_| u.arbitrary()).collect::<Result<_>>()?;
                bytes.splice(at..end, piece);
            }
        }
    }
    Ok(())
}
