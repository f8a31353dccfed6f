//! The texts of mails: templates of the definition, filled from a request.
//!
//! The generator has checked that every name of a template is known and set on every path to its
//! phase; an unknown name is an error here and never an empty place in a mail about money.

use std::collections::BTreeMap;

use minijinja::value::Value as Rendered;
use minijinja::{Environment, UndefinedBehavior, context};

use crate::request::{Output, Request};
use crate::task::variable;

/// A text cannot be rendered. It says why and holds no answer of the customer.
#[derive(Debug, thiserror::Error)]
#[error("the text cannot be rendered: {0}")]
pub struct TextError(String);

/// The engine's settings, the same for the generator's checks and for rendering: no template
/// loading, unknown names refused.
pub fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    // Texts are plain; the HTML part of a mail escapes them as a whole.
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment
}

/// Fills a template from a request: answers by field (an optional one without an answer is empty, and the amount is
/// what is to be paid), outputs by variable, and the names that are [always set](variable). Amounts print as `$1,500.00`.
pub fn render(template: &str, request: &Request, status_url: &str) -> Result<String, TextError> {
    fill(template, request, status_url, &[])
}

/// What a mail says of the offering that it invites to.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Where the invitation leads.
    pub url: String,
    /// The code that it needs.
    pub code: String,
}

/// Fills a template of a mail that invites: like [`render`], and `invitationUrl` and `invitationCode`.
pub fn render_invitation(
    template: &str,
    request: &Request,
    status_url: &str,
    invited: &Invited,
) -> Result<String, TextError> {
    let more = [
        (variable::INVITATION_URL, invited.url.as_str()),
        (variable::INVITATION_CODE, invited.code.as_str()),
    ];
    fill(template, request, status_url, &more)
}

fn fill(
    template: &str,
    request: &Request,
    status_url: &str,
    more: &[(&str, &str)],
) -> Result<String, TextError> {
    let mut names = BTreeMap::new();
    let values = request.values();
    for answer in &request.answers {
        let text = values.get(&answer.name).map(ToString::to_string);
        names.insert(
            answer.name.as_str(),
            Rendered::from(text.unwrap_or_default()),
        );
    }
    let amounts = [
        (variable::REQUESTED_AMOUNT, request.requested_amount()),
        (variable::APPROVED_AMOUNT, request.approved_amount),
    ];
    for (name, amount) in amounts {
        let text = amount.map(|amount| amount.to_string()).unwrap_or_default();
        names.insert(name, Rendered::from(text));
    }
    for (name, output) in &request.outputs {
        let value = match output {
            Output::Text(text) => Rendered::from(text.as_str()),
            Output::Refund { id, amount, status } => {
                context! { id, amount => amount.to_string(), status }
            }
        };
        names.insert(name.as_str(), value);
    }
    names.insert(
        variable::REQUEST_ID,
        Rendered::from(request.request_id.to_string()),
    );
    names.insert(variable::STATUS_URL, Rendered::from(status_url));
    let error = request.stopped.as_ref().map(|stopped| &stopped.error);
    for (name, text) in [
        (variable::REQUEST_REFERENCE, Some(request.reference().to_string())),
        (variable::FORM_URL, Some(request.form_url())),
        (variable::USUALLY_TAKES, request.wording.usually_takes.clone()),
        (variable::SUMMARY, Some(request.summary())),
        (variable::STOP_CAUSE, request.stop_cause()),
        (variable::STOP_ERROR, error.cloned()),
    ] {
        names.insert(name, Rendered::from(text.unwrap_or_default()));
    }
    for (name, text) in more {
        names.insert(name, Rendered::from(*text));
    }
    environment()
        .render_str(template, names)
        // The kind names what is wrong; the full message may quote the template's surroundings.
        .map_err(|error| {
            TextError(format!(
                "{:?} in line {}",
                error.kind(),
                error.line().unwrap_or(0)
            ))
        })
}
