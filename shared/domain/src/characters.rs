//! Which characters of a text somebody sees, and which no text may have.

use std::borrow::Cow;
use std::ops::RangeInclusive;

/// What Unicode 17 calls default-ignorable (`DerivedCoreProperties.txt`), and the blank of Braille, which is drawn as nothing.
const IGNORABLE: [RangeInclusive<char>; 18] = [
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{202a}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fff8}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// What ends a line somewhere: Word's line break, a form feed, and what Unicode calls next line, line separator and
/// paragraph separator.
const LINE_ENDS: [char; 5] = ['\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

/// Whether nobody sees it: white space, controls, and what is ignored when it is drawn.
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace() || c.is_control() || IGNORABLE.iter().any(|range| range.contains(&c))
}

/// What is printed or typed for a hyphen: hyphens, dashes and the minus sign of Unicode.
pub(crate) fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
    )
}

/// Whether a text says nothing to whoever reads it.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(is_invisible)
}

/// A text without white space around it. One that says nothing is empty.
pub fn trimmed(text: &str) -> &str {
    if is_blank(text) { "" } else { text.trim() }
}

/// A text of several lines, in which everything that ends a line is a line feed, or a carriage return and one.
pub fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if text.contains(LINE_ENDS) {
        Cow::Owned(text.replace(LINE_ENDS, "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// The first control character of a text but for these.
pub fn control_character(text: &str, allowed: &[char]) -> Option<char> {
    let mut found = text.chars();
    found.find(|c| c.is_control() && !allowed.contains(c))
}

/// The invisible characters as they stand in the brackets of a regular expression in JSON Schema.
pub(crate) fn invisible_class() -> String {
    let ignorable = IGNORABLE.iter().map(range_in_class);
    format!(
        "\\s\\u0000-\\u001f\\u007f-\\u009f{}",
        ignorable.collect::<String>()
    )
}

/// The controls but for these, for the brackets of a regular expression.
pub(crate) fn control_class(allowed: &[char]) -> String {
    let is_forbidden = |c: &char| c.is_control() && !allowed.contains(c);
    let forbidden: Vec<char> = ('\0'..='\u{9f}').filter(is_forbidden).collect();
    let follows = |one: &char, next: &char| u32::from(*one) + 1 == u32::from(*next);
    let ranges = forbidden.chunk_by(follows);
    ranges
        .map(|range| range_in_class(&(range[0]..=range[range.len() - 1])))
        .collect()
}

fn range_in_class(range: &RangeInclusive<char>) -> String {
    let [first, last] = [range.start(), range.end()].map(|c| in_class(*c));
    if first == last {
        first
    } else {
        format!("{first}-{last}")
    }
}

/// Only characters beyond the basic plane have no escape that all engines know.
fn in_class(c: char) -> String {
    match u32::from(c) {
        code @ ..=0xffff => format!("\\u{code:04x}"),
        _ => c.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_says_nothing() {
        for blank in [
            "",
            " ",
            "\u{a0}\u{3000}",
            "\u{200b}",
            "\u{feff}\u{2060}",
            "\u{ad}",
            "\u{3164}",
            "\u{2800}",
            "\u{202e}\u{200f}",
            "\u{e0041}",
            "\t\r\n\u{b}",
            "\u{0}\u{7}",
            "\u{fe0f}",
        ] {
            assert!(is_blank(blank), "{blank:?}");
            assert_eq!(trimmed(blank), "");
        }
        for text in ["a", "。", "\u{200b}a", "👍\u{fe0f}", "٣", "-"] {
            assert!(!is_blank(text), "{text:?}");
        }
        assert_eq!(trimmed(" \u{3000}a b\n"), "a b");
    }

    #[test]
    fn whatever_ends_a_line_is_a_line_feed() {
        assert_eq!(
            with_line_feeds("a\u{b}b\u{2028}c\u{85}d\r\ne"),
            "a\nb\nc\nd\r\ne"
        );
        assert!(matches!(with_line_feeds("a\nb"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_first_control_character_is_found() {
        assert_eq!(control_character("a\tb\u{7}\u{8}", &['\t']), Some('\u{7}'));
        assert_eq!(control_character("a\u{9b}", &[]), Some('\u{9b}'));
        assert_eq!(control_character("a\tb", &['\t']), None);
    }
}
