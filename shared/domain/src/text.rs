//! The texts of mails: templates of the definition, filled from a request.
//!
//! The generator has checked that every name of a template is known and set on every path to its
//! phase; an unknown name is an error here and never an empty place in a mail about money.

use std::collections::BTreeMap;
use std::fmt;

use minijinja::value::Value as Rendered;
use minijinja::{Environment, UndefinedBehavior, context};

use crate::mail::sanitize_text;
use crate::money::Usd;
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

/// A template that was filled. A line that ends in the template was wrapped by its author, and a line that ends in a value was
/// ended by whoever wrote the value; [`paragraphs`](Self::paragraphs) tells them apart. It prints as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled(String);

/// Ends a line of a value. No text that is shown has this character of its own: see [`sanitize_text`].
const VALUE_BREAK: char = '\u{2028}';

impl Filled {
    /// The paragraphs, each as the lines that it is to be shown in. An empty line stands between two of them.
    pub fn paragraphs(&self) -> Vec<Vec<String>> {
        let mut paragraphs = vec![Vec::new()];
        for (position, wrapped) in self.0.split('\n').enumerate() {
            for (part, line) in wrapped.split(VALUE_BREAK).enumerate() {
                let continues = part == 0 && position > 0 && !stands_alone(line);
                let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
                let paragraph: &mut Vec<String> = paragraphs.last_mut().expect("there is a first");
                match paragraph.last_mut() {
                    _ if line.is_empty() => paragraphs.push(Vec::new()),
                    Some(last) if continues => *last = format!("{last} {line}"),
                    Some(_) | None => paragraph.push(line),
                }
            }
        }
        paragraphs.retain(|paragraph| !paragraph.is_empty());
        paragraphs
    }
}

impl fmt::Display for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.replace(VALUE_BREAK, "\n"))
    }
}

/// Whether a line is one of its own, wherever it was written: an item of a list, or a label with an address.
fn stands_alone(line: &str) -> bool {
    is_item(line) || labelled_address(line).is_some()
}

/// The label and the address of a line that has nothing else in it: `See the request: https://...`.
pub fn labelled_address(line: &str) -> Option<(&str, &str)> {
    let (label, url) = line.trim().split_once(": ")?;
    let is_url = url.contains("://") && !url.contains(char::is_whitespace);
    is_url.then_some((label, url))
}

/// Whether a line is an item of a list, with a mark or a number.
fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let (mark, rest) = line.split_once(' ').unwrap_or_default();
    let number = mark.trim_end_matches(['.', ')']);
    let is_number = number.len() + 1 == mark.len()
        && (1..=2).contains(&number.len())
        && number.bytes().all(|digit| digit.is_ascii_digit());
    !rest.trim().is_empty() && (list_item(line).is_some() || is_number)
}

/// What an item of a list without numbers says.
pub fn list_item(line: &str) -> Option<&str> {
    let marks = ["- ", "* ", "• ", "– "];
    let item = marks.iter().find_map(|mark| line.strip_prefix(mark))?;
    Some(item.trim()).filter(|item| !item.is_empty())
}

/// What a mail says of the offering that it invites to.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Where the invitation leads.
    pub url: String,
    /// The code that it needs.
    pub code: String,
}

/// Fills a template from a request: answers by field (an optional one without an answer is empty, and the amount is
/// what is to be paid), outputs by variable, and the names that are [always set](variable). Amounts print as `$1,500.00`.
pub fn render(template: &str, request: &Request, status_url: &str) -> Result<Filled, TextError> {
    fill(template, request, status_url, None)
}

/// Fills a template of a mail that invites: like [`render`], and `invitationUrl` and `invitationCode`.
pub fn render_invitation(
    template: &str,
    request: &Request,
    status_url: &str,
    invited: &Invited,
) -> Result<Filled, TextError> {
    fill(template, request, status_url, Some(invited))
}

fn fill(
    template: &str,
    request: &Request,
    status_url: &str,
    invited: Option<&Invited>,
) -> Result<Filled, TextError> {
    let mut names = BTreeMap::new();
    let values = request.values();
    for answer in &request.answers {
        let text = values.get(&answer.name).map(ToString::to_string);
        let text = Rendered::from(text.unwrap_or_default());
        names.insert(answer.name.as_str(), text);
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
    let amount = |amount: Option<Usd>| amount.map(|amount| amount.to_string());
    let always = [
        (
            variable::REQUESTED_AMOUNT,
            amount(request.requested_amount()),
        ),
        (variable::APPROVED_AMOUNT, amount(request.approved_amount)),
        (variable::REQUEST_ID, Some(request.request_id.to_string())),
        (variable::STATUS_URL, Some(status_url.to_owned())),
        (
            variable::REQUEST_REFERENCE,
            Some(request.reference().to_string()),
        ),
        (variable::FORM_URL, Some(request.form_url())),
        (
            variable::USUALLY_TAKES,
            request.wording.usually_takes.clone(),
        ),
        (variable::SUMMARY, Some(request.summary())),
        (variable::STOP_CAUSE, request.stop_cause()),
        (
            variable::STOP_ERROR,
            request
                .stopped
                .as_ref()
                .map(|stopped| stopped.error.clone()),
        ),
    ];
    let invitation = invited.map(|it| {
        [
            (variable::INVITATION_URL, Some(it.url.clone())),
            (variable::INVITATION_CODE, Some(it.code.clone())),
        ]
    });
    for (name, text) in always.into_iter().chain(invitation.into_iter().flatten()) {
        names.insert(name, Rendered::from(text.unwrap_or_default()));
    }
    let mut environment = environment();
    environment.set_formatter(|out, _, value| {
        let value = sanitize_text(&value.to_string());
        let ends = VALUE_BREAK.to_string();
        Ok(out.write_str(&value.trim_end().replace('\n', &ends))?)
    });
    let filled = environment.render_str(template, names).map(Filled);
    // The kind names what is wrong; the full message may quote the template's surroundings.
    filled.map_err(|error| {
        let (kind, line) = (error.kind(), error.line().unwrap_or(0));
        TextError(format!("{kind:?} in line {line}"))
    })
}
