//! Request parameters: form-encoded pairs in Stripe's bracket notation. A call takes out what it knows, each
//! checked as Stripe checks it, and then refuses what is left.

use std::collections::BTreeMap;
use std::ops::Range;

use super::error::StripeError;
use super::objects::{Metadata, Object, find};

const METADATA_KEYS: usize = 50;
const METADATA_KEY_CHARS: usize = 40;
const METADATA_VALUE_CHARS: usize = 500;
const DEFAULT_LIMIT: u64 = 10;
const MAX_LIMIT: usize = 100;

/// The decoded pairs of a query or a body: two requests that mean the same compare equal.
pub(crate) type Pairs = BTreeMap<String, String>;

/// Decodes `a=1&metadata[b]=2`.
pub(crate) fn decode(encoded: &[u8]) -> Pairs {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// The parameters that a call has not taken yet.
pub(crate) struct Params<'p>(BTreeMap<&'p str, &'p str>);

impl<'p> Params<'p> {
    pub(crate) fn new(pairs: &'p Pairs) -> Result<Self, StripeError> {
        let is_unset = |(name, value): &(&String, &String)| value.is_empty() && !in_metadata(name);
        if let Some((name, _)) = pairs.iter().find(is_unset) {
            let message = format!(
                "You passed an empty string for '{name}'. We assume empty values are an attempt to unset a \
                 parameter; however '{name}' cannot be unset. You should remove '{name}' from your request or \
                 supply a non-empty value."
            );
            return Err(StripeError::invalid(message)
                .code("parameter_invalid_empty")
                .param(name));
        }
        let pairs = pairs.iter().map(|(name, value)| (&**name, &**value));
        Ok(Self(pairs.collect()))
    }

    pub(crate) fn text(&mut self, name: &str) -> Option<&'p str> {
        self.0.remove(name)
    }

    /// The id of an object that there has to be.
    pub(crate) fn id_of<T: Object>(
        &mut self,
        name: &str,
        all: &[T],
    ) -> Result<Option<&'p str>, StripeError> {
        let id = self.text(name);
        id.map(|id| find(all, id, name)).transpose()?;
        Ok(id)
    }

    /// A whole number with an optional minus. `1e3`, `12.5` and `+5` are none.
    pub(crate) fn integer(&mut self, name: &str) -> Result<Option<i64>, StripeError> {
        let parse = |text: &str| {
            let digits = text.strip_prefix('-').unwrap_or(text);
            let is_whole = digits.bytes().all(|byte| byte.is_ascii_digit());
            let number = text.parse().ok().filter(|_| is_whole);
            number.ok_or_else(|| invalid_integer(name, format!("Invalid integer: {text}")))
        };
        self.text(name).map(parse).transpose()
    }

    /// A whole number from 1.
    pub(crate) fn positive(&mut self, name: &str) -> Result<Option<u64>, StripeError> {
        match self.integer(name)?.map(u64::try_from) {
            None => Ok(None),
            Some(Ok(number @ 1..)) => Ok(Some(number)),
            Some(_) => Err(invalid_integer(
                name,
                "This value must be greater than or equal to 1.",
            )),
        }
    }

    /// How much of a list is wanted at once.
    pub(crate) fn limit(&mut self) -> Result<usize, StripeError> {
        let limit = self.positive("limit")?.unwrap_or(DEFAULT_LIMIT);
        match usize::try_from(limit) {
            Ok(limit @ ..=MAX_LIMIT) => Ok(limit),
            _ => Err(invalid_integer(
                "limit",
                format!("This value must be less than or equal to {MAX_LIMIT}."),
            )),
        }
    }

    /// The Unix seconds that a list is about.
    pub(crate) fn created(&mut self) -> Result<Range<i64>, StripeError> {
        let from = self.integer("created[gte]")?.unwrap_or(i64::MIN);
        let before = self.integer("created[lt]")?.unwrap_or(i64::MAX);
        Ok(from..before)
    }

    pub(crate) fn one_of(
        &mut self,
        name: &str,
        known: &[&str],
    ) -> Result<Option<&'p str>, StripeError> {
        let text = self.text(name);
        if text.is_none_or(|text| known.contains(&text)) {
            return Ok(text);
        }
        let list = match known {
            [others @ .., last] if !others.is_empty() => {
                format!("one of {}, or {last}", others.join(", "))
            }
            one => one.concat(),
        };
        Err(StripeError::invalid(format!("Invalid {name}: must be {list}")).param(name))
    }

    /// What a client stores with an object, within Stripe's limits.
    pub(crate) fn metadata(&mut self) -> Result<Metadata, StripeError> {
        let refused = |message: String| StripeError::invalid(message).param("metadata");
        let mut metadata = Metadata::new();
        for (name, value) in self.0.extract_if(.., |name, _| in_metadata(name)) {
            let key = name.strip_prefix("metadata[");
            let key = key.and_then(|key| key.strip_suffix(']'));
            let key = key.filter(|key| !key.is_empty() && !key.contains(['[', ']']));
            let key = key.ok_or_else(|| refused("Invalid hash".to_owned()))?;
            for (what, text, most_chars) in [
                ("keys", key, METADATA_KEY_CHARS),
                ("values", value, METADATA_VALUE_CHARS),
            ] {
                let chars = text.chars().count();
                if chars > most_chars {
                    return Err(refused(format!(
                        "Metadata {what} can have up to {most_chars} characters, but you passed in one that is \
                         {chars} characters: {text}"
                    )));
                }
            }
            // An empty value means "unset", so there is nothing to keep.
            if !value.is_empty() {
                metadata.insert(key.to_owned(), value.to_owned());
            }
        }
        let keys = metadata.len();
        if keys > METADATA_KEYS {
            return Err(refused(format!(
                "Metadata can have up to {METADATA_KEYS} keys, but you passed in {keys}."
            )));
        }
        Ok(metadata)
    }

    /// Refuses what nothing has taken.
    pub(crate) fn end(self) -> Result<(), StripeError> {
        let Some(name) = self.0.into_keys().next() else {
            return Ok(());
        };
        let root = name.split('[').next().unwrap_or(name);
        let message = format!("Received unknown parameter: {root}");
        Err(StripeError::invalid(message)
            .code("parameter_unknown")
            .param(root))
    }
}

/// What a call cannot do without.
pub(crate) fn required<T>(name: &str, given: Option<T>) -> Result<T, StripeError> {
    given.ok_or_else(|| {
        StripeError::invalid(format!("Missing required param: {name}."))
            .code("parameter_missing")
            .param(name)
    })
}

pub(crate) fn invalid_integer(name: &str, message: impl Into<String>) -> StripeError {
    StripeError::invalid(message)
        .code("parameter_invalid_integer")
        .param(name)
}

fn in_metadata(name: &str) -> bool {
    name == "metadata" || name.starts_with("metadata[")
}
