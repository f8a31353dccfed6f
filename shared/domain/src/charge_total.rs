//! What a charge gives back in all, which conditions compare: many small requests for one charge need what a large
//! one needs.

use std::collections::BTreeMap;

use crate::charge_lookup::ChargeFound;
use crate::id::RequestId;
use crate::money::Usd;
use crate::request::{Output, RefundProgress, Request, Status};
use crate::request_store::RequestStore;
use crate::table::{ReadError, Table};

/// How many other requests for a charge are added up. More are more than any limit: each is a read.
const MOST_OTHERS: usize = 100;

impl<T: Table> RequestStore<T> {
    /// What the charge of a request has given and may still give, in cents: what this request asks for, what every other
    /// one for the charge does that is open or paid, and what Stripe has given back beside them.
    ///
    /// Where it cannot be known it is more than any limit, `u64::MAX`: where Stripe did not answer the lookup, where nobody
    /// has said which of several charges it is, or where there are more than 100 other requests.
    pub async fn charge_total(&self, request: &Request) -> Result<u64, ReadError> {
        let Some(found) = self.charge_lookup(request.request_id).await? else {
            return Ok(u64::MAX);
        };
        let ids = self.others_of_charge(&found).await?;
        if ids.len() > MOST_OTHERS {
            return Ok(u64::MAX);
        }
        let mut payments = found.payments_of(request);
        let payment = payments.next();
        if payments.next().is_some() {
            return Ok(u64::MAX);
        }
        let charge = payment.and_then(|payment| payment.charge.as_ref());
        // By request, so that each counts once, whether Stripe knows of what it gave or not.
        let mut cents: BTreeMap<RequestId, u64> = BTreeMap::new();
        cents.extend(charge.into_iter().flat_map(ChargeFound::given_by_request));
        // Given by nobody of this system.
        let beside = charge
            .map_or(0, ChargeFound::given)
            .saturating_sub(sum(&cents));
        let others = self.requests(ids).await?;
        for request in others.iter().chain([request]) {
            let cents = cents.entry(request.request_id).or_default();
            *cents = may_give(request).max(*cents);
        }
        Ok(sum(&cents).saturating_add(beside))
    }
}

fn sum(cents: &BTreeMap<RequestId, u64>) -> u64 {
    cents
        .values()
        .fold(0, |sum, cents| sum.saturating_add(*cents))
}

/// What a request gave or may still give, in cents. What came back it has not given, and is not given again.
fn may_give(request: &Request) -> u64 {
    let mut outputs = request.outputs.values();
    let has_given = outputs.any(|output| matches!(output, Output::Refund { .. }));
    let is_over = matches!(request.status, Status::Denied | Status::Completed);
    let came_back = request.refund == Some(RefundProgress::Reversed);
    if came_back || (is_over && !has_given) {
        return 0;
    }
    request.amount().map_or(0, Usd::cents)
}
