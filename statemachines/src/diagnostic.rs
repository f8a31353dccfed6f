//! What is wrong with a definition, shown where it is, with what to do about it.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::source::Span;

/// One problem of a definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// The bytes of the text that it concerns, which are on one line.
    pub place: Range<usize>,
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
    /// Its text.
    source: String,
    /// The problems.
    pub problems: Vec<Diagnostic>,
}

impl std::error::Error for Diagnostics {}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drawn = self.problems.iter().map(|problem| {
            let place = AnnotationKind::Primary.span(problem.place.clone());
            let snippet = Snippet::source(&self.source).path(&self.path);
            let title = Level::ERROR.primary_title(&problem.problem);
            let group = title.element(snippet.annotation(place));
            Renderer::plain().render(&[group.element(Level::HELP.message(&problem.help))])
        });
        let drawn: Vec<String> = drawn.collect();
        writeln!(f, "{}", drawn.join("\n\n"))
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
        // What several phases lack is one problem.
        self.problems.dedup();
        let source = self.source;
        let problems = self.problems.into_iter();
        let problems: Vec<Diagnostic> = problems
            .map(|(at, problem, help)| Diagnostic {
                place: within_line(source, at),
                problem,
                help,
            })
            .collect();
        (!problems.is_empty()).then(|| Diagnostics {
            path: path.to_owned(),
            source: source.to_owned(),
            problems,
        })
    }
}

/// The part of a place that is on its first line, without white space at its end.
fn within_line(source: &str, at: Span) -> Range<usize> {
    let start = at.start.min(source.len());
    let end = at.end.clamp(start, source.len());
    let marked = source.get(start..end).unwrap_or_default();
    let marked = marked.lines().next().unwrap_or_default().trim_end();
    start..start + marked.len()
}

/// The candidate that `written` is most likely a slip of, if there is one.
pub(crate) fn nearest<'c>(
    written: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    candidates
        .into_iter()
        .map(|candidate| {
            // Upper and lower case are the same; so are two neighbours that were exchanged.
            let candidate_lower = candidate.to_lowercase();
            let distance = strsim::osa_distance(&written.to_lowercase(), &candidate_lower);
            (distance, candidate)
        })
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
        let found = report.finish("f").unwrap();
        let places: Vec<_> = found.problems.iter().map(|it| it.place.clone()).collect();
        assert_eq!(places, [4..5, 22..22]);
        let drawn = found.to_string();
        assert!(
            drawn.contains("--> f:1:4\n") && drawn.contains("--> f:4:5\n"),
            "{drawn}"
        );
    }
}
