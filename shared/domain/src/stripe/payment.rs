//! What was paid, by whom, and whether it is the customer's who asks for it back.

use serde::{Deserialize, Serialize};

/// A charge or payment intent, and the charge that it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// As it was named: `ch_...` or `pi_...`.
    pub id: String,
    /// In lower case, such as `usd`.
    pub currency: String,
    /// The payment intent, where there is one.
    pub intent: Option<String>,
    /// The charge. None: nothing was paid with this intent.
    pub charge: Option<Charge>,
    /// Who paid.
    pub payer: Payer,
}

/// Who paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payer {
    /// One of Stripe's customers, with the address that was given at the payment.
    Customer(Customer, Option<String>),
    /// Nobody that Stripe knows, with the address that was given at the payment.
    Guest(Option<String>),
}

impl Payer {
    /// Stripe's id of who paid. None: a guest.
    pub fn customer_id(&self) -> Option<&str> {
        match self {
            Payer::Customer(customer, _) => Some(&customer.id),
            Payer::Guest(_) => None,
        }
    }
}

/// One of Stripe's customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// `cus_...`
    pub id: String,
    /// Absent for a customer who was deleted, or never had one.
    #[serde(default)]
    pub email: Option<String>,
}

/// A charge as Stripe describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Charge {
    /// `ch_...`
    pub id: String,
    /// In the smallest unit of the currency, as all amounts here.
    pub amount: u64,
    /// How much of it was taken.
    #[serde(default)]
    pub amount_captured: Option<u64>,
    /// How much of it was paid back.
    pub amount_refunded: u64,
    /// Whether anything was taken.
    pub captured: bool,
    /// When, in Unix seconds.
    pub created: i64,
    /// In lower case.
    pub currency: String,
    /// Whether the bank disputes it, or inquires about it.
    #[serde(default)]
    pub disputed: bool,
    /// `succeeded`, `pending`, `failed`.
    #[serde(default)]
    pub status: Option<String>,
    /// Stripe's id of the customer.
    #[serde(default, deserialize_with = "super::expandable_id")]
    pub customer: Option<String>,
    /// The payment intent that it belongs to.
    #[serde(default, deserialize_with = "super::expandable_id")]
    pub payment_intent: Option<String>,
    /// What the payer said about himself.
    #[serde(default)]
    billing_details: Option<BillingDetails>,
    /// Where the receipt went.
    #[serde(default)]
    receipt_email: Option<String>,
    /// What is printed on the receipt that was mailed, such as `1234-5678`. None: none was.
    #[serde(default)]
    pub receipt_number: Option<String>,
    /// What was paid with.
    #[serde(default)]
    payment_method_details: Option<PaymentMethodDetails>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct BillingDetails {
    email: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct PaymentMethodDetails {
    #[serde(default)]
    card: Option<Card>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Card {
    last4: Option<String>,
}

/// A payment intent as Stripe describes it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Intent {
    /// `pi_...`
    pub id: String,
    /// In lower case.
    pub currency: String,
    /// Stripe's id of the customer.
    #[serde(default, deserialize_with = "super::expandable_id")]
    pub customer: Option<String>,
    /// Stripe's id of the newest charge.
    #[serde(default, deserialize_with = "super::expandable_id")]
    pub latest_charge: Option<String>,
    /// Where the receipt goes.
    #[serde(default)]
    pub receipt_email: Option<String>,
}

impl Payment {
    /// The names under which its credits may mention it: as it was named, its charge and its payment intent.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let charge = self.charge.as_ref().map(|charge| charge.id.as_str());
        let others = [charge, self.intent.as_deref()].into_iter().flatten();
        let others = others.filter(|name| *name != self.id);
        std::iter::once(self.id.as_str()).chain(others)
    }
}

impl Charge {
    /// What was taken. Interfaces that do not say it take all or nothing.
    pub fn captured_amount(&self) -> u64 {
        let all_or_nothing = if self.captured { self.amount } else { 0 };
        self.amount_captured.unwrap_or(all_or_nothing)
    }

    /// The address that was given at the payment.
    pub fn payer_email(&self) -> Option<String> {
        let billing = self.billing_details.as_ref();
        billing
            .and_then(|details| details.email.clone())
            .or_else(|| self.receipt_email.clone())
    }

    /// The last four digits of the card.
    pub fn last4(&self) -> Option<&str> {
        let details = self.payment_method_details.as_ref()?;
        details.card.as_ref()?.last4.as_deref()
    }
}

/// Whether a payment is that of the customer who asks for it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ownership {
    /// It is.
    Theirs,
    /// It is somebody else's.
    Another,
    /// Stripe cannot tell, as it belongs to no customer of Stripe's, or to one without an address, and the address that
    /// was given at the payment is another one; or an approver says otherwise. A person has to tell.
    Unclear,
}

/// Whose the payment is by Stripe's word, when the one with that address asks.
///
/// Several customers can have one address; the payment's own customer is looked at, so it does not
/// matter how many. Where a customer has no address, or there is none, the one that was given at the payment counts.
/// Addresses differ in case only for machines.
pub fn ownership(payer: &Payer, email: &str) -> Ownership {
    let known = |address: &Option<String>| {
        let address = address.as_deref().map(str::trim);
        address
            .filter(|it| !it.is_empty())
            .map(|it| it.eq_ignore_ascii_case(email.trim()))
    };
    // Whether the address is the asker's; None where there is none.
    let (of_customer, given) = match payer {
        Payer::Customer(customer, given) => (known(&customer.email), known(given)),
        Payer::Guest(given) => (None, known(given)),
    };
    match (of_customer, given) {
        (Some(true), _) | (None, Some(true)) => Ownership::Theirs,
        (Some(false), _) => Ownership::Another,
        (None, Some(false) | None) => Ownership::Unclear,
    }
}

/// An amount in the smallest unit of a currency, as people read it: `$20.00`, `20.00 EUR`, `2000 JPY`.
pub fn amount_text(amount: u64, currency: &str) -> String {
    // Stripe's currencies whose smallest unit is the whole one, and those with a thousand of them.
    const WHOLE: [&str; 16] = [
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv",
        "xaf", "xof", "xpf",
    ];
    const THOUSANDTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];
    let code = currency.to_ascii_uppercase();
    if WHOLE.contains(&currency) {
        format!("{amount} {code}")
    } else if THOUSANDTHS.contains(&currency) {
        format!("{}.{:03} {code}", amount / 1000, amount % 1000)
    } else if currency == "usd" {
        match crate::money::Usd::from_cents(amount) {
            Ok(amount) => amount.to_string(),
            Err(_) => format!("${}.{:02}", amount / 100, amount % 100),
        }
    } else {
        format!("{}.{:02} {code}", amount / 100, amount % 100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_is_theirs_another_ones_or_unclear() {
        let owned = |email: Option<&str>| email.map(ToOwned::to_owned);
        let customer = |email: Option<&str>, given: Option<&str>| {
            let (id, email) = ("cus_1".to_owned(), owned(email));
            Payer::Customer(Customer { id, email }, owned(given))
        };
        let guest = |email: Option<&str>| Payer::Guest(owned(email));
        let (ada, bob, nobody) = (Some("Ada@Example.com"), Some("bob@example.com"), None);
        for (payer, wanted) in [
            (customer(ada, nobody), Ownership::Theirs),
            (customer(ada, bob), Ownership::Theirs),
            (customer(bob, nobody), Ownership::Another),
            // Whoever pays can write any address: it does not overrule that of the customer.
            (customer(bob, ada), Ownership::Another),
            (customer(nobody, ada), Ownership::Theirs),
            (customer(Some(" "), ada), Ownership::Theirs),
            (customer(nobody, bob), Ownership::Unclear),
            (customer(nobody, nobody), Ownership::Unclear),
            (guest(ada), Ownership::Theirs),
            (guest(bob), Ownership::Unclear),
            (guest(nobody), Ownership::Unclear),
        ] {
            assert_eq!(ownership(&payer, " ada@example.com"), wanted, "{payer:?}");
        }
        assert_eq!(ownership(&guest(Some("")), ""), Ownership::Unclear);
    }

    #[test]
    fn amounts_are_written_in_their_own_currency() {
        for (amount, currency, text) in [
            (200_000, "usd", "$2,000.00"),
            (0, "usd", "$0.00"),
            (1999, "eur", "19.99 EUR"),
            (2000, "jpy", "2000 JPY"),
            (1234, "kwd", "1.234 KWD"),
        ] {
            assert_eq!(amount_text(amount, currency), text);
        }
    }

    #[test]
    fn what_is_named_may_be_written_out() {
        let read = |charge: serde_json::Value| {
            let intent =
                serde_json::json!({"id": "pi_1", "currency": "usd", "latest_charge": charge});
            serde_json::from_value::<Intent>(intent).map(|intent| intent.latest_charge)
        };
        let named = || Some("ch_1".to_owned());
        assert_eq!(read("ch_1".into()).unwrap(), named());
        assert_eq!(
            read(serde_json::json!({"id": "ch_1", "amount": 5})).unwrap(),
            named()
        );
        assert_eq!(read(serde_json::Value::Null).unwrap(), None);
        assert!(read(5.into()).is_err());
    }

    #[test]
    fn a_charge_of_an_old_interface_can_be_read() {
        let charge = serde_json::json!({
            "id": "ch_1", "amount": 500, "amount_refunded": 0, "captured": true, "created": 1,
            "currency": "usd", "receipt_email": "ada@example.com",
            "payment_method_details": {"card": {"last4": "4242"}, "type": "card"},
        });
        let charge: Charge = serde_json::from_value(charge).unwrap();
        assert_eq!(charge.captured_amount(), 500);
        assert_eq!(charge.last4(), Some("4242"));
        assert_eq!(charge.payer_email().as_deref(), Some("ada@example.com"));
    }
}
