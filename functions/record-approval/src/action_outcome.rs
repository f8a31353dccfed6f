//! What an action comes to, before and after it is stored.

use domain::approval::{Decider, Recorded, Refusal};
use domain::id::FieldName;
use domain::request::{Event, UnclearCharge};

/// What came of an action.
#[derive(Debug)]
pub(crate) enum ActionOutcome {
    /// The code is right, and the request may be shown.
    Shown,
    /// A decision was recorded.
    Decided(Recorded),
    /// The decision was handed over to a colleague.
    HandedOver { to: String },
    /// It was entered which of Stripe's customers asks.
    CustomerIdentified { field: FieldName, customer: String },
    /// It was confirmed that the charge is the customer's.
    OwnershipConfirmed { of: UnclearCharge },
    /// The customer was asked something.
    Inquired {
        number: u32,
        text: String,
        /// The id of the key for the code of the reply.
        key_id: String,
        /// Whether the mail service took the mail to the customer.
        mailed: bool,
    },
    /// The authorization refuses it.
    Refused(Refusal),
    /// An input is not accepted: which, and what is wrong with it.
    Invalid {
        field: &'static str,
        message: String,
    },
}

impl ActionOutcome {
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        ActionOutcome::Invalid { field, message }
    }

    /// Whether the page that answers it shows the case.
    pub(crate) fn shows_case(&self) -> bool {
        match self {
            ActionOutcome::Shown
            | ActionOutcome::CustomerIdentified { .. }
            | ActionOutcome::OwnershipConfirmed { .. }
            | ActionOutcome::Inquired { .. }
            | ActionOutcome::Invalid { .. } => true,
            ActionOutcome::Refused(refusal) => is_about_the_decision(refusal),
            ActionOutcome::Decided(_) | ActionOutcome::HandedOver { .. } => false,
        }
    }

    /// What a decision also says about whose the charge is. It has a record of its own.
    pub(crate) fn confirmation<'a>(&'a self, by: &'a str) -> Option<Event<'a>> {
        let ActionOutcome::Decided(recorded) = self else {
            return None;
        };
        let of = recorded.decision().confirmed()?;
        Some(Event::OwnershipConfirmed { by, of })
    }

    /// What it means for the request, if anything.
    pub(crate) fn event<'a>(&'a self, by: &'a str, whose: Decider<'a>) -> Option<Event<'a>> {
        Some(match self {
            ActionOutcome::Decided(recorded) => Event::Decided(recorded),
            ActionOutcome::HandedOver { to } => Event::HandedOver { by, to },
            ActionOutcome::CustomerIdentified { field, customer } => Event::CustomerIdentified {
                by,
                field,
                customer,
            },
            ActionOutcome::OwnershipConfirmed { of } => Event::OwnershipConfirmed { by, of },
            ActionOutcome::Inquired { text, key_id, .. } => Event::Questioned { by, text, key_id },
            ActionOutcome::Refused(Refusal::Locked) => Event::LinkLocked(whose),
            ActionOutcome::Shown | ActionOutcome::Refused(_) | ActionOutcome::Invalid { .. } => {
                return None;
            }
        })
    }
}

/// Whether whoever is refused knows the code, and can decide otherwise.
pub(crate) fn is_about_the_decision(refusal: &Refusal) -> bool {
    match refusal {
        Refusal::ReasonMissing
        | Refusal::ReasonInvalid(_)
        | Refusal::Changed
        | Refusal::AmountInvalid(_)
        | Refusal::AmountTooLarge(_)
        | Refusal::AmountNotWanted
        | Refusal::ConfirmationMissing(_)
        | Refusal::Ineligible(_) => true,
        Refusal::Decided(_)
        | Refusal::AlreadyApproved(_)
        | Refusal::Superseded
        | Refusal::HandedOver(_)
        | Refusal::NotTheirs
        | Refusal::NoMember
        | Refusal::Locked
        | Refusal::Expired
        | Refusal::NoCode
        | Refusal::WrongCode
        | Refusal::NotOffered(_) => false,
    }
}

/// An action that is carried out in memory and not stored yet.
pub(crate) struct Change {
    pub(crate) outcome: ActionOutcome,
    /// Whether the same form was sent before: then the request stays as it is.
    pub(crate) is_repeat: bool,
    /// Who gets a link that is not stored yet.
    pub(crate) new_link_of: Option<String>,
    /// Who is mailed their link once it is stored.
    pub(crate) mail_to: Option<String>,
}

impl Change {
    pub(crate) fn repeat(outcome: ActionOutcome) -> Self {
        Self {
            is_repeat: true,
            ..outcome.into()
        }
    }
}

impl From<ActionOutcome> for Change {
    fn from(outcome: ActionOutcome) -> Self {
        Self {
            outcome,
            is_repeat: false,
            new_link_of: None,
            mail_to: None,
        }
    }
}
