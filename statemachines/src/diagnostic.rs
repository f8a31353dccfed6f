//! What is wrong with a definition, shown where it is, with what to do about it.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::source::Span;
pub(crate) use domain::suggestion::{list, nearest, suggestion};

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

    /// What was read; where that is nothing, notes it like [`Report::refuse`].
    pub(crate) fn expect<T>(
        &mut self,
        read: Option<T>,
        at: Span,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        if read.is_none() {
            self.refuse(at, problem, help);
        }
        read
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

#[cfg(test)]
mod tests {
    use super::*;

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
