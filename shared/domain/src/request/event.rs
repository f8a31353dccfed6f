//! What can happen to a request.

use crate::approval::{Decider, Recorded};
use crate::id::{FieldName, OfferingPath};
use crate::money::Usd;
use crate::refund::SettlementMethod;
use crate::request::{ForgetReason, UnclearCharge};
use crate::suppression::SuppressionReason;
use crate::task::EndStatus;

/// Money or credit that moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Movement<'a> {
    /// Stripe's id of the refund or credit.
    pub stripe_id: &'a str,
    /// The charge that it is of.
    pub charge: &'a str,
    /// How much.
    pub amount: Usd,
}

/// Something that happened to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// A team is asked to decide, or the customer to choose: the team's name, or that it is the customer.
    Asked(&'a str),
    /// The customer is offered a choice.
    Offered,
    /// The team is asked again.
    Reminded,
    /// Nobody decided, so another team is asked too, which has this name.
    Escalated(&'a str),
    /// None of those who are asked may decide: the team's name.
    NobodyMayDecide(&'a str),
    /// No mail reaches some of those who are asked: their addresses, with commas between.
    Unreachable(&'a str),
    /// A mail to the customer came back or was refused, or they do not want it.
    CustomerUnreachable(SuppressionReason),
    /// Somebody decided, as the authorization and the approval have recorded it.
    Decided(&'a Recorded),
    /// A link was guessed at too often: whose it is.
    LinkLocked(Decider<'a>),
    /// An approver gave the case to a colleague.
    HandedOver {
        /// The approver's address.
        by: &'a str,
        /// The colleague's.
        to: &'a str,
    },
    /// An approver asks the customer something.
    Questioned {
        /// The approver's address.
        by: &'a str,
        /// What they ask.
        text: &'a str,
        /// The id of the key that the code for the reply is derived from.
        key_id: &'a str,
    },
    /// The customer answers.
    Replied {
        /// The question's number.
        number: u32,
        /// What they say.
        text: &'a str,
    },
    /// A code for this was guessed at too often, and the customer is mailed another one.
    CodeRenewed(&'a str),
    /// Nobody decided in time, of which the customer is told this.
    Expired(&'a str),
    /// The customer did not choose in time. That is no rejection.
    NotChosen,
    /// A condition was evaluated.
    Evaluated {
        /// The condition that held, or `otherwise`.
        text: &'a str,
        /// The branch.
        outcome: &'a str,
    },
    /// Nothing is paid for now, as payments are stopped or a limit is reached: why, for the team.
    PaymentHeld(&'a str),
    /// Stripe is about to be asked for a refund or a credit.
    SettlementIntended {
        /// Which of them.
        method: SettlementMethod,
        /// The charge or payment intent.
        charge: &'a str,
        /// The amount.
        amount: Usd,
        /// The customer's reason, where the form offers reasons to select from.
        reason: Option<&'a str>,
    },
    /// The customer got a credit.
    CreditGiven {
        /// What moved.
        movement: Movement<'a>,
        /// The variable that the definition keeps it under.
        output: &'a FieldName,
    },
    /// Stripe took the refund, but the money has not moved yet.
    RefundPending {
        /// Stripe's id of the refund.
        id: &'a str,
        /// Stripe's status.
        status: &'a str,
    },
    /// Stripe paid.
    RefundSucceeded {
        /// What moved.
        movement: Movement<'a>,
        /// Stripe's status.
        status: &'a str,
        /// The variable that the definition keeps it under.
        output: &'a FieldName,
    },
    /// Stripe will not pay, and says this, for the team.
    RefundRefused(&'a str),
    /// Less is left of the charge than is to be given back: how much, and where the rest went, for the team.
    ChargeExhausted(&'a str),
    /// Stripe had paid, and then the bank sent the money back.
    RefundReversed {
        /// What had moved.
        movement: Movement<'a>,
        /// What happened, for the team.
        message: &'a str,
    },
    /// An approver entered what the customer had left out: which of Stripe's customers it is.
    CustomerIdentified {
        /// The approver's address.
        by: &'a str,
        /// The field.
        field: &'a FieldName,
        /// `cus_...`
        customer: &'a str,
    },
    /// An approver confirmed that a charge is that of the customer who asks, where only a person can tell.
    OwnershipConfirmed {
        /// The approver's address.
        by: &'a str,
        /// The charge, and who paid it.
        of: &'a UnclearCharge,
    },
    /// A mail was handed to the mail service.
    Mailed {
        /// To whom, as a role: no address of a customer stands in the audit log.
        to: &'a str,
        /// False when the service refused the address for good.
        accepted: bool,
    },
    /// A mail that invites to this offering was not sent, as the request needs attention.
    NotInvited(&'a OfferingPath),
    /// What the process would tell somebody, by their role, was not sent: the refund came back, and they were told that.
    MailWithheld(&'a str),
    /// The request came to this end.
    Closed(EndStatus),
    /// Its personal data is removed.
    Forgotten(ForgetReason),
    /// Something broke, and the execution cannot go on by itself.
    Stopped {
        /// The error's name.
        error: &'a str,
        /// How often the execution has been redriven.
        redrives: u32,
    },
    /// The execution was redriven, so often by now, and goes on from where it stopped.
    Resumed(u32),
}
