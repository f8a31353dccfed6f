//! What an approver or a customer posts, as a form or as JSON: `decision`, `code`, `reason`; or another action and
//! its inputs.

use domain::approval::Refusal;
use domain::form::FieldError;
use lambda_http::Request;
use lambda_http::http::StatusCode;
use serde::Deserialize;
use web::{Format, Problem, body_text, is_json, same_site};

/// What somebody wants to do, with the code that allows it.
#[derive(Debug)]
pub(crate) struct FormData {
    pub(crate) intent: Intent,
    /// The code from the mail.
    pub(crate) code: String,
    /// The format it came in, which the response has too.
    pub(crate) format: Format,
}

/// What somebody wants to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Intent {
    /// To see the request.
    Look,
    /// To decide.
    Decide {
        /// The answer as it was sent: the authorization knows which ones are offered.
        decision: String,
        /// The reason.
        reason: String,
    },
    /// To hand it over to a colleague.
    HandOver {
        /// Their address.
        to: String,
    },
    /// To enter which of Stripe's customers it is.
    Identify {
        /// `cus_...`
        customer: String,
    },
    /// To confirm that a guest's charge is this customer's.
    ConfirmOwnership {
        /// `ch_...`
        charge: String,
    },
    /// To ask the customer something.
    Ask {
        /// The inquiry.
        question: String,
    },
}

#[derive(Debug, Deserialize)]
struct Fields {
    decision: Option<String>,
    action: Option<Action>,
    #[serde(default)]
    code: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    question: String,
    #[serde(default, rename = "stripeCustomerId")]
    customer: String,
    #[serde(default)]
    charge: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Action {
    HandOver,
    Identify,
    ConfirmOwnership,
    Ask,
}

impl Intent {
    /// Whether it is of use after the decision: to see the request, and to confirm whose the charge is.
    pub(crate) fn is_about_the_charge(&self) -> bool {
        match self {
            Intent::Look | Intent::ConfirmOwnership { .. } => true,
            Intent::Decide { .. }
            | Intent::HandOver { .. }
            | Intent::Identify { .. }
            | Intent::Ask { .. } => false,
        }
    }
}

impl FormData {
    pub(crate) fn read(http: &Request) -> Result<Self, Problem> {
        let body = body_text(http)?;
        let (fields, format) = if is_json(http) {
            (from_json(body)?, Format::Json)
        } else {
            if !same_site(http) {
                return Err(
                    Problem::new(StatusCode::FORBIDDEN, "Your decision was not recorded.").detail(
                        "It came from another site. Open the link in your mail and decide there.",
                    ),
                );
            }
            (from_form(body)?, Format::Html)
        };
        let intent = match (fields.decision, fields.action) {
            (Some(decision), _) => Intent::Decide {
                decision,
                reason: fields.reason,
            },
            (None, Some(Action::HandOver)) => Intent::HandOver { to: fields.to },
            (None, Some(Action::Identify)) => Intent::Identify {
                customer: fields.customer,
            },
            (None, Some(Action::ConfirmOwnership)) => Intent::ConfirmOwnership {
                charge: fields.charge,
            },
            (None, Some(Action::Ask)) => Intent::Ask {
                question: fields.question,
            },
            (None, None) => Intent::Look,
        };
        Ok(Self {
            intent,
            code: fields.code,
            format,
        })
    }
}

fn from_json(body: &str) -> Result<Fields, Problem> {
    let refuse = |why: String| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Your decision was not recorded.",
        )
        .detail(format!(
            "Send JSON with decision (one of the answers in your mail), code and reason as texts: {why}."
        ))
        .errors(vec![invalid_decision()])
    };
    let fields: Fields = serde_json::from_str(body).map_err(|error| refuse(error.to_string()))?;
    if fields.decision.is_none() && fields.action.is_none() {
        return Err(refuse("there is no decision".to_owned()));
    }
    Ok(fields)
}

fn from_form(body: &str) -> Result<Fields, Problem> {
    serde_urlencoded::from_str(body).map_err(|_| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Your decision was not recorded.",
        )
        .detail("Choose an answer, and enter the code from your mail.")
        .errors(vec![invalid_decision()])
    })
}

fn invalid_decision() -> FieldError {
    FieldError {
        field: "decision".to_owned(),
        message: "must be one of the answers in your mail".to_owned(),
    }
}

/// The input that a refusal is about.
pub(crate) fn field_of(refusal: &Refusal) -> Option<&'static str> {
    match refusal {
        Refusal::NoCode | Refusal::WrongCode => Some("code"),
        Refusal::NotOffered(_) => Some("decision"),
        Refusal::ReasonMissing | Refusal::ReasonTooLong => Some("reason"),
        Refusal::Decided(_)
        | Refusal::AlreadyApproved(_)
        | Refusal::Superseded
        | Refusal::HandedOver(_)
        | Refusal::NoMember
        | Refusal::NotTheirs
        | Refusal::Locked
        | Refusal::Expired
        | Refusal::Ineligible(_) => None,
    }
}
