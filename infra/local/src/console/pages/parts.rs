//! What several pages have: moments, chips, mails, the audit log.

use domain::audit::AuditRecord;
use domain::request::Status;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};

use crate::console::diagram::{self, Drawing};
use crate::console::source::{RequestView, Run};
use crate::console::text;
use crate::outbox::Mail;
use crate::states::ExecutionStatus;

pub(crate) fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at) title=(at) { (at.strftime("%-d %b %H:%M:%S").to_string()) } }
}

/// A length of time in the two largest units that say something.
pub(crate) fn span(length: SignedDuration) -> String {
    let mut rest = length.as_secs();
    let mut parts = Vec::new();
    for (size, unit) in [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")] {
        if rest >= size && parts.len() < 2 {
            parts.push(format!("{} {unit}", rest / size));
            rest %= size;
        }
    }
    if parts.is_empty() {
        return format!("{} ms", length.as_millis());
    }
    parts.join(" ")
}

/// How a request is, as a chip.
pub(crate) fn chip(request: &RequestView) -> Markup {
    let status = request.request.as_ref().map(|request| request.status);
    let run = request.run.as_ref().map(|run| run.view.status);
    let (class, words) = match (status, run) {
        (Some(status), _) => {
            let class = match status {
                Status::InReview => "warm",
                Status::Processing => "now",
                Status::Refunded | Status::Completed => "good",
                Status::Denied | Status::NeedsAttention => "bad",
            };
            (class, text::in_words(status.as_str()))
        }
        (None, Some(status)) => {
            let class = match status {
                ExecutionStatus::Running => "now",
                ExecutionStatus::Succeeded => "good",
                ExecutionStatus::Failed | ExecutionStatus::TimedOut => "bad",
            };
            (class, text::in_words(&status.as_str().to_lowercase()))
        }
        (None, None) => ("", "Unknown".to_owned()),
    };
    html! { span class={ "chip " (class) } { (words) } }
}

pub(crate) fn request_path(id: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    // A space is a plus only in a form.
    format!("/_local/requests/{}", encoded.replace('+', "%20"))
}

/// Where a request is, as a drawing. None: what it runs by cannot be drawn.
pub(crate) fn drawing(request: &RequestView, run: &Run) -> Option<Drawing> {
    // Other people's ids stay out of the drawing's names.
    let id: String = request.id.chars().filter(char::is_ascii_alphanumeric).collect();
    diagram::draw(&run.view.definition, &run.progress(), &format!("d-{id}"))
}

/// The frame in which a drawing that is too wide scrolls.
pub(crate) fn framed(picture: &Markup) -> Markup {
    html! { div.picture tabindex="0" role="group" aria-label="The process" { (picture) } }
}

pub(crate) fn mail_card(mail: &Mail) -> Markup {
    html! {
        article.card {
            div.card-head {
                h3 { a href={ "/_local/emails/" (mail.id) } id=(mail.id) { (mail.subject) } }
            }
            p.meta { "to " (mail.to) " · " (time(mail.sent_at)) }
            (mail_actions(mail))
            @if !mail.text.is_empty() {
                details id={ (mail.id) "-text" } {
                    summary { "Text" }
                    (mail_text(mail))
                }
            }
        }
    }
}

/// What a mail asks for: its links, and the code for them.
pub(crate) fn mail_actions(mail: &Mail) -> Markup {
    let links = text::links(&mail.text);
    let code = text::code(&mail.text);
    html! {
        @if !links.is_empty() || code.is_some() {
            div.actions {
                @for (number, link) in links.iter().enumerate() {
                    @let id = format!("{}-link-{number}", mail.id);
                    @match text::decision(link) {
                        Some(decision) => a class={ "action " (decision) } id=(id) href=(link) {
                            (text::in_words(&decision))
                        },
                        None => a.action id=(id) href=(link) { "Open " (path_of(link)) },
                    }
                }
                @if let Some(code) = code { span.code { "Code: " b { (code) } } }
            }
        }
    }
}

/// A mail's text, with its links as links.
pub(crate) fn mail_text(mail: &Mail) -> Markup {
    html! {
        div.mail-text {
            @for (piece, is_link) in text::pieces(&mail.text) {
                @if is_link { a href=(piece) { (piece) } } @else { (piece) }
            }
        }
    }
}

/// A link's path, shortened: enough to know where it leads.
fn path_of(link: &str) -> String {
    const LONGEST: usize = 28;
    let (_, rest) = link.split_once("://").unwrap_or(("", link));
    let path = rest.find('/').map_or(rest, |slash| &rest[slash..]);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let mut shown: String = path.chars().take(LONGEST).collect();
    if path.chars().count() > LONGEST {
        shown.push('…');
    }
    shown
}

/// Records of the audit log.
pub(crate) fn audit_table<'a>(
    records: impl Iterator<Item = &'a AuditRecord>,
    with_request: bool,
) -> Markup {
    html! {
        div.card.scroll {
            table.stack {
                thead {
                    tr {
                        th scope="col" { "When" }
                        @if with_request { th scope="col" { "Request" } }
                        @for head in ["Who", "Did", "Phase", "Status", "Detail"] { th scope="col" { (head) } }
                    }
                }
                tbody {
                    @for record in records {
                        @let request = record.request_id.to_string();
                        tr {
                            td.when { (time(record.at)) }
                            @if with_request {
                                td { a.mono href=(request_path(&request)) { (short(&request)) } }
                            }
                            td { (record.actor) }
                            td { (text::in_words(&record.action)) }
                            td { (record.phase) }
                            td { (text::in_words(record.status.as_str())) }
                            td { @if let Some(detail) = &record.detail { (detail) } }
                        }
                    }
                }
            }
        }
    }
}

/// The beginning of an id, enough to tell requests apart.
pub(crate) fn short(id: &str) -> String {
    id.chars().take(8).collect()
}
