//! ARNs, names of executions, and task tokens.

use uuid::Uuid;

use super::record::Start;

/// In characters.
const LONGEST_NAME: usize = 80;

/// Whether an execution can have the name. Step Functions takes some characters more; a name is a
/// file's name here.
pub(crate) fn is_name(name: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_plain)
}

/// Whether it is the ARN of a state machine.
pub(crate) fn is_machine(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    matches!(parts[..], ["arn", _, "states", _, _, "stateMachine", name] if is_name(name))
}

/// The ARN of the state machine that an ARN of a version or an alias of it begins with, and what follows it.
pub(crate) fn unqualified(arn: &str) -> (&str, Option<&str>) {
    match arn.match_indices(':').nth(6) {
        Some((end, _)) => (&arn[..end], Some(&arn[end + 1..])),
        None => (arn, None),
    }
}

/// Whether what follows a state machine in an ARN names a version of it, which is the digest of its definition here,
/// and no alias.
pub(crate) fn is_version(qualifier: &str) -> bool {
    qualifier.len() == 64 && qualifier.chars().all(|c| c.is_ascii_hexdigit())
}

/// A task token: who has it can answer for the execution of that name. Of 244 random bits or more, from the
/// operating system where it must not be guessed.
pub(crate) fn token(execution: &str, mut seeded: Option<fastrand::Rng>) -> String {
    let mut half = || match &mut seeded {
        Some(rng) => rng.u128(..),
        None => Uuid::new_v4().as_u128(),
    };
    format!("{execution}.{:032x}{:032x}", half(), half())
}

/// The name of the execution that gave out a token, if it can be one.
pub(crate) fn of_token(token: &str) -> Option<&str> {
    token.split_once('.').map(|(execution, _)| execution)
}

impl Start {
    /// The ARN of the execution.
    pub(crate) fn arn(&self) -> String {
        let of_executions = self
            .machine_arn
            .replacen(":stateMachine:", ":execution:", 1);
        format!("{of_executions}:{}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_repeated_by_a_seed_alone() {
        let seeded = |seed| token("r1", Some(fastrand::Rng::with_seed(seed)));
        assert_eq!(seeded(7), seeded(7));
        assert_ne!(seeded(7), seeded(8));
        assert_ne!(token("r1", None), token("r1", None));
    }
}
