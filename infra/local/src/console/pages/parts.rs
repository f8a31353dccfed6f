//! Components that several pages share: times, status chips, mails, the audit log.

use domain::audit::AuditRecord;
use jiff::{SignedDuration, Span, SpanRound, Timestamp, Unit};
use maud::{Markup, html};

use crate::console::diagram::{self, Drawing, Mark, Progress};
use crate::console::source::{RequestView, steps};
use crate::console::text;
use crate::outbox::Mail;
use crate::states::{ExecutionStatus, ExecutionView};

pub(crate) fn time(at: Timestamp) -> Markup {
    html! { time datetime=(at) title=(at) { (at.strftime("%-d %b %H:%M:%S").to_string()) } }
}

/// A length of time in days, hours, minutes and seconds, such as `1d 2h 30m`.
pub(crate) fn span(length: SignedDuration) -> String {
    let units = SpanRound::new().largest(Unit::Day).smallest(Unit::Second);
    let rounded = Span::try_from(length).and_then(|span| span.round(units.days_are_24_hours()));
    rounded.map_or_else(|_| format!("{length:#}"), |span| format!("{span:#}"))
}

/// A request's status.
pub(crate) fn chip(request: &RequestView) -> Markup {
    let known = request.request.as_ref().map(|known| known.status.as_str());
    let run = request.run.as_ref().map(|run| run.status.as_str());
    let status = known.or(run).unwrap_or_default().to_lowercase();
    html! { span class={ "chip " (status) } { (text::in_words(&status)) } }
}

pub(crate) fn request_path(id: &str) -> String {
    let encoded: String = form_urlencoded::byte_serialize(id.as_bytes()).collect();
    // A space is a plus only in a form.
    format!("/_local/requests/{}", encoded.replace('+', "%20"))
}

/// Where a request is, as the drawing of that number on the page. None: what it runs by cannot be drawn.
pub(crate) fn drawing(run: &ExecutionView, number: usize) -> Option<Drawing> {
    let progress = Progress {
        entered: steps(run).into_iter().map(|step| step.state).collect(),
        last: match run.status {
            ExecutionStatus::Running => Mark::Current,
            ExecutionStatus::Failed | ExecutionStatus::TimedOut => Mark::Failed,
            ExecutionStatus::Succeeded => Mark::Completed,
        },
    };
    diagram::draw(&run.definition, &progress, &format!("drawing-{number}"))
}

pub(crate) fn mail_card(mail: &Mail) -> Markup {
    html! {
        article.card {
            div.card-head { h3 { a href={ "/_local/emails/" (mail.id) } id=(mail.id) { (mail.subject) } } }
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

/// A mail's links, and the code that they ask for.
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
                        None => a.action id=(id) href=(link) { "Open " (link.path()) },
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

/// How much it was about, of which charge, under which of Stripe's ids, and what else there is to say.
fn details(record: &AuditRecord) -> String {
    let amount = record.amount.map(|amount| amount.to_string());
    let parts = [&amount, &record.charge, &record.stripe_id, &record.detail];
    let parts: Vec<_> = parts.into_iter().flatten().map(String::as_str).collect();
    parts.join(" · ")
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
                            td { (text::in_words(&record.action.to_string())) }
                            td { (record.phase) }
                            td { (text::in_words(record.status.as_str())) }
                            td { (details(record)) }
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
