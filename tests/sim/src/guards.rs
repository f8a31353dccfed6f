//! Test-only switches: each takes one guard of the product away, at a port, so that it can be seen that the simulation
//! notices.

use domain::admission::CountedFor;

/// What keeps a charge from being given back twice, or to anybody else, payments within what people allow, requests from
/// being lost or denied for want of a service, and floods from being taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    /// The table takes a charge's ledger whoever wrote it in between.
    LedgerCondition,
    /// Each spelling of a charge is a charge of its own.
    OneNameOfACharge,
    /// Stripe lists the credits that others gave.
    CreditsOfOthers,
    /// Stripe lists the refunds that others made.
    RefundsOfOthers,
    /// What carries our id and fits another order is seen as what it is.
    Fitting,
    /// A refund is what Stripe answers, and not what an event says of it.
    EventsAreChecked,
    /// A request finds the others of its charge.
    OtherRequests,
    /// An approval is one that somebody gave.
    StoredApprovals,
    /// What somebody approved of an amount is stored.
    ApprovedAmount,
    /// What others made by hand for another request is not taken for one's own.
    OwnId,
    /// The table fails an intent where payments were stopped since that was read.
    SwitchCondition,
    /// Whoever orders reads whether payments are stopped.
    SwitchRead,
    /// The function is told how much a request may get.
    LimitPerRefund,
    /// The table knows what a customer got.
    TotalsOfCustomer,
    /// The table knows what was paid in all.
    TotalsOfDay,
    /// The table takes the totals of payments only from whoever read them last.
    TotalsCondition,
    /// What a service that is away does not say is no refusal.
    OutageIsNoAnswer,
    /// That the sender is refused is not the recipient's fault.
    WhoseFault,
    /// What fails for want of a service is tried for a day.
    PatientRetries,
    /// What was stored and not started is started later.
    StartRequests,
    /// No more requests are taken than this limit says.
    RequestLimit(CountedFor),
    /// A counter expires.
    CounterExpiry,
    /// The table takes a counter only from whoever read it last.
    CounterCondition,
    /// What is counted is what is stored: the table takes both or nothing.
    CountedIfStored,
    /// The record of a movement has the amount that moved.
    RecordedAmount,
    /// The record of a decision has whoever decided.
    RecordedActor,
    /// The record that money came back is one of the money that went.
    RecordedReversal,
}
