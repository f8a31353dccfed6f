//! The frame of every page: one column, no scripts, nothing loaded from elsewhere, light and dark, in forced colours and on
//! paper. What people wrote is shown in its own direction, line by line, as by `dir=auto`.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::http::HeaderValue;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use domain::mail::sanitize_text;
use domain::request::Answered;

const STYLE: &str = include_str!("page.css");

/// An arrow back, in the address itself: no page loads anything, and browsers ask for no `/favicon.ico`.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%232453c9'/%3E%3Cpath d='M13 7l-6 6 6 6M7 13h12a5 5 0 0 1 0 10h-5' fill='none' stroke='%23fff' stroke-width='3' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

/// Allows the page's own style, icon and forms, and nothing else. Scripts are not among what is needed.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        STANDARD.encode(Sha256::digest(STYLE))
    );
    HeaderValue::from_str(&policy).expect("the policy is ASCII")
});

pub(crate) fn policy() -> HeaderValue {
    POLICY.clone()
}

/// A whole page with a title and a main part. It never loads itself anew: somebody may be reading it
/// aloud, or writing into it.
pub fn page(title: &str, main: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href=(ICON);
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main { (main) }
            }
        }
    }
}

/// The questions of a form with the answers that were given, as a list to read. An answer of an approver's says so.
pub fn answers(answered: &[Answered]) -> Markup {
    html! {
        dl {
            @for answer in answered {
                dt { (answer.label) }
                @match &answer.value {
                    Some(value) => dd {
                        bdi { (sanitize_text(&value.to_string())) }
                        @if let Some(by) = &answer.given_by { small { " entered by " bdi { (by) } } }
                    },
                    None => dd.none { "not given" },
                }
            }
        }
    }
}
