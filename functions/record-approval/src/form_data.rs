//! What an approver or a customer posts, as a form or as JSON: `decision`, `code`, `reason`, `amount`, `viewed` and
//! `confirmCharge`; or another action and its inputs.

use domain::approval::{Asked, Refusal, SubmittedDecision};
use domain::form::FieldError;
use domain::task::outcome;
use lambda_http::Request;
use lambda_http::http::StatusCode;
use serde::Deserialize;
use serde_json::value::RawValue;
use web::{Content, Format, Problem, answer_format, body_text, content, form_text, same_site};

/// The input that confirms a charge with an approval.
pub(crate) const CONFIRM_CHARGE: &str = "confirmCharge";

/// What somebody wants to do, and everything that they entered.
#[derive(Debug)]
pub(crate) struct FormData {
    pub(crate) intent: Intent,
    pub(crate) inputs: Inputs,
    /// The format it came in, which the response has too.
    pub(crate) format: Format,
}

/// What somebody wants to do: a page has one form, and its buttons say what is done with what was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Intent {
    /// To see the request.
    Look,
    /// To decide, with the answer as it was sent.
    Decide(String),
    /// To hand it over to a colleague.
    HandOver,
    /// To enter which of Stripe's customers it is.
    Identify,
    /// To confirm that a guest's charge is this customer's.
    ConfirmOwnership,
    /// To ask the customer something.
    Ask,
}

/// Everything that was entered, whatever is to be done with it: a page that comes back shows it again. What is accepted
/// is known to whoever carries the intent out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Inputs {
    /// The code from the mail.
    pub(crate) code: String,
    pub(crate) reason: String,
    /// In dollars, as decimal text.
    pub(crate) amount: String,
    /// The digest of the case as the page has shown it.
    pub(crate) viewed: Option<String>,
    /// The charge that is confirmed with an approval: `ch_...`.
    pub(crate) confirm_charge: String,
    /// The question to the customer.
    pub(crate) question: String,
    /// The colleague's address.
    pub(crate) to: String,
    /// `cus_...`
    pub(crate) customer: String,
    /// The charge that is confirmed after an approval: `ch_...`.
    pub(crate) charge: String,
}

impl Inputs {
    pub(crate) fn submitted<'a>(&'a self, decision: &'a str) -> SubmittedDecision<'a> {
        SubmittedDecision {
            decision,
            code: &self.code,
            reason: &self.reason,
            amount: &self.amount,
            viewed: self.viewed.as_deref(),
            confirm_charge: &self.confirm_charge,
        }
    }
}

/// The inputs, with an amount as the format has it. One that is misspelt is not ignored: an approval without its `amount` is
/// one of all that is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields<A> {
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
    amount: Option<A>,
    viewed: Option<String>,
    #[serde(default, rename = "confirmCharge")]
    confirm_charge: String,
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
        matches!(self, Intent::Look | Intent::ConfirmOwnership)
    }

    /// The sentence that says that it was not done, without its full stop: a title, or the beginning of a notice.
    pub(crate) fn not_done(&self, asked: &Asked) -> &'static str {
        match (self, asked) {
            (Intent::Look, _) => "Nothing was recorded",
            (Intent::Decide(_), Asked::Customer(_)) => "Your choice was not recorded",
            (Intent::Decide(decision), Asked::Team(_)) => match decision.as_str() {
                outcome::APPROVE => "Your approval was not recorded",
                outcome::REJECT => "Your rejection was not recorded",
                _ => "Your decision was not recorded",
            },
            (Intent::HandOver, _) => "The request was not handed over",
            (Intent::Identify, _) => "The Stripe customer was not entered",
            (Intent::ConfirmOwnership, _) => "Your confirmation was not recorded",
            (Intent::Ask, _) => "Your question was not sent",
        }
    }
}

impl FormData {
    pub(crate) fn read(http: &Request) -> Result<Self, Problem> {
        if content(http)? == Content::Json {
            return Ok(from_json(body_text(http)?)?.into_data(Format::Json));
        }
        if !same_site(http) {
            return Err(
                Problem::new(StatusCode::FORBIDDEN, "Your decision was not recorded.").detail(
                    "It came from another site. Open the link in your mail and decide there.",
                ),
            );
        }
        Ok(from_form(&form_text(http)?)?.into_data(answer_format(http)))
    }
}

impl<A: Into<String>> Fields<A> {
    fn into_data(self, format: Format) -> FormData {
        let intent = match (self.decision, self.action) {
            (Some(decision), _) => Intent::Decide(decision),
            (None, Some(Action::HandOver)) => Intent::HandOver,
            (None, Some(Action::Identify)) => Intent::Identify,
            (None, Some(Action::ConfirmOwnership)) => Intent::ConfirmOwnership,
            (None, Some(Action::Ask)) => Intent::Ask,
            (None, None) => Intent::Look,
        };
        let inputs = Inputs {
            code: self.code,
            reason: self.reason,
            amount: self.amount.map(Into::into).unwrap_or_default(),
            viewed: self.viewed,
            confirm_charge: self.confirm_charge,
            question: self.question,
            to: self.to,
            customer: self.customer,
            charge: self.charge,
        };
        FormData {
            intent,
            inputs,
            format,
        }
    }
}

/// An amount in JSON, a number or a string, as the text that it is written in: no float is ever made of it.
#[derive(Debug, Deserialize)]
struct DecimalText(Box<RawValue>);

impl From<DecimalText> for String {
    fn from(DecimalText(raw): DecimalText) -> String {
        serde_json::from_str(raw.get()).unwrap_or_else(|_| raw.get().to_owned())
    }
}

fn from_json(body: &str) -> Result<Fields<DecimalText>, Problem> {
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
    let fields: Fields<DecimalText> =
        serde_json::from_str(body).map_err(|error| refuse(error.to_string()))?;
    if fields.decision.is_none() && fields.action.is_none() {
        return Err(refuse("there is no decision".to_owned()));
    }
    Ok(fields)
}

fn from_form(body: &str) -> Result<Fields<String>, Problem> {
    serde_urlencoded::from_str(body).map_err(|error: serde::de::value::Error| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "Your decision was not recorded.",
        )
        .detail(format!(
            "Choose an answer, and enter the code from your mail: {error}."
        ))
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
        Refusal::ReasonMissing | Refusal::ReasonInvalid(_) => Some("reason"),
        Refusal::AmountInvalid(_) | Refusal::AmountTooLarge(_) | Refusal::AmountNotWanted => {
            Some("amount")
        }
        Refusal::ConfirmationMissing(_) => Some(CONFIRM_CHARGE),
        Refusal::Decided(_)
        | Refusal::AlreadyApproved(_)
        | Refusal::Superseded
        | Refusal::HandedOver(_)
        | Refusal::NoMember
        | Refusal::NotTheirs
        | Refusal::Locked
        | Refusal::Expired
        | Refusal::Changed
        | Refusal::Ineligible(_) => None,
    }
}
