//! Permission is the extractor: a handler that names one in its signature runs only for callers who may, with the marketplace
//! already looked up. What a caller may not know of is not found, in the same words as what does not exist.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts, RawPathParams};
use axum::http::Extensions;
use axum::http::request::Parts;

use super::problem::Problem;
use crate::auth::{AuthError, Caller, Scope};
use crate::markets::{Market, Markets};

/// Which scopes open a route; any one of them does.
pub trait Right: Send + Sync + 'static {
    /// The scopes.
    const ANY_OF: &'static [Scope];
}

macro_rules! rights {
    ($($(#[doc = $doc:literal])+ $name:ident: $($scope:ident)|+;)+) => {
        $($(#[doc = $doc])+
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        impl Right for $name {
            const ANY_OF: &'static [Scope] = &[$(Scope::$scope),+];
        })+
    };
}

rights! {
    /// Run marketplaces.
    Run: Admin;
    /// See health and what it rests on.
    See: HealthRead;
    /// See which rules judge, and how one would beside another.
    Watch: HealthRead | PluginsWrite;
    /// See orders: whoever reads health, and whoever sends them.
    SeeOrders: HealthRead | EventsWrite | EnforcementsReview;
    /// Send events and orders.
    Deliver: EventsWrite;
    /// Register merchants.
    Register: MerchantsWrite;
    /// Take a merchant's facts, without names, to test rules on.
    Take: PluginsWrite;
    /// Change what counts of feedback.
    Moderate: EventsWrite | EnforcementsReview;
    /// Decide on enforcements, and on what buyers say.
    Review: EnforcementsReview;
    /// Pull a cord.
    Pull: CordPull;
    /// Review and release a pulled cord.
    LetGo: CordRelease;
    /// See cords.
    SeeCords: HealthRead | EnforcementsReview | CordPull | CordRelease;
    /// See enforcements and what they rest on.
    SeeEnforcements: HealthRead | EnforcementsReview;
    /// See appeals.
    SeeAppeals: HealthRead | AppealsWrite | EnforcementsReview;
    /// Appeal, and see what was attached to it: the merchant, and staff on their behalf.
    Appeal: AppealsWrite | EnforcementsReview;
    /// Push rules and follow what becomes of them.
    Push: PluginsWrite;
    /// Confirm that what a message asks for has been done.
    Confirm: EnforcementsReview;
}

/// A caller with the right, bound to no merchant.
pub struct Operator<R> {
    /// Who.
    pub caller: Arc<Caller>,
    right: PhantomData<R>,
}

/// A caller with the right who reaches every marketplace, for what is felt in all of them.
pub struct House<R> {
    /// Who.
    pub caller: Arc<Caller>,
    right: PhantomData<R>,
}

/// A caller with the right; where it reaches is for the handler to heed.
pub struct Known<R> {
    /// Who.
    pub caller: Arc<Caller>,
    right: PhantomData<R>,
}

/// A caller with the right, bound to no merchant, in a marketplace they reach.
pub struct Staff<R> {
    /// The marketplace of the path.
    pub market: Arc<Market>,
    /// Who.
    pub caller: Arc<Caller>,
    right: PhantomData<R>,
}

/// A caller with the right in a marketplace they reach; may be bound to a merchant, which the handler must heed.
pub struct Member<R> {
    /// The marketplace of the path.
    pub market: Arc<Market>,
    /// Who.
    pub caller: Arc<Caller>,
    right: PhantomData<R>,
}

/// A caller with the right at a merchant they reach. Whether the merchant exists is not looked up yet.
pub struct AtMerchant<R> {
    /// The marketplace of the path.
    pub market: Arc<Market>,
    /// The merchant's reference from the path.
    pub merchant: String,
    /// Who.
    pub caller: Arc<Caller>,
    right: PhantomData<R>,
}

/// A caller with the right, bound to no merchant, at a merchant they reach. Whether the merchant exists is not looked up yet.
pub struct StaffAt<R> {
    /// The marketplace of the path.
    pub market: Arc<Market>,
    /// The merchant's reference from the path.
    pub merchant: String,
    /// Who.
    pub caller: Arc<Caller>,
    right: PhantomData<R>,
}

/// The order's reference from the path.
pub struct OrderRef(pub String);

impl<R> Member<R> {
    /// Nothing found, unless the caller may know of this merchant's things.
    pub fn check(&self, merchant: Option<&str>) -> Result<(), Problem> {
        let known = match merchant {
            Some(merchant) => self.caller.reaches_merchant(&self.market.code, merchant),
            None => self.caller.merchant().is_none(),
        };
        if known { Ok(()) } else { Err(Problem::NotFound) }
    }
}

/// Whoever the token of this request stands for.
pub(super) fn caller(extensions: &Extensions) -> Result<&Arc<Caller>, Problem> {
    extensions.get::<Arc<Caller>>().ok_or(Problem::Unauthenticated(AuthError::Missing))
}

fn entitled<R: Right>(parts: &Parts) -> Result<Arc<Caller>, Problem> {
    let caller = caller(&parts.extensions)?;
    if R::ANY_OF.iter().any(|scope| caller.may(*scope)) { Ok(caller.clone()) } else { Err(lacking(R::ANY_OF)) }
}

fn lacking(scopes: &[Scope]) -> Problem {
    let words: Vec<_> = scopes.iter().map(|scope| scope.word()).collect();
    Problem::Forbidden(format!("needed: {}", words.join(" or ")))
}

fn unbound(caller: &Caller) -> Result<(), Problem> {
    if caller.merchant().is_some() { Err(Problem::Forbidden("the token is bound to a merchant".into())) } else { Ok(()) }
}

/// A parameter of the path, percent-decoded.
async fn parameter<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> Result<String, Problem> {
    let all = RawPathParams::from_request_parts(parts, state).await.map_err(|_| Problem::NotFound)?;
    all.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned()).ok_or(Problem::NotFound)
}

async fn market<S: Send + Sync>(parts: &mut Parts, state: &S, caller: &Caller) -> Result<Arc<Market>, Problem>
where
    Arc<Markets>: FromRef<S>,
{
    let code = parameter(parts, state, "m").await?;
    Arc::<Markets>::from_ref(state).get(&code).filter(|_| caller.reaches(&code)).ok_or(Problem::NotFound)
}

impl<S: Send + Sync> FromRequestParts<S> for OrderRef {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        parameter(parts, state, "ref").await.map(Self)
    }
}

impl<R: Right, S: Send + Sync> FromRequestParts<S> for Known<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self { caller: entitled::<R>(parts)?, right: PhantomData })
    }
}

impl<R: Right, S: Send + Sync> FromRequestParts<S> for Operator<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let caller = entitled::<R>(parts)?;
        unbound(&caller)?;
        Ok(Self { caller, right: PhantomData })
    }
}

impl<R: Right, S: Send + Sync> FromRequestParts<S> for House<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Operator { caller, right } = Operator::<R>::from_request_parts(parts, state).await?;
        if !caller.reaches_all() {
            return Err(Problem::Forbidden("the token does not reach every marketplace".into()));
        }
        Ok(Self { caller, right })
    }
}

impl<R: Right, S: Send + Sync> FromRequestParts<S> for Staff<R>
where
    Arc<Markets>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = entitled::<R>(parts)?;
        unbound(&caller)?;
        Ok(Self { market: market(parts, state, &caller).await?, caller, right: PhantomData })
    }
}

impl<R: Right, S: Send + Sync> FromRequestParts<S> for Member<R>
where
    Arc<Markets>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let caller = entitled::<R>(parts)?;
        Ok(Self { market: market(parts, state, &caller).await?, caller, right: PhantomData })
    }
}

impl<R: Right, S: Send + Sync> FromRequestParts<S> for AtMerchant<R>
where
    Arc<Markets>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Member { market, caller, .. } = Member::<R>::from_request_parts(parts, state).await?;
        let merchant = parameter(parts, state, "ref").await?;
        if !caller.reaches_merchant(&market.code, &merchant) {
            return Err(Problem::NotFound);
        }
        Ok(Self { market, merchant, caller, right: PhantomData })
    }
}

impl<R: Right, S: Send + Sync> FromRequestParts<S> for StaffAt<R>
where
    Arc<Markets>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Staff { market, caller, right } = Staff::<R>::from_request_parts(parts, state).await?;
        Ok(Self { market, merchant: parameter(parts, state, "ref").await?, caller, right })
    }
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
