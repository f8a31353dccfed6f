//! The console's first page: requests with their pictures, the outbox, the audit trail.

use jiff::SignedDuration;
use maud::{Markup, html};

use super::{
    Page, audit_table, chip, drawing, facts, framed, linked, mail_actions, moment, request_path,
    section_head, short, span, time, title,
};
use crate::console::view::{Request, Snapshot};
use crate::outbox::Mail;

/// More than anybody reads at once; the rest is in the API.
const REQUESTS: usize = 20;
const MAILS: usize = 30;
const AUDIT_RECORDS: usize = 60;
/// Only so many of the latest requests have their pictures open.
const OPEN_PICTURES: usize = 1;

pub(crate) fn page(snapshot: &Snapshot) -> Page {
    Page {
        title: "Console".to_owned(),
        body: html! {
            h1.unseen data-news=(news(snapshot)) { "Local console" }
            @if snapshot.ahead > SignedDuration::ZERO {
                p.lede { span.chip.warm { "The clock is " (span(snapshot.ahead)) " ahead" } }
            }
            div.columns {
                section aria-labelledby="requests" { (requests(snapshot)) }
                section aria-labelledby="outbox" { (outbox(snapshot)) }
            }
            section.wide aria-labelledby="audit" { (audit(snapshot)) }
        },
    }
}

/// What a screen reader hears when something changed.
fn news(snapshot: &Snapshot) -> String {
    let mut news = format!(
        "{} requests, {} emails.",
        snapshot.requests.len(),
        snapshot.mails.len()
    );
    if let Some(mail) = snapshot.mails.first() {
        news = format!("{news} Latest email to {}: {}", mail.to, mail.subject);
    }
    news
}

fn requests(snapshot: &Snapshot) -> Markup {
    let shown = snapshot.requests.len().min(REQUESTS);
    html! {
        (section_head("requests", "Requests", snapshot.requests.len(), shown))
        @if shown == 0 {
            div.empty {
                p { "No requests yet." }
                @for (title, path) in &snapshot.forms { p { a href=(path) { "Fill in: " (title) } } }
            }
        }
        @for (place, request) in snapshot.requests.iter().take(REQUESTS).enumerate() {
            (request_card(request, place < OPEN_PICTURES))
        }
    }
}

fn request_card(request: &Request, open: bool) -> Markup {
    let values: Vec<&str> = request
        .values
        .iter()
        .map(|(_, value)| value.as_str())
        .collect();
    let values: Vec<&str> = values
        .into_iter()
        .filter(|value| !value.is_empty())
        .take(5)
        .collect();
    html! {
        article.card {
            div.card-head {
                h3 { a href=(request_path(&request.id)) id={ "request-" (request.id) } { (title(request)) } }
                (chip(request))
            }
            p.meta {
                span.mono { (short(&request.id)) }
                @if !request.phase.is_empty() { " · " (request.phase) }
                " · "
                @if request.submitted_at.is_empty() {
                    @if let Some(run) = &request.run { (time(run.started_at)) }
                } @else { (moment(&request.submitted_at)) }
            }
            @if !values.is_empty() { p.meta { (values.join(" · ")) } }
            @if let Some(run) = &request.run {
                @if let Some(drawing) = drawing(request, run) {
                    (drawing.trail)
                    details id={ "picture-" (request.id) } open[open] {
                        summary { "The whole process" }
                        (framed(&drawing.picture))
                    }
                }
            }
        }
    }
}

fn outbox(snapshot: &Snapshot) -> Markup {
    let shown = snapshot.mails.len().min(MAILS);
    html! {
        (section_head("outbox", "Outbox", snapshot.mails.len(), shown))
        @if shown == 0 {
            div.empty { p { "No emails yet. They appear here as soon as they are sent." } }
        }
        @for mail in snapshot.mails.iter().take(MAILS) { (mail_card(mail)) }
    }
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
                    div.mail-text { (linked(&mail.text)) }
                }
            }
        }
    }
}

fn audit(snapshot: &Snapshot) -> Markup {
    let shown = snapshot.audit.len().min(AUDIT_RECORDS);
    html! {
        (section_head("audit", "Audit trail", snapshot.audit.len(), shown))
        @if shown == 0 {
            div.empty { p { "Nothing has been recorded yet." } }
        } @else {
            div.card.scroll { (audit_table(snapshot.audit.iter().take(AUDIT_RECORDS), true)) }
        }
    }
}

/// Names and values under a small heading, when there are any.
pub(crate) fn fact_card(heading: &str, pairs: &[(String, String)]) -> Markup {
    html! {
        @if !pairs.is_empty() {
            div.card {
                h3 { (heading) }
                (facts(pairs))
            }
        }
    }
}
