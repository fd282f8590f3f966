//! Keys come and go while tokens are checked.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{KeyRing, KeySource, KeysError};
use crate::auth::{Grant, Policy, TrialError, TrialKey, install_crypto};

fn jwks(ids: &[&str]) -> String {
    let key =
        |id: &&str| format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{id}","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}}"#);
    format!(r#"{{"keys":[{}]}}"#, ids.iter().map(key).collect::<Vec<_>>().join(","))
}

/// Writes with a modification time that no earlier write had, however coarse the file system's clock is.
fn write(path: &Path, ids: &[&str], at: u64) {
    std::fs::write(path, jwks(ids)).unwrap();
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(at);
    std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[tokio::test]
async fn a_changed_file_is_read_again_and_a_broken_one_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("jwks.json");
    write(&path, &["a"], 1);
    let source = KeySource::load(path.to_str().unwrap(), 0).await.unwrap();
    let has = async |id: &str, now| source.find(Some(id), now).await.is_some();
    assert!(has("a", 0).await && !has("b", 0).await);
    write(&path, &["b"], 2);
    assert!(has("b", 60_000).await && !has("a", 60_000).await);
    std::fs::write(&path, "{").unwrap();
    assert!(has("b", 120_000).await);
    std::fs::remove_file(&path).unwrap();
    assert!(has("b", 180_000).await);
}

#[tokio::test]
async fn unknown_ids_make_one_fetch_in_ten_seconds_however_many_ask() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/jwks", listener.local_addr().unwrap());
    let fetches = Arc::new(AtomicUsize::new(0));
    let counted = fetches.clone();
    tokio::spawn(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            let n = counted.fetch_add(1, Ordering::SeqCst);
            let body = jwks(if n == 0 { &["a"] } else { &["a", "b"] });
            let _ = peer.read(&mut [0; 4096]).await;
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            let _ = peer.write_all((head + &body).as_bytes()).await;
        }
    });
    let source = KeySource::load(&url, 0).await.unwrap();
    assert!(source.find(Some("b"), 9_999).await.is_none());
    assert_eq!(fetches.load(Ordering::SeqCst), 1);
    let asked = futures::future::join_all((0..50).map(|_| source.find(Some("b"), 10_000))).await;
    assert!(asked.iter().all(Option::is_some));
    assert!(source.find(Some("c"), 10_001).await.is_none());
    assert_eq!(fetches.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn places_that_are_no_key_set_are_refused_with_the_value() {
    for place in ["http://keys.example/jwks", "ftp://127.0.0.1/x", "http://127.0.0.1.example/", "file:///etc/passwd"] {
        let error = KeySource::load(place, 0).await.err().unwrap().to_string();
        assert!(error.contains(place) && error.contains("jwks"), "{error}");
    }
    let error = KeySource::load("/nowhere/keys.json", 0).await.err().unwrap().to_string();
    assert!(error.contains("/nowhere/keys.json"), "{error}");
}

#[test]
fn only_signing_keys_are_taken() {
    let rsa = |characters: usize| {
        format!(r#"{{"keys":[{{"kty":"RSA","n":"{}","e":"AQAB","kid":"a"}}]}}"#, "u".repeat(characters - 1) + "w")
    };
    // 1024 and 2040 bits in base64.
    for none in [
        rsa(171).as_str(),
        rsa(340).as_str(),
        r#"{"keys":[]}"#,
        r#"{"keys":[{"kty":"oct","k":"c2VjcmV0","kid":"a"}]}"#,
        r#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB","kid":"a"}]}"#,
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","use":"enc","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
        r#"{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"RS256","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#,
    ] {
        assert!(matches!(KeyRing::of_jwks(none.as_bytes()), Err(KeysError::NoKeys)), "{none}");
    }
    assert!(KeyRing::of_jwks(rsa(342).as_bytes()).is_ok());
    assert!(matches!(KeyRing::of_jwks(jwks(&["a", "a"]).as_bytes()), Err(KeysError::TwoOfOneId(_))));
    assert!(matches!(KeyRing::of_jwks(&vec![b' '; 300_000]), Err(KeysError::TooLarge)));
}

#[test]
fn the_trial_key_is_made_once_and_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    install_crypto();
    let home = tempfile::tempdir().unwrap();
    let policy = Policy { issuer: "i".into(), audience: "a".into(), longest: 60 };
    let token = |key: &TrialKey| key.sign(&Grant { subject: "s".into(), seconds: 60, ..Grant::default() }, &policy, 0).unwrap();
    let first = token(&TrialKey::of_home(home.path()).unwrap());
    assert_eq!(first, token(&TrialKey::of_home(home.path()).unwrap()));
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 1);
    let path = home.path().join("trial-key");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(TrialKey::of_home(home.path()), Err(TrialError::Open(_))));
}
