//! The other requests for the same charge: one line that sums them up, and a line for each.

use jiff::Timestamp;

use crate::dates::Zone;
use crate::id::RequestId;
use crate::money::Usd;
use crate::request::{RefundProgress, Request, Status};
use crate::stripe::amount_text;

/// Another request for the same charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherRequest {
    /// Its id.
    pub request_id: RequestId,
    /// What is or was to be paid for it.
    pub amount: Option<Usd>,
    /// Where it stands.
    pub status: Status,
    /// Whether its customer has the money or the credit.
    pub is_paid: bool,
    /// When it was submitted.
    pub submitted_at: Timestamp,
}

impl OtherRequest {
    /// What there is to say about that request.
    pub fn of(request: &Request) -> Self {
        let is_paid = match request.refund {
            Some(RefundProgress::Paid) => true,
            Some(RefundProgress::Pending | RefundProgress::Reversed) => false,
            // A credit has no progress.
            None => request.status == Status::Refunded,
        };
        Self {
            request_id: request.request_id,
            amount: request.amount(),
            status: request.status,
            is_paid,
            submitted_at: request.submitted_at,
        }
    }

    /// Whether it may still be paid.
    fn is_open(&self) -> bool {
        let ended = matches!(self.status, Status::Denied | Status::Completed);
        !self.is_paid && !ended
    }

    pub(super) fn line(&self, zone: &Zone) -> String {
        let amount = self.amount.map(|it| it.to_string()).unwrap_or_default();
        let status = self.status.as_str().replace('_', " ");
        let (on, id) = (zone.day(self.submitted_at), self.request_id);
        format!("{amount}, {status}, sent on {on} ({id})")
    }
}

/// Those that were paid first, and of the others the newest.
pub(super) fn sort(others: &mut [OtherRequest]) {
    others.sort_by_key(|other| (!other.is_paid, std::cmp::Reverse(other.submitted_at)));
}

/// `3 other requests, $60.00 paid, $20.00 open`
pub(super) fn summary(others: &[OtherRequest]) -> Option<String> {
    let requests = match others.len() {
        0 => return None,
        1 => "1 other request".to_owned(),
        more => format!("{more} other requests"),
    };
    let sum = |counts: fn(&OtherRequest) -> bool| {
        let counted = others.iter().filter(|other| counts(other));
        let cents = counted.filter_map(|other| other.amount).map(Usd::cents);
        amount_text(cents.sum(), "usd")
    };
    let (paid, open) = (sum(|it| it.is_paid), sum(OtherRequest::is_open));
    Some(format!("{requests}, {paid} paid, {open} open"))
}
