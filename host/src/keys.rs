//! Keyed hashes that stand for names: 64 bits for what rules see, 128 for telling repeated events apart. The key is drawn once
//! for each database, so that nobody outside can make two names collide on purpose.

use std::hash::Hasher;

use andon_domain::ids::Named;
use siphasher::sip::SipHasher24;
use siphasher::sip128::{Hasher128, SipHasher24 as SipHasher24x128};
use uuid::Uuid;

/// The database's secret.
#[derive(Clone, Copy)]
pub struct Keys {
    secret: [u8; 16],
}

/// Names one event for ever: 16 bytes, see [`Keys::event`].
pub type EventKey = [u8; 16];

impl Keys {
    /// From the secret the database holds.
    pub fn new(secret: [u8; 16]) -> Self {
        Self { secret }
    }

    /// A reference with its 64-bit key within a marketplace; `kind` keeps a buyer and a listing of one name apart.
    pub fn named(&self, marketplace: &str, kind: &str, name: &str) -> Named {
        let mut h = SipHasher24::new_with_key(&self.secret);
        for part in [marketplace, kind, name] {
            h.write_u32(part.len() as u32);
            h.write(part.as_bytes());
        }
        Named { key: h.finish(), name: name.into() }
    }

    /// The key of an event: 128 bits of keyed hash over marketplace, source and id, and nothing else, so that a repeat is
    /// found whatever it says. Where the id is time-ordered (UUIDv7, ULID), its time in units of 65.5 s takes the place of the
    /// first 32 bits: keys that arrive together then lie together, which is worth half of all pages written.
    pub fn event(&self, marketplace: &str, source: &str, id: &str) -> EventKey {
        let mut h = SipHasher24x128::new_with_key(&self.secret);
        for part in [marketplace, source, id] {
            h.write_u32(part.len() as u32);
            h.write(part.as_bytes());
        }
        let mut key = h.finish128().as_bytes();
        if let Some(millis) = time_in_id(id) {
            key[..4].copy_from_slice(&((millis >> 16) as u32).to_be_bytes());
        }
        key
    }

    /// 128 bits that nobody else can work out, the same for the same words; `domain` sets one use apart from every other.
    pub fn salt(&self, domain: &str, marketplace: &str, number: u64) -> [u8; 16] {
        let mut h = SipHasher24x128::new_with_key(&self.secret);
        for part in [domain, marketplace] {
            h.write_u32(part.len() as u32);
            h.write(part.as_bytes());
        }
        h.write_u64(number);
        h.finish128().as_bytes()
    }

    /// 64 bits over any bytes, for fingerprints and MACs of short-lived things.
    pub fn digest(&self, domain: &str, bytes: &[u8]) -> u64 {
        let mut h = SipHasher24::new_with_key(&self.secret);
        h.write_u32(domain.len() as u32);
        h.write(domain.as_bytes());
        h.write(bytes);
        h.finish()
    }
}

/// Milliseconds since the Unix epoch that a UUIDv7 or ULID carries.
fn time_in_id(id: &str) -> Option<u64> {
    match id.len() {
        36 => {
            let uuid = Uuid::try_parse(id).ok().filter(|u| u.get_version_num() == 7)?;
            Some((uuid.as_u128() >> 80) as u64)
        }
        26 => {
            // A ULID's first ten characters are 50 bits of Crockford base 32, of which the upper two are 0.
            let millis = id.bytes().take(10).try_fold(0u64, |n, b| Some((n << 5) | crockford(b)?))?;
            (id.bytes().skip(10).all(|b| crockford(b).is_some()) && millis < 1 << 48).then_some(millis)
        }
        _ => None,
    }
}

fn crockford(byte: u8) -> Option<u64> {
    const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    ALPHABET.iter().position(|c| *c == byte.to_ascii_uppercase()).map(|i| i as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: Keys = Keys { secret: *b"0123456789abcdef" };

    #[test]
    fn ids_with_time_are_local_and_still_distinct() {
        let a = KEYS.event("m", "s", "0198f2a0-0000-7000-8000-000000000001");
        let b = KEYS.event("m", "s", "0198f2a0-0001-7000-8000-000000000002");
        assert_eq!(a[..4], b[..4]);
        assert_ne!(a[4..], b[4..]);
        assert_eq!(time_in_id("01ARZ3NDEKTSV4RRFFQ69G5FAV"), Some(1_469_922_850_259));
        assert_eq!(time_in_id("order-1"), None);
        assert_eq!(time_in_id("7f7f7f7f-7f7f-4f7f-8f7f-7f7f7f7f7f7f"), None);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(KEYS.event("m", "ab", "c"), KEYS.event("m", "a", "bc"));
        assert_ne!(KEYS.named("m", "buyer", "x").key, KEYS.named("m", "listing", "x").key);
    }
}
