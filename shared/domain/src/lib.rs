//! The domain of Refund Desk: what a refund request is, how it may change, and the traits by which the
//! functions reach the outside world.
//!
//! Nothing here does IO, and the crate depends on no SDK, no runtime, no HTTP and no HTML: its dependencies are the
//! proof. Nothing here reads a clock or the environment either: time comes with the event that a function
//! handles, configuration through its `main`.
//!
//! 1. **Rules**: [`money`], [`id`], [`reference`], [`characters`], [`closed_set`], [`dates`], [`arrival`], [`form`], [`rule`], [`text`], [`task`] (the payloads that the
//!    generated state machines send), [`request`], [`inquiry`], [`one_time_code`], [`audit`], [`audit_chain`], [`audit_digest`], [`audit_index`], [`movement`], [`report`], [`operator_log`], [`team`], [`approval`],
//!    [`invitation`], [`refund`], [`payment_control`], [`charge_statement`], [`charge_ledger`], [`charge_lookup`],
//!    [`charge_total`], [`suppression`], [`processed_event`], [`retention`], [`person_requests`] and [`suggestion`].
//! 2. **Ports**: narrow traits for what is outside, [`table`], [`mail`], [`workflow`] and [`stripe`]. The crate
//!    `adapters` implements them on AWS and Stripe, the crate `testing` in memory. [`request_store`] reads and
//!    writes requests through a table, [`stripe_lookup`] asks Stripe about a charge for approvers, [`reconciliation`]
//!    compares the audit log with Stripe, and [`metrics`] measures what it stores.

#[macro_use]
pub mod stored_as_text;

pub mod admission;
pub mod approval;
pub mod arrival;
pub mod audit;
pub mod audit_chain;
pub mod audit_digest;
pub mod audit_index;
pub mod brand;
pub mod characters;
pub mod charge_ledger;
pub mod charge_lookup;
pub mod charge_statement;
pub mod charge_total;
pub mod closed_set;
pub mod dates;
pub mod failure;
pub mod form;
pub mod id;
pub mod inquiry;
pub mod invitation;
pub mod mail;
pub mod metrics;
pub mod money;
pub mod movement;
pub mod one_time_code;
pub mod operator_log;
pub mod optimistic;
pub mod payment_control;
pub mod person_requests;
pub mod processed_event;
pub mod prose;
pub mod reconciliation;
pub mod reference;
pub mod refund;
pub mod refund_store;
pub mod report;
pub mod request;
pub mod request_store;
pub mod retention;
pub mod rule;
pub mod status;
pub mod stripe;
pub mod stripe_lookup;
pub mod suggestion;
pub mod suppression;
pub mod table;
pub mod task;
pub mod team;
pub mod text;
pub mod unstarted;
pub mod workflow;
