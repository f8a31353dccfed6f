//! A small stateful fake of Stripe's API: the objects and the refund rules that Refund Desk meets, with
//! Stripe's own wording, so that a refund or a credit can be tried to the cent without an account.
//!
//! - one account in memory: [`objects`] of an [`account`]; `demo.yaml` lists what it has at start
//! - the rules, without HTTP and clock: [`refunds`], [`credits`]
//! - what a request may say: [`params`]; which request does what: [`routes`]; what an object looks like on the
//!   wire: [`wire`]
//! - the account on disk, and one answer per idempotency key: [`fake`], [`idempotency`]
//! - HTTP: [`http`], [`authentication`]
//! - the signed events that Stripe sends by itself: [`events`]
//!
//! Deliberately absent: everything that moves money in, invoices that are not paid, changes of what exists,
//! `expand[]`, Search and Connect. What is not implemented is refused as Stripe refuses an unknown parameter
//! or address, never ignored.

mod account;
mod authentication;
mod credits;
mod error;
mod events;
mod fake;
mod http;
mod idempotency;
mod objects;
mod params;
mod refunds;
mod routes;
#[cfg(test)]
mod tests;
mod wire;

pub use events::{WEBHOOK_SECRET, send_events};
pub use fake::FakeStripe;
pub use http::router;
