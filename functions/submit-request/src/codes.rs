//! How a customer's wrong code is answered.

use domain::one_time_code::{CODE_DIGITS_WORD, CodeCheck};
use lambda_http::http::StatusCode;

/// The status and the message for a code that is not right.
pub(crate) fn refusal(check: CodeCheck) -> Option<(StatusCode, String)> {
    let (status, message) = match check {
        CodeCheck::Right => return None,
        CodeCheck::NoCode => return Some((StatusCode::FORBIDDEN, missing())),
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

/// What to say where nothing was entered that could be a code.
pub(crate) fn missing() -> String {
    format!("please enter the {CODE_DIGITS_WORD} digits of the code in our mail")
}
