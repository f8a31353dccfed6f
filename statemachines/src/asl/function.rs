//! The functions that states run.

/// The functions by their logical id in the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    AskApprovers,
    Decide,
    IssueRefund,
    SendEmail,
    CloseRequest,
}

impl Function {
    /// The substitution that becomes the function's ARN when the state machine is deployed.
    pub(super) fn substitution(self) -> &'static str {
        match self {
            Function::AskApprovers => "${AskApprovers}",
            Function::Decide => "${Decide}",
            Function::IssueRefund => "${IssueRefund}",
            Function::SendEmail => "${SendEmail}",
            Function::CloseRequest => "${CloseRequest}",
        }
    }

    /// More than the function's own time limit, so that Lambda's error is seen rather than this one.
    pub(super) fn timeout_seconds(self) -> u32 {
        if self == Function::IssueRefund {
            120
        } else {
            60
        }
    }
}
