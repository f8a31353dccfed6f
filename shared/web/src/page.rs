//! The frame of every page: one column, no scripts, nothing loaded from elsewhere, light and dark, in forced colours and on
//! paper. What people wrote is shown in its own direction, line by line, as by `dir=auto`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lambda_http::http::HeaderValue;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use domain::brand::{Brand, Color};
use domain::dates::until;
use domain::mail::sanitize_text;
use domain::request::Answered;
use jiff::Timestamp;

use crate::palette::Palette;

const STYLE: &str = include_str!("page.css");

/// A whole page.
#[derive(Debug, Clone)]
pub struct Page {
    html: Markup,
    style: String,
}

/// An arrow back, in the address itself: no page loads anything, and browsers ask for no `/favicon.ico`.
fn icon(color: Color) -> String {
    let color = color.to_string().replace('#', "%23");
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='{color}'/%3E%3Cpath d='M13 7l-6 6 6 6M7 13h12a5 5 0 0 1 0 10h-5' fill='none' stroke='%23fff' stroke-width='3' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E"
    )
}

impl Page {
    /// Allows the page's own style, icon and forms, and nothing else. Scripts are not among what is needed.
    pub(crate) fn policy(&self) -> HeaderValue {
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            STANDARD.encode(Sha256::digest(&self.style))
        );
        HeaderValue::from_str(&policy).expect("the policy is ASCII")
    }
}

impl From<Page> for String {
    fn from(page: Page) -> Self {
        page.html.into_string()
    }
}

/// Whom a page comes from, and when it is read.
#[derive(Debug, Clone)]
pub struct PageContext {
    /// Whom it comes from.
    pub brand: Brand,
    /// When it was asked for.
    pub now: Timestamp,
}

impl PageContext {
    /// A whole page with a title and a main part.
    pub fn page(&self, title: &str, main: &Markup) -> Page {
        page(&self.brand, title, main)
    }

    /// A point in time, as text.
    pub fn when(&self, at: Timestamp) -> String {
        self.brand.zone.when(at)
    }

    /// A point in time, which programs can read too.
    pub fn time(&self, at: Timestamp) -> Markup {
        html! { time datetime=(at) { (self.when(at)) } }
    }

    /// The day of a point in time, which programs can read too.
    pub fn day(&self, at: Timestamp) -> Markup {
        html! { time datetime=(at) { (self.brand.zone.day(at)) } }
    }

    /// A point in time until which something can be done, and how long that is.
    pub fn deadline(&self, at: Timestamp) -> Markup {
        html! { (self.time(at)) @if let Some(left) = until(at, self.now) { " (" (left) ")" } }
    }
}

/// A whole page with a title and a main part. It never loads itself anew: somebody may be reading it
/// aloud, or writing into it.
pub(crate) fn page(brand: &Brand, title: &str, main: &Markup) -> Page {
    let Palette { on_light, on_dark } = Palette::of(brand.color);
    let style = format!(
        "{STYLE}:root{{--accent:{on_light}}}@media screen and (prefers-color-scheme:dark){{:root{{--accent:{on_dark}}}}}"
    );
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                link rel="icon" href=(icon(on_light));
                title { (title) " · " (brand.name) }
                style { (PreEscaped(&style)) }
            }
            body {
                header { p.logo { (brand.logo) } }
                main { (main) }
                @if !brand.contacts.is_empty() || !brand.footer.is_empty() { (footer(brand)) }
            }
        }
    };
    Page { html, style }
}

/// Whom to ask, and what the brand has to say on every page.
fn footer(brand: &Brand) -> Markup {
    html! {
        footer {
            @if !brand.contacts.is_empty() {
                p {
                    "Questions? "
                    @for (position, contact) in brand.contacts.iter().enumerate() {
                        @if position > 0 { ", " }
                        a href=(contact.href()) { (contact) }
                    }
                }
            }
            @if !brand.footer.is_empty() { p { (brand.footer) } }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_policy_allows_the_style_of_the_page_in_the_brands_color() {
        let of = |color: &str| {
            let color = color.parse().unwrap();
            page(
                &Brand {
                    color,
                    ..Brand::default()
                },
                "Title",
                &html! {},
            )
        };
        let (blue, yellow) = (of("#2453c9"), of("#ffcc00"));
        assert_ne!(blue.policy(), yellow.policy());
        for page in [blue, yellow] {
            let policy = page.policy();
            let html = String::from(page);
            let (_, style) = html.split_once("<style>").unwrap();
            let (style, _) = style.split_once("</style>").unwrap();
            let hash = STANDARD.encode(Sha256::digest(style));
            assert!(
                policy
                    .to_str()
                    .unwrap()
                    .contains(&format!("'sha256-{hash}'"))
            );
        }
    }

    #[test]
    fn a_page_without_contact_and_footer_has_none() {
        let html = String::from(page(&Brand::default(), "Title", &html! {}));
        assert!(!html.contains("<footer>") && html.contains("<title>Title · Refund Desk</title>"));
    }
}
