//! Raw events as they came, many to a compressed row: a third of the bytes, and one page where there were hundreds.

use std::io::Read;

use crate::store::StoreError;

/// Level 1 saves more writing than it costs; higher ones do not.
const LEVEL: i32 = 1;

/// Longest segment that is unpacked again: group commits hold far less.
const MAX_UNPACKED: u64 = 512 << 20;

/// Packs events: a little-endian length before each, the whole compressed. Where that fails the events must not be accepted.
pub(crate) fn pack<'a>(events: impl Iterator<Item = &'a [u8]>) -> Result<Vec<u8>, StoreError> {
    let mut plain = Vec::new();
    for event in events {
        plain.extend_from_slice(&(event.len() as u32).to_le_bytes());
        plain.extend_from_slice(event);
    }
    zstd::bulk::compress(&plain, LEVEL).map_err(|e| StoreError::Driver(format!("a segment cannot be compressed: {e}")))
}

/// Unpacks a segment's events.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
    let broken = || StoreError::undecodable("segments", "of events");
    let plain = plain(packed, MAX_UNPACKED).ok_or_else(broken)?;
    let mut rest = plain.as_slice();
    let mut events = Vec::new();
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let (event, tail) = tail.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(broken)?;
        events.push(event.to_vec());
        rest = tail;
    }
    if rest.is_empty() { Ok(events) } else { Err(broken()) }
}

/// What was compressed, unless it is longer than `most`: no more than that is ever unpacked.
fn plain(packed: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut plain = Vec::new();
    zstd::stream::read::Decoder::new(packed).ok()?.take(most + 1).read_to_end(&mut plain).ok()?;
    (plain.len() as u64 <= most).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_back_as_they_were() {
        let events: [&[u8]; 3] = [b"{\"a\":1}", b"", "{\n\"b\": \"\u{fc}\"}".as_bytes()];
        let packed = pack(events.into_iter()).unwrap();
        assert_eq!(unpack(&packed).unwrap(), events.map(<[u8]>::to_vec));
        assert!(unpack(&packed[..packed.len() - 1]).is_err());
    }

    #[test]
    fn no_more_is_unpacked_than_may_be() {
        let packed = pack(std::iter::once(&[7; 96][..])).unwrap();
        assert_eq!(plain(&packed, 100).map(|plain| plain.len()), Some(100));
        assert_eq!(plain(&packed, 99), None);
    }
}
