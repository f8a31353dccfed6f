//! The whole case, and what an approver can do with it.

use domain::approval::Verdict;
use domain::mail::sanitize_text;
use domain::question::{QUESTION_CHARS, Question};
use maud::{Markup, html};
use web::{answers, page};

use super::{Notice, Written, footer, noted};
use crate::form_data::field_of;
use crate::{Case, charge, ownership};

/// The page for somebody who knows the code: everything about the case, and what can be done with it.
pub(super) fn case(
    case: &Case,
    written: &Written<'_>,
    colleagues: &[String],
    notice: &Notice<'_>,
) -> Markup {
    if case.approval.value.decision().is_some() {
        return ownership::page_again(case, written.code, &noted(notice));
    }
    let (approval, request) = (&case.approval.value, &case.request.value);
    let ineligible = case.ineligible();
    page(
        &approval.question,
        &html! {
            p.crumb { (approval.phase) " · " (request.title) }
            h1 { (approval.question) }
            p { "You decide as " strong { bdi { (case.approver()) } } ", for the " (approval.responsible) "." }
            (noted(notice))
            section.card aria-labelledby="case" {
                h2 #case { "The request" }
                (answers(&request.answers))
            }
            @if let Some(report) = &case.report { (charge::card(report)) }
            @if !request.questions.is_empty() {
                section.card aria-labelledby="asked" {
                    h2 #asked { "Asked and answered" }
                    @for question in &request.questions { (exchange(question)) }
                }
            }
            @match &ineligible {
                Some(ineligible) => div.note role="status" { p { "Here " (ineligible) "." } },
                None => (decision_form(case, written, notice)),
            }
            (charge::form(request, written.code, matches!(notice, Notice::Unfit { field, .. } if *field == charge::CUSTOMER)))
            (ownership::form(case, written.code))
            (other_ways(written, colleagues, notice))
            (footer(case))
        },
    )
}

fn exchange(question: &Question) -> Markup {
    html! {
        dl {
            dt { (question.requester) " asked" }
            dd { bdi { (sanitize_text(&question.text)) } }
            dt { "The customer" }
            @match &question.reply {
                Some(reply) => dd { bdi { (sanitize_text(&reply.text)) } },
                None => dd.none { "has not answered yet" },
            }
        }
    }
}

fn decision_form(case: &Case, written: &Written<'_>, notice: &Notice<'_>) -> Markup {
    let invalid = matches!(notice, Notice::Refused(refusal) if field_of(refusal) == Some("reason"));
    let missing = case.approval.value.missing();
    let choice = |verdict: Verdict, label: &str| {
        html! {
            label.choice {
                input type="radio" name="decision" value=(verdict.as_str()) required checked[written.decision == Some(verdict.as_str())];
                (label)
            }
        }
    };
    html! {
        form.card method="post" {
            input type="hidden" name="code" value=(written.code);
            fieldset.field {
                legend { "Your decision" }
                (choice(Verdict::Approve, "Approve"))
                (choice(Verdict::Reject, "Reject"))
            }
            div.field {
                label for="reason" { "Reason" }
                small #reason-help { "Needed to reject; the customer is told. Otherwise for the record." }
                textarea #reason name="reason" aria-describedby="reason-help" aria-invalid=[invalid.then_some("true")] { "\n" (written.reason) }
            }
            @if missing > 1 { p.soft { (missing) " more approvals of different people are needed; the first rejection ends it." } }
            button type="submit" { "Record my decision" }
        }
    }
}

/// What else can be done: ask the customer, hand the case over.
fn other_ways(written: &Written<'_>, colleagues: &[String], notice: &Notice<'_>) -> Markup {
    let unfit = |name| matches!(notice, Notice::Unfit { field, .. } if *field == name);
    let invalid = |name| unfit(name).then_some("true");
    html! {
        details.card open[unfit("question")] {
            summary { "Ask the customer something" }
            form method="post" {
                input type="hidden" name="code" value=(written.code);
                input type="hidden" name="action" value="ask";
                div.field {
                    label for="question" { "Your question" }
                    small #question-help { "The customer gets a mail and answers on their own page. They are not told who asks." }
                    textarea #question name="question" required maxlength=(QUESTION_CHARS) aria-describedby="question-help" aria-invalid=[invalid("question")] { "\n" (written.question) }
                }
                button.quiet type="submit" { "Send the question" }
            }
        }
        @if !colleagues.is_empty() {
            details.card open[unfit("to")] {
                summary { "Hand it to a colleague" }
                form method="post" {
                    input type="hidden" name="code" value=(written.code);
                    input type="hidden" name="action" value="hand-over";
                    div.field {
                        label for="to" { "Colleague" }
                        small #to-help { "They get a mail with links and a code of their own, and yours stop working." }
                        select #to name="to" required aria-describedby="to-help" aria-invalid=[invalid("to")] {
                            option value="" { "Please choose" }
                            @for colleague in colleagues { option value=(colleague) { (colleague) } }
                        }
                    }
                    button.quiet type="submit" { "Hand it over" }
                }
            }
        }
    }
}
