//! Mails that invite to another offering, and offerings that are used by invitation.
//!
//! That the offering exists is checked where all definitions are known: see [`crate::invitations`].

use domain::task::{Recipient, variable};

use crate::definition::{Definition, Mail};
use crate::diagnostic::Report;
use crate::source::At;

/// What is sent beside the answers by whoever was invited.
const MEMBERS: [&str; 2] = ["invitation", "code"];

/// Nothing in the form may be called what an invitation is used with.
pub(super) fn check_form(report: &mut Report<'_>, definition: &Definition) {
    let fields = definition.fields.all.iter().map(|(name, _)| name);
    let taken = fields.filter(|name| MEMBERS.contains(&name.value.as_str()));
    for name in taken.filter(|_| definition.by_invitation) {
        report.refuse(
            name.span,
            format!(
                "`{}` is sent with every answer to an invitation",
                name.value
            ),
            "Call the field something else.",
        );
    }
}

/// An invitation goes to the customer, and says all that is needed to use it.
pub(super) fn check_mail(
    report: &mut Report<'_>,
    mail: &Mail,
    to: Option<&Recipient>,
    names: &[At<String>],
) {
    let Some(invites) = &mail.invites else {
        return;
    };
    if let Some(Recipient::Team(_)) = to {
        report.refuse(
            mail.to.span,
            format!(
                "`{}` is a team, and an invitation is the customer's",
                mail.to.value
            ),
            "Name an email field of the form, in quotes and braces.",
        );
    }
    for needed in [variable::INVITATION_URL, variable::INVITATION_CODE] {
        if !names.iter().any(|name| name.value == needed) {
            report.refuse(
                invites.span,
                format!("this mail invites, and does not say `{needed}`"),
                format!("Write {{{{ {needed} }}}} into the body: nobody can use the invitation without it."),
            );
        }
    }
}
