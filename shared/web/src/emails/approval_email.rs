//! What a mail with links and a code is made of, whether it asks an approver or offers the customer a choice.

use domain::approval::{Approval, Ineligible, LinkKeys};
use domain::brand::Brand;
use domain::request::Request;
use domain::task::Confirm;

use super::reason::NotificationReason;

/// A mail to one who is asked: what it is about, the links, and the code that makes them work.
#[derive(Debug, Clone, Copy)]
pub struct ApprovalEmail<'a> {
    /// Whom it comes from.
    pub brand: &'a Brand,
    /// What is to be decided.
    pub request: &'a Request,
    /// The question.
    pub approval: &'a Approval,
    /// The recipient's address.
    pub to: &'a str,
    /// For the links and the code.
    pub keys: &'a LinkKeys,
    /// Why it is sent now.
    pub reason: NotificationReason<'a>,
    /// Why they must not decide, if that is so.
    pub ineligible: Option<&'a Ineligible>,
}

impl ApprovalEmail<'_> {
    /// The recipient's link, with an answer chosen on the page that it opens.
    pub(super) fn link(&self, answer: &str) -> String {
        let (link_id, _) = self.approval.secrets(self.keys, self.to);
        let origin = &self.request.origin;
        format!("{origin}/approvals/{link_id}?decision={answer}")
    }

    /// The recipient's code, where one is asked for.
    pub(super) fn code(&self) -> Option<String> {
        let (_, code) = self.approval.secrets(self.keys, self.to);
        (self.approval.confirm == Confirm::Code).then_some(code)
    }
}
