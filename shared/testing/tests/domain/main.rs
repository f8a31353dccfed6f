//! The domain's rules, tried with what this crate has: stored requests, approvals that are decided by the one
//! way there is, a table in memory. The domain itself depends on no runtime, not even in its tests.

#![allow(clippy::unwrap_used, clippy::result_large_err, reason = "a test may")]

mod admission;
mod approval;
mod approved_amount;
mod approvers;
mod audit_chain;
mod audit_digest;
mod audit_index;
mod charge_ledger;
mod charge_number;
mod charge_report;
mod charge_total;
mod choice;
mod form_schema;
mod inquiry;
mod invitation;
mod link_keys;
mod links;
mod mail;
mod metrics;
mod payment_control;
mod processed_event;
mod reconciliation;
mod refund;
mod report;
mod request;
mod request_store;
mod retention;
mod suppression;
mod team;
mod text;
mod viewed_digest;
