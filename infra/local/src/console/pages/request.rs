//! One request: where it is, what was asked, what happened.

use maud::{Markup, html};

use super::home::{fact_card, mail_card};
use super::{Page, audit_table, chip, drawing, framed, moment, request_path, span, time, title};
use crate::console::view::{Request, Run, Snapshot};
use crate::outbox::Mail;

/// None: there is no such request.
pub(crate) fn page(snapshot: &Snapshot, id: &str) -> Option<Page> {
    let request = snapshot.requests.iter().find(|request| request.id == id)?;
    let title = title(request);
    // A mail belongs to a request when it names it.
    let of_request = |mail: &&Mail| mail.text.contains(id) || mail.html.contains(id);
    let mails: Vec<&Mail> = snapshot.mails.iter().filter(of_request).collect();
    let records = || snapshot.audit.iter().filter(|record| record.request == id);
    Some(Page {
        body: html! {
            p.crumbs { a href="/_local" { "Console" } }
            div.title data-news={ (title) ": " (request.phase) } { h1 { (title) } (chip(request)) }
            p.lede {
                span.mono { (request.id) }
                @if !request.phase.is_empty() { " · " (request.phase) }
                @if !request.updated_at.is_empty() { " · " (moment(&request.updated_at)) }
            }
            div.columns {
                div { @if let Some(run) = &request.run { (way(request, run)) } }
                div {
                    (fact_card("Asked for", &request.values))
                    (fact_card("Found out", &request.outputs))
                    @for mail in mails { (mail_card(mail)) }
                }
            }
            @if records().next().is_some() {
                section.wide aria-labelledby="audit" {
                    div.section-head { h2 id="audit" { "Audit trail" } }
                    div.card.scroll { (audit_table(records(), false)) }
                }
            }
        },
        title,
    })
}

fn way(request: &Request, run: &Run) -> Markup {
    html! {
        div.card {
            div.card-head {
                h3 { "Where it is" }
                a.meta href={ "/_local/api/executions/" (request.id) } { "as JSON" }
            }
            @match drawing(request, run) {
                Some(drawing) => (framed(&drawing.picture)),
                None => p.meta { "Its state machine is not published any more." },
            }
            @if let Some(error) = &run.error {
                p.block { span.chip.bad { (error) } " " (run.cause.as_deref().unwrap_or_default()) }
            }
            @if run.is_redrivable {
                form.actions method="post" action={ (request_path(&request.id)) "/redrive" } {
                    button.action id="redrive" { "Redrive" }
                    span.meta { "It goes on from where it stopped. Mend the cause first." }
                }
            }
        }
        div.card {
            h3 { "Steps" }
            table.block {
                thead {
                    tr {
                        th scope="col" { "Entered" }
                        th scope="col" { "State" }
                        th scope="col" { "For" }
                    }
                }
                tbody {
                    @for step in &run.steps {
                        tr {
                            td.when { (time(step.entered_at)) }
                            td { (step.state) }
                            td.when {
                                @match step.left_at {
                                    Some(left) => (span(step.entered_at.duration_until(left))),
                                    None => @if run.progress.current.is_some() { "still there" },
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
