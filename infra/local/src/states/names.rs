//! ARNs, and the names that Step Functions allows.

use super::record::Start;

/// In characters.
const LONGEST_NAME: usize = 80;

/// Whether Step Functions takes the name.
pub(crate) fn is_name(name: &str) -> bool {
    let refused = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || "<>{}[]?*\"#%\\^|~`$&,;:/\u{fffe}\u{ffff}".contains(c)
    };
    (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.contains(refused)
}

/// The name in a state machine's ARN.
pub(crate) fn machine_name(machine_arn: &str) -> Option<&str> {
    let parts: Vec<&str> = machine_arn.split(':').collect();
    match parts[..] {
        ["arn", _, "states", _, _, "stateMachine", name] if is_name(name) => Some(name),
        _ => None,
    }
}

/// The ARN of an execution of a state machine.
pub(crate) fn execution_arn(machine_arn: &str, name: &str) -> String {
    let of_executions = machine_arn.replacen(":stateMachine:", ":execution:", 1);
    format!("{of_executions}:{name}")
}

impl Start {
    pub(crate) fn arn(&self) -> String {
        execution_arn(&self.machine_arn, &self.name)
    }

    pub(crate) fn machine_name(&self) -> &str {
        machine_name(&self.machine_arn).unwrap_or_default()
    }

    pub(crate) fn region(&self) -> &str {
        self.machine_arn.split(':').nth(3).unwrap_or_default()
    }

    /// A role that could be: the context object and the history show one.
    pub(crate) fn role_arn(&self) -> String {
        let account = self.machine_arn.split(':').nth(4).unwrap_or_default();
        format!("arn:aws:iam::{account}:role/{}", self.machine_name())
    }
}
