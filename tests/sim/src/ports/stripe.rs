//! Stripe: answers that are lost, refusals, refunds that take days, and a memory of
//! idempotency keys that is a minute long, where Stripe's is a day.

use std::ops::Range;
use std::sync::Arc;

use domain::charge_statement::CHARGE;
use domain::stripe::{
    Credit, CreditOrder, CreditTarget, Credits, Customer, Listings, Payer, Payment, Payments,
    Refund, RefundOrder, Refunds, StripeError,
};
use jiff::Timestamp;
use parking_lot::Mutex;
use testing::{MemoryStripe, Script};

use super::by_hand::{Books, customer};
use super::{Line, down};
use crate::customers::EMAIL;
use crate::faults::{Fault, Place};
use crate::guards::Guard;

/// What the charges of those are called who are none of Stripe's customers.
pub(crate) const GUEST: &str = "ch_guest";

/// The payer whose name is in that of a charge: `ben` of `ch_by_ben_1`.
fn named_payer(charge: &str) -> Option<&str> {
    let (name, _) = charge.strip_prefix("ch_by_")?.split_once('_')?;
    Some(name)
}

/// How it refuses.
pub(crate) const NO: &str = "No.";

/// How Stripe means to answer when nothing goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// It pays.
    Pays,
    /// It pays, and takes its time.
    Pends,
    /// It refuses.
    Refuses,
    /// One or the other, or it takes its time.
    Drawn,
}

/// Stripe.
#[derive(Debug, Clone)]
pub(crate) struct SimStripe {
    pub(super) line: Line,
    mood: Mood,
    pub(super) memory: Arc<MemoryStripe>,
    pub(super) books: Arc<Mutex<Books>>,
}

impl SimStripe {
    pub(crate) fn new(line: Line, mood: Mood) -> Self {
        Self {
            line,
            mood,
            memory: Arc::default(),
            books: Arc::default(),
        }
    }

    /// What was taken to be paid, whatever became of it.
    pub(crate) fn paid(&self) -> Vec<Refund> {
        self.memory.paid()
    }

    /// When something was made.
    pub(crate) fn created(&self) -> Vec<Timestamp> {
        self.memory.created()
    }

    /// What was credited.
    pub(crate) fn credited(&self) -> Vec<Credit> {
        self.memory.credited()
    }

    /// Decides what becomes of the refunds that are under way.
    pub(crate) fn settle(&self) {
        for refund in self.memory.paid() {
            if refund.status.as_deref() == Some("pending") {
                let drawn = match self.mood {
                    Mood::Drawn => self.line.faults.below(8),
                    Mood::Pays | Mood::Pends | Mood::Refuses => 7,
                };
                let status = match drawn {
                    0 => "failed",
                    1 => "canceled",
                    _ => "succeeded",
                };
                self.memory.set_status(&refund.id, status);
            }
        }
    }

    /// The refunds of which it is known what became of them.
    pub(crate) fn settled(&self) -> Vec<Refund> {
        let mut refunds = self.memory.paid();
        refunds.retain(|refund| refund.status.as_deref() != Some("pending"));
        refunds
    }

    fn answer(&self) -> Script {
        let drawn = match self.mood {
            Mood::Pays => 0,
            Mood::Pends => 6,
            Mood::Refuses => 9,
            Mood::Drawn => self.line.faults.below(10),
        };
        match drawn {
            0..=5 => Script::Pay("succeeded"),
            6..=7 => Script::Pay("pending"),
            8 => Script::Fail(StripeError::Misconfigured("drawn".to_owned())),
            _ => refused(),
        }
    }

    /// Refunds are taken from our balance.
    fn answer_to_refund(&self) -> Script {
        if self.lacks_funds() {
            let message = "Insufficient funds in your Stripe balance.".to_owned();
            return Script::Fail(StripeError::InsufficientFunds(message));
        }
        self.answer()
    }

    /// Credits are refused more often, as they can still be paid in cash.
    fn answer_to_credit(&self) -> Script {
        match self.mood {
            Mood::Drawn if self.line.faults.below(3) == 0 => refused(),
            Mood::Drawn | Mood::Pays | Mood::Pends | Mood::Refuses => self.answer(),
        }
    }

    /// Makes the call, unless something goes wrong before, and loses the answer if something does
    /// after.
    async fn call<R>(
        &self,
        call: impl Future<Output = Result<R, StripeError>> + Send,
    ) -> Result<R, StripeError> {
        let fault = self.line.call(Place::Stripe).await;
        if fault == Some(Fault::Before) && self.line.is_without(Guard::OutageIsNoAnswer) {
            return Err(StripeError::Refused {
                message: down(),
                code: None,
            });
        }
        if fault == Some(Fault::Before) {
            return Err(StripeError::Unknown(down()));
        }
        let answer = call.await;
        // The answer's way back, on which others come first.
        self.line.faults.pause().await;
        match fault {
            Some(_) => Err(StripeError::Unknown(down())),
            None => answer,
        }
    }
}

fn refused() -> Script {
    Script::Fail(StripeError::Refused {
        message: NO.to_owned(),
        code: None,
    })
}

impl Refunds for SimStripe {
    async fn create_refund(&self, order: &RefundOrder) -> Result<Refund, StripeError> {
        self.check_switch();
        let (key, charge) = (&order.idempotency_key, &order.charge);
        let pay = async {
            if let Some(answer) = self.remembered(key) {
                let id = answer?;
                let known = self.memory.paid().into_iter().find(|it| it.id == id);
                return Ok(known.expect("it was made"));
            }
            // Nothing else has a turn between these.
            self.memory.set_now(self.line.clock.now());
            self.memory.script([self.answer_to_refund()]);
            let made = self.memory.create_refund(order).await;
            self.remember(key, made.as_ref().map(|it| it.id.as_str()));
            made.inspect(|made| self.check_books(charge, made.request_id()))
        };
        self.call(pay).await
    }

    async fn refund(&self, id: &str) -> Result<Refund, StripeError> {
        let refund = self.call(self.memory.refund(id)).await?;
        Ok(self.as_an_event_says(self.as_if_it_fitted(refund)))
    }

    async fn refunds(&self, charge: &str) -> Result<Vec<Refund>, StripeError> {
        let mut refunds = self.call(self.memory.refunds(charge)).await?;
        if self.line.is_without(Guard::RefundsOfOthers) {
            refunds.retain(|refund| !self.is_by_hand(&refund.id));
        }
        let refunds = refunds.into_iter();
        let shown = |refund| self.as_if_for_whoever_asks(self.as_if_it_fitted(refund));
        Ok(refunds.map(shown).collect())
    }
}

impl Payments for SimStripe {
    async fn payment(&self, charge: &str) -> Result<Payment, StripeError> {
        let mut payment = self.call(self.memory.payment(charge)).await?;
        if charge.starts_with(GUEST) {
            payment.payer = Payer::Guest(Some(EMAIL.to_owned()));
        }
        if let Some(name) = named_payer(charge) {
            payment.payer = customer(&format!("cus_{name}"), &format!("{name}@example.com"));
        }
        if self.line.is_without(Guard::OneNameOfACharge)
            && let Some(found) = &mut payment.charge
        {
            found.id = format!("ch_of_{charge}");
        }
        Ok(payment)
    }

    async fn numbered(&self, customer: &str, number: &str) -> Result<Vec<Payment>, StripeError> {
        self.call(self.memory.numbered(customer, number)).await
    }

    async fn customers(&self, email: &str) -> Result<Vec<Customer>, StripeError> {
        self.call(self.memory.customers(email)).await
    }
}

impl Credits for SimStripe {
    async fn paid_invoice(&self, intent: &str) -> Result<Option<String>, StripeError> {
        self.call(self.memory.paid_invoice(intent)).await
    }

    async fn create_credit(&self, order: &CreditOrder) -> Result<Credit, StripeError> {
        self.check_switch();
        let (key, charge) = (&order.idempotency_key, &order.metadata[CHARGE]);
        let credit = async {
            if let Some(answer) = self.remembered(key) {
                let id = answer?;
                let known = self.memory.credited().into_iter().find(|it| it.id == id);
                return Ok(known.expect("it was made"));
            }
            self.memory.set_now(self.line.clock.now());
            self.memory.script([self.answer_to_credit()]);
            let made = self.memory.create_credit(order).await;
            self.remember(key, made.as_ref().map(|it| it.id.as_str()));
            made.inspect(|made| self.check_books(charge, made.request_id()))
        };
        self.call(credit).await
    }

    async fn credits(&self, target: &CreditTarget) -> Result<Vec<Credit>, StripeError> {
        let mut credits = self.call(self.memory.credits(target)).await?;
        if self.line.is_without(Guard::CreditsOfOthers) {
            credits.retain(|credit| !self.is_by_hand(&credit.id));
        }
        Ok(credits)
    }
}

impl Listings for SimStripe {
    async fn refunds_created(&self, span: &Range<Timestamp>) -> Result<Vec<Refund>, StripeError> {
        self.call(self.memory.refunds_created(span)).await
    }

    async fn credit_notes_created(
        &self,
        span: &Range<Timestamp>,
    ) -> Result<Vec<Credit>, StripeError> {
        self.call(self.memory.credit_notes_created(span)).await
    }

    async fn credit_note(&self, id: &str) -> Result<Credit, StripeError> {
        self.call(self.memory.credit_note(id)).await
    }
}
