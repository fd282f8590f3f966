//! Signatures as Standard Webhooks 1.0 has them: HMAC-SHA256 over id, time and body, one for each secret that is good.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

const PREFIX: &str = "whsec_";
/// Shortest and longest key, bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// What an endpoint's messages are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// A text that is no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be `whsec_` and 24 to 64 bytes in base64")]
pub struct BadSecret;

impl Secret {
    /// Of 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(random.to_vec())
    }

    /// As it is written: `whsec_` and base64.
    pub fn parse(text: &str) -> Result<Self, BadSecret> {
        let bytes = text.strip_prefix(PREFIX).and_then(|rest| BASE64_STANDARD.decode(rest).ok());
        bytes.filter(|bytes| LENGTHS.contains(&bytes.len())).map(Self).ok_or(BadSecret)
    }

    /// As it is written.
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", BASE64_STANDARD.encode(&self.0))
    }

    /// The signature of a message's body, sent at a moment in seconds.
    fn sign(&self, id: &str, seconds: i64, body: &[u8]) -> String {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        context.update(format!("{id}.{seconds}.").as_bytes());
        context.update(body);
        format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The signatures of a message's body under all secrets, as the header has them.
pub fn signatures(secrets: &[Secret], id: &str, seconds: i64, body: &[u8]) -> String {
    secrets.iter().map(|secret| secret.sign(id, seconds, body)).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_own_example() {
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let body = br#"{"test": 2432232314}"#;
        let signed = signatures(&[secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_is_of_24_to_64_bytes_and_never_shown_by_accident() {
        let of = |n: usize| format!("{PREFIX}{}", BASE64_STANDARD.encode(vec![7; n]));
        for n in [24, 32, 64] {
            assert_eq!(Secret::parse(&of(n)).unwrap().text(), of(n));
        }
        for bad in [of(23), of(65), of(32)[6..].to_owned(), "whsec_!".into(), String::new()] {
            assert_eq!(Secret::parse(&bad), Err(BadSecret), "{bad}");
        }
        assert_eq!(format!("{:?}", Secret::new([7; 32])), "Secret");
    }
}
