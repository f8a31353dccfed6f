//! The texts of mails: templates of the definition, filled from a request.
//!
//! The generator has checked that every name of a template is known and set on every path to its
//! phase; an unknown name is an error here and never an empty place in a mail about money.

use std::collections::BTreeMap;

use minijinja::value::{Serde, Value as Rendered};
use minijinja::{Environment, UndefinedBehavior};

use crate::request::Request;
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

/// Fills a template from a request: answers by field (an optional one without an answer is empty),
/// outputs by variable, `requestId` and `statusUrl`. Amounts print as `$1,500.00`.
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
    for answer in &request.answers {
        let text = answer
            .value
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        names.insert(answer.name.as_str(), Rendered::from(text));
    }
    for (name, value) in &request.outputs {
        names.insert(name.as_str(), Rendered::from(Serde(value)));
    }
    names.insert(
        variable::REQUEST_ID,
        Rendered::from(request.request_id.to_string()),
    );
    names.insert(variable::STATUS_URL, Rendered::from(status_url));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fixture;

    #[test]
    fn fills_answers_and_outputs() {
        let (mut request, _) = fixture::request();
        request.outputs.insert(
            "stripeRefundResult".parse().unwrap(),
            serde_json::json!({"id": "re_1"}),
        );
        let text = render(
            "{{ refundAmount }} as {{ stripeRefundResult.id }} to {{ customerEmail }}[{{ stripeCustomerId }}] {{ statusUrl }}",
            &request,
            "https://x/y",
        );
        assert_eq!(
            text.unwrap(),
            "$50.00 as re_1 to ada@example.com[] https://x/y"
        );
    }

    #[test]
    fn an_unknown_name_is_an_error() {
        let (request, _) = fixture::request();
        assert!(render("{{ refundAmuont }}", &request, "").is_err());
        assert!(render("{{ stripeRefundResult.id }}", &request, "").is_err());
    }

    #[test]
    fn only_a_mail_that_invites_has_an_invitation() {
        let (request, _) = fixture::request();
        let template = "{{ invitationUrl }} {{ invitationCode }} {{ refundAmount }}";
        let invited = Invited {
            url: "https://x/s".to_owned(),
            code: "012345".to_owned(),
        };
        let text = render_invitation(template, &request, "", &invited);
        assert_eq!(text.unwrap(), "https://x/s 012345 $50.00");
        assert!(render(template, &request, "").is_err());
    }

    #[test]
    fn answers_are_not_templates() {
        let (mut request, _) = fixture::request();
        let notes = request
            .answers
            .iter_mut()
            .find(|a| a.name.as_str() == "notes")
            .unwrap();
        notes.value = Some(crate::form::Value::Text("{{ customerEmail }}".into()));
        assert_eq!(
            render("{{ notes }}", &request, "").unwrap(),
            "{{ customerEmail }}"
        );
    }
}
