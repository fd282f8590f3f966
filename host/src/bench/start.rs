//! How long the host takes to put itself together over a marketplace whose rules' machine code is in the cache, and where it is not.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::figures::{Figure, percentile};
use super::place::Place;
use super::server::{close, prepare};
use super::telling::telling;
use crate::app::App;
use crate::clock::SystemClock;
use crate::markets::ClockKind;
use crate::options::Options;

/// Starts of each kind.
const STARTS: usize = 9;

/// Measures, and removes what it made.
pub async fn run() -> anyhow::Result<Vec<Figure>> {
    let mut place = Place::new(None)?;
    let measured = measure(&mut place).await;
    place.clear().await?;
    measured
}

async fn measure(place: &mut Place) -> anyhow::Result<Vec<Figure>> {
    let url = place.database("started").await?;
    close(prepare(&url, ClockKind::System).await?.0).await;
    let _told = telling("Starting again and again")?;
    let (mut anew, mut cached) = (Vec::with_capacity(STARTS), Vec::with_capacity(STARTS));
    for number in 0..STARTS {
        let cache = place.file(&format!("cache-{number}"));
        anew.push(start(&url, &cache).await?);
        cached.push(start(&url, &cache).await?);
    }
    let [anew, cached] = [anew, cached].map(|mut times| percentile(&mut times, 0.5));
    let figure = Figure::new("start over a marketplace, its rules' machine code from the cache (p50)", cached, "ms");
    Ok(vec![figure.against("made anew, ms", anew)])
}

/// From a database's address to a host that can be asked.
async fn start(url: &str, cache: &Path) -> anyhow::Result<Duration> {
    let options = Options { cache: Some(cache.to_owned()), ..Options::default() };
    let began = Instant::now();
    let app = App::open(url, Arc::new(SystemClock), options).await?;
    let took = began.elapsed();
    close(app).await;
    Ok(took)
}
