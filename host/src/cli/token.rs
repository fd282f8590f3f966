//! `andon token`: a token for a trial, signed with the key of the home.

use anyhow::{Context, bail};

use crate::auth::{Grant, MerchantClaim, Scope, TrialKey};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;

/// What the token allows.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What it allows; may be given again, or several at once with commas
    #[arg(long, required = true, value_delimiter = ',', value_parser = scope)]
    scope: Vec<Scope>,
    /// Where: a marketplace's code, may be given again; without it everywhere
    #[arg(long, value_name = "CODE")]
    marketplace: Vec<String>,
    /// For one merchant only
    #[arg(long, value_name = "MARKETPLACE/REF")]
    merchant: Option<String>,
    /// Whom it is for
    #[arg(long, default_value = "trial")]
    subject: String,
    /// For how long, seconds
    #[arg(long, default_value_t = 3_600)]
    seconds: u32,
}

fn scope(word: &str) -> Result<Scope, String> {
    Scope::of_word(word.trim()).ok_or_else(|| {
        let words: Vec<_> = Scope::ALL.iter().map(|(_, word)| *word).collect();
        format!("must be one of {}", words.join(", "))
    })
}

/// Prints the token and nothing else.
pub fn run(args: Args, config: &Config) -> anyhow::Result<()> {
    println!("{}", signed(args, config)?);
    Ok(())
}

fn signed(args: Args, config: &Config) -> anyhow::Result<String> {
    if let Some(place) = &config.jwks {
        bail!("setting `jwks` is `{place}`: tokens come from whoever holds those keys");
    }
    if u64::from(args.seconds) > config.token_seconds {
        bail!("the host takes tokens of at most {} s; setting `token_seconds` says so", config.token_seconds);
    }
    let merchant = args.merchant.as_deref().map(merchant).transpose()?;
    let marketplaces = match (args.marketplace.is_empty(), &merchant) {
        (true, None) => vec!["*".to_owned()],
        _ => args.marketplace,
    };
    let grant = Grant { subject: args.subject, scopes: args.scope, marketplaces, merchant, seconds: i64::from(args.seconds) };
    Ok(TrialKey::of_home(&config.home)?.sign(&grant, &super::serve::policy(config), SystemClock.now())?)
}

fn merchant(text: &str) -> anyhow::Result<MerchantClaim> {
    let (marketplace, reference) = text.split_once('/').context("--merchant must be MARKETPLACE/REF")?;
    Ok(MerchantClaim { marketplace: marketplace.to_owned(), reference: reference.to_owned() })
}
