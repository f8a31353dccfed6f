//! Reports over the audit log: what a query finds and refuses, pages, and the rows of the refunds report.

mod mistakes;
mod pages;
mod query;
mod refunds;
