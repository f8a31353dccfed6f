//! The domain of Refund Desk: what a refund request is, how it may change, and the few things the
//! functions need from the outside world.
//!
//! Three layers, each importing only those above it:
//!
//! 1. **Pure rules**, no IO and no SDK: [`money`], [`id`], [`form`], [`rule`], [`text`], [`task`] (the
//!    payloads that the generated state machines send), [`request`], [`question`], [`code`], [`audit`],
//!    [`approval`], [`invitation`], [`refund`], [`findings`], [`address`],
//!    [`seen`].
//! 2. **Ports**: what the functions ask of the outside world, as narrow traits with an in-memory
//!    fake beside each: [`table`], [`mail`], [`workflow`], [`stripe`]. [`desk`] reads and writes
//!    requests through a table, and [`metrics`] measures what it stores.
//! 3. **Implementations** behind features: `letters` (the mails to those who are asked), `aws` (DynamoDB, SES, Step Functions and the Lambda
//!    runtime), `stripe` (HTTP), `http` (pages and problem documents).
//!
//! Nothing here reads a clock, and nothing but [`config`] reads the environment: time comes with the
//! event that a function handles, configuration through its `main`.

pub mod address;
pub mod approval;
pub mod audit;
pub mod code;
pub mod config;
pub mod desk;
pub mod failure;
pub mod findings;
pub mod form;
pub mod id;
pub mod invitation;
pub mod mail;
pub mod metrics;
pub mod money;
pub mod question;
pub mod refund;
pub mod request;
pub mod rule;
pub mod seen;
pub mod status;
pub mod stripe;
pub mod table;
pub mod task;
pub mod text;
pub mod workflow;

#[cfg(feature = "aws")]
pub mod aws;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "letters")]
pub mod letter;
