//! What it means that SES does not take a mail.
//!
//! Codes and texts are those of SES's API reference ("`SendRawEmail`", "Common Errors") and developer guide ("Amazon SES
//! email sending errors").

use domain::mail::{MailError, is_same_address, masked};

/// An answer of SES that is an error.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answer<'a> {
    /// The HTTP status. `None` if there was no answer.
    pub(super) status: Option<u16>,
    /// Its code, such as `MessageRejected`.
    pub(super) code: &'a str,
    /// What it says to people. It may name addresses.
    pub(super) text: &'a str,
}

impl Answer<'_> {
    /// What it means for a mail from `sender` to `recipient`.
    ///
    /// A sender that is not verified and a paused account are answered by the same code as a recipient to whom a sandbox
    /// does not send. Only a text that names the recipient, and not the sender too, is the recipient's fault.
    pub(super) fn error(self, sender: &str, recipient: &str) -> MailError {
        let code = self.code.to_owned();
        let is_about_recipient = || self.names(recipient) && !self.names(sender);
        // SES does not say which address it cannot read. The sender's has been read at the start.
        let is_unreadable = || self.text.contains("ddress") || self.text.contains("omain");
        match (self.status, self.code) {
            (None | Some(500..), _) => MailError::Unavailable(code),
            (_, "Throttling") if !self.text.contains("quota") => MailError::Unavailable(code),
            (_, "MessageRejected") if is_about_recipient() => MailError::RecipientRefused(code),
            (_, "InvalidParameterValue") if is_unreadable() => MailError::RecipientRefused(code),
            _ => MailError::SenderRefused(code),
        }
    }

    fn names(self, address: &str) -> bool {
        let apart = |c: char| c.is_whitespace() || "<>()[],;:\"'`".contains(c);
        let mut words = self.text.split(apart);
        words.any(|word| is_same_address(word.trim_end_matches('.'), address))
    }

    /// The text without addresses, for a log.
    pub(super) fn masked_text(self) -> String {
        let words = self.text.split_whitespace().map(|word| {
            if word.contains('@') {
                masked(word)
            } else {
                word.to_owned()
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENDER: &str = "refunds@example.com";
    const RECIPIENT: &str = "Csm-1@example.com";

    fn error(code: &str, text: &str) -> MailError {
        let status = Some(400);
        Answer { status, code, text }.error(SENDER, RECIPIENT)
    }

    #[test]
    fn what_ses_says_of_the_sender_is_no_fault_of_the_recipient() {
        let failed = "Email address is not verified. The following identities failed the check in region US-EAST-1: ";
        for (code, text) in [
            ("MessageRejected", &*format!("{failed}{SENDER}")),
            ("MessageRejected", &format!("{failed}{SENDER}, {RECIPIENT}")),
            (
                "MessageRejected",
                &format!("{failed}Refund Desk <{SENDER}>, {RECIPIENT}"),
            ),
            ("MessageRejected", &format!("{failed}another-{RECIPIENT}")),
            (
                "MessageRejected",
                "Sending paused for this account. For more information, please check the inbox of the \
              email address associated with your AWS account.",
            ),
            (
                "AccountSendingPausedException",
                "Email sending is disabled for your entire Amazon SES account.",
            ),
            (
                "ConfigurationSetSendingPausedException",
                "Email sending is disabled for the configuration set.",
            ),
            (
                "ConfigurationSetDoesNotExist",
                "Configuration set <refund-desk> does not exist.",
            ),
            (
                "MailFromDomainNotVerifiedException",
                "MAIL FROM domain is not verified",
            ),
            ("Throttling", "Daily message quota exceeded."),
            (
                "AccessDenied",
                "User `arn:aws:sts::1:assumed-role/r/f' is not authorized to perform `ses:SendRawEmail' on \
              resource `arn:aws:ses:us-east-1:1:identity/csm-1@example.com'",
            ),
            (
                "InvalidClientTokenId",
                "The security token included in the request is invalid.",
            ),
            (
                "InvalidParameterValue",
                "Invalid tag value <x y>: only alphanumeric ASCII characters are allowed.",
            ),
            ("SomethingNew", ""),
        ] {
            assert_eq!(
                error(code, text),
                MailError::SenderRefused(code.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn a_text_that_names_the_recipient_alone_is_about_the_recipient() {
        let failed = "Email address is not verified. The following identities failed the check in region EU-WEST-1: \
                      csm-1@example.com";
        for (code, text) in [
            ("MessageRejected", failed),
            ("MessageRejected", &format!("{failed}.")),
            ("InvalidParameterValue", "Local address contains dot-dot"),
            ("InvalidParameterValue", "Domain ends with dot"),
        ] {
            assert_eq!(
                error(code, text),
                MailError::RecipientRefused(code.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn an_outage_and_a_moment_of_too_many_mails_pass() {
        let rate = error("Throttling", "Maximum sending rate exceeded.");
        assert_eq!(rate, MailError::Unavailable("Throttling".to_owned()));
        for (status, code) in [(None, "no answer"), (Some(503), "ServiceUnavailable")] {
            let answer = Answer {
                status,
                code,
                text: "",
            };
            let expected = MailError::Unavailable(code.to_owned());
            assert_eq!(answer.error(SENDER, RECIPIENT), expected);
        }
    }

    #[test]
    fn a_log_names_no_address() {
        let text = "It failed: ada@example.com, x";
        let (status, code) = (Some(400), "");
        let masked = Answer { status, code, text }.masked_text();
        assert_eq!(masked, "It failed: a…@example.com, x");
    }
}
