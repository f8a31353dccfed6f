//! The texts of emails: templates that name values.
//!
//! A text may name a value, `{{ refundAmount }}`, and ask whether one was given,
//! `{% if stripeCustomerId %}...{% endif %}`. The template engine knows more; the rest is refused here,
//! because what cannot be checked now would fail when the mail is due.

use std::ops::Range;

use crate::diagnostic::Report;
use crate::names::is_keyword;
use crate::source::{At, place_within};

const MARKS: [(&str, &str); 3] = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];

const HELP: &str = "Name a value, {{ refundAmount }}, or ask whether one was given: \
                    {% if stripeCustomerId %} ... {% endif %}.";

/// The names in a text, each where it is written. What is no name is reported.
pub(crate) fn names(report: &mut Report<'_>, text: &At<String>) -> Vec<At<String>> {
    let place = |part: Range<usize>| place_within(report.source, text.span, &text.value, part);
    let (names, problems) = scan(&text.value);
    let names = names.into_iter().map(|part| At {
        value: text.value[part.clone()].to_owned(),
        span: place(part),
    });
    let names: Vec<_> = names.collect();
    let mut problems: Vec<_> = problems
        .into_iter()
        .map(|(part, problem)| (place(part), problem))
        .collect();
    if problems.is_empty()
        && let Err(error) = domain::text::environment().template_from_str(&text.value)
    {
        let line = error.line().unwrap_or(1).saturating_sub(1);
        let start: usize = text
            .value
            .split_inclusive('\n')
            .take(line)
            .map(str::len)
            .sum();
        let end = text.value[start..]
            .find('\n')
            .map_or(text.value.len(), |end| start + end);
        let detail = error.detail().unwrap_or("it cannot be read");
        problems.push((
            place(start..end),
            format!("this text does not work: {detail}"),
        ));
    }
    for (at, problem) in problems {
        report.refuse(at, problem, HELP);
    }
    names
}

/// The value that a text consists of, when it is nothing but `{{ name }}`.
pub(crate) fn only_name(text: &str) -> Option<&str> {
    let name = text.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    is_name(name).then_some(name)
}

type Problem = (Range<usize>, String);

/// Where the names are, and what is wrong with the rest.
fn scan(text: &str) -> (Vec<Range<usize>>, Vec<Problem>) {
    let (mut names, mut problems) = (Vec::new(), Vec::new());
    let mut rest = 0;
    while let Some((start, (open, close))) = next_mark(text, rest) {
        let inside = start + open.len();
        let length = text[inside..].find(close);
        // A mark that is closed only after another one was opened was never closed itself.
        let whole = |length: &usize| next_mark(&text[..inside + length], inside).is_none();
        let Some(length) = length.filter(|length| open == "{#" || whole(length)) else {
            problems.push((
                start..inside,
                format!("`{open}` is never closed by `{close}`"),
            ));
            break;
        };
        rest = inside + length + close.len();
        let content = &text[inside..inside + length];
        // `{{-` and `-}}` also take away the white space outside.
        let content = content.strip_prefix('-').unwrap_or(content);
        let content = content.strip_suffix('-').unwrap_or(content);
        let words: Vec<&str> = content.split_whitespace().collect();
        let name = match (open, &words[..]) {
            ("{#", _) | ("{%", ["else" | "endif"]) => continue,
            ("{{", [name]) | ("{%", ["if" | "elif", name] | ["if" | "elif", "not", name]) => {
                Some(*name).filter(|name| is_name(name))
            }
            _ => None,
        };
        let at = name.and_then(|name| Some((name, text[inside..rest].rfind(name)?)));
        match at {
            Some((name, at)) => names.push(inside + at..inside + at + name.len()),
            None => problems.push((
                start..rest,
                format!("`{}` is more than a text can do", &text[start..rest]),
            )),
        }
    }
    (names, problems)
}

fn next_mark(text: &str, from: usize) -> Option<(usize, (&'static str, &'static str))> {
    MARKS
        .iter()
        .filter_map(|marks| Some((from + text[from..].find(marks.0)?, *marks)))
        .min_by_key(|(start, _)| *start)
}

/// `refundAmount`, `stripeRefundResult.id`
fn is_name(text: &str) -> bool {
    !is_keyword(text)
        && text.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    /// The template engine must find the same names: what is checked is what is rendered.
    fn agrees_with_the_engine(text: &str) {
        let (names, problems) = scan(text);
        let environment = domain::text::environment();
        if let (true, Ok(template)) = (problems.is_empty(), environment.template_from_str(text)) {
            let names: HashSet<String> = names.into_iter().map(|n| text[n].to_owned()).collect();
            assert_eq!(names, template.undeclared_variables(true), "{text:?}");
        }
    }

    #[test]
    fn finds_names_and_nothing_else() {
        for (text, expected) in [
            ("Hi", vec![]),
            ("{{ a }}{{b.c}} {{- d -}}", vec!["a", "b.c", "d"]),
            (
                "{% if a %}x{% elif not b %}y{% else %}z{% endif %}",
                vec!["a", "b"],
            ),
            ("{# {{ a }} #}{{ i }}", vec!["i"]),
            ("{% if i %}{% endif %}", vec!["i"]),
        ] {
            let (names, problems) = scan(text);
            let names: Vec<&str> = names.into_iter().map(|n| &text[n]).collect();
            assert_eq!((names, problems), (expected, vec![]), "{text}");
            agrees_with_the_engine(text);
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "{{ a + b }}",
            "{{ a | upper }}",
            "{{--a }}",
            "{{ a",
            "{{ }}",
            "{{ 'a' }}",
            "{{ a[0] }}",
            "{% for x in y %}",
            "{% if a == b %}",
            "{% set a = b %}",
            "{% raw %}",
            "{{ customer-email }}",
        ] {
            assert_eq!(scan(text).1.len(), 1, "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_engine_finds_the_same_names(
            text in "(\\{\\{|\\}\\}|\\{%|%\\}|\\{#|#\\}| |-|if|else|endif|not|true|none|a|b\\.c|é|\n){0,12}"
        ) {
            agrees_with_the_engine(&text);
        }
    }
}
