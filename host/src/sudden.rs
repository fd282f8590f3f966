//! Sudden death at named points, for tests of what a host leaves behind. Nothing of it is in a binary built without the feature
//! `failpoints`.

/// Has this process end at once, as kill -9 ends it, when it passes the point that `ANDON_DIE_AT` names for as many times as it says:
/// `desk::before-ledger:3`.
#[cfg(feature = "failpoints")]
pub fn arm() {
    use std::sync::atomic::{AtomicUsize, Ordering};

    let wanted = std::env::var("ANDON_DIE_AT").unwrap_or_default();
    let Some((point, times)) = wanted.rsplit_once(':').and_then(|(point, times)| Some((point, times.parse::<usize>().ok()?)))
    else {
        return;
    };
    let passed = AtomicUsize::new(0);
    let pass = move || {
        if passed.fetch_add(1, Ordering::SeqCst) + 1 == times {
            // Where even this fails the process goes on, and the test that waits for its end says so.
            let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        }
    };
    if let Err(error) = fail::cfg_callback(point, pass) {
        eprintln!("ANDON_DIE_AT: {error}");
    }
}

/// Does nothing: there are no points to die at.
#[cfg(not(feature = "failpoints"))]
pub fn arm() {}
