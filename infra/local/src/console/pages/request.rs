//! One request: where it is, what was asked, what happened.

use domain::request::{Output, Request};
use maud::{Markup, html};

use super::Page;
use super::parts::{audit_table, chip, drawing, mail_card, request_path, span, time};
use crate::console::source::{Console, RequestView, reference, steps};
use crate::states::ExecutionView;

/// None: there is no such request.
pub(crate) fn page(console: &Console, id: &str) -> Option<Page> {
    let request = console.request(id)?;
    let title = request.title().to_owned();
    let phase = request.phase().unwrap_or_default();
    let mails = console.outbox.that_name(id, request.began_at()?);
    Some(Page {
        body: html! {
            p.crumbs { a href="/_local" { "Console" } }
            div.title data-status={ (title) ": " (phase) } { h1 { (title) } (chip(&request)) }
            p.lede {
                @if let Some(reference) = reference(&request.id) { (reference) " · " }
                span.mono { (request.id) }
                @if !phase.is_empty() { " · " (phase) }
                @if let Some(known) = &request.request { " · " (time(known.updated_at)) }
            }
            div.columns {
                div { @if let Some(run) = &request.run { (progress(&request, run)) } }
                div {
                    @if let Some(known) = &request.request { (answers(known)) }
                    @for mail in &mails { (mail_card(mail)) }
                }
            }
            @if !request.audit.is_empty() {
                section.wide aria-labelledby="audit" {
                    div.section-head { h2 id="audit" { "Audit log" } }
                    (audit_table(request.audit.iter().rev(), false))
                }
            }
        },
        title,
    })
}

/// What the customer answered, and what phases found out.
fn answers(request: &Request) -> Markup {
    let answers = request.answers.iter();
    let asked = answers.filter_map(|it| Some((it.label.as_str(), it.value.as_ref()?.to_string())));
    let text = |value: &Output| match value {
        Output::Text(text) => text.clone(),
        Output::Refund { id, amount, status } => format!("{amount}, {status}: {id}"),
    };
    let outputs = request.outputs.iter();
    let found = outputs.map(|(name, value)| (name.as_str(), text(value)));
    html! {
        (facts("Asked for", asked))
        @if !request.outputs.is_empty() { (facts("Found out", found)) }
    }
}

fn facts<'a>(title: &str, facts: impl Iterator<Item = (&'a str, String)>) -> Markup {
    html! {
        div.card {
            h2 { (title) }
            dl.facts {
                @for (name, value) in facts { dt { (name) } dd { (value) } }
            }
        }
    }
}

fn progress(request: &RequestView, run: &ExecutionView) -> Markup {
    html! {
        div.card {
            div.card-head {
                h2 { "Where it is" }
                a.meta href={ "/_local/api/executions/" (request.id) } { "as JSON" }
            }
            @match drawing(run, 0) {
                Some(drawing) => (drawing.picture),
                None => p.meta { "Its state machine cannot be drawn." },
            }
            @if let Some(error) = &run.error {
                p.block { span.chip.bad { (error) } " " (run.cause.as_deref().unwrap_or_default()) }
            }
            @if run.not_redrivable.is_none() {
                form.actions method="post" action={ (request_path(&request.id)) "/redrive" } {
                    button.action id="redrive" { "Redrive" }
                    span.meta { "It goes on from where it stopped. Mend the cause first." }
                }
            }
        }
        div.card {
            h2 { "Steps" }
            table.block {
                thead {
                    tr {
                        @for head in ["Entered", "State", "For"] { th scope="col" { (head) } }
                    }
                }
                tbody {
                    @for step in steps(run) {
                        tr {
                            td.when { (time(step.entered_at)) }
                            td { (step.state) }
                            td.when {
                                @match step.left_at {
                                    Some(left) => (span(step.entered_at.duration_until(left))),
                                    None => @if run.current_state.is_some() { "still there" },
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
