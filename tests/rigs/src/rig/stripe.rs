//! Other people's idea of Stripe: what the rigs that judge the connector share.

mod calls;
mod canary;
mod capture;
mod fake_stripe;
pub(super) mod local;
pub(super) mod mock;
mod nulls;
mod player;
mod raw;
mod reconciliation;
pub(super) mod schema;
pub(super) mod sdk;
