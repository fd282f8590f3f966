//! Names become addresses once for each connection, every address is looked at, and the connection goes to exactly those: a name
//! that leads elsewhere a moment later leads nowhere.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use futures::future::BoxFuture;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::reach::{BadUrl, Reach};

/// Turns a host's name into its addresses.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// All of them.
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>>;
}

/// The machine's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Resolver for System {
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        let host = host.to_owned();
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect()) })
    }
}

/// The addresses of a name, if every one of them may be reached.
async fn allowed(resolver: &dyn Resolver, reach: Reach, host: &str) -> Result<Vec<IpAddr>, BadUrl> {
    let addresses = resolver.resolve(host).await.map_err(|_| BadUrl::Unknown)?;
    if addresses.is_empty() {
        return Err(BadUrl::Unknown);
    }
    if addresses.iter().all(|address| reach.allows(*address)) { Ok(addresses) } else { Err(BadUrl::Address) }
}

/// Looks up where a URL leads, and refuses it where that is not allowed.
pub async fn check(resolver: &dyn Resolver, reach: Reach, url: &Url) -> Result<(), BadUrl> {
    match url.host() {
        Some(Host::Domain(host)) => allowed(resolver, reach, host).await.map(|_| ()),
        // An address was looked at when the URL was read.
        _ => Ok(()),
    }
}

/// A resolver that tells the HTTP client of allowed addresses only.
#[derive(Debug, Clone)]
pub(super) struct Checked {
    pub(super) resolver: Arc<dyn Resolver>,
    pub(super) reach: Reach,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { resolver, reach } = self.clone();
        Box::pin(async move {
            let addresses = allowed(resolver.as_ref(), reach, name.as_str()).await?;
            // The client puts the URL's port in place of 0.
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
