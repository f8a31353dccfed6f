//! What others do at Stripe, and what must hold there of each charge.
//!
//! This Stripe pays whatever it is asked to, also more than was paid: Stripe itself keeps refunds within the charge, and
//! credits it does not.

use std::collections::{BTreeMap, BTreeSet};

use domain::charge_statement::CHARGE;
use domain::id::RequestId;
use domain::request::Request;
use domain::stripe::{Credit, CreditTarget, Customer, Payer, REQUEST_ID, Refund, StripeError};

use jiff::{SignedDuration, Timestamp};

use super::stripe::SimStripe;
use crate::charges::CHARGE as CHARGES;
use crate::customers::EMAIL;
use crate::guards::Guard;
use crate::invocation::Invocation;

/// What is known of Stripe beside what it answers.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// What the charges were, in cents. None: two thousand dollars.
    captured: Option<u64>,
    payer: Option<Payer>,
    has_invoice: bool,
    /// What was made by hand.
    by_hand: BTreeSet<String>,
    /// What requests may order: the charge and the cents.
    orders: BTreeMap<RequestId, (String, u64)>,
    /// What events have said of refunds.
    said: BTreeMap<String, String>,
    /// What was made under an idempotency key, or why nothing was, and when.
    answers: BTreeMap<String, (Timestamp, Result<String, StripeError>)>,
    /// Our own balance is too low for any refund.
    lacks_funds: bool,
    /// The refunds of which the money came back.
    reversed: BTreeSet<String>,
    problems: Vec<String>,
}

/// What somebody makes by hand.
#[derive(Debug, Clone)]
pub(crate) struct ByHand {
    pub(crate) charge: String,
    pub(crate) cents: u64,
    /// The request whose id is written to it.
    pub(crate) request: Option<RequestId>,
    pub(crate) status: &'static str,
}

impl SimStripe {
    fn books<R>(&self, f: impl FnOnce(&mut Books) -> R) -> R {
        f(&mut self.books.lock())
    }

    /// Makes every charge one of so many cents, of that payer, and paid for an invoice or not.
    pub(crate) fn open_charges(&self, cents: u64, payer: Payer, has_invoice: bool) {
        self.memory.set_captured(cents);
        self.memory.set_payer(payer.clone());
        if has_invoice {
            self.memory.set_invoice("in_1");
        }
        self.books(|books| {
            books.captured = Some(cents);
            books.payer = Some(payer);
            books.has_invoice = has_invoice;
        });
    }

    /// Who paid, where that was set.
    pub(crate) fn payer(&self) -> Option<Payer> {
        self.books(|books| books.payer.clone())
    }

    /// Notes what a request may order.
    pub(crate) fn expect_order(&self, request: &Request) {
        let charge = charge_of(request.charge().unwrap_or_default());
        let cents = request.amount().map_or(0, domain::money::Usd::cents);
        self.books(|books| books.orders.insert(request.request_id, (charge, cents)));
    }

    /// Somebody refunds in Stripe's dashboard.
    pub(crate) fn refund_by_hand(&self, it: &ByHand) {
        let id = self.note_by_hand("re");
        self.memory.set_now(self.line.clock.now());
        self.memory.pay_by_hand(Refund {
            id,
            amount: it.cents,
            currency: "usd".to_owned(),
            charge: Some(it.charge.clone()),
            status: Some(it.status.to_owned()),
            metadata: it.metadata(),
            ..Refund::default()
        });
    }

    /// Somebody gives a credit in Stripe's dashboard; not where there is nobody to give it to. The invoice is that of the
    /// shared charge.
    pub(crate) fn credit_by_hand(&self, it: &ByHand) {
        let (payer, has_invoice) = self.books(|books| (books.payer.clone(), books.has_invoice));
        let target = match payer {
            _ if has_invoice && it.charge != CHARGES[0] => return,
            _ if has_invoice => CreditTarget::Invoice("in_1".to_owned()),
            Some(Payer::Customer(customer, _)) => CreditTarget::Customer(customer.id),
            Some(Payer::Guest(_)) | None => return,
        };
        let mut metadata = it.metadata();
        metadata.insert(CHARGE.to_owned(), it.charge.clone());
        self.memory.set_now(self.line.clock.now());
        let credit = Credit {
            id: self.note_by_hand(if has_invoice { "cn" } else { "cbtxn" }),
            amount: i64::try_from(it.cents).expect("it is small"),
            currency: "usd".to_owned(),
            status: Some("issued".to_owned()),
            metadata,
            ..Credit::default()
        };
        self.memory.give(target, credit);
    }

    fn note_by_hand(&self, kind: &str) -> String {
        self.books(|books| {
            let id = format!("{kind}_by_hand_{}", books.by_hand.len() + 1);
            books.by_hand.insert(id.clone());
            id
        })
    }

    /// Whether somebody made it by hand.
    pub(crate) fn is_by_hand(&self, id: &str) -> bool {
        self.books(|books| books.by_hand.contains(id))
    }

    /// What was made under an idempotency key within the last minute: two calls at the same moment get the same. A no is
    /// repeated for good: Stripe does so for a day, and no call is under way that long.
    pub(super) fn remembered(&self, key: &str) -> Option<Result<String, StripeError>> {
        let (at, answer) = self.books(|books| books.answers.get(key).cloned())?;
        let age = self.line.clock.now().duration_since(at);
        (answer.is_err() || age < SignedDuration::from_mins(1)).then_some(answer)
    }

    /// Remembers what was made, or a definite no, which is an answer too.
    pub(super) fn remember(&self, key: &str, answer: Result<&str, &StripeError>) {
        let is_answer = |error: &StripeError| {
            matches!(
                error,
                StripeError::Refused { .. } | StripeError::InsufficientFunds(_)
            )
        };
        if answer.is_err_and(|error| !is_answer(error)) {
            return;
        }
        let answer = answer.map(ToOwned::to_owned).map_err(Clone::clone);
        let answer = (self.line.clock.now(), answer);
        self.books(|books| books.answers.insert(key.to_owned(), answer));
    }

    /// Our balance runs out, or somebody tops it up.
    pub(crate) fn set_lacks_funds(&self, lacks: bool) {
        self.books(|books| books.lacks_funds = lacks);
    }

    /// Whether our balance is too low.
    pub(crate) fn lacks_funds(&self) -> bool {
        self.books(|books| books.lacks_funds)
    }

    /// The bank sends the money of a refund back.
    pub(crate) fn reverse(&self, id: &str) {
        self.memory.set_status(id, "failed");
        self.books(|books| books.reversed.insert(id.to_owned()));
    }

    /// Whether the money of a refund came back.
    pub(crate) fn is_reversed(&self, id: &str) -> bool {
        self.books(|books| books.reversed.contains(id))
    }

    /// The refunds of which the money came back.
    pub(crate) fn reversed(&self) -> Vec<Refund> {
        let mut refunds = self.memory.paid();
        refunds.retain(|it| self.is_reversed(&it.id));
        refunds
    }

    /// A call that pays is started: whoever makes it has asked whether payments are stopped, and they were not.
    pub(super) fn check_switch(&self) {
        let problem = match Invocation::was_stopped() {
            Some(false) => return,
            Some(true) => "it was paid by one who read that payments are stopped",
            None => "it was paid by one who has not asked whether payments are stopped",
        };
        let request = Invocation::request();
        self.books(|books| books.problems.push(format!("{request:?}: {problem}")));
    }

    /// Notes what an event says of a refund.
    pub(crate) fn note_event(&self, id: &str, status: &str) {
        self.books(|books| books.said.insert(id.to_owned(), status.to_owned()));
    }

    /// What must not have happened.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.books(|books| books.problems.clone())
    }

    /// Checks a charge when we have just given something of it back for a request.
    pub(super) fn check_books(&self, charge: &str, request: Option<RequestId>) {
        let charge = charge_of(charge);
        let given = self.given(&charge);
        let sum = |of: &dyn Fn(&Given) -> bool| -> u64 {
            given.iter().filter(|it| of(it)).map(|it| it.cents).sum()
        };
        let captured = self.books(|books| books.captured).unwrap_or(200_000);
        let ours = sum(&|it| !it.by_hand);
        let all = sum(&|_| true);
        let mut problems = Vec::new();
        if ours > captured {
            problems.push(format!(
                "we gave {ours} of {charge}, which was {captured}: {given:?}"
            ));
        } else if all > captured {
            problems.push(format!(
                "with what others gave, {all} of {charge} are given back, which was {captured}: {given:?}"
            ));
        }
        if let Some(known) = given.iter().find(|it| it.by_hand && it.request == request) {
            problems.push(format!("{request:?} is paid, and has {known:?} already"));
        }
        self.books(|books| books.problems.extend(problems));
    }

    /// What was given back of a charge and did not fail.
    fn given(&self, charge: &str) -> Vec<Given> {
        let refunds = self.memory.paid().into_iter();
        let refunds = refunds.filter(|it| it.is_live() && it.charge.as_deref() == Some(charge));
        let refunds = refunds.map(|it| (it.id.clone(), it.amount, it.request_id()));
        let credits = self.memory.credited().into_iter();
        let credits = credits.filter(|it| {
            it.metadata
                .get(CHARGE)
                .is_some_and(|of| charge_of(of) == charge)
        });
        let credits = credits.map(|it| (it.id.clone(), it.given_cents(), it.request_id()));
        let given = refunds.chain(credits).map(|(id, cents, request)| Given {
            by_hand: self.is_by_hand(&id),
            id,
            cents,
            request,
        });
        given.collect()
    }

    /// A refund with our id, made to look like the one that was ordered: where that guard is taken away.
    pub(super) fn as_if_it_fitted(&self, mut refund: Refund) -> Refund {
        if !self.line.is_without(Guard::Fitting) {
            return refund;
        }
        let order = refund.request_id();
        let order = order.and_then(|id| self.books(|books| books.orders.get(&id).cloned()));
        if let Some((charge, cents)) = order {
            refund.charge = Some(charge);
            refund.amount = cents;
            refund.currency = "usd".to_owned();
        }
        refund
    }

    /// What somebody made by hand for another request, as if it were for the one that asks: where that guard is taken away.
    pub(super) fn as_if_for_whoever_asks(&self, mut refund: Refund) -> Refund {
        if self.line.is_without(Guard::OwnId)
            && self.is_by_hand(&refund.id)
            && let (Some(id), Some(of)) =
                (Invocation::request(), refund.metadata.get_mut(REQUEST_ID))
        {
            *of = id.to_string();
        }
        refund
    }

    /// A refund with the status that an event gave it: where that guard is taken away.
    pub(super) fn as_an_event_says(&self, mut refund: Refund) -> Refund {
        if self.line.is_without(Guard::EventsAreChecked)
            && let Some(status) = self.books(|books| books.said.get(&refund.id).cloned())
        {
            refund.status = Some(status);
        }
        refund
    }
}

/// Something that was given back.
#[derive(Debug)]
struct Given {
    #[expect(dead_code, reason = "for whoever reads a problem")]
    id: String,
    cents: u64,
    request: Option<RequestId>,
    by_hand: bool,
}

impl ByHand {
    fn metadata(&self) -> BTreeMap<String, String> {
        let request = self.request.iter();
        request
            .map(|id| (REQUEST_ID.to_owned(), id.to_string()))
            .collect()
    }
}

/// The customer who asks, as one of Stripe's.
pub(crate) fn ada() -> Payer {
    customer("cus_ada", EMAIL)
}

/// A customer of Stripe's.
pub(crate) fn customer(id: &str, email: &str) -> Payer {
    let customer = Customer {
        id: id.to_owned(),
        email: Some(email.to_owned()),
    };
    Payer::Customer(customer, None)
}

/// The charge of a name: `ch_1` of `pi_1`, and of what a world without [`Guard::OneNameOfACharge`] makes of both.
pub(crate) fn charge_of(name: &str) -> String {
    let name = name.strip_prefix("ch_of_").unwrap_or(name);
    match name.strip_prefix("pi_") {
        Some(rest) => format!("ch_{rest}"),
        None => name.to_owned(),
    }
}
