//! The cells of a spreadsheet. A text that a spreadsheet program would take for a formula is made harmless.

use serde_json::Value;

/// What a formula begins with, and the full-width forms of it, which are taken for the same.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The cells of a row, in the order of these columns. A number stays one, also where it is negative, and what is missing is empty.
pub fn cells<'r>(columns: &'r [&str], row: &'r Value) -> impl Iterator<Item = String> + 'r {
    columns.iter().map(|name| match &row[*name] {
        Value::Null => String::new(),
        Value::String(text) => harmless(text),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            other.to_string()
        }
    })
}

/// The text with an apostrophe before what would begin a formula, so that it is read as text.
///
/// That can be within it too: a program for which a semicolon or a tab separates cells, or which does not know quotation
/// marks, has a cell there.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 1);
    if text.starts_with(['\t', '\r']) {
        safe.push('\'');
    }
    for part in text.split_inclusive([';', '\t', '\r', '\n']) {
        let first = part.chars().find(|c| is_visible(*c));
        if first.is_some_and(|c| FORMULA.contains(&c)) {
            safe.push('\'');
        }
        safe.push_str(part);
    }
    safe
}

/// Whether a program may not skip it before it looks at a cell, as it skips blanks, controls and what takes no room.
fn is_visible(c: char) -> bool {
    c.is_alphanumeric() || c.is_ascii_punctuation() || FORMULA.contains(&c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// Whether a spreadsheet program would calculate something of it.
    fn is_formula(cell: &str) -> bool {
        let is_skipped = |c: char| {
            let takes_no_room = matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
            c.is_whitespace() || c.is_control() || takes_no_room
        };
        let seen = cell.trim_start_matches(is_skipped);
        seen.starts_with(|c| "=+-@＝＋－＠".contains(c))
    }

    #[test]
    fn what_begins_like_a_formula_is_text_and_everything_else_stays() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("  =1", "'  =1"),
            ("\u{feff}=1", "'\u{feff}=1"),
            ("\u{a0}\u{200b}-1", "'\u{a0}\u{200b}-1"),
            ("\n=1", "\n'=1"),
            ("＝1", "'＝1"),
            ("＠x", "'＠x"),
            ("fine; =1", "fine;' =1"),
            ("a\t@b", "a\t'@b"),
            ("1-2=3", "1-2=3"),
            ("ada@example.com", "ada@example.com"),
            ("'quoted'", "'quoted'"),
            ("", ""),
        ] {
            assert_eq!(harmless(text), cell, "{text:?}");
        }
    }

    #[test]
    fn numbers_stay_numbers_and_what_is_missing_is_empty() {
        let row = json!({"amountCents": -5000, "seq": 7, "detail": "-5000", "charge": null});
        let columns = ["seq", "amountCents", "detail", "charge", "stripeId"];
        let row: Vec<_> = cells(&columns, &row).collect();
        assert_eq!(row, ["7", "-5000", "'-5000", "", ""]);
    }

    proptest! {
        #[test]
        fn no_text_is_a_formula_and_none_is_lost(text in "[ \t\r\n;,\"'=+@a1\u{a0}\u{feff}\u{200b}＝＋－＠-]{0,12}|.{0,12}") {
            let cell = harmless(&text);
            prop_assert!(!cell.starts_with(['\t', '\r']), "{cell:?}");
            for part in cell.split([';', '\t', '\r', '\n']) {
                prop_assert!(!is_formula(part), "{part:?} of {cell:?}");
            }
            let mut rest = cell.chars();
            let is_kept = text.chars().all(|c| rest.any(|it| it == c));
            prop_assert!(is_kept, "{cell:?}");
        }
    }
}
