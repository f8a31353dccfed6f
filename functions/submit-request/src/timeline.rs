//! What has happened to a request, as its customer may know it: by its audit log, without who decided and why.

use domain::audit::{Action, AuditRecord};
use domain::money::Usd;
use jiff::Timestamp;

/// Something that the customer did, or that was done for them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Milestone {
    pub(crate) at: Timestamp,
    pub(crate) text: String,
}

/// What follows once nobody has to approve any more.
const FOLLOWS_APPROVALS: [Action; 5] = [
    Action::RefundIntended,
    Action::CreditIntended,
    Action::ChoiceOffered,
    Action::RefundRefused,
    Action::ChargeExhausted,
];

/// The milestones in the audit log of a request, oldest first. That it is approved is one of them once nobody has to
/// approve any more, which is when the money or the choice follows.
pub(crate) fn timeline(records: &[AuditRecord]) -> Vec<Milestone> {
    let mut approved = None;
    let mut milestones = Vec::new();
    for record in records {
        let at = record.at;
        if record.action == Action::Approved {
            let text = with_amount("We approved", record);
            approved = Some(Milestone { at, text });
        } else if FOLLOWS_APPROVALS.contains(&record.action) {
            milestones.extend(approved.take());
        }
        milestones.extend(words(record).map(|text| Milestone { at, text }));
    }
    milestones
}

/// When and how much was last given back by this means: [`Action::Refunded`] or [`Action::Credited`].
pub(crate) fn given(records: &[AuditRecord], means: Action) -> Option<(Timestamp, Usd)> {
    let given = records.iter().rfind(|record| record.action == means)?;
    Some((given.at, given.amount?))
}

/// Whether a mail to the customer came back or was refused.
pub(crate) fn is_out_of_reach(records: &[AuditRecord]) -> bool {
    let failed = [
        Action::CustomerMailBounced,
        Action::CustomerMailReported,
        Action::MailRefused,
    ];
    records.iter().any(|record| failed.contains(&record.action))
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "customers are told of nothing but these, nor of what is yet to come"
)]
fn words(record: &AuditRecord) -> Option<String> {
    Some(match record.action {
        Action::Submitted => "You sent your request".to_owned(),
        Action::QuestionAsked => "We asked you a question".to_owned(),
        Action::QuestionAnswered => "You answered".to_owned(),
        Action::ChoiceOffered => "We asked you to choose".to_owned(),
        Action::Chosen => "You chose".to_owned(),
        Action::ChoiceExpired => "The time to choose ran out".to_owned(),
        Action::Rejected => "We did not approve it".to_owned(),
        Action::Expired => "The time to decide ran out".to_owned(),
        Action::RefundPending => "We sent your refund on its way".to_owned(),
        Action::Refunded => with_amount("We paid back", record),
        Action::Credited => with_amount("We gave you a credit of", record),
        Action::RefundRefused | Action::ChargeExhausted => {
            "A payment to you could not be made".to_owned()
        }
        Action::RefundReversed => "The refund came back to us".to_owned(),
        Action::Forgotten => "We removed what you sent us".to_owned(),
        _ => return None,
    })
}

/// `We approved $50.00`, or without the amount where there is none.
fn with_amount(text: &str, record: &AuditRecord) -> String {
    match record.amount {
        Some(amount) => format!("{text} {amount}"),
        None => format!("{text} your request"),
    }
}
