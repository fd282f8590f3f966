//! Tokens that must not pass, each one change away from one that does.

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::super::{KeyRing, KeySource, install_crypto};
use super::{AuthError, Policy, Verifier};
use crate::clock::ManualClock;

const NOW: i64 = 1_700_000_000;

/// A private key with the id and algorithm it goes by.
struct Signer {
    id: &'static str,
    algorithm: Algorithm,
    key: EncodingKey,
}

impl Signer {
    fn ed(id: &'static str) -> Self {
        install_crypto();
        let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        der.extend(id.bytes().cycle().take(32));
        Self { id, algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(&der) }
    }

    fn ec(id: &'static str) -> Self {
        use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
        install_crypto();
        let random = aws_lc_rs::rand::SystemRandom::new();
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self { id, algorithm: Algorithm::ES256, key: EncodingKey::from_ec_der(der.as_ref()) }
    }

    fn rsa(id: &'static str) -> Self {
        use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
        use aws_lc_rs::rsa::{KeyPair, KeySize};
        use base64::prelude::BASE64_STANDARD;
        install_crypto();
        let der: Pkcs8V1Der<'_> = KeyPair::generate(KeySize::Rsa2048).unwrap().as_der().unwrap();
        let label = "PRIVATE KEY";
        let pem = format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der.as_ref()));
        Self { id, algorithm: Algorithm::RS256, key: EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap() }
    }

    fn jwk(&self) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&self.key, self.algorithm).unwrap();
        jwk.common.key_id = Some(self.id.to_owned());
        jwk
    }

    fn header(&self) -> Value {
        json!({"alg": format!("{:?}", self.algorithm), "typ": "at+jwt", "kid": self.id})
    }

    fn raw(&self, header: &str, claims: &str) -> String {
        let message = format!("{}.{}", BASE64.encode(header), BASE64.encode(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm).unwrap();
        format!("{message}.{signature}")
    }

    fn with(&self, header: Value, claims: Value) -> String {
        self.raw(&header.to_string(), &claims.to_string())
    }
}

fn ring(signers: &[&Signer]) -> KeyRing {
    let set = JwkSet { keys: signers.iter().map(|s| s.jwk()).collect() };
    KeyRing::of_jwks(&serde_json::to_vec(&set).unwrap()).unwrap()
}

fn verifier(signers: &[&Signer]) -> (Verifier, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(NOW * 1_000));
    let policy = Policy { issuer: "andon".into(), audience: "andon".into(), longest: 3_600 };
    (Verifier::new(KeySource::fixed(ring(signers)), policy, clock.clone()), clock)
}

fn claims() -> Value {
    json!({"iss": "andon", "aud": "andon", "sub": "ops", "iat": NOW, "nbf": NOW, "exp": NOW + 600, "scope": "admin", "marketplaces": "*"})
}

fn changed(base: Value, key: &str, value: Value) -> Value {
    let mut base = base;
    if value == json!("absent") {
        base.as_object_mut().unwrap().remove(key)
    } else {
        base.as_object_mut().unwrap().insert(key.into(), value)
    };
    base
}

async fn outcome(verifier: &Verifier, token: &str) -> Result<String, AuthError> {
    verifier.verify(token).await.map(|caller| caller.subject.clone())
}

#[tokio::test]
async fn good_tokens_pass_with_each_algorithm_and_are_remembered() {
    let (ed, ec, rsa) = (Signer::ed("ed"), Signer::ec("ec"), Signer::rsa("rsa"));
    let (verifier, clock) = verifier(&[&ed, &ec, &rsa]);
    for signer in [&ed, &ec, &rsa] {
        let token = signer.with(signer.header(), claims());
        assert_eq!(outcome(&verifier, &token).await, Ok("ops".into()));
        assert_eq!(outcome(&verifier, &token).await, Ok("ops".into()));
    }
    let remembered = ed.with(ed.header(), claims());
    clock.advance(629_000);
    assert_eq!(outcome(&verifier, &remembered).await, Ok("ops".into()));
    clock.advance(1_000);
    assert_eq!(outcome(&verifier, &remembered).await, Err(AuthError::Expired));
}

#[tokio::test]
async fn headers_that_say_anything_else_are_refused() {
    let (ed, ec) = (Signer::ed("ed"), Signer::ec("ec"));
    let (verifier, _) = verifier(&[&ed, &ec]);
    for (key, value) in [
        ("alg", json!("none")),
        ("alg", json!("None")),
        ("alg", json!("noNE")),
        ("alg", json!("")),
        ("alg", json!("HS256")),
        ("alg", json!("HS512")),
        ("alg", json!("RS256")),
        ("alg", json!("ES256")),
        ("alg", json!(["EdDSA"])),
        ("alg", json!("absent")),
        ("typ", json!("refresh+jwt")),
        ("typ", json!("secevent+jwt")),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("jku", json!("http://127.0.0.1:1/keys")),
        ("x5u", json!("http://127.0.0.1:1/keys")),
        ("x5c", json!(["MIIB"])),
        ("jwk", json!({"kty": "OKP", "crv": "Ed25519", "x": "AAAA"})),
        ("zip", json!("DEF")),
        ("enc", json!("A128GCM")),
        ("p2c", json!(2_147_483_648_u32)),
        ("b64", json!(false)),
    ] {
        let token = ed.with(changed(ed.header(), key, value.clone()), claims());
        assert_eq!(outcome(&verifier, &token).await, Err(AuthError::Header), "{key} {value}");
    }
    for kid in ["../../dev/null", "' or 1=1 --", "nobody", "a\0b", "ec\0", ""] {
        let token = ed.with(changed(ed.header(), "kid", json!(kid)), claims());
        assert_eq!(outcome(&verifier, &token).await, Err(AuthError::Signature), "{kid}");
    }
    let no_id = ed.with(changed(ed.header(), "kid", json!("absent")), claims());
    assert_eq!(outcome(&verifier, &no_id).await, Err(AuthError::Signature));
    let twice = ed.raw(r#"{"alg":"EdDSA","kid":"ec","kid":"ed"}"#, &claims().to_string());
    assert_eq!(outcome(&verifier, &twice).await, Err(AuthError::Header));
}

#[tokio::test]
async fn a_public_key_is_no_secret_and_a_strangers_key_no_key() {
    let (ed, stranger) = (Signer::ed("ed"), Signer::ed("stranger"));
    let (verifier, _) = verifier(&[&ed]);
    let public = serde_json::to_vec(&ed.jwk()).unwrap();
    let message = format!("{}.{}", BASE64.encode(r#"{"alg":"HS256","kid":"ed"}"#), BASE64.encode(claims().to_string()));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(&public), Algorithm::HS256).unwrap();
    assert_eq!(outcome(&verifier, &format!("{message}.{signature}")).await, Err(AuthError::Header));
    let forged = stranger.with(ed.header(), claims());
    assert_eq!(outcome(&verifier, &forged).await, Err(AuthError::Signature));
}

#[tokio::test]
async fn an_rsa_key_is_good_for_rs256_and_for_what_it_signed() {
    let (rsa, other) = (Signer::rsa("rsa"), Signer::rsa("rsa"));
    let (verifier, _) = verifier(&[&rsa]);
    let good = rsa.with(rsa.header(), claims());
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (head, _) = message.split_once('.').unwrap();
    let root = BASE64.encode(changed(claims(), "sub", json!("root")).to_string());
    let flipped = format!("{}{}", if signature.starts_with('A') { 'B' } else { 'A' }, &signature[1..]);
    for (what, token) in [
        ("other claims", format!("{head}.{root}.{signature}")),
        ("another signature", format!("{message}.{flipped}")),
        ("a shorter signature", format!("{message}.{}", &signature[..signature.len() - 4])),
        ("no signature", format!("{message}.")),
        ("another key", other.with(rsa.header(), claims())),
    ] {
        assert_eq!(outcome(&verifier, &token).await, Err(AuthError::Signature), "{what}");
    }
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let header = changed(rsa.header(), "alg", json!(format!("{algorithm:?}")));
        let signer = Signer { algorithm, id: rsa.id, key: rsa.key.clone() };
        assert_eq!(outcome(&verifier, &signer.with(header, claims())).await, Err(AuthError::Header), "{algorithm:?}");
        assert_eq!(outcome(&verifier, &signer.with(rsa.header(), claims())).await, Err(AuthError::Signature), "{algorithm:?}");
    }
    assert_eq!(outcome(&verifier, &good).await, Ok("ops".into()));
}

#[tokio::test]
async fn every_flipped_bit_and_every_other_shape_is_refused() {
    let ed = Signer::ed("ed");
    let (verifier, _) = verifier(&[&ed]);
    let good = ed.with(ed.header(), claims());
    assert!(outcome(&verifier, &good).await.is_ok());
    for at in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(token) = String::from_utf8(bytes) {
            assert!(outcome(&verifier, &token).await.is_err(), "byte {at}");
        }
    }
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    for token in [
        String::new(),
        ".".into(),
        "..".into(),
        unsigned.to_owned(),
        format!("{unsigned}."),
        format!("{good}."),
        format!("{good}.e30.e30"),
        format!("{good}="),
        format!(" {good}"),
        format!("{good}\n"),
        good.replace('-', "+").replace('_', "/") + "+",
        "a".repeat(20_000),
        format!("{good}{}", "A".repeat(10_000)),
    ] {
        assert!(outcome(&verifier, &token).await.is_err(), "{token:.60}");
    }
    let wide: Vec<u8> = claims().to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    let message = format!("{}.{}", BASE64.encode(ed.header().to_string()), BASE64.encode(wide));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &ed.key, Algorithm::EdDSA).unwrap();
    assert_eq!(outcome(&verifier, &format!("{message}.{signature}")).await, Err(AuthError::Claims));
}

#[tokio::test]
async fn claims_are_required_typed_and_in_time() {
    let ed = Signer::ed("ed");
    let (verifier, _) = verifier(&[&ed]);
    for (key, value, expected) in [
        ("exp", json!("absent"), AuthError::Claims),
        ("exp", json!((NOW + 600).to_string()), AuthError::Claims),
        ("exp", json!(1e19), AuthError::Claims),
        ("exp", json!(null), AuthError::Claims),
        ("exp", json!(-1), AuthError::Claims),
        ("exp", json!(NOW as f64 + 600.5), AuthError::Claims),
        ("exp", json!(i64::MAX), AuthError::Claims),
        ("exp", json!(NOW - 30), AuthError::Expired),
        ("exp", json!(NOW - 61), AuthError::Expired),
        ("exp", json!(NOW + 3_601), AuthError::TooLong),
        ("iat", json!(NOW - 3_600), AuthError::TooLong),
        ("iat", json!(NOW + 31), AuthError::NotYet),
        ("nbf", json!(NOW + 31), AuthError::NotYet),
        ("nbf", json!("soon"), AuthError::Claims),
        ("iss", json!("absent"), AuthError::Claims),
        ("iss", json!("Andon"), AuthError::Audience),
        ("iss", json!(["andon"]), AuthError::Claims),
        ("aud", json!("absent"), AuthError::Claims),
        ("aud", json!("ANDON"), AuthError::Audience),
        ("aud", json!(["x", "y"]), AuthError::Audience),
        ("aud", json!([]), AuthError::Audience),
        ("sub", json!("absent"), AuthError::Claims),
        ("sub", json!(""), AuthError::Claims),
        ("sub", json!("a\nb"), AuthError::Claims),
        ("merchant", json!({"marketplace": "../x", "ref": "1"}), AuthError::Claims),
    ] {
        let token = ed.with(ed.header(), changed(claims(), key, value.clone()));
        assert_eq!(outcome(&verifier, &token).await, Err(expected), "{key} {value}");
    }
    for (key, value) in [
        ("exp", json!(NOW - 29)),
        ("nbf", json!(NOW + 30)),
        ("nbf", json!("absent")),
        ("iat", json!("absent")),
        ("aud", json!(["other", "andon"])),
    ] {
        let base = if key == "exp" { changed(claims(), "nbf", json!("absent")) } else { claims() };
        let token = ed.with(ed.header(), changed(base, key, value.clone()));
        assert_eq!(outcome(&verifier, &token).await, Ok("ops".into()), "{key} {value}");
    }
    for typ in ["JWT", "jwt", "application/at+jwt", "absent"] {
        let token = ed.with(changed(ed.header(), "typ", json!(typ)), claims());
        assert_eq!(outcome(&verifier, &token).await, Ok("ops".into()), "{typ}");
    }
    let twice = claims().to_string().replacen('{', r#"{"sub":"root","#, 1);
    assert_eq!(outcome(&verifier, &ed.raw(&ed.header().to_string(), &twice)).await, Err(AuthError::Claims));
}
