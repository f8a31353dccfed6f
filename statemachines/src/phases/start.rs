//! `type: start`: where a request begins, and where its customer is told that it has arrived.
//!
//! ```text
//! Start -> Acknowledgement -> what follows
//! ```

use domain::task::{
    ACKNOWLEDGEMENT_STATE, EmailConfig, OFFERING_VARIABLE, Recipient, START_STATE, variable,
};
use serde_json::json;

use crate::asl::task::{Function, Task};
use crate::check::mails::Whom;
use crate::definition::{Found, Mail};
use crate::names::Place;
use crate::phase::{Action, Facts, PhaseKind, PhaseType, Report, Scope, Section, Written};
use crate::process::States;
use crate::read::mail::customer_mail;
use crate::roles::CUSTOMER_EMAIL;
use crate::yaml::Node;

pub(super) const TYPE: PhaseType = PhaseType {
    name: "start",
    read,
};

const ACKNOWLEDGE: &str = "acknowledge";
/// What is mailed where the definition does not say it: what holds of every process.
const SUBJECT: &str = "We have your request";
const BODY: &str = "Hi!\n\n\
    We have your request. {% if usuallyTakes %}It usually takes {{ usuallyTakes }}. {% endif %}Its reference is \
    {{ requestReference }}.\n\n\
    See how your request stands: {{ statusUrl }}";

/// The mail that tells the customer that the request has arrived.
#[derive(Debug)]
enum Start {
    /// As it is usual, to whoever the form names as the customer, if it names anybody.
    Usual,
    Acknowledge(Mail),
    Silent,
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "what is wrong with the mail is no reason not to read on"
)]
fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Written> {
    let start = match section.optional(ACKNOWLEDGE).map(|(_, node)| &node.value) {
        Some(Node::Flag(false)) => Start::Silent,
        None | Some(Node::Flag(true)) => Start::Usual,
        Some(_) => customer_mail(report, section, ACKNOWLEDGE)
            .flatten()
            .map_or(Start::Silent, Start::Acknowledge),
    };
    let facts = Facts {
        starts: true,
        ..Facts::default()
    };
    Some(Written::new(facts, start))
}

impl PhaseKind for Start {
    fn check(&self, report: &mut Report<'_>, scope: &Scope<'_>) -> Option<Action> {
        let mail = match self {
            Start::Usual => usual(scope),
            Start::Acknowledge(mail) => Some(acknowledgement(report, scope, mail)?),
            Start::Silent => None,
        };
        let mut states = States::new();
        let mut next = scope.next();
        if let Some(mail) = &mail {
            let task = Task::new(Function::SendEmail, ACKNOWLEDGEMENT_STATE, mail);
            // The request is in the first phase already, and stays there.
            let task = task.of_phase(scope.exits.first()?.to.as_str());
            states.insert(ACKNOWLEDGEMENT_STATE.to_owned(), task.next(next));
            next = ACKNOWLEDGEMENT_STATE;
        }
        let state = json!({
            "Type": "Pass",
            // The offering is put in when all of it is known.
            "Assign": { OFFERING_VARIABLE: null },
            "Next": next,
        });
        states.insert(START_STATE.to_owned(), state);
        let mut action = Action::new(states, ("([", "", "])"));
        action.usage.mails = u64::from(mail.is_some());
        Some(action)
    }
}

/// Whoever was invited makes no request, and hears nothing of it; neither can somebody whose address is not asked for.
fn usual(scope: &Scope<'_>) -> Option<EmailConfig> {
    let definition = scope.context.definition;
    let field = definition.fields.name_of(&CUSTOMER_EMAIL)?;
    let Found::Field(asked) = definition.fields.find(field.as_str()) else {
        return None;
    };
    (asked.required && !definition.by_invitation).then(|| EmailConfig {
        to: Recipient::Field(field),
        subject: SUBJECT.to_owned(),
        body: BODY.to_owned(),
        invites: None,
    })
}

fn acknowledgement(report: &mut Report<'_>, scope: &Scope<'_>, mail: &Mail) -> Option<EmailConfig> {
    let config = scope
        .context
        .mail(report, mail, Place::of(scope.index), Whom::Customer);
    let mut names = mail.body.value.split("{{");
    if !names.any(|name| name.trim_start().starts_with(variable::STATUS_URL)) {
        report.refuse(
            mail.body.span,
            format!("this mail does not say `{}`", variable::STATUS_URL),
            format!(
                "Write {{{{ {} }}}} into the body: by this mail the customer finds their request again.",
                variable::STATUS_URL
            ),
        );
    }
    config
}
