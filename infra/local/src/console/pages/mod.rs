//! The pages, and the document around each.

pub(crate) mod home;
pub(crate) mod mail;
pub(crate) mod parts;
pub(crate) mod request;

use maud::{DOCTYPE, Markup, PreEscaped, html};

const LOGO: &str = include_str!("../logo.svg");
const STYLE: &str = include_str!("../style.css");
const SCRIPT: &str = include_str!("../live.js");

/// A page without its frame.
pub(crate) struct Page {
    pub(crate) title: String,
    /// The part that changes.
    pub(crate) body: Markup,
}

/// The whole document around a page.
pub(crate) fn shell(page: &Page, version: &str, nonce: &str, forms: &[(String, String)]) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (page.title) " · Refund Desk" }
                link rel="icon" href="data:,";
                style nonce=(nonce) { (PreEscaped(STYLE)) }
            }
            body {
                a.skip href="#live" { "To the content" }
                header.top {
                    div.top-in {
                        a.brand href="/_local" { (PreEscaped(LOGO)) span { "Refund Desk " small { "local console" } } }
                        nav aria-label="Sections" {
                            a href="/_local#requests" { "Requests" }
                            a href="/_local#outbox" { "Outbox" }
                            a href="/_local#audit" { "Audit log" }
                        }
                        form.find action="/_local" role="search" {
                            input type="search" name="find" placeholder="Reference, id or address"
                                aria-label="Find a request by its reference or id, or mails by an address";
                        }
                        @for (title, path) in forms {
                            a.button href=(path) { "New: " (title) }
                        }
                    }
                }
                p.unseen id="status" role="status" {}
                main id="live" tabindex="-1" data-tag=(version) { (page.body) }
                footer { p { "A stand-in for development on this machine. No mail leaves it and no money moves." } }
                script nonce=(nonce) { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

/// The page of an address that does not exist.
pub(crate) fn missing() -> Page {
    Page {
        title: "Not found".to_owned(),
        body: html! {
            div.title { h1 { "Nothing here" } }
            p.lede { "This stack does not know it (any more). " a href="/_local" { "Back to the console" } }
        },
    }
}
