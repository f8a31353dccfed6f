//! What people see: pages and mails, and how the functions behind API Gateway read a request and answer it.
//!
//! - [`emails`]: the mails, each a folder of template files.
//! - [`PageContext`]: the frame of every page and its style sheet, and times as they are read; a form's answers as a list ([`answers`]).
//! - [`Field`]: a field of a form with what is wrong with it, and all that is [to be corrected](to_correct).
//! - `media`: which kind of content a request brings and wants.
//! - `request`: reading what API Gateway hands over, within limits; `response`: answering it, with the headers
//!   that every answer has.
//! - [`Problem`]: why a call is not answered as asked, as an RFC 9457 document for programs and a page for people.
//!
//! No page has a script, and nothing is loaded from elsewhere, by a page or by a mail.

pub mod emails;
mod field;
mod media;
mod page;
mod palette;
mod problem;
mod request;
mod response;

pub use field::{Field, FieldProblem, to_correct};
pub use media::{Content, accepted, answer_format, content, preferred};
pub use page::{Page, PageContext, answers};
pub use problem::{Problem, other_method};
pub use request::{
    PostedForm, body_text, caller, form_text, header_text, origin, posted_form, received_at,
    same_site,
};
pub use response::{Format, html, json, reply, see_other};
