//! Requests, approvals and refunds to test with.

pub mod approval;
pub mod refund;
pub mod request;
