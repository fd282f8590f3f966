//! Cursors: where a page ended, sealed so that it cannot be forged, and bound to the list, filter and marketplace it is of.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::keys::Keys;

const SEAL: usize = 16;
/// Longest cursor that is looked at, characters.
const MAX_CURSOR: usize = 1_024;

/// Seals and opens cursors with the database's secret.
#[derive(Clone, Copy)]
pub struct Cursors {
    keys: Keys,
}

impl Cursors {
    /// With the secret of `keys`.
    pub fn new(keys: Keys) -> Self {
        Self { keys }
    }

    /// A cursor after `position` of the list that `list` names in full: route, marketplace, filter and order.
    pub fn seal<T: Serialize>(&self, list: &str, position: &T) -> Result<String, Problem> {
        let mut bytes = postcard::to_stdvec(position).map_err(|e| Problem::Internal(Box::new(e)))?;
        let seal = self.mac(list, &bytes);
        bytes.extend_from_slice(&seal);
        Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The position in a cursor sealed for the same list.
    pub fn open<T: DeserializeOwned>(&self, list: &str, cursor: &str) -> Result<T, Problem> {
        let refused = || Problem::Malformed("`cursor` is not one that this list gave".into());
        if cursor.len() > MAX_CURSOR {
            return Err(refused());
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
        let (position, seal) = bytes.split_last_chunk::<SEAL>().ok_or_else(refused)?;
        let difference = self.mac(list, position).iter().zip(seal).fold(0, |all, (a, b)| all | (a ^ b));
        if difference != 0 {
            return Err(refused());
        }
        postcard::from_bytes(position).map_err(|_| refused())
    }

    /// Where a page begins: after what a cursor sealed for the same list names, or at the list's head without one.
    pub fn after<T: DeserializeOwned>(&self, list: &str, cursor: Option<&str>) -> Result<Option<T>, Problem> {
        cursor.map(|cursor| self.open(list, cursor)).transpose()
    }

    /// The page and the cursor after it, from one row more than it holds where there are so many; `place` says where a row stands.
    pub fn cut<R, T: Serialize>(
        &self,
        list: &str,
        mut rows: Vec<R>,
        limit: u64,
        place: impl FnOnce(&R) -> T,
    ) -> Result<(Vec<R>, Option<String>), Problem> {
        let more = rows.len() as u64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| more).map(|last| self.seal(list, &place(last))).transpose()?;
        Ok((rows, next))
    }

    /// 128 bits: two 64-bit keyed hashes in domains of their own.
    fn mac(&self, list: &str, position: &[u8]) -> [u8; SEAL] {
        let mut message = Vec::with_capacity(list.len() + position.len() + 8);
        message.extend_from_slice(&(list.len() as u64).to_be_bytes());
        message.extend_from_slice(list.as_bytes());
        message.extend_from_slice(position);
        let halves = [self.keys.digest("cursor-a", &message), self.keys.digest("cursor-b", &message)];
        let mut mac = [0; SEAL];
        mac[..8].copy_from_slice(&halves[0].to_be_bytes());
        mac[8..].copy_from_slice(&halves[1].to_be_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_for_its_own_list_only() {
        let cursors = Cursors::new(Keys::new([7; 16]));
        let cursor = cursors.seal("merchants/olist/score", &(640_u16, "m-1".to_owned())).unwrap();
        assert_eq!(cursors.open::<(u16, String)>("merchants/olist/score", &cursor).unwrap(), (640, "m-1".into()));
        assert!(cursors.open::<(u16, String)>("merchants/other/score", &cursor).is_err());
        assert!(Cursors::new(Keys::new([8; 16])).open::<(u16, String)>("merchants/olist/score", &cursor).is_err());
    }

    #[test]
    fn no_changed_cursor_opens() {
        let cursors = Cursors::new(Keys::new([7; 16]));
        let cursor = cursors.seal("l", &(640_u16, "m-1".to_owned())).unwrap();
        for at in 0..cursor.len() {
            let mut bytes = cursor.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(bytes).unwrap();
            assert!(matches!(cursors.open::<(u16, String)>("l", &forged), Err(Problem::Malformed(_))), "{at}");
        }
        for other in ["", "A", "%", "ÿ", &"A".repeat(5_000)] {
            assert!(cursors.open::<(u16, String)>("l", other).is_err());
        }
    }
}
