//! A Stripe that remembers refunds and credits in memory and answers as it is told, for tests.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use domain::stripe::{
    Charge, Credit, CreditOrder, CreditTarget, Credits, Customer, Listings, Payer, Payment,
    Payments, Refund, RefundOrder, Refunds, StripeError, StripeResult, is_intent,
};
use jiff::Timestamp;
use parking_lot::Mutex;

/// How the next call for a refund or a credit goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// The refund is made, with this status.
    Pay(&'static str),
    /// A refund of so many cents is made, whatever was ordered.
    PayAnother(u64),
    /// The refund is made, and the answer is lost on the way.
    PayAndDrop,
    /// Nothing is made.
    Fail(StripeError),
}

/// Every call and its order, and what comes next.
#[derive(Debug, Default)]
pub struct MemoryStripe {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Script>,
    orders: Vec<RefundOrder>,
    refunds: Vec<Refund>,
    credit_orders: Vec<CreditOrder>,
    credits: Vec<(CreditTarget, Credit)>,
    now: Timestamp,
    /// When each was created.
    created: BTreeMap<String, Timestamp>,
    paid: Paid,
    /// The charges and payment intents whose receipt or invoice has a number, with its customer and the number.
    numbered: Vec<(String, String, String)>,
    lookups: VecDeque<StripeError>,
    hangs: bool,
    listings: VecDeque<StripeError>,
}

/// What every charge is.
#[derive(Debug)]
struct Paid {
    cents: u64,
    currency: String,
    payer: Payer,
    invoice: Option<String>,
}

impl Default for Paid {
    fn default() -> Self {
        let ada = Customer {
            id: "cus_ada".to_owned(),
            email: Some("ada@example.com".to_owned()),
        };
        Self {
            cents: 200_000,
            currency: "usd".to_owned(),
            payer: Payer::Customer(ada, None),
            invoice: None,
        }
    }
}

impl MemoryStripe {
    /// Scripts the next calls for a refund or a credit; calls beyond it are paid.
    pub fn script(&self, steps: impl IntoIterator<Item = Script>) {
        self.with(|state| state.script.extend(steps));
    }

    /// Makes the next call that reads a payment fail.
    pub fn fail_lookup(&self, error: StripeError) {
        self.with(|state| state.lookups.push_back(error));
    }

    /// Makes no call that reads a payment come to an end any more.
    pub fn hang(&self) {
        self.with(|state| state.hangs = true);
    }

    /// Makes the next call that lists refunds fail.
    pub fn fail_listing(&self, error: StripeError) {
        self.with(|state| state.listings.push_back(error));
    }

    /// Makes every charge one of so many cents; it is 2,000 dollars otherwise.
    pub fn set_captured(&self, cents: u64) {
        self.with(|state| state.paid.cents = cents);
    }

    /// Says when what is made from now on is created; it is the Unix epoch otherwise.
    pub fn set_now(&self, now: Timestamp) {
        self.with(|state| state.now = now);
    }

    /// Has a refund made by somebody else.
    pub fn pay_by_hand(&self, refund: Refund) {
        self.with(|state| state.add_refund(refund));
    }

    /// Makes every payment one in that currency; it is `usd` otherwise.
    pub fn set_currency(&self, currency: &str) {
        self.with(|state| currency.clone_into(&mut state.paid.currency));
    }

    /// Makes every payment one of that payer; it is `cus_ada`, ada@example.com, otherwise.
    pub fn set_payer(&self, payer: Payer) {
        self.with(|state| state.paid.payer = payer);
    }

    /// Makes every payment one that paid this invoice.
    pub fn set_invoice(&self, invoice: &str) {
        self.with(|state| state.paid.invoice = Some(invoice.to_owned()));
    }

    /// Has a payment of a customer's be one whose receipt or invoice has that number.
    pub fn set_number(&self, customer: &str, number: &str, charge: &str) {
        let numbered = [customer, number, charge].map(ToOwned::to_owned);
        self.with(|state| state.numbered.push(numbered.into()));
    }

    /// Has a credit given by somebody else.
    pub fn give(&self, target: CreditTarget, credit: Credit) {
        self.with(|state| state.add_credit(target, credit));
    }

    /// Gives a refund another status.
    pub fn set_status(&self, id: &str, status: &str) {
        self.with(|state| {
            let found = state.refunds.iter_mut().filter(|it| it.id == id);
            found.for_each(|refund| refund.status = Some(status.to_owned()));
        });
    }

    /// The calls for a refund, in order.
    pub fn orders(&self) -> Vec<RefundOrder> {
        self.with(|state| state.orders.clone())
    }

    /// The calls for a credit, in order.
    pub fn credit_orders(&self) -> Vec<CreditOrder> {
        self.with(|state| state.credit_orders.clone())
    }

    /// What was paid.
    pub fn paid(&self) -> Vec<Refund> {
        self.with(|state| state.refunds.clone())
    }

    /// When refunds and credits were created.
    pub fn created(&self) -> Vec<Timestamp> {
        self.with(|state| state.created.values().copied().collect())
    }

    /// What was credited.
    pub fn credited(&self) -> Vec<Credit> {
        self.with(|state| state.credits.iter().map(|(_, it)| it.clone()).collect())
    }

    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.state.lock())
    }
}

impl State {
    /// Does what comes next with what makes a refund or a credit, given its status, and its cents where they are not those
    /// that were ordered. There is no memory of idempotency keys: as with Stripe after a day.
    fn scripted<T>(
        &mut self,
        make: impl FnOnce(&mut Self, &str, Option<u64>) -> T,
    ) -> StripeResult<T> {
        match self.script.pop_front().unwrap_or(Script::Pay("succeeded")) {
            Script::Pay(status) => Ok(make(self, status, None)),
            Script::PayAnother(cents) => Ok(make(self, "succeeded", Some(cents))),
            Script::PayAndDrop => {
                make(self, "succeeded", None);
                Err(StripeError::Unknown("the answer was lost".to_owned()))
            }
            Script::Fail(error) => Err(error),
        }
    }

    fn add_refund(&mut self, refund: Refund) {
        self.created.insert(refund.id.clone(), self.now);
        self.refunds.push(refund);
    }

    fn add_credit(&mut self, target: CreditTarget, credit: Credit) {
        self.created.insert(credit.id.clone(), self.now);
        self.credits.push((target, credit));
    }

    fn is_created_in(&self, span: &Range<Timestamp>, id: &str) -> bool {
        self.created.get(id).is_some_and(|at| span.contains(at))
    }
}

/// The charge that a payment intent came to: `ch_1` of `pi_1`.
fn charge_of(name: &str) -> String {
    match name.strip_prefix("pi_") {
        Some(rest) => format!("ch_{rest}"),
        None => name.to_owned(),
    }
}

fn missing(noun: &str, id: &str) -> StripeError {
    StripeError::Refused {
        message: format!("No such {noun}: '{id}'"),
        code: Some("resource_missing".to_owned()),
    }
}

impl Refunds for MemoryStripe {
    async fn create_refund(&self, order: &RefundOrder) -> StripeResult<Refund> {
        self.with(|state| {
            state.orders.push(order.clone());
            state.scripted(|state, status, cents| {
                let refund = Refund {
                    id: format!("re_{}", state.refunds.len() + 1),
                    amount: cents.unwrap_or(order.amount.cents()),
                    currency: state.paid.currency.clone(),
                    charge: Some(charge_of(&order.charge)),
                    status: Some(status.to_owned()),
                    metadata: order.metadata.clone(),
                    ..Refund::default()
                };
                state.add_refund(refund.clone());
                refund
            })
        })
    }

    async fn refund(&self, id: &str) -> StripeResult<Refund> {
        let refund = self.paid().into_iter().find(|refund| refund.id == id);
        refund.ok_or_else(|| missing("refund", id))
    }

    async fn refunds(&self, charge: &str) -> StripeResult<Vec<Refund>> {
        self.with(|state| {
            if let Some(error) = state.listings.pop_front() {
                return Err(error);
            }
            let charge = Some(charge_of(charge));
            let of_charge = state.refunds.iter().filter(|it| it.charge == charge);
            Ok(of_charge.cloned().collect())
        })
    }
}

impl Credits for MemoryStripe {
    async fn paid_invoice(&self, _intent: &str) -> StripeResult<Option<String>> {
        Ok(self.with(|state| state.paid.invoice.clone()))
    }

    async fn create_credit(&self, order: &CreditOrder) -> StripeResult<Credit> {
        self.with(|state| {
            state.credit_orders.push(order.clone());
            state.scripted(|state, _, _| {
                let (prefix, status) = match order.target {
                    CreditTarget::Invoice(_) => ("cn", Some("issued".to_owned())),
                    CreditTarget::Customer(_) => ("cbtxn", None),
                };
                let credit = Credit {
                    id: format!("{prefix}_{}", state.credits.len() + 1),
                    amount: i64::try_from(order.amount.cents()).unwrap_or(i64::MAX),
                    currency: state.paid.currency.clone(),
                    status,
                    metadata: order.metadata.clone(),
                    ..Credit::default()
                };
                state.add_credit(order.target.clone(), credit.clone());
                credit
            })
        })
    }

    async fn credits(&self, target: &CreditTarget) -> StripeResult<Vec<Credit>> {
        Ok(self.with(|state| {
            let same = state.credits.iter().filter(|(t, _)| t == target);
            same.map(|(_, credit)| credit.clone()).collect()
        }))
    }
}

impl Listings for MemoryStripe {
    async fn refunds_created(&self, span: &Range<Timestamp>) -> StripeResult<Vec<Refund>> {
        Ok(self.with(|state| {
            let refunds = state.refunds.iter();
            let created = refunds.filter(|it| state.is_created_in(span, &it.id));
            created.cloned().collect()
        }))
    }

    async fn credit_notes_created(&self, span: &Range<Timestamp>) -> StripeResult<Vec<Credit>> {
        Ok(self.with(|state| {
            let notes = state.credits.iter().filter(|(target, it)| {
                matches!(target, CreditTarget::Invoice(_)) && state.is_created_in(span, &it.id)
            });
            notes.map(|(_, credit)| credit.clone()).collect()
        }))
    }

    async fn credit_note(&self, id: &str) -> StripeResult<Credit> {
        let note = self.credited().into_iter().find(|credit| credit.id == id);
        note.ok_or_else(|| missing("credit_note", id))
    }
}

impl Payments for MemoryStripe {
    async fn payment(&self, charge: &str) -> StripeResult<Payment> {
        if self.with(|state| state.hangs) {
            std::future::pending::<()>().await;
        }
        self.with(|state| {
            if let Some(error) = state.lookups.pop_front() {
                return Err(error);
            }
            let Paid { cents, currency, payer, invoice } = &state.paid;
            let found = serde_json::json!({
                "id": charge_of(charge), "amount": cents, "amount_captured": cents, "amount_refunded": 0,
                "captured": true, "created": 1_767_225_600, "currency": currency,
                "payment_method_details": {"card": {"last4": "4242"}},
            });
            let found: Charge = serde_json::from_value(found).expect("it is a charge");
            let of_invoice = invoice.as_ref().map(|_| "pi_of_invoice");
            let intent = Some(charge).filter(|it| is_intent(it)).or(of_invoice);
            Ok(Payment {
                id: charge.to_owned(),
                currency: currency.clone(),
                intent: intent.map(ToOwned::to_owned),
                charge: Some(found),
                payer: payer.clone(),
            })
        })
    }

    async fn numbered(&self, customer: &str, number: &str) -> StripeResult<Vec<Payment>> {
        let numbered = self.with(|state| state.numbered.clone());
        let found = numbered
            .iter()
            .filter(|(of, it, _)| of == customer && it == number);
        let mut payments = Vec::new();
        for (_, _, charge) in found {
            payments.push(self.payment(charge).await?);
        }
        Ok(payments)
    }

    async fn customers(&self, email: &str) -> StripeResult<Vec<Customer>> {
        Ok(self.with(|state| match &state.paid.payer {
            Payer::Customer(customer, _) if customer.email.as_deref() == Some(email) => {
                vec![customer.clone()]
            }
            Payer::Customer(..) | Payer::Guest(_) => Vec::new(),
        }))
    }
}
