//! A small stateful stand-in for Stripe's API: the objects and the refund rules that Refund Desk meets,
//! with Stripe's own wording, so that a refund or a credit can be tried to the cent without an account.
//!
//! - the objects and the refund rules, without HTTP, clock or randomness: `model.rs`
//! - invoices, credit notes and balances, and their rules: `billing.rs`
//! - what was there before anybody came: `world.rs`
//! - what a request may say: `params.rs`; what an object looks like on the wire: `render.rs`
//! - idempotency keys: `keys.rs`; the state on disk and one call after another: `stand_in.rs`
//! - HTTP: `door.rs` (keys), `router.rs` (addresses)
//! - what it tells by itself: `events.rs`
//!
//! Deliberately absent: everything that moves money in, invoices that are not paid, `expand[]`, Search and Connect. What is
//! not implemented is refused as Stripe refuses an unknown parameter or address, never ignored.

mod billing;
mod door;
mod error;
mod events;
mod keys;
mod model;
mod params;
mod render;
mod router;
mod stand_in;
#[cfg(test)]
mod tests;
mod wording;
mod world;

pub use events::{WEBHOOK_SECRET, tell};
pub use router::router;
pub use stand_in::StandIn;
