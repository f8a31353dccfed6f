//! The terms of a query: `field:value`, where a value with blanks in it stands in quotation marks.

use std::fmt;

/// A term of a query that cannot be used. The message is meant for whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The place of the term's first character, from 1.
    pub position: usize,
    /// The term as it was written.
    pub term: String,
    /// What is wrong, and what may stand there.
    pub problem: String,
}

/// `` character 9, `amout:5`: there is no field `amout`. Did you mean `amount`? ``
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (at, problem) = (self.position, &self.problem);
        write!(f, "character {at}, `{}`: {problem}", self.term)
    }
}

/// A term as it was written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term<'q> {
    position: usize,
    text: &'q str,
}

impl<'q> Term<'q> {
    /// The terms of a query. A blank within quotation marks does not end one.
    pub(super) fn all(query: &'q str) -> Vec<Self> {
        let (mut terms, mut begun, mut is_quoted) = (Vec::new(), None, false);
        for (position, (at, c)) in query.char_indices().enumerate() {
            is_quoted ^= c == '"';
            if !c.is_whitespace() {
                begun = begun.or(Some((position + 1, at)));
            } else if !is_quoted && let Some((position, start)) = begun.take() {
                let text = &query[start..at];
                terms.push(Self { position, text });
            }
        }
        terms.extend(begun.map(|(position, start)| Self {
            position,
            text: &query[start..],
        }));
        terms
    }

    /// Its field and its value, without quotation marks.
    pub(super) fn parts(self) -> Result<(&'q str, &'q str), String> {
        let (field, written) = self.text.split_once(':').ok_or(
            "a term is a field, a colon and a value, such as action:refunded. A value with blanks in it stands in quotation marks",
        )?;
        let value = match written.strip_prefix('"') {
            Some(quoted) => quoted
                .strip_suffix('"')
                .ok_or("a quotation mark is missing at the end of the value")?,
            None => written,
        };
        if value.contains('"') {
            return Err("quotation marks stand around the whole value".to_owned());
        }
        if value.trim().is_empty() {
            return Err("the value is missing".to_owned());
        }
        Ok((field, value))
    }

    /// What is wrong with it.
    pub(super) fn refused(self, problem: String) -> Mistake {
        Mistake {
            position: self.position,
            term: self.text.to_owned(),
            problem,
        }
    }
}
