//! The console's first page: the newest requests with their pictures, the outbox, the audit log.

use axum::extract::Query;
use jiff::SignedDuration;
use maud::{Markup, html};
use serde::Deserialize;

use super::Page;
use super::parts::{audit_table, chip, drawing, mail_card, request_path, short, span, time};
use crate::console::source::{Console, PAGE, RequestView, reference};

/// How many records of the audit log are shown, the latest of the requests on the page.
const AUDIT_RECORDS: usize = 60;

/// The page's query: which part of the lists is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Selection {
    /// A request's reference or the beginning of its id, or a part of a mail's address.
    pub(crate) find: String,
    /// How many newer requests there are before the page's first.
    requests: usize,
    /// How many newer mails.
    mails: usize,
}

/// The query of the page; one that is none counts as empty.
pub(crate) type Selected = Result<Query<Selection>, axum::extract::rejection::QueryRejection>;

pub(crate) fn page(console: &Console, selection: &Selection) -> Page {
    let (ids, request_count) = console.newest(&selection.find, selection.requests);
    let requests: Vec<RequestView> = ids.iter().filter_map(|id| console.request(id)).collect();
    let (mails, mail_count) = console.outbox.page(&selection.find, selection.mails, PAGE);
    let ahead = console.clock.offset();
    let mut records: Vec<_> = requests.iter().flat_map(|request| &request.audit).collect();
    records.sort_by_key(|record| std::cmp::Reverse((record.at, record.seq)));
    Page {
        title: "Console".to_owned(),
        body: html! {
            h1.unseen data-status={
                (request_count) " requests, " (mail_count) " emails."
                @if let Some(mail) = mails.first() { " Latest email to " (mail.to) ": " (mail.subject) }
            } { "Local console" }
            @if ahead > SignedDuration::ZERO {
                p.lede { span.chip.warm { "The clock is " (span(ahead)) " ahead" } }
            }
            @if !selection.find.is_empty() {
                p.lede { "With “" (selection.find) "” · " a href="/_local" { "Show all" } }
            }
            div.columns {
                section aria-labelledby="requests" {
                    (head("requests", "Requests", request_count))
                    @if requests.is_empty() {
                        div.empty {
                            p { "No requests yet." }
                            @for (title, path) in &console.forms { p { a href=(path) { "Fill in: " (title) } } }
                        }
                    }
                    @for (number, request) in requests.iter().enumerate() { (request_card(request, number)) }
                    (pager("requests", selection, selection.requests, request_count))
                }
                section aria-labelledby="outbox" {
                    (head("outbox", "Outbox", mail_count))
                    @if mails.is_empty() {
                        div.empty { p { "No emails yet. They appear here as soon as they are sent." } }
                    }
                    @for mail in &mails { (mail_card(mail)) }
                    (pager("mails", selection, selection.mails, mail_count))
                }
            }
            section.wide aria-labelledby="audit" {
                div.section-head { h2 id="audit" { "Audit log" } span.count { "of the requests above" } }
                @if records.is_empty() {
                    div.empty { p { "Nothing has been recorded yet." } }
                } @else {
                    (audit_table(records.into_iter().take(AUDIT_RECORDS), true))
                }
            }
        },
    }
}

/// A section's head with how much is in it.
fn head(id: &str, title: &str, count: usize) -> Markup {
    html! {
        div.section-head {
            h2 id=(id) { (title) }
            @if count > 0 { span.count { (count) } }
        }
    }
}

/// The links to the pages before and after, where there are any.
fn pager(list: &str, selection: &Selection, skipped: usize, count: usize) -> Markup {
    let link = |skip: usize| {
        let (requests, mails) = match list {
            "requests" => (skip, selection.mails),
            _ => (selection.requests, skip),
        };
        let find: String = form_urlencoded::byte_serialize(selection.find.as_bytes()).collect();
        format!("/_local?find={find}&requests={requests}&mails={mails}")
    };
    html! {
        @if count > PAGE || skipped > 0 {
            nav.pager aria-label={ "Pages of " (list) } {
                @if skipped > 0 { a rel="prev" href=(link(skipped.saturating_sub(PAGE))) { "Newer" } }
                span.count { (skipped + 1) "–" (count.min(skipped + PAGE)) " of " (count) }
                @if skipped + PAGE < count { a rel="next" href=(link(skipped + PAGE)) { "Older" } }
            }
        }
    }
}

fn request_card(request: &RequestView, number: usize) -> Markup {
    let answers = request.request.iter().flat_map(|request| &request.answers);
    let values = answers.filter_map(|answer| Some(answer.value.as_ref()?.to_string()));
    let values: Vec<String> = values.take(5).collect();
    html! {
        article.card {
            div.card-head {
                h3 { a href=(request_path(&request.id)) id={ "request-" (request.id) } { (request.title()) } }
                (chip(request))
            }
            p.meta {
                @if let Some(reference) = reference(&request.id) { (reference) " · " }
                span.mono { (short(&request.id)) }
                @if let Some(phase) = request.phase() { " · " (phase) }
                @if let Some(at) = request.began_at() { " · " (time(at)) }
            }
            @if !values.is_empty() { p.meta { (values.join(" · ")) } }
            @if let Some(drawing) = request.run.as_ref().and_then(|run| drawing(run, number)) {
                (drawing.visited)
                details id={ "picture-" (request.id) } open[number == 0] {
                    summary { "The whole process" }
                    (drawing.picture)
                }
            }
        }
    }
}
