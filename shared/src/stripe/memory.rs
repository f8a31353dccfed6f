//! A Stripe that remembers refunds in memory and answers as it is told, for tests.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::{Payment, Refund, RefundOrder, Stripe, StripeError};

/// How the next call for a refund goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Script {
    /// The refund is made, with this status.
    Pay(&'static str),
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
    refunds: Vec<(String, Refund)>,
    currency: Option<String>,
}

impl MemoryStripe {
    /// Scripts the next calls for a refund; calls beyond it are paid.
    pub fn script(&self, steps: impl IntoIterator<Item = Script>) {
        self.with(|state| state.script.extend(steps));
    }

    /// Makes every payment one in that currency; it is `usd` otherwise.
    pub fn set_currency(&self, currency: &str) {
        self.with(|state| state.currency = Some(currency.to_owned()));
    }

    /// Gives a refund another status.
    pub fn set_status(&self, id: &str, status: &str) {
        self.with(|state| {
            for (_, refund) in &mut state.refunds {
                if refund.id == id {
                    refund.status = Some(status.to_owned());
                }
            }
        });
    }

    /// The calls for a refund, in order.
    pub fn orders(&self) -> Vec<RefundOrder> {
        self.with(|state| state.orders.clone())
    }

    /// What was paid.
    pub fn paid(&self) -> Vec<Refund> {
        self.with(|state| {
            state
                .refunds
                .iter()
                .map(|(_, refund)| refund.clone())
                .collect()
        })
    }

    fn with<R>(&self, f: impl FnOnce(&mut State) -> R) -> R {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl State {
    /// Pays without any memory of idempotency keys: as Stripe does after a day.
    fn pay(&mut self, order: &RefundOrder, status: &str) -> Refund {
        let refund = Refund {
            id: format!("re_{}", self.refunds.len() + 1),
            amount: order.amount.cents(),
            status: Some(status.to_owned()),
            failure_reason: None,
            metadata: order.metadata.clone(),
        };
        self.refunds.push((order.charge.clone(), refund.clone()));
        refund
    }
}

impl Stripe for MemoryStripe {
    async fn create_refund(&self, order: &RefundOrder) -> Result<Refund, StripeError> {
        self.with(|state| {
            state.orders.push(order.clone());
            match state.script.pop_front().unwrap_or(Script::Pay("succeeded")) {
                Script::Pay(status) => Ok(state.pay(order, status)),
                Script::PayAndDrop => {
                    state.pay(order, "succeeded");
                    Err(StripeError::Unknown("the answer was lost".to_owned()))
                }
                Script::Fail(error) => Err(error),
            }
        })
    }

    async fn refund(&self, id: &str) -> Result<Refund, StripeError> {
        let refund = self.paid().into_iter().find(|refund| refund.id == id);
        refund.ok_or_else(|| StripeError::Unknown("no such refund".to_owned()))
    }

    async fn refunds(&self, charge: &str) -> Result<Vec<Refund>, StripeError> {
        Ok(self.with(|state| {
            let of_charge = state.refunds.iter().filter(|(c, _)| c == charge);
            of_charge.map(|(_, refund)| refund.clone()).collect()
        }))
    }

    async fn payment(&self, _charge: &str) -> Result<Payment, StripeError> {
        Ok(Payment {
            currency: self
                .with(|s| s.currency.clone())
                .unwrap_or_else(|| "usd".to_owned()),
        })
    }
}
