//! Stripe over HTTP, and the events that it sends.

mod answer;
mod api_key;
mod client;
pub mod webhook;

pub use answer::{Answer, classify};
pub use api_key::{ApiKey, FetchedKey, KeyError, KeySource, Mode};
pub use client::{HttpStripe, Timeouts};
