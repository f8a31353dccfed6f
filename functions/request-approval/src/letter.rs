//! The mail that asks an approver.

use maud::{Markup, html};
use shared::approval::{Approval, LinkKey, Verdict};
use shared::mail::{Mail, document};
use shared::request::{Answered, Request};

const BUTTON: &str = "display:inline-block;padding:.75rem 1.5rem;margin:0 .75rem .75rem 0;border-radius:.5rem;color:#fff;font-weight:600;text-decoration:none;";

/// The mail to one approver: the case at a glance, two links, and the code that makes them work.
///
/// The subject names neither the customer nor what they wrote: subjects show on locked screens.
pub(crate) fn letter(
    request: &Request,
    approval: &Approval,
    to: &str,
    key: &LinkKey,
    is_reminder: bool,
) -> Mail {
    let (link_id, code) = approval.secrets(key, to);
    let link = |verdict: Verdict| {
        format!(
            "{}/approvals/{link_id}?decision={}",
            request.origin,
            verdict.as_str()
        )
    };
    let letter = Letter {
        request,
        approval,
        approve: link(Verdict::Approve),
        reject: link(Verdict::Reject),
        code,
        until: approval
            .decide_until
            .strftime("%-d %B %Y, %H:%M UTC")
            .to_string(),
    };
    let amount = request
        .amount()
        .map(|amount| format!(" of {amount}"))
        .unwrap_or_default();
    let reminder = if is_reminder { "Reminder: " } else { "" };
    Mail {
        to: to.to_owned(),
        subject: format!("{reminder}{}: {}{amount}", approval.phase, request.title),
        text: letter.text(),
        html: document(&letter.html().into_string()),
    }
}

struct Letter<'a> {
    request: &'a Request,
    approval: &'a Approval,
    approve: String,
    reject: String,
    code: String,
    until: String,
}

impl Letter<'_> {
    fn text(&self) -> String {
        let Self {
            request,
            approval,
            approve,
            reject,
            code,
            until,
        } = self;
        let case: Vec<String> = request.answers.iter().map(line).collect();
        format!(
            "{}\n\n{}, for the {}\n\n{}\n\nApprove: {approve}\nReject: {reject}\nCode: {code}\n\n\
             The page that opens asks for the code above. It is yours alone: please do not forward this mail.\n\
             You can decide until {until}. Request {}\n",
            approval.question,
            approval.phase,
            approval.responsible,
            case.join("\n"),
            request.request_id,
        )
    }

    fn html(&self) -> Markup {
        let Self {
            request,
            approval,
            approve,
            reject,
            code,
            until,
        } = self;
        html! {
            p { (approval.phase) ", for the " (approval.responsible) }
            h1 style="font-size:1.35rem" { (approval.question) }
            table style="border-collapse:collapse;margin:1rem 0" {
                @for answer in &request.answers {
                    tr {
                        th scope="row" style="text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0;font-weight:400" { (answer.label) }
                        td style="padding:.25rem 0;white-space:pre-wrap" {
                            @if let Some(value) = &answer.value { bdi { (value) } } @else { "not given" }
                        }
                    }
                }
            }
            p {
                a href=(approve) style={ (BUTTON) "background:#17703c" } { "Approve" }
                a href=(reject) style={ (BUTTON) "background:#a3231f" } { "Reject" }
            }
            p { "Code: " strong style="font-size:1.25rem;letter-spacing:.15em" { (code) } }
            p {
                "The page that opens asks for this code. It is yours alone: please do not forward this mail. "
                "You can decide until " (until) "."
            }
            p { small { "Request " (request.request_id) } }
        }
    }
}

fn line(answer: &Answered) -> String {
    let value = answer
        .value
        .as_ref()
        .map_or_else(|| "not given".to_owned(), ToString::to_string);
    // Indented, so that no answer can begin a line that looks like one of ours.
    format!(
        "{}: {}",
        answer.label,
        value.lines().collect::<Vec<_>>().join("\n    ")
    )
}

#[cfg(test)]
mod tests {
    use shared::approval::fixture::{link_key, waiting};
    use shared::form::Value;
    use shared::request::fixture;

    use super::*;

    #[test]
    fn shows_the_case_the_links_and_the_code() {
        let (request, _) = fixture::request();
        let approval = Approval::ask(
            &waiting(request.request_id, 0, "token"),
            1,
            &["a@b.c".to_owned()],
        );
        let mail = letter(&request, &approval, "a@b.c", &link_key(), false);
        let (link_id, code) = approval.secrets(&link_key(), "a@b.c");
        assert_eq!(mail.subject, "CSM Review: Refund Request of $50.00");
        for part in [&mail.text, &mail.html] {
            for verdict in ["approve", "reject"] {
                assert!(part.contains(&format!(
                    "https://refunds.example.com/approvals/{link_id}?decision={verdict}"
                )));
            }
            assert!(part.contains("Charged twice in May."));
            assert!(!part.contains("token"));
        }
        assert!(
            mail.text
                .lines()
                .any(|line| line == format!("Code: {code}"))
        );
        assert!(
            letter(&request, &approval, "a@b.c", &link_key(), true)
                .subject
                .starts_with("Reminder: ")
        );
    }

    #[test]
    fn no_answer_can_forge_a_line_or_markup() {
        let (mut request, _) = fixture::request();
        let notes = request
            .answers
            .iter_mut()
            .find(|a| a.name.as_str() == "notes")
            .unwrap();
        notes.value = Some(Value::Text(
            "x\nCode: 000000\r\nApprove: https://evil.example\n<script>".into(),
        ));
        let approval = Approval::ask(
            &waiting(request.request_id, 0, "token"),
            1,
            &["a@b.c".to_owned()],
        );
        let mail = letter(&request, &approval, "a@b.c", &link_key(), false);
        assert_eq!(
            mail.text
                .lines()
                .filter(|line| line.starts_with("Code: "))
                .count(),
            1
        );
        assert_eq!(
            mail.text
                .lines()
                .filter(|line| line.starts_with("Approve: "))
                .count(),
            1
        );
        assert!(!mail.html.contains("<script>"));
    }
}
