//! What is wrong with a query, and where.

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
        let Self {
            position,
            term,
            problem,
        } = self;
        write!(f, "character {position}, `{term}`: {problem}")
    }
}
