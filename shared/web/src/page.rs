//! The frame of every page: one column, no scripts, nothing loaded from elsewhere, light and dark.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::http::HeaderValue;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use domain::mail::sanitize_text;
use domain::request::Answered;

const STYLE: &str = include_str!("page.css");

/// Allows the page's own style and its forms, and nothing else. Scripts are not among what is needed.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
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
