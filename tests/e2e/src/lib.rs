//! Drives the whole system as its users do: the real binaries, over HTTP and the outbox alone.
//!
//! [`Desk`] is a running stack, [`Mail`] what somebody received. A test reads like what happens: a
//! customer submits, an approver opens a mail and decides, the customer looks.

mod desk;
mod form;
mod mail;
mod process;

pub use desk::{Desk, Submitted};
pub use form::{Form, form};
pub use mail::Mail;
