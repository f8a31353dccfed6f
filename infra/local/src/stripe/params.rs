//! What a request may say: form-encoded pairs in bracket notation, every name checked, as Stripe does.

use std::collections::BTreeMap;

use super::error::StripeError;
use super::model::{Reason, RefundRequest, Target};

pub(crate) mod credits;

const METADATA_KEYS: usize = 50;
const METADATA_KEY_CHARS: usize = 40;
const METADATA_VALUE_CHARS: usize = 500;
const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: u64 = 100;

/// The decoded pairs of a query or a body, in order.
pub(crate) type Pairs = Vec<(String, String)>;

/// Decodes `a=1&metadata[b]=2`.
pub(crate) fn decode(encoded: &[u8]) -> Pairs {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// The pairs sorted by their names' roots and names: two requests that mean the same compare equal.
pub(crate) fn normalised(pairs: &Pairs) -> Pairs {
    let mut pairs = pairs.clone();
    pairs.sort();
    pairs
}

/// A page of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) limit: usize,
    pub(crate) starting_after: Option<String>,
}

/// `GET /v1/refunds`.
pub(crate) struct RefundList {
    pub(crate) charge: Option<String>,
    pub(crate) payment_intent: Option<String>,
    pub(crate) page: Page,
}

/// `GET /v1/customers`.
pub(crate) struct CustomerList {
    pub(crate) email: Option<String>,
    pub(crate) page: Page,
}

/// `POST /v1/refunds`.
pub(crate) fn refund_request(pairs: &Pairs) -> Result<RefundRequest, StripeError> {
    let mut params = Params::accepting(
        pairs,
        &["amount", "charge", "payment_intent", "reason"],
        true,
    )?;
    let charge = params.take("charge")?;
    let payment_intent = params.take("payment_intent")?;
    let target = match (charge, payment_intent) {
        (Some(id), None) => Target::Charge(id),
        (None, Some(id)) => Target::PaymentIntent(id),
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: charge, payment_intent.";
            return Err(StripeError::invalid(message).param("charge"));
        }
        (None, None) => {
            return Err(StripeError::invalid(
                "One of the following params should be provided for this request: payment_intent or charge.",
            ));
        }
    };
    let amount = params.take("amount")?;
    let amount_cents = amount
        .map(|text| integer("amount", &text, u64::MAX))
        .transpose()?;
    let reason = params.take("reason")?.as_deref().map(reason).transpose()?;
    Ok(RefundRequest {
        target,
        amount_cents,
        reason,
        metadata: params.kept_metadata(),
    })
}

/// `POST /v1/refunds/{id}`: the metadata that the refund has afterwards.
pub(crate) fn updated_metadata(
    pairs: &Pairs,
    current: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, StripeError> {
    let params = Params::accepting(pairs, &[], true)?;
    let mut metadata = if params.unset_metadata {
        BTreeMap::new()
    } else {
        current.clone()
    };
    for (key, value) in params.metadata {
        if value.is_empty() {
            metadata.remove(&key);
        } else {
            metadata.insert(key, value);
        }
    }
    check_metadata(&metadata)?;
    Ok(metadata)
}

/// The query of `GET /v1/refunds`.
pub(crate) fn refund_list(pairs: &Pairs) -> Result<RefundList, StripeError> {
    let names = ["charge", "limit", "payment_intent", "starting_after"];
    let mut params = Params::accepting(pairs, &names, false)?;
    Ok(RefundList {
        charge: params.take("charge")?,
        payment_intent: params.take("payment_intent")?,
        page: params.page()?,
    })
}

/// The query of `GET /v1/customers`.
pub(crate) fn customer_list(pairs: &Pairs) -> Result<CustomerList, StripeError> {
    let mut params = Params::accepting(pairs, &["email", "limit", "starting_after"], false)?;
    Ok(CustomerList {
        email: params.take("email")?,
        page: params.page()?,
    })
}

/// A call that takes no parameters at all.
pub(crate) fn nothing(pairs: &Pairs) -> Result<(), StripeError> {
    Params::accepting(pairs, &[], false).map(drop)
}

/// Pairs sorted into the plain ones and `metadata[...]`; every name is known.
struct Params {
    plain: BTreeMap<String, String>,
    metadata: BTreeMap<String, String>,
    unset_metadata: bool,
}

impl Params {
    fn accepting(pairs: &Pairs, names: &[&str], with_metadata: bool) -> Result<Self, StripeError> {
        let mut params = Self {
            plain: BTreeMap::new(),
            metadata: BTreeMap::new(),
            unset_metadata: false,
        };
        let mut unknown: Vec<String> = Vec::new();
        for (name, value) in pairs {
            let root = name.split('[').next().unwrap_or(name);
            if names.contains(&name.as_str()) {
                params.plain.insert(name.clone(), value.clone());
            } else if with_metadata && root == "metadata" {
                params.add_metadata(name, value)?;
            } else if !unknown.iter().any(|known| known == root) {
                unknown.push(root.to_owned());
            }
        }
        if let Some(first) = unknown.first() {
            let plural = if unknown.len() > 1 { "s" } else { "" };
            let message = format!("Received unknown parameter{plural}: {}", unknown.join(", "));
            let param = first.clone();
            return Err(StripeError::invalid(message)
                .code("parameter_unknown")
                .param(param));
        }
        check_metadata(&params.metadata)?;
        Ok(params)
    }

    fn add_metadata(&mut self, name: &str, value: &str) -> Result<(), StripeError> {
        if name == "metadata" && value.is_empty() {
            self.unset_metadata = true;
            return Ok(());
        }
        let key = name
            .strip_prefix("metadata[")
            .and_then(|rest| rest.strip_suffix(']'))
            .filter(|key| !key.is_empty() && !key.contains(['[', ']']));
        let Some(key) = key else {
            return Err(StripeError::invalid("Invalid hash").param("metadata"));
        };
        self.metadata.insert(key.to_owned(), value.to_owned());
        Ok(())
    }

    fn take(&mut self, name: &str) -> Result<Option<String>, StripeError> {
        match self.plain.remove(name) {
            Some(empty) if empty.is_empty() => {
                let message = format!(
                    "You passed an empty string for '{name}'. We assume empty values are an attempt to unset a \
                     parameter; however '{name}' cannot be unset. You should remove '{name}' from your request \
                     or supply a non-empty value."
                );
                Err(StripeError::invalid(message)
                    .code("parameter_invalid_empty")
                    .param(name))
            }
            other => Ok(other),
        }
    }

    /// The metadata of something new. An empty value means "unset", so there is nothing to keep.
    fn kept_metadata(self) -> BTreeMap<String, String> {
        let metadata = self.metadata.into_iter();
        metadata.filter(|(_, value)| !value.is_empty()).collect()
    }

    fn page(&mut self) -> Result<Page, StripeError> {
        let limit = match self.take("limit")? {
            Some(text) => usize::try_from(integer("limit", &text, MAX_LIMIT)?)
                .expect("at most one hundred fits a usize"),
            None => DEFAULT_LIMIT,
        };
        Ok(Page {
            limit,
            starting_after: self.take("starting_after")?,
        })
    }
}

/// A whole number from 1 to `max`. `1e3`, `12.5` and `+5` are none.
fn integer(param: &str, text: &str, max: u64) -> Result<u64, StripeError> {
    let refuse = |message: String| {
        StripeError::invalid(message)
            .code("parameter_invalid_integer")
            .param(param)
    };
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse(format!("Invalid integer: {text}")));
    }
    if text.starts_with('-') || digits.bytes().all(|byte| byte == b'0') {
        return Err(refuse(
            "This value must be greater than or equal to 1.".to_owned(),
        ));
    }
    let number = digits
        .parse::<u64>()
        .map_err(|_| refuse(format!("Invalid integer: {text}")))?;
    if number > max {
        return Err(refuse(format!(
            "This value must be less than or equal to {max}."
        )));
    }
    Ok(number)
}

fn reason(text: &str) -> Result<Reason, StripeError> {
    match text {
        "duplicate" => Ok(Reason::Duplicate),
        "fraudulent" => Ok(Reason::Fraudulent),
        "requested_by_customer" => Ok(Reason::RequestedByCustomer),
        _ => Err(StripeError::invalid(
            "Invalid reason: must be one of duplicate, fraudulent, or requested_by_customer",
        )
        .param("reason")),
    }
}

fn check_metadata(metadata: &BTreeMap<String, String>) -> Result<(), StripeError> {
    let refuse = |message: String| Err(StripeError::invalid(message).param("metadata"));
    if metadata.len() > METADATA_KEYS {
        return refuse(format!(
            "Metadata can have up to {METADATA_KEYS} keys, but you passed in {}.",
            metadata.len()
        ));
    }
    for (key, value) in metadata {
        let (key_chars, value_chars) = (key.chars().count(), value.chars().count());
        if key_chars > METADATA_KEY_CHARS {
            return refuse(format!(
                "Metadata keys can have up to {METADATA_KEY_CHARS} characters, but you passed in a key that is \
                 {key_chars} characters. Invalid key: {key}"
            ));
        }
        if value_chars > METADATA_VALUE_CHARS {
            return refuse(format!(
                "Metadata values can have up to {METADATA_VALUE_CHARS} characters, but you passed in a value \
                 that is {value_chars} characters. Invalid value: {value}"
            ));
        }
    }
    Ok(())
}
