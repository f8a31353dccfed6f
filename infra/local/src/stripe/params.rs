//! Request parameters: form-encoded pairs in Stripe's bracket notation, read by serde into one struct per
//! call. The structs deny unknown fields, and [`StripeError`] words what serde refuses.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::error::StripeError;

const METADATA_KEYS: usize = 50;
const METADATA_KEY_CHARS: usize = 40;
const METADATA_VALUE_CHARS: usize = 500;
const DEFAULT_LIMIT: usize = 10;
const MAX_LIMIT: usize = 100;

/// The decoded pairs of a query or a body, sorted: two requests that mean the same compare equal.
pub(crate) type Pairs = Vec<(String, String)>;

/// Key-value pairs that a client stores with an object.
pub(crate) type Metadata = BTreeMap<String, String>;

/// Decodes `a=1&metadata[b]=2`.
pub(crate) fn decode(encoded: &[u8]) -> Pairs {
    let mut pairs: Pairs = form_urlencoded::parse(encoded).into_owned().collect();
    pairs.sort();
    pairs
}

/// The parameters of a call.
pub(crate) fn read<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, StripeError> {
    let mut fields: BTreeMap<&str, Field<'_>> = BTreeMap::new();
    let mut metadata = Vec::new();
    for (name, value) in pairs {
        if let Some(key) = name.strip_prefix("metadata[") {
            metadata.push((metadata_key(key)?, value.as_str()));
        } else if value.is_empty() {
            let message = format!(
                "You passed an empty string for '{name}'. We assume empty values are an attempt to unset a \
                 parameter; however '{name}' cannot be unset. You should remove '{name}' from your request or \
                 supply a non-empty value."
            );
            return Err(StripeError::invalid(message)
                .code("parameter_invalid_empty")
                .param(name));
        } else {
            fields.insert(name, Field::Text { name, text: value });
        }
    }
    if !metadata.is_empty() {
        // An empty value means "unset", so there is nothing to keep.
        metadata.retain(|(_, value)| !value.is_empty());
        check_metadata(&metadata)?;
        fields.insert("metadata", Field::Hash(metadata));
    }
    T::deserialize(MapDeserializer::new(fields.into_iter()))
}

/// A call that takes no parameters.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Which part of a list is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    limit: Option<u64>,
    pub(crate) starting_after: Option<String>,
}

impl Page {
    pub(crate) fn limit(&self) -> usize {
        let limit = self.limit.and_then(|limit| usize::try_from(limit).ok());
        limit.unwrap_or(DEFAULT_LIMIT)
    }
}

/// The filter of a list, and which part of it is wanted.
pub(crate) fn read_list<T: DeserializeOwned>(pairs: &Pairs) -> Result<(T, Page), StripeError> {
    let is_of_page = |(name, _): &&(String, String)| name == "limit" || name == "starting_after";
    let (page, filter): (Vec<_>, Vec<_>) = pairs.iter().partition(is_of_page);
    let owned = |pairs: Vec<&(String, String)>| -> Pairs { pairs.into_iter().cloned().collect() };
    let page: Page = read(&owned(page))?;
    if page.limit() > MAX_LIMIT {
        let message = format!("This value must be less than or equal to {MAX_LIMIT}.");
        return Err(invalid_integer("limit", message));
    }
    Ok((read(&owned(filter))?, page))
}

/// Refuses metadata beyond Stripe's limits.
fn check_metadata(members: &[(&str, &str)]) -> Result<(), StripeError> {
    let keys = members.len();
    if keys > METADATA_KEYS {
        return Err(invalid_metadata(format!(
            "Metadata can have up to {METADATA_KEYS} keys, but you passed in {keys}."
        )));
    }
    for (key, value) in members {
        for (what, text, most_chars) in [
            ("keys", key, METADATA_KEY_CHARS),
            ("values", value, METADATA_VALUE_CHARS),
        ] {
            let chars = text.chars().count();
            if chars > most_chars {
                return Err(invalid_metadata(format!(
                    "Metadata {what} can have up to {most_chars} characters, but you passed in one that is \
                     {chars} characters: {text}"
                )));
            }
        }
    }
    Ok(())
}

/// The key in `key]`.
fn metadata_key(rest: &str) -> Result<&str, StripeError> {
    rest.strip_suffix(']')
        .filter(|key| !key.is_empty() && !key.contains(['[', ']']))
        .ok_or_else(|| invalid_metadata("Invalid hash"))
}

fn invalid_metadata(message: impl Into<String>) -> StripeError {
    StripeError::invalid(message).param("metadata")
}

fn invalid_integer(param: &str, message: String) -> StripeError {
    StripeError::invalid(message)
        .code("parameter_invalid_integer")
        .param(param)
}

/// The value of one parameter.
enum Field<'a> {
    Text { name: &'a str, text: &'a str },
    Hash(Vec<(&'a str, &'a str)>),
}

impl<'a> Field<'a> {
    fn text(self) -> Result<(&'a str, &'a str), StripeError> {
        match self {
            Self::Text { name, text } => Ok((name, text)),
            Self::Hash(_) => Err(invalid_metadata("Invalid string")),
        }
    }
}

impl<'de> IntoDeserializer<'de, StripeError> for Field<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Field<'de> {
    type Error = StripeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StripeError> {
        match self {
            Self::Text { text, .. } => visitor.visit_borrowed_str(text),
            Self::Hash(members) => visitor.visit_map(MapDeserializer::new(members.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StripeError> {
        visitor.visit_some(self)
    }

    /// A whole number from 1. `1e3`, `12.5` and `+5` are none.
    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StripeError> {
        let (name, text) = self.text()?;
        match u64::try_from(integer(name, text)?) {
            Ok(number @ 1..) => visitor.visit_u64(number),
            _ => Err(invalid_integer(
                name,
                "This value must be greater than or equal to 1.".to_owned(),
            )),
        }
    }

    /// A whole number with an optional minus, and not 0.
    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, StripeError> {
        let (name, text) = self.text()?;
        match integer(name, text)? {
            0 => Err(invalid_integer(
                name,
                "This value must not be 0.".to_owned(),
            )),
            number => visitor.visit_i64(number),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, StripeError> {
        let (name, text) = self.text()?;
        if known.contains(&text) {
            return visitor.visit_enum(IntoDeserializer::<StripeError>::into_deserializer(text));
        }
        let list = match known {
            [one] => (*one).to_owned(),
            [others @ .., last] => format!("one of {}, or {last}", others.join(", ")),
            [] => String::new(),
        };
        Err(StripeError::invalid(format!("Invalid {name}: must be {list}")).param(name))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i128 u8 u16 u32 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

fn integer(name: &str, text: &str) -> Result<i64, StripeError> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let number = if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    };
    number.ok_or_else(|| invalid_integer(name, format!("Invalid integer: {text}")))
}
