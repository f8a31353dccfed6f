//! The mail to the customer who can choose: the definition's words, one link for each option, and the
//! code that makes them work.

use maud::{Markup, html};

use super::{ApprovalEmail, BUTTON, CODE, NOTE, NotificationReason, SOFT};
use domain::approval::Choice;
use domain::form::Value;
use domain::mail::{Mail, one_line, sanitize_text};
use domain::request::Request;
use domain::text::{TextError, render};

const COLORS: [&str; 2] = ["background:#2453c9", "background:#46505d"];

impl ApprovalEmail<'_> {
    pub(super) fn of_choice(&self, choice: &Choice) -> Result<Mail, TextError> {
        let status_url = self.request.status_url(self.key);
        let request = in_lines(self.request);
        let subject = render(&choice.subject, &request, &status_url)?;
        let body = sanitize_text(&render(&choice.body, &request, &status_url)?);
        let subject = format!("{}{subject}", self.reason.prefix());
        let text = self.text_of_choice(choice, &body);
        let html = self.html_of_choice(choice, &body).into_string();
        let mail = crate::mail::from_parts(self.to, &subject, text, &html);
        Ok(mail.related_to(self.request.request_id, &self.approval.phase))
    }

    /// What stands above the definition's words.
    fn note(&self) -> Option<&'static str> {
        match self.reason {
            NotificationReason::Renewed => Some(
                "Your earlier link was locked, as a wrong code was entered on it several times. These are your new links and your new code.",
            ),
            // A customer is asked once, and by nobody else.
            NotificationReason::Asked
            | NotificationReason::Reminded
            | NotificationReason::Escalated { .. }
            | NotificationReason::HandedOver { .. }
            | NotificationReason::Answered => None,
        }
    }

    fn text_of_choice(&self, choice: &Choice, body: &str) -> String {
        let mut parts: Vec<String> = self.note().map(ToOwned::to_owned).into_iter().collect();
        parts.push(body.trim().to_owned());
        parts.push(sanitize_text(&self.approval.question));
        let links = choice.options.iter().map(|option| {
            let link = self.link(&option.outcome);
            format!("{}: {link}", sanitize_text(&option.label))
        });
        parts.push(links.collect::<Vec<_>>().join("\n"));
        if let Some(code) = self.code() {
            parts.push(format!(
                "Code: {code}\n\nThe page that opens asks for the code above. It is yours alone: please do not forward this mail."
            ));
        }
        parts.push(format!("{}\n", self.foot()));
        parts.join("\n\n")
    }

    fn html_of_choice(&self, choice: &Choice, body: &str) -> Markup {
        html! {
            @if let Some(note) = self.note() { p.note style=(NOTE) { (note) } }
            @for paragraph in body.split("\n\n").map(str::trim).filter(|it| !it.is_empty()) {
                p style="margin:0 0 16px" { (self.linked(paragraph)) }
            }
            h1 style="font-size:20px;line-height:1.3;margin:24px 0 12px" { (sanitize_text(&self.approval.question)) }
            p style="margin:0 0 4px" {
                @for (option, color) in choice.options.iter().zip(COLORS.iter().cycle()) {
                    a.button href=(self.link(&option.outcome)) style={ (BUTTON) (color) } { (sanitize_text(&option.label)) }
                    // A space, for readers whose mail program drops the styles.
                    " "
                }
            }
            @if let Some(code) = self.code() {
                p style="margin:0 0 8px" { "The page that opens asks for this code:" }
                p style="margin:0 0 16px" { span.code style=(CODE) { (code) } }
            }
            p.soft style={ (SOFT) "font-size:14px;margin:0" } {
                "The links and the code are yours alone: please do not forward this mail. " (self.foot())
            }
        }
    }

    fn foot(&self) -> String {
        let id = self.request.request_id;
        format!("You can choose until {}. Request {id}", self.until())
    }

    /// A paragraph in which our own addresses are links. What somebody typed into the form is none.
    fn linked(&self, paragraph: &str) -> Markup {
        let own = format!("{}/", self.request.origin);
        html! {
            @for (position, word) in paragraph.split_whitespace().enumerate() {
                @if position > 0 { " " }
                @if word.starts_with(&own) { a href=(word) { (word) } } @else { (word) }
            }
        }
    }
}

/// The request with each answer in one line: none can begin a line that looks like one of ours.
fn in_lines(request: &Request) -> Request {
    let mut request = request.clone();
    for answer in &mut request.answers {
        if let Some(Value::Text(text)) = &mut answer.value {
            *text = one_line(text);
        }
    }
    request
}
