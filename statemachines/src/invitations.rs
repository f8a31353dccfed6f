//! Where the mails of one definition invite to another: that it is there, and used by invitation.

use crate::diagnostic::{Report, suggestion};
use crate::files::Compiled;

/// Reports the invitations of a definition that lead nowhere.
pub(crate) fn check(report: &mut Report<'_>, inviting: &Compiled, all: &[Compiled]) {
    for invitation in &inviting.generated.invitations {
        let mut offerings = all.iter().map(|compiled| &compiled.generated);
        match offerings.find(|offering| offering.path == invitation.value) {
                Some(offering) if offering.offering.retired => report.refuse(
                    invitation.span,
                    format!("`{}` is retired, so nobody can follow the invitation", invitation.value),
                    "Leave the invitation out of this mail, before that offering is retired.",
                ),
                Some(offering) if offering.offering.by_invitation => {}
                Some(_) => report.refuse(
                    invitation.span,
                    format!("everybody can use `{}` without an invitation", invitation.value),
                    "Write `by invitation: true` under its `offering:`, or leave the invitation out of this mail.",
                ),
                None => report.refuse(
                    invitation.span,
                    format!("there is no offering `{}`", invitation.value),
                    known(&invitation.value.to_string(), all),
                ),
            }
    }
}

/// What could have been meant: an offering that is used by invitation.
fn known(written: &str, all: &[Compiled]) -> String {
    let invited = all
        .iter()
        .filter(|compiled| compiled.generated.offering.by_invitation);
    let paths: Vec<String> = invited.map(|c| c.generated.path.to_string()).collect();
    if paths.is_empty() {
        return "Add a definition with `by invitation: true` under its `offering:`, and name its folder and file here.".to_owned();
    }
    suggestion(written, paths.iter().map(String::as_str))
}
