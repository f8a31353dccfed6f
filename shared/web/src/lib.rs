//! What people see: pages and mails, and how the functions behind API Gateway read a request and answer it.
//!
//! Problems are RFC 9457 documents for programs and pages for people. No page has a script, and nothing is
//! loaded from elsewhere.

pub mod emails;
pub mod mail;
mod page;
mod problem;
mod request;
mod response;

pub use page::{answers, page, when};
pub use problem::Problem;
pub use request::{
    BODY_BYTES, accepted, answer_format, body_text, header_text, is_json, origin, received_at,
    same_site,
};
pub use response::{Format, html, json, reply, see_other};
