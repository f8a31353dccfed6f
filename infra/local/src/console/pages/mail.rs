//! One mail: its links and code, its text, its HTML in a sandbox.

use maud::html;

use super::Page;
use super::parts::{mail_actions, mail_text, time};
use crate::outbox::Mail;

pub(crate) fn page(mail: &Mail) -> Page {
    Page {
        title: mail.subject.clone(),
        body: html! {
            p.crumbs { a href="/_local#outbox" { "Outbox" } }
            div.title { h1 { (mail.subject) } }
            div.card {
                dl.facts {
                    dt { "To" } dd { (mail.to) }
                    dt { "From" } dd { (mail.from) }
                    dt { "Sent" } dd { (time(mail.sent_at)) " UTC" }
                }
                (mail_actions(mail))
            }
            @if !mail.text.is_empty() {
                section.card aria-labelledby="text" {
                    h2 id="text" { "Text" }
                    (mail_text(mail))
                }
            }
            @if !mail.html.is_empty() {
                section.card aria-labelledby="html" {
                    h2 id="html" { "HTML" }
                    iframe title="The email's HTML" src={ "/_local/emails/" (mail.id) "/html" }
                        sandbox="allow-top-navigation-by-user-activation" {}
                }
            }
        },
    }
}
