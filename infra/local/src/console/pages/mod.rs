//! The pages, and what they have in common.

pub(crate) mod home;
pub(crate) mod mail;
pub(crate) mod request;

use jiff::{SignedDuration, Timestamp};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::diagram::{self, Drawing};
use super::text::{self, Piece, Purpose};
use super::view::{Request, Run};
use crate::outbox::Mail;
use crate::states::ExecutionStatus;

const STYLE: &str = include_str!("../style.css");
const SCRIPT: &str = include_str!("../live.js");

/// A page without its frame.
pub(crate) struct Page {
    pub(crate) title: String,
    /// The part that changes.
    pub(crate) body: Markup,
}

/// The whole document around a page.
pub(crate) fn shell(page: &Page, tag: &str, nonce: &str, forms: &[(String, String)]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) " · Refund Desk" }
                link rel="icon" href="data:,";
                noscript { meta http-equiv="refresh" content="5"; }
                style nonce=(nonce) { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#live" { "To the content" }
                header.top {
                    div.top-in {
                        a.brand href="/_local" { (logo()) span { "Refund Desk " small { "local console" } } }
                        nav aria-label="Sections" {
                            a href="/_local#requests" { "Requests" }
                            a href="/_local#outbox" { "Outbox" }
                            a href="/_local#audit" { "Audit trail" }
                        }
                        @for (title, path) in forms {
                            a.button href=(path) { "New: " (title) }
                        }
                    }
                }
                p.unseen id="news" role="status" {}
                main id="live" tabindex="-1" data-tag=(tag) { (page.body) }
                footer { p { "A stand-in for development on this machine. No mail leaves it and no money moves." } }
                script nonce=(nonce) { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// What is said where nothing is.
pub(crate) fn missing() -> Page {
    Page {
        title: "Not found".to_owned(),
        body: html! {
            div.title { h1 { "Nothing here" } }
            p.lede { "This stack does not know it (any more). " a href="/_local" { "Back to the console" } }
        },
    }
}

fn logo() -> Markup {
    html! {
        svg viewBox="0 0 26 26" aria-hidden="true" {
            rect width="26" height="26" rx="7" fill="currentColor" opacity=".12" {}
            path d="M8 10.5h7.2a3.6 3.6 0 0 1 0 7.2H11M8 10.5l3-3M8 10.5l3 3" fill="none" stroke="currentColor"
                stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round" {}
        }
    }
}

/// A section's head with how much is in it.
fn section_head(id: &str, title: &str, count: usize, shown: usize) -> Markup {
    html! {
        div.section-head {
            h2 id=(id) { (title) }
            @if count > shown { span.count { "the latest " (shown) " of " (count) } }
            @else if count > 0 { span.count { (count) } }
        }
    }
}

/// A moment as text: parsed when it can be, shown as it is when not.
fn moment(at: &str) -> Markup {
    at.parse::<Timestamp>()
        .map_or_else(|_| html! { (at) }, time)
}

fn time(at: Timestamp) -> Markup {
    let short = at.strftime("%-d %b %H:%M:%S").to_string();
    html! { time datetime=(at) title={ (at.strftime("%A, %-d %B %Y, %H:%M:%S")) " UTC" } { (short) } }
}

/// A length of time in the two largest units that say something.
fn span(length: SignedDuration) -> String {
    let seconds = length.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = seconds;
    let mut parts = Vec::new();
    for (size, unit) in units {
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
fn chip(request: &Request) -> Markup {
    let (class, words) = match (request.status.as_str(), &request.run) {
        ("in_review", _) => ("chip warm", "In review".to_owned()),
        ("processing", _) => ("chip now", "Processing".to_owned()),
        ("refunded", _) => ("chip good", "Refunded".to_owned()),
        ("denied", _) => ("chip bad", "Denied".to_owned()),
        ("needs_attention", _) => ("chip bad", "Needs attention".to_owned()),
        ("", Some(run)) => run_words(run),
        ("", None) => ("chip", "Unknown".to_owned()),
        (other, _) => ("chip", text::in_words(other, false)),
    };
    html! { span class=(class) { (words) } }
}

fn run_words(run: &Run) -> (&'static str, String) {
    let (class, words) = match run.status {
        ExecutionStatus::Running => ("chip now", "Running"),
        ExecutionStatus::Succeeded => ("chip good", "Succeeded"),
        ExecutionStatus::Failed => ("chip bad", "Failed"),
        ExecutionStatus::TimedOut => ("chip bad", "Timed out"),
    };
    (class, words.to_owned())
}

/// A request's title: its offering in words.
fn title(request: &Request) -> String {
    if request.offering.is_empty() {
        return "Execution".to_owned();
    }
    text::in_words(&request.offering, true)
}

/// The beginning of an id, enough to tell requests apart.
fn short(id: &str) -> String {
    id.chars().take(8).collect()
}

pub(crate) fn request_path(id: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    // A space is a plus only in a form.
    format!("/_local/requests/{}", encoded.replace('+', "%20"))
}

/// Where a request is, as a drawing.
fn drawing(request: &Request, run: &Run) -> Option<Drawing> {
    let definition = run.definition.as_deref()?;
    // Other people's ids stay out of the drawing's names.
    let id: String = request
        .id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    diagram::draw(definition, &run.progress, &format!("way-{id}"))
}

/// The frame in which a drawing that is too wide scrolls.
fn framed(picture: &Markup) -> Markup {
    html! { div.picture tabindex="0" role="group" aria-label="The process" { (picture) } }
}

/// What a mail asks for: its links, the code for them, and a way to its page.
fn mail_actions(mail: &Mail) -> Markup {
    let links = text::links(&mail.text);
    let code = text::code(&mail.text);
    html! {
        @if !links.is_empty() || code.is_some() {
            div.actions {
                @for (number, link) in links.iter().enumerate() {
                    @let id = format!("{}-link-{number}", mail.id);
                    @match text::purpose(link) {
                        Purpose::Approve => a.action.approve id=(id) href=(link) { "Approve" },
                        Purpose::Reject => a.action.reject id=(id) href=(link) { "Reject" },
                        Purpose::Choose(option) => a.action id=(id) href=(link) { (text::in_words(&option, false)) },
                        Purpose::Other => a.action id=(id) href=(link) { "Open " (path_of(link)) },
                    }
                }
                @if let Some(code) = code { span.code { "Code: " b { (code) } } }
            }
        }
    }
}

/// A link's path, shortened: enough to know where it leads.
fn path_of(link: &str) -> String {
    const LONGEST: usize = 28;
    let rest = link.split_once("://").map_or(link, |(_, rest)| rest);
    let path = rest.find('/').map_or(rest, |slash| &rest[slash..]);
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let mut shown: String = path.chars().take(LONGEST).collect();
    if path.chars().count() > LONGEST {
        shown.push('…');
    }
    shown
}

/// A text with its links as links.
fn linked(content: &str) -> Markup {
    html! {
        @for piece in text::pieces(content) {
            @match piece {
                Piece::Plain(plain) => (plain),
                Piece::Link(link) => a href=(link) { (link) },
            }
        }
    }
}

/// Names and values.
fn facts(pairs: &[(String, String)]) -> Markup {
    html! {
        dl.facts {
            @for (name, value) in pairs {
                dt { (name) }
                dd { (value) }
            }
        }
    }
}

/// Rows of the audit trail.
fn audit_table<'a>(
    records: impl Iterator<Item = &'a super::view::AuditRecord>,
    with_request: bool,
) -> Markup {
    html! {
        table.stack {
            thead {
                tr {
                    th scope="col" { "When" }
                    @if with_request { th scope="col" { "Request" } }
                    th scope="col" { "Who" }
                    th scope="col" { "Did" }
                    th scope="col" { "Phase" }
                    th scope="col" { "Status" }
                    th scope="col" { "Detail" }
                }
            }
            tbody {
                @for record in records {
                    tr {
                        td.when { (moment(&record.at)) }
                        @if with_request {
                            td { a.mono href=(request_path(&record.request)) { (short(&record.request)) } }
                        }
                        td { (record.actor) }
                        td { (text::in_words(&record.action, false)) }
                        td { (record.phase) }
                        td { (text::in_words(&record.status, false)) }
                        td { (record.detail) }
                    }
                }
            }
        }
    }
}
