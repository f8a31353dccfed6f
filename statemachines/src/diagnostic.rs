//! What is wrong with a definition, shown where it is, with what to do about it.

use std::fmt;

use crate::source::Span;

/// One problem of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The line it is on, from 1.
    pub line: usize,
    /// The column it begins at, in characters from 1.
    pub column: usize,
    /// How many characters of the line it concerns, at least 1.
    pub width: usize,
    /// The line as it was written.
    pub text: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub help: String,
}

/// All problems of one definition, in the order of its lines. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostics {
    /// The file.
    pub path: String,
    /// The problems.
    pub problems: Vec<Diagnostic>,
}

impl std::error::Error for Diagnostics {}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            problem.write(f, &self.path)?;
        }
        Ok(())
    }
}

impl Diagnostic {
    fn write(&self, f: &mut fmt::Formatter<'_>, path: &str) -> fmt::Result {
        let Diagnostic { line, column, .. } = self;
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let indent = " ".repeat(column - 1);
        let carets = "^".repeat(self.width);
        writeln!(f, "error: {}", self.problem)?;
        writeln!(f, "{margin}--> {path}:{line}:{column}")?;
        writeln!(f, "{margin} |")?;
        writeln!(f, "{number} | {}", self.text)?;
        writeln!(f, "{margin} | {indent}{carets}")?;
        writeln!(f, "{margin} = {}", self.help)
    }
}

/// Collects the problems of one definition while it is read and checked.
pub(crate) struct Report<'s> {
    /// The definition's text.
    pub(crate) source: &'s str,
    problems: Vec<(Span, String, String)>,
}

impl<'s> Report<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        Self {
            source,
            problems: Vec::new(),
        }
    }

    /// Notes what is wrong at a place, and what to do.
    pub(crate) fn refuse(&mut self, at: Span, problem: impl Into<String>, help: impl Into<String>) {
        self.problems.push((at, problem.into(), help.into()));
    }

    /// How many problems there are so far.
    pub(crate) fn count(&self) -> usize {
        self.problems.len()
    }

    /// `None` when there was no problem.
    pub(crate) fn finish(mut self, path: &str) -> Option<Diagnostics> {
        self.problems.sort_by_key(|(at, ..)| at.start);
        let problems: Vec<Diagnostic> = self
            .problems
            .iter()
            .map(|(at, problem, help)| self.diagnostic(*at, problem, help))
            .collect();
        (!problems.is_empty()).then(|| Diagnostics {
            path: path.to_owned(),
            problems,
        })
    }

    fn diagnostic(&self, at: Span, problem: &str, help: &str) -> Diagnostic {
        let start = at.start.min(self.source.len());
        let before = self.source.get(..start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let text = self.source[line_start..].lines().next().unwrap_or_default();
        let left = text.len().saturating_sub(start - line_start);
        let end = start + at.end.saturating_sub(start).min(left);
        let marked = self.source.get(start..end).unwrap_or_default();
        Diagnostic {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            width: marked.trim_end().chars().count().max(1),
            // A tab would push the line away from its carets.
            text: text.replace('\t', " "),
            problem: problem.to_owned(),
            help: help.to_owned(),
        }
    }
}

/// The candidate that `written` is most likely a slip of, if there is one.
pub(crate) fn nearest<'c>(
    written: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(written, candidate), candidate))
        .filter(|(distance, _)| *distance <= (written.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A sentence that names the nearest candidate, or else all of them.
pub(crate) fn suggestion<'c>(
    written: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    match nearest(written, candidates.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if candidates.is_empty() => "There is nothing that could be named here.".to_owned(),
        None => format!("Known here: {}.", list(candidates)),
    }
}

/// `` `a`, `b`, `c` ``
pub(crate) fn list<'c>(names: impl IntoIterator<Item = &'c str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

/// How many characters must be changed, added, removed or exchanged with their neighbour; upper and
/// lower case are the same.
fn distance(a: &str, b: &str) -> usize {
    let chars = |text: &str| text.to_lowercase().chars().collect::<Vec<_>>();
    let (a, b) = (chars(a), chars(b));
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_was_probably_meant() {
        let names = ["approve", "reject", "expire"];
        assert_eq!(nearest("aprove", names), Some("approve"));
        assert_eq!(nearest("Expires", names), Some("expire"));
        assert_eq!(nearest("expier", names), Some("expire"));
        assert_eq!(nearest("done", names), None);
        assert_eq!(suggestion("done", ["a", "b"]), "Known here: `a`, `b`.");
    }

    #[test]
    fn marks_stay_within_their_line() {
        let mut report = Report::new("é: x\nlong: |\n  a\n  b\n");
        report.refuse(Span { start: 4, end: 99 }, "p", "h");
        report.refuse(Span { start: 99, end: 99 }, "p", "h");
        let found = report.finish("f").unwrap().problems;
        assert_eq!((found[0].line, found[0].column, found[0].width), (1, 4, 1));
        assert_eq!((found[1].line, found[1].column, found[1].width), (5, 1, 1));
    }
}
