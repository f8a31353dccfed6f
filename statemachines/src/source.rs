//! The definition's text, and places in it.
//!
//! Everything read from a definition keeps the place it was read from, so that every problem can be
//! shown where it is.

use std::ops::Range;

use serde::{Deserialize, Deserializer};
use serde_saphyr::Spanned;

/// Some bytes of the definition's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

/// A value and where it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it was read.
    pub span: Span,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Spanned {
            value, referenced, ..
        } = Spanned::deserialize(deserializer)?;
        // A definition is far smaller than the 4 GiB from which on there are no byte offsets.
        let byte = |offset: Option<u64>| offset.and_then(|o| usize::try_from(o).ok()).unwrap_or(0);
        let start = byte(referenced.span().byte_offset());
        let end = start + byte(referenced.span().byte_len());
        Ok(At {
            value,
            span: Span { start, end },
        })
    }
}

/// The place of a part of a scalar.
///
/// `value` is what YAML made of the text at `span`: quotes, line folding and indentation are gone.
/// What is left is the same characters in the same order, apart from white space, so the two are
/// walked side by side. Where that fails (an escape in double quotes) the whole scalar is the answer.
pub(crate) fn place_within(text: &str, span: Span, value: &str, part: Range<usize>) -> Span {
    let Some(raw) = text.get(span.start..span.end) else {
        return span;
    };
    let mut raw_chars = raw.char_indices().filter(|(_, c)| !c.is_whitespace());
    let mut found: Option<Span> = None;
    for (index, c) in value.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        if index >= part.end && found.is_some() {
            break;
        }
        let Some(at) = skip_to(&mut raw_chars, c) else {
            return span;
        };
        let start = span.start + at;
        let end = start + c.len_utf8();
        if index >= part.start {
            found = Some(Span {
                start: found.map_or(start, |f| f.start),
                end,
            });
        }
    }
    found.unwrap_or(Span {
        start: span.end.max(span.start + 1) - 1,
        end: span.end,
    })
}

/// The next `wanted`, past the marks that quoting adds.
fn skip_to(raw: &mut impl Iterator<Item = (usize, char)>, wanted: char) -> Option<usize> {
    for (at, c) in raw {
        if c == wanted {
            return Some(at);
        }
        if !['\'', '"', '\\'].contains(&c) {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(raw: &str, value: &str, part: &str, expected: &str) {
        let text = format!("key: {raw}");
        let span = Span {
            start: 5,
            end: text.len(),
        };
        let start = value.find(part).unwrap();
        let place = place_within(&text, span, value, start..start + part.len());
        assert_eq!(&text[place.start..place.end], expected);
    }

    #[test]
    fn finds_parts_of_scalars_of_every_style() {
        check("a >= 500", "a >= 500", "500", "500");
        check("'it''s {{ x }}'", "it's {{ x }}", "x", "x");
        check("\"say \\\"{{ x }}\"", "say \"{{ x }}", "x", "x");
        check(
            "Hi ü\n\n    {{ name }}\n",
            "Hi ü\n\n{{ name }}\n",
            "name",
            "name",
        );
        check("folded\n  text", "folded text", "text", "text");
    }

    #[test]
    fn falls_back_to_the_whole_scalar() {
        check("\"a\\tb x\"", "a\tb x", "x", "\"a\\tb x\"");
    }
}
