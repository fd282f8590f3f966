//! Settings: `andon.toml`, then `ANDON_*` in the environment, then flags, each stronger than the one before. One table below
//! gives every setting its name, default and help; file, environment, flags and `--help` all follow from it.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use figment::providers::{Env, Format, Serialized, Toml};
use figment::{Figment, Provider};
use serde::{Deserialize, Serialize};

use crate::store::LANES;

/// Read where it lies in the working directory.
const FILE: &str = "andon.toml";
/// The threads that run plugins have 8 MiB, and the host's own frames lie there too.
const MAX_PLUGIN_STACK: usize = 6 << 20;

/// Why settings could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value has the wrong type or form, or a key of the file is unknown.
    #[error("setting `{key}` (from {source_name}): {problem}")]
    Bad {
        /// The setting.
        key: String,
        /// File, environment or flags.
        source_name: String,
        /// What is wrong, with the value.
        problem: String,
    },
    /// A value that cannot work.
    #[error("setting `{key}`: `{value}` {problem}")]
    Unusable {
        /// The setting.
        key: &'static str,
        /// What was set.
        value: String,
        /// What is wrong with it.
        problem: Cow<'static, str>,
    },
    /// The file named by `--config` is not there.
    #[error("settings file `{0}` cannot be read")]
    NoFile(PathBuf),
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "pretty" => Ok(Self::Pretty),
            _ => Err("must be `json` or `pretty`"),
        }
    }
}

macro_rules! settings {
    (
        { $($name:ident: $type:ty = $default:expr, $shown:literal, $help:literal;)+ }
        none unless set { $($oname:ident, $oshown:literal, $ohelp:literal;)+ }
    ) => {
        /// Every setting, checked.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Config {
            $(#[doc = $help] pub $name: $type,)+
            $(#[doc = $ohelp] #[serde(skip_serializing_if = "Option::is_none")] pub $oname: Option<String>,)+
        }

        impl Default for Config {
            fn default() -> Self {
                Self { $($name: $default,)+ $($oname: None,)+ }
            }
        }

        /// Settings given as flags.
        #[derive(Debug, Clone, Default, Serialize, clap::Args)]
        pub struct Flags {
            /// A file of settings; `andon.toml` is read where there is one
            #[arg(long, value_name = "FILE")]
            #[serde(skip)]
            pub config: Option<PathBuf>,
            $(
                #[doc = $help]
                #[arg(long, value_name = "VALUE", help = concat!($help, " [default: ", $shown, "]"))]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $name: Option<$type>,
            )+
            $(
                #[doc = $ohelp]
                #[arg(long, value_name = "VALUE", help = concat!($ohelp, " [default: ", $oshown, "]"))]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $oname: Option<String>,
            )+
        }

        const KEYS: &[&str] = &[$(stringify!($name),)+ $(stringify!($oname),)+];
    };
}

settings! {
{
    home: PathBuf = "andon-data".into(), "./andon-data", "Where the SQLite file, the trial key and compiled rules are kept";
    listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)), "127.0.0.1:8080", "Address and port to listen on";
    issuer: String = "andon".into(), "andon", "The `iss` that tokens must bear";
    audience: String = "andon".into(), "andon", "The `aud` that tokens must bear";
    token_seconds: u64 = 3_600, "3600", "Longest life of a token, seconds";
    log: LogFormat = LogFormat::Pretty, "pretty", "Log lines: `json` or `pretty`";
    log_filter: String = "info,sea_orm_migration=warn".into(), "info,sea_orm_migration=warn", "What is logged, as tracing directives";
    body_bytes: usize = 1 << 20, "1048576", "Largest request body, bytes";
    batch_bytes: usize = 8 << 20, "8388608", "Largest body of events, bytes, before and after decompression";
    batch_events: usize = 10_000, "10000", "Most events in one request";
    header_seconds: u64 = 10, "10", "Time for a request's head to arrive, seconds";
    body_seconds: u64 = 30, "30", "Time for a request's body to arrive, seconds";
    idle_seconds: u64 = 60, "60", "Time a connection may stay without a request, or a peer without reading its answer, seconds";
    drain_seconds: u64 = 30, "30", "Time to finish what was accepted when stopping, seconds";
    connections: usize = 4_096, "4096", "Most connections";
    connections_per_ip: usize = 512, "512", "Most connections from one address";
    rate: u32 = 20_000, "20000", "Requests a second for each caller";
    rate_anonymous: u32 = 50, "50", "Requests a second for each address without a valid token";
    lanes: u16 = 2, "2", "Connections that take in events at once, 1 to 7, on PostgreSQL; SQLite has one writer";
    plugin_bytes: usize = 4 << 20, "4194304", "Largest plugin, bytes";
    plugin_memory_bytes: usize = 16 << 20, "16777216", "Memory of a plugin's instance, bytes, a multiple of 65536";
    plugin_table_elements: usize = 10_000, "10000", "Elements of each of a plugin's tables";
    plugin_stack_bytes: usize = 512 << 10, "524288", "Stack of a plugin, bytes; threads have 8 MiB";
    plugin_fuel: u64 = 10_000_000, "10000000", "Instructions of one call of a plugin, to which its items add";
    plugin_fuel_per_item: u64 = 50_000, "50000", "Instructions that each order or merchant adds to a call";
    plugin_large_above_bytes: usize = 1 << 20, "1048576", "A plugin of more bytes than this brings a language's engine along";
    plugin_large_fuel: u64 = 50_000_000, "50000000", "Instructions of one call of such a plugin, to which its items add";
    plugin_large_fuel_per_item: u64 = 1_000_000, "1000000", "Instructions that each order or merchant adds to such a call";
    plugin_wall_ms: u64 = 1_000, "1000", "Time of one call of a plugin, ms, to which its items add";
    plugin_wall_ms_per_item: u64 = 2, "2", "Time that each order or merchant adds to a call, ms";
    plugin_tick_ms: u64 = 5, "5", "How often plugins' time is looked at, ms";
    plugin_answer_bytes: usize = 1 << 20, "1048576", "Largest answer of a plugin's call, bytes, to which its items add";
    plugin_answer_bytes_per_item: usize = 4 << 10, "4096", "Bytes that each order or merchant adds to an answer";
    plugin_instances: u32 = 32, "32", "Instances of all plugins alive at once";
    plugin_plays: usize = 4, "4", "Readers that one plugin is asked for at once";
    plugin_transaction_fuel: u64 = 50_000_000, "50000000", "Instructions of a plugin before what is left waits for another transaction";
    breaker_failures: u32 = 5, "5", "Failures among a plugin's last answers that make it rest";
    breaker_window: u32 = 20, "20", "How many answers are its last";
    breaker_rest_ms: u64 = 1_000, "1000", "First rest of a plugin, ms; each after it is twice as long";
    breaker_longest_rest_ms: u64 = 300_000, "300000", "Longest rest of a plugin, ms";
    breaker_rests: u32 = 10, "10", "Rests in a row after which a plugin that fails again is quarantined";
    replay_one_in: u64 = 100, "100", "One verdict in so many is played again to see that it comes out the same; 0 for none";
    compile_seconds: u64 = 5, "5", "Processor time to compile a plugin, seconds";
    compile_wall_seconds: u64 = 30, "30", "Time to compile a plugin, seconds";
    compile_memory_bytes: u64 = 512 << 20, "536870912", "Memory to compile a plugin, bytes";
    backtest_facts: usize = 200_000, "200000", "Facts of one merchant that a backtest holds at once; whoever has more is left out and named";
    backtest_seconds: u64 = 7_200, "7200", "Longest time of a backtest, seconds";
    webhook_seconds: u64 = 15, "15", "Time for one delivery to an endpoint, seconds";
    webhook_private: bool = false, "false", "Whether endpoints may be on this machine and in private networks, by http too: for trials only";
    message_days: u64 = 90, "90", "Messages are kept for so many days, with what became of them";
    streams: usize = 256, "256", "Streams of messages open at once";
    streams_per_caller: usize = 16, "16", "Streams of messages that one caller has open at once";
    stream_heartbeat_seconds: u64 = 15, "15", "A stream without messages says that it is alive every so many seconds";
}
none unless set {
    database_url, "andon.db in the home", "Database: a `sqlite:` or `postgres:` URL";
    jwks, "none: the trial key of the home, with which `andon token` signs", "Keys that tokens are signed with: a JWKS file or URL";
    otlp_endpoint, "none", "Where spans go over OTLP (HTTP), in builds with the feature `otel`";
}
}

impl Config {
    /// Reads file, environment and flags. Fails with the key, the value and where it came from.
    pub fn load(flags: &Flags) -> Result<Self, ConfigError> {
        let named = flags.config.clone().or_else(|| std::env::var_os("ANDON_CONFIG").map(PathBuf::from));
        let file = match named {
            Some(file) if !file.is_file() => return Err(ConfigError::NoFile(file)),
            Some(file) => Toml::file_exact(file),
            None if Path::new(FILE).is_file() => Toml::file_exact(FILE),
            None => Toml::string(""),
        };
        Self::layered(file, Env::prefixed("ANDON_").only(KEYS), flags)
    }

    fn layered(file: impl Provider, environment: impl Provider, flags: &Flags) -> Result<Self, ConfigError> {
        let layers = Figment::from(Serialized::defaults(Self::default())).merge(file).merge(environment);
        let layers = layers.merge(Serialized::defaults(flags));
        let config: Self = layers.extract().map_err(|error| bad(&layers, &error))?;
        config.checked()
    }

    fn checked(self) -> Result<Self, ConfigError> {
        let least = [
            ("token_seconds", self.token_seconds, 1),
            ("body_bytes", self.body_bytes as u64, 1_024),
            ("batch_bytes", self.batch_bytes as u64, 1_024),
            ("batch_events", self.batch_events as u64, 1),
            ("header_seconds", self.header_seconds, 1),
            ("body_seconds", self.body_seconds, 1),
            ("idle_seconds", self.idle_seconds, 1),
            ("connections", self.connections as u64, 1),
            ("connections_per_ip", self.connections_per_ip as u64, 1),
            ("rate", u64::from(self.rate), 1),
            ("rate_anonymous", u64::from(self.rate_anonymous), 1),
            ("lanes", u64::from(self.lanes), 1),
            ("plugin_bytes", self.plugin_bytes as u64, 1_024),
            ("plugin_memory_bytes", self.plugin_memory_bytes as u64, 64 << 10),
            ("plugin_stack_bytes", self.plugin_stack_bytes as u64, 64 << 10),
            ("plugin_fuel", self.plugin_fuel, 1),
            ("plugin_large_fuel", self.plugin_large_fuel, 1),
            ("plugin_tick_ms", self.plugin_tick_ms, 1),
            ("plugin_instances", u64::from(self.plugin_instances), 1),
            ("plugin_plays", self.plugin_plays as u64, 1),
            ("plugin_transaction_fuel", self.plugin_transaction_fuel, 1),
            ("breaker_failures", u64::from(self.breaker_failures), 1),
            ("breaker_window", u64::from(self.breaker_window), u64::from(self.breaker_failures)),
            ("breaker_rest_ms", self.breaker_rest_ms, 1),
            ("breaker_longest_rest_ms", self.breaker_longest_rest_ms, self.breaker_rest_ms),
            ("compile_seconds", self.compile_seconds, 1),
            ("compile_wall_seconds", self.compile_wall_seconds, 1),
            ("compile_memory_bytes", self.compile_memory_bytes, 128 << 20),
            ("backtest_facts", self.backtest_facts as u64, 1),
            ("backtest_seconds", self.backtest_seconds, 1),
            ("webhook_seconds", self.webhook_seconds, 1),
            ("message_days", self.message_days, 7),
            ("stream_heartbeat_seconds", self.stream_heartbeat_seconds, 1),
        ];
        for (key, value, minimum) in least {
            if value < minimum {
                let problem = format!("is too small; the least is {minimum}").into();
                return Err(ConfigError::Unusable { key, value: value.to_string(), problem });
            }
        }
        if self.plugin_stack_bytes > MAX_PLUGIN_STACK {
            let value = self.plugin_stack_bytes.to_string();
            let problem = format!("leaves the host's threads no room; the most is {MAX_PLUGIN_STACK}").into();
            return Err(ConfigError::Unusable { key: "plugin_stack_bytes", value, problem });
        }
        if self.lanes >= LANES {
            let value = self.lanes.to_string();
            let problem = format!("is more than the database has; the most is {}", LANES - 1).into();
            return Err(ConfigError::Unusable { key: "lanes", value, problem });
        }
        for (key, value) in [("issuer", &self.issuer), ("audience", &self.audience)] {
            if value.trim().is_empty() {
                return Err(ConfigError::Unusable { key, value: value.clone(), problem: "must not be blank".into() });
            }
        }
        let database = self.database_url();
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| database.starts_with(scheme)) {
            // The URL may hold a password, so only its scheme is repeated.
            let value = database.split(':').next().unwrap_or_default().to_owned();
            return Err(ConfigError::Unusable { key: "database_url", value, problem: "is neither sqlite: nor postgres:".into() });
        }
        if cfg!(not(feature = "otel")) && self.otlp_endpoint.is_some() {
            let value = self.otlp_endpoint.unwrap_or_default();
            return Err(ConfigError::Unusable {
                key: "otlp_endpoint",
                value,
                problem: "needs a build with the feature `otel`".into(),
            });
        }
        Ok(self)
    }

    /// The database's URL, the home's SQLite file where none is set.
    pub fn database_url(&self) -> String {
        self.database_url.clone().unwrap_or_else(|| format!("sqlite:{}", self.home.join("andon.db").display()))
    }

    /// How long to wait for what was accepted.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

fn bad(layers: &Figment, error: &figment::Error) -> ConfigError {
    let key = error.path.join(".");
    let source_name = error.metadata.as_ref().map_or_else(
        || "settings".to_owned(),
        |m| m.source.as_ref().map_or_else(|| m.name.to_string(), |source| format!("{} {source}", m.name)),
    );
    let key = match (&error.kind, key.is_empty()) {
        (figment::error::Kind::UnknownField(field, _), true) => field.clone(),
        (_, true) => "?".to_owned(),
        (_, false) => key,
    };
    let mut problem = error.kind.to_string();
    if let Ok(value) = layers.find_value(&key).map(figment::value::Value::into_string)
        && let Some(value) = value.filter(|value| !problem.contains(value.as_str()))
    {
        problem = format!("`{value}`: {problem}");
    }
    ConfigError::Bad { key, source_name, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layered(file: &str, environment: &str, flags: &Flags) -> Result<Config, ConfigError> {
        Config::layered(Toml::string(file), Toml::string(environment), flags)
    }

    #[test]
    fn flags_beat_environment_beats_file() {
        let flags = Flags { rate: Some(100), ..Flags::default() };
        let config = layered("rate = 1\nbatch_events = 2\nbody_seconds = 3", "rate = 10\nbatch_events = 20", &flags).unwrap();
        assert_eq!((config.rate, config.batch_events, config.body_seconds), (100, 20, 3));
        assert_eq!(config.database_url(), "sqlite:andon-data/andon.db");
    }

    #[test]
    fn a_bad_value_is_named_with_its_key() {
        for (setting, key, value) in [
            ("listen = 'nowhere'", "listen", "nowhere"),
            ("rate = 'many'", "rate", "many"),
            ("rate = 0", "rate", "`0` is too small; the least is 1"),
            ("plugin_bytes = 9", "plugin_bytes", "`9` is too small; the least is 1024"),
            ("log = 'loud'", "log", "loud"),
            ("database_url = 'mysql://root:secret@h/d'", "database_url", "mysql"),
            ("ratee = 1", "ratee", "unknown"),
            ("issuer = ' '", "issuer", "blank"),
            ("breaker_failures = 30", "breaker_window", "`20` is too small; the least is 30"),
            (
                "plugin_stack_bytes = 8000000",
                "plugin_stack_bytes",
                "`8000000` leaves the host's threads no room; the most is 6291456",
            ),
            ("lanes = 8", "lanes", "`8` is more than the database has; the most is 7"),
        ] {
            let text = layered(setting, "", &Flags::default()).unwrap_err().to_string();
            assert!(text.contains(key) && text.contains(value) && !text.contains("secret"), "{text}");
        }
    }
}
