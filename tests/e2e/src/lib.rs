//! Drives the whole system as its users do: the real binaries, over HTTP and the outbox alone.
//!
//! [`TestClient`] is a running stack, [`Mail`] what somebody received. A test reads like what happens: a
//! customer submits, an approver opens a mail and decides, the customer looks.

mod form;
mod mail;
mod process;
mod test_client;

pub use form::{Form, form};
pub use mail::Mail;
pub use test_client::{Submitted, TestClient};
