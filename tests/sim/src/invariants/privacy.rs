//! What must not stand where many can read it.

use local::states::ExecutionView;

use super::Case;
use crate::customers::{COMMENT, EMAIL, NOTES};

impl Case<'_> {
    /// Neither an execution nor an audit log holds what a customer wrote, or who it is.
    pub(super) fn check_privacy(&self, problems: &mut Vec<String>) {
        let ExecutionView {
            input,
            output,
            history,
            ..
        } = self.execution;
        let execution = serde_json::to_string(&(input, output, history)).expect("it is data");
        let audit_log = serde_json::to_string(self.audit_log).expect("it is data");
        for (place, text) in [("execution", execution), ("audit log", audit_log)] {
            for secret in [EMAIL, self.customer(), NOTES, COMMENT] {
                if !secret.is_empty() && text.contains(secret) {
                    problems.push(format!("its {place} has {secret:?}"));
                }
            }
        }
    }
}
