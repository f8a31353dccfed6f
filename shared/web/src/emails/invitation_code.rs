//! The mail with the code that replaces an invitation's, after too many wrong ones.

use domain::brand::Brand;
use domain::id::RequestId;
use domain::mail::Mail;
use serde::Serialize;

use super::template::{Files, Template, files};

#[derive(Debug, Serialize)]
pub(super) struct InvitationCodeContext<'a> {
    pub(super) offering: &'a str,
    pub(super) url: &'a str,
    pub(super) code: &'a str,
}

impl Template for InvitationCodeContext<'_> {
    const FILES: Files = files!("invitation_code");
}

/// The mail with an invitation's new code: to the form of an offering, at that address, by the mail of that request.
pub fn invitation_code(
    brand: &Brand,
    to: &str,
    about: RequestId,
    offering: &str,
    url: &str,
    code: &str,
) -> Mail {
    let context = InvitationCodeContext {
        offering,
        url,
        code,
    };
    context.mail(to, brand).about(about)
}
