//! The console's first page: the newest requests with their pictures, the outbox, the audit log.

use axum::extract::Query;
use jiff::SignedDuration;
use maud::{Markup, html};
use serde::Deserialize;

use super::Page;
use super::parts::{
    audit_table, chip, drawing, framed, mail_card, request_path, short, span, time,
};
use crate::console::source::{Console, PAGE, RequestView};
use crate::outbox::Mail;

/// Only so many of the latest requests have their pictures open.
const OPEN_PICTURES: usize = 1;
/// How many records of the audit log are shown.
const AUDIT_RECORDS: usize = 60;

/// What of all that there is to see is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Selection {
    /// The beginning of a request's id, or a part of a mail's address.
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
    Page {
        title: "Console".to_owned(),
        body: html! {
            h1.unseen data-news=(news(request_count, mail_count, mails.first())) { "Local console" }
            @if ahead > SignedDuration::ZERO {
                p.lede { span.chip.warm { "The clock is " (span(ahead)) " ahead" } }
            }
            @if !selection.find.is_empty() {
                p.lede { "With “" (selection.find) "” · " a href="/_local" { "Show all" } }
            }
            div.columns {
                section aria-labelledby="requests" {
                    (head("requests", "Requests", request_count))
                    @if requests.is_empty() { (no_requests(console)) }
                    @for (place, request) in requests.iter().enumerate() {
                        (request_card(request, place < OPEN_PICTURES))
                    }
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
            section.wide aria-labelledby="audit" { (audit(&requests)) }
        },
    }
}

/// What a screen reader hears when something changed.
fn news(requests: usize, mails: usize, latest: Option<&Mail>) -> String {
    let latest = latest.map(|mail| format!(" Latest email to {}: {}", mail.to, mail.subject));
    format!(
        "{requests} requests, {mails} emails.{}",
        latest.unwrap_or_default()
    )
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
        let mut query = form_urlencoded::Serializer::new(String::new());
        if !selection.find.is_empty() {
            query.append_pair("find", &selection.find);
        }
        for (name, own) in [("requests", selection.requests), ("mails", selection.mails)] {
            let skip = if name == list { skip } else { own };
            if skip > 0 {
                query.append_pair(name, &skip.to_string());
            }
        }
        format!("/_local?{}", query.finish())
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

fn no_requests(console: &Console) -> Markup {
    html! {
        div.empty {
            p { "No requests yet." }
            @for (title, path) in &console.forms { p { a href=(path) { "Fill in: " (title) } } }
        }
    }
}

fn request_card(request: &RequestView, is_open: bool) -> Markup {
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
                span.mono { (short(&request.id)) }
                @if let Some(phase) = request.phase() { " · " (phase) }
                @if let Some(at) = request.began_at() { " · " (time(at)) }
            }
            @if !values.is_empty() { p.meta { (values.join(" · ")) } }
            @if let Some(drawing) = request.run.as_ref().and_then(|run| drawing(request, run)) {
                (drawing.visited)
                details id={ "picture-" (request.id) } open[is_open] {
                    summary { "The whole process" }
                    (framed(&drawing.picture))
                }
            }
        }
    }
}

/// The latest records of the requests on this page.
fn audit(requests: &[RequestView]) -> Markup {
    let mut records: Vec<_> = requests.iter().flat_map(|request| &request.audit).collect();
    records.sort_by_key(|record| std::cmp::Reverse((record.at, record.seq)));
    html! {
        div.section-head { h2 id="audit" { "Audit log" } span.count { "of the requests above" } }
        @if records.is_empty() {
            div.empty { p { "Nothing has been recorded yet." } }
        } @else {
            (audit_table(records.into_iter().take(AUDIT_RECORDS), true))
        }
    }
}
