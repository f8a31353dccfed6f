//! What Stripe knows about the charge, and which of its customers asks: for the page, and entered there.

use domain::approval::Refusal;
use domain::charge_lookup::ChargeReport;
use domain::form::TextFormat;
use domain::mail::{Mailer, sanitize_text};
use domain::request::{AnswerKind, Event, Request};
use domain::table::Table;
use domain::workflow::Workflow;
use jiff::Timestamp;
use maud::{Markup, html};

use crate::actions::Attempted;
use crate::{Case, Done, RecordApproval, Undone};

/// The input that the customer's id is entered in.
pub(crate) const CUSTOMER: &str = "stripeCustomerId";

impl<T: Table, M: Mailer, W: Workflow> RecordApproval<T, M, W> {
    /// Takes which of Stripe's customers it is, where the customer had left it out.
    pub(crate) async fn identify(
        &self,
        case: &mut Case,
        customer: &str,
        at: Timestamp,
    ) -> Attempted {
        let customer = customer.trim();
        // Whose the charge is follows from it: nobody says so of a charge that they ask back themselves.
        if let Some(ineligible) = case.ineligible() {
            self.note_right_code(case, at).await?;
            return Ok(Err(Undone::Refused(Refusal::Ineligible(ineligible))));
        }
        let Some(field) = missing(&case.request.value) else {
            self.note_right_code(case, at).await?;
            let message = "it is known already which of Stripe's customers this is".to_owned();
            return Ok(Err(Undone::Unfit(CUSTOMER, message)));
        };
        if !TextFormat::StripeCustomer.accepts(customer) {
            self.note_right_code(case, at).await?;
            let message = "a Stripe customer looks like cus_1A2b3C".to_owned();
            return Ok(Err(Undone::Unfit(CUSTOMER, message)));
        }
        let by = case.approver().to_owned();
        let event = Event::CustomerIdentified {
            by: &by,
            field: &field,
            customer,
        };
        case.link.value.note_right_code(at);
        self.save(case, &event, at, Vec::new()).await?;
        Ok(Ok(Done::Identified))
    }
}

/// The field for Stripe's customer, if there is one and it was left empty.
fn missing(request: &Request) -> Option<domain::id::FieldName> {
    let answers = request.answers.iter();
    let mut open = answers.filter(|a| a.kind == AnswerKind::Customer && a.value.is_none());
    open.next().map(|answer| answer.name.clone())
}

/// What Stripe knows, with warnings first.
pub(crate) fn card(report: &ChargeReport) -> Markup {
    let warnings = report.warnings();
    html! {
        section.card aria-labelledby="charge" {
            h2 #charge { "The charge at Stripe" }
            @if !warnings.is_empty() {
                div.note.bad role="note" {
                    @for warning in &warnings { p { (warning) } }
                }
            }
            dl {
                @for (label, value) in report.lines() {
                    dt { (label) }
                    dd { bdi { (sanitize_text(&value)) } }
                }
            }
        }
    }
}

/// Where the customer's id is entered while it is missing.
pub(crate) fn form(request: &Request, code: &str, is_unfit: bool) -> Markup {
    let invalid = is_unfit.then_some("true");
    html! {
        @if missing(request).is_some() {
            details.card open[is_unfit] {
                summary { "Enter the Stripe customer" }
                form method="post" {
                    input type="hidden" name="code" value=(code);
                    input type="hidden" name="action" value="identify";
                    div.field {
                        label for=(CUSTOMER) { "Stripe Customer ID" }
                        small #customer-help { "Who the customer is in Stripe, where you know it. It stands in the audit log that you entered it." }
                        input id=(CUSTOMER) name=(CUSTOMER) required autocomplete="off" aria-describedby="customer-help" aria-invalid=[invalid];
                    }
                    button.quiet type="submit" { "Enter it" }
                }
            }
        }
    }
}
