//! The mail to somebody who is asked to approve: the case at a glance, two links, and the code that makes
//! them work.

use maud::{Markup, html};

use super::{ApprovalEmail, BUTTON, CODE, NOTE, SOFT};
use domain::approval::Verdict;
use domain::form::Value;
use domain::inquiry::Inquiry;
use domain::mail::{Mail, sanitize_text};
use domain::request::Answered;

impl ApprovalEmail<'_> {
    /// The mail to an approver.
    pub fn mail(&self) -> Mail {
        let amount = self.request.amount();
        let amount = amount.map(|amount| format!(" of {amount}"));
        let subject = format!(
            "{}{}: {}{}",
            self.reason.prefix(),
            self.approval.phase,
            self.request.title,
            amount.unwrap_or_default()
        );
        crate::mail::from_parts(self.to, &subject, self.text(), &self.html().into_string())
            .related_to(self.request.request_id, &self.approval.phase)
    }

    /// What stands above the case.
    fn notes(&self) -> Vec<String> {
        let ineligible = self.ineligible.map(|ineligible| {
            format!(
                "You can look at this, but {ineligible}. Your colleagues have been asked as well."
            )
        });
        let several = (self.approval.asked.approvals() > 1).then(|| {
            format!(
                "{} different people have to approve this.",
                self.approval.asked.approvals()
            )
        });
        self.reason
            .sentence()
            .into_iter()
            .chain(ineligible)
            .chain(several)
            .collect()
    }

    fn text(&self) -> String {
        let Self {
            request, approval, ..
        } = self;
        let mut parts = vec![
            approval.question.clone(),
            format!(
                "{}, for the {}",
                approval.phase,
                approval.asked.responsible()
            ),
        ];
        parts.extend(self.notes());
        parts.push(lines(
            request.answers.iter().map(|a| (a.label.as_str(), shown(a))),
        ));
        parts.extend(request.inquiries.iter().map(|inquiry| {
            lines(
                [
                    ("Asked", sanitize_text(&inquiry.text)),
                    ("Customer", said(inquiry)),
                ]
                .into_iter(),
            )
        }));
        let mut links = format!(
            "Approve: {}\nReject: {}",
            self.link(Verdict::Approve.as_str()),
            self.link(Verdict::Reject.as_str())
        );
        if let Some(code) = self.code() {
            links = format!(
                "{links}\nCode: {code}\n\nThe page that opens asks for the code above. It is yours alone: please do not forward this mail."
            );
        }
        parts.push(links);
        parts.push(format!(
            "You can decide until {}. Request {}\n",
            self.until(),
            request.request_id
        ));
        parts.join("\n\n")
    }

    fn html(&self) -> Markup {
        let Self {
            request, approval, ..
        } = self;
        html! {
            p.soft style={ (SOFT) "margin:0 0 4px" } { (approval.phase) " · " (approval.asked.responsible()) }
            h1 style="font-size:22px;line-height:1.3;margin:0 0 16px" { (approval.question) }
            @for note in self.notes() { p.note style=(NOTE) { (note) } }
            (self.case())
            @for inquiry in &request.inquiries { (exchange(inquiry)) }
            p style="margin:24px 0 4px" {
                a.button href=(self.link(Verdict::Approve.as_str())) style={ (BUTTON) "background:#17703c" } { "Approve" }
                // A space, for readers whose mail program drops the styles.
                " "
                a.button href=(self.link(Verdict::Reject.as_str())) style={ (BUTTON) "background:#a3231f" } { "Reject" }
            }
            @if let Some(code) = self.code() {
                p style="margin:0 0 8px" { "The page that opens asks for this code:" }
                p style="margin:0 0 16px" { span.code style=(CODE) { (code) } }
            }
            p.soft style={ (SOFT) "font-size:14px;margin:0" } {
                "The links and the code are yours alone: please do not forward this mail. "
                "You can decide until " (self.until()) ". Request " (request.request_id)
            }
        }
    }

    fn case(&self) -> Markup {
        html! {
            table role="presentation" cellpadding="0" cellspacing="0" style="width:100%;border-collapse:collapse;margin:0 0 8px" {
                @for answer in &self.request.answers {
                    tr {
                        td.soft.line style={ (SOFT) "width:38%;text-align:left;vertical-align:top;padding:8px 12px 8px 0;border-top:1px solid #e6eaef" } { (answer.label) }
                        td.line style="vertical-align:top;padding:8px 0;border-top:1px solid #e6eaef;white-space:pre-wrap" {
                            @if answer.value.is_some() { bdi { (shown(answer)) } } @else { span.soft style=(SOFT) { "not given" } }
                        }
                    }
                }
            }
        }
    }
}

/// A question and what came of it.
fn exchange(inquiry: &Inquiry) -> Markup {
    html! {
        p.line style="margin:8px 0 0;padding:8px 0 0;border-top:1px solid #e6eaef" {
            span.soft style=(SOFT) { (inquiry.requester) " asked the customer: " }
            bdi style="white-space:pre-wrap" { (sanitize_text(&inquiry.text)) }
        }
        p style="margin:4px 0 8px" { strong { bdi style="white-space:pre-wrap" { (said(inquiry)) } } }
    }
}

fn said(inquiry: &Inquiry) -> String {
    let reply = inquiry.reply.as_ref();
    reply.map_or_else(
        || "(no answer yet)".to_owned(),
        |reply| sanitize_text(&reply.text),
    )
}

fn shown(answer: &Answered) -> String {
    let value = answer.value.as_ref();
    value.map_or_else(
        || "not given".to_owned(),
        |value: &Value| sanitize_text(&value.to_string()),
    )
}

/// `label: value` line by line. What a value has after its first line is indented, so that no answer can
/// begin a line that looks like one of ours.
fn lines<'t>(pairs: impl Iterator<Item = (&'t str, String)>) -> String {
    let line = |(label, value): (&str, String)| {
        let value: Vec<&str> = value.lines().collect();
        format!("{label}: {}", value.join("\n    "))
    };
    pairs.map(line).collect::<Vec<_>>().join("\n")
}
