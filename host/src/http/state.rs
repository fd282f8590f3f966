//! What axum hands to handlers and extractors.

use std::sync::Arc;

use axum::extract::FromRef;
use metrics_exporter_prometheus::PrometheusHandle;

use super::border::Border;
use crate::app::App;
use crate::markets::Markets;

/// The host behind the border, and the border.
#[derive(Clone)]
pub struct Http {
    /// The host.
    pub app: Arc<App>,
    /// The border.
    pub border: Arc<Border>,
    /// Renders metrics, where this process records them.
    pub metrics: Option<PrometheusHandle>,
}

impl FromRef<Http> for Arc<App> {
    fn from_ref(http: &Http) -> Self {
        http.app.clone()
    }
}

impl FromRef<Http> for Arc<Border> {
    fn from_ref(http: &Http) -> Self {
        http.border.clone()
    }
}

impl FromRef<Http> for Arc<Markets> {
    fn from_ref(http: &Http) -> Self {
        http.app.markets.clone()
    }
}

impl FromRef<Http> for Option<PrometheusHandle> {
    fn from_ref(http: &Http) -> Self {
        http.metrics.clone()
    }
}
