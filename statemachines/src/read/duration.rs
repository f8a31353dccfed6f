//! Lengths of time: `every 24 hours`, `after 14 days`, `7 days`.

use crate::diagnostic::Report;
use crate::source::At;

/// `every 24 hours`, `after 14 days`; without a word in front `72 hours` or `after 72 hours`.
pub(crate) fn seconds(
    report: &mut Report<'_>,
    text: &At<String>,
    word: &str,
    example: &str,
) -> Option<At<u32>> {
    let parts: Vec<&str> = text.value.split_whitespace().collect();
    let length = match parts[..] {
        [first, count, unit] if first == word || (word.is_empty() && first == "after") => {
            Some((count, unit))
        }
        [count, unit] if word.is_empty() => Some((count, unit)),
        _ => None,
    };
    let parsed = length.and_then(|(count, unit)| {
        let unit_seconds = match unit.strip_suffix('s').unwrap_or(unit) {
            "minute" => 60,
            "hour" => 60 * 60,
            "day" => 24 * 60 * 60,
            "week" => 7 * 24 * 60 * 60,
            _ => return None,
        };
        let count = count.parse::<u32>().ok().filter(|count| *count > 0)?;
        count.checked_mul(unit_seconds)
    });
    let span = text.span;
    let value = report.expect(
        parsed,
        span,
        format!("`{}` is not a length of time", text.value),
        format!("Write it like `{example}`, in minutes, hours, days or weeks."),
    )?;
    Some(At { value, span })
}

/// A length of time in the largest unit that is exact: `7 days`.
pub(crate) fn length(seconds: u32) -> String {
    const UNITS: [(u32, &str); 3] = [(24 * 60 * 60, "day"), (60 * 60, "hour"), (60, "minute")];
    let exact = UNITS.iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    let (unit, name) = exact.unwrap_or(&(1, "second"));
    let count = seconds / unit;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {name}{plural}")
}
