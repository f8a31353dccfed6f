//! How a customer's wrong code is answered, and the mail with a fresh one.

use domain::mail::{Mail, MailError, Mailer};
use domain::one_time_code::{CODE_DIGITS_WORD, CodeCheck};
use lambda_http::http::StatusCode;

/// How often a mail is tried while the mail service does not respond.
const ATTEMPTS: usize = 3;

/// The status and the message for a code that is not right.
pub(crate) fn refusal(check: CodeCheck) -> Option<(StatusCode, String)> {
    let (status, message) = match check {
        CodeCheck::Right => return None,
        CodeCheck::NoCode => {
            let message =
                format!("please enter the {CODE_DIGITS_WORD} digits of the code in our mail");
            return Some((StatusCode::FORBIDDEN, message));
        }
        CodeCheck::Wrong => (StatusCode::FORBIDDEN, "that is not the code in our mail"),
        CodeCheck::Renewed => (
            StatusCode::LOCKED,
            "a wrong code was entered several times, so we have mailed you a new one; please use that",
        ),
        CodeCheck::Locked => (
            StatusCode::LOCKED,
            "a wrong code was entered too often; please try again tomorrow, and we will mail you a new one",
        ),
    };
    Some((status, message.to_owned()))
}

/// Mails a fresh code. If that fails, the next one that is locked brings another mail.
pub(crate) async fn send(mailer: &impl Mailer, mail: &Mail) {
    for _ in 0..ATTEMPTS {
        match mailer.send(mail).await {
            Ok(()) => return,
            Err(error @ MailError::Refused(_)) => {
                tracing::error!(%error, "the address was refused");
                return;
            }
            Err(error @ MailError::Unavailable(_)) => {
                tracing::warn!(%error, "the mail with a fresh code was not sent yet");
            }
        }
    }
    tracing::error!("the mail with a fresh code was not sent");
}
