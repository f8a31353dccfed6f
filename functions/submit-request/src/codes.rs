//! What a customer is told of a code that does not open.

use domain::one_time_code::CodeCheck;
use lambda_http::http::StatusCode;

/// How a try is answered that was not right: the status, and what to do.
pub(crate) fn refusal(tried: CodeCheck) -> Option<(StatusCode, &'static str)> {
    match tried {
        CodeCheck::Right => None,
        CodeCheck::NoCode => Some((
            StatusCode::FORBIDDEN,
            "please enter the six digits of the code in our mail",
        )),
        CodeCheck::Wrong => Some((StatusCode::FORBIDDEN, "that is not the code in our mail")),
        CodeCheck::Renewed => Some((
            StatusCode::LOCKED,
            "a wrong code was entered several times, so we have mailed you a new one; please use that",
        )),
        CodeCheck::Locked => Some((
            StatusCode::LOCKED,
            "a wrong code was entered too often; please try again tomorrow, and we will mail you a new one",
        )),
    }
}
