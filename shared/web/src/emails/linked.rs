//! Web addresses in a running text.

use linkify::{LinkFinder, LinkKind};
use maud::{Markup, html};

/// A paragraph as HTML, in which those web addresses are links that may be. Line breaks become spaces: they are
/// where the author wrapped a line.
pub(super) fn linked(paragraph: &str, may_be_link: impl Fn(&str) -> bool) -> Markup {
    let words: Vec<_> = paragraph.split_whitespace().collect();
    let line = words.join(" ");
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    html! {
        @for span in finder.spans(&line) {
            @if span.kind().is_some() && may_be_link(span.as_str()) {
                a href=(span.as_str()) { (span.as_str()) }
            } @else {
                (span.as_str())
            }
        }
    }
}

/// The paragraphs of a text: an empty line stands between two of them.
pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n")
        .map(str::trim)
        .filter(|paragraph| !paragraph.is_empty())
}
