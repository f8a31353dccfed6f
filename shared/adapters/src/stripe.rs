//! Stripe over HTTP, and the events that it sends.

mod access;
mod answer;
mod api_key;
mod client;
pub mod webhook;

pub use access::StripeAccess;
pub use answer::{Answer, classify};
pub use api_key::{ApiKey, KeyError, Mode};
pub use client::{HttpStripe, Timeouts};
