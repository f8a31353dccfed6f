//! A colour as style sheets write it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::stored_as_text::NotA;

/// A colour, written `#2453c9`: red, green and blue, from 0 to 255 each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Color(pub [u8; 3]);

const WHAT: &str = "color: it must be `#` and six hexadecimal digits, such as #2453c9";

impl Default for Color {
    fn default() -> Self {
        Self([0x24, 0x53, 0xc9])
    }
}

impl FromStr for Color {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        let digits = text.strip_prefix('#').filter(|it| it.len() == 6);
        let digits = digits.filter(|it| it.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let value = digits.and_then(|it| u32::from_str_radix(it, 16).ok());
        let [_, red, green, blue] = value.ok_or_else(|| NotA::new(text, WHAT))?.to_be_bytes();
        Ok(Self([red, green, blue]))
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self([red, green, blue]) = self;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

stored_as_text!(Color, NotA);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_six_digits_are_a_color() {
        assert_eq!("#0A5c36".parse(), Ok(Color([10, 92, 54])));
        assert_eq!(Color([10, 92, 54]).to_string(), "#0a5c36");
        for text in [
            "", "#", "0a5c36", "#0a5", "#0a5c360", "#+a5c36", "#0a5c3ä", "red", "#0a5c3;",
        ] {
            assert!(text.parse::<Color>().is_err(), "{text}");
        }
    }
}
