//! Test-only switches: each takes one guard of the product away, at a port, so that it can be seen that the simulation
//! notices.

/// What keeps a charge from being given back twice, or to anybody else.
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
}
