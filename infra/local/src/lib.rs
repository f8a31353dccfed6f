//! The local fakes of AWS and Stripe that `cargo run` starts. For development only.
//!
//! One process stands in for AWS, so that the same function binaries that are deployed run here, with
//! the real AWS SDKs over the real wire protocols. It reads `infra/template.yaml`, so nothing is
//! configured twice. Everything is on one port of this machine:
//!
//! - the routes of the template: [`gateway`], which turns requests into events for functions
//! - `/_local/lambda`: [`lambda`], which builds the functions and runs their processes
//! - `/_local/aws`: [`aws`], the wire protocols of `DynamoDB`, Step Functions and SES; the state machines
//!   themselves run in [`states`], mails end in the [`outbox`]
//! - `/_local/stripe`: [`stripe`]
//! - `/_local` and `/_local/api`: [`console`], for a person and for tests
//!
//! What is written to the audit log goes out to `EVENTS_URL` by [`events`].
//!
//! [`stack`] wires all of it together. Time comes from [`clock`], which can be moved ahead. What has to
//! outlive a restart is in the [`data_dir`].

pub mod aws;
pub mod clock;
pub mod console;
pub mod data_dir;
pub mod events;
pub mod gateway;
mod http_client;
pub mod journal;
pub mod lambda;
pub mod options;
pub mod outbox;
pub mod retention;
pub mod schedules;
pub mod stack;
pub mod states;
pub mod stripe;
pub mod template;
pub mod topics;
pub mod workspace;

pub use options::Options;
pub use stack::{Stack, start};
