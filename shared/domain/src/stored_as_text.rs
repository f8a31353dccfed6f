//! How a type is stored that has a text, and printed that has a name.

/// A text is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no {1}")]
pub struct NotA(String, &'static str);

impl NotA {
    /// That this text is not that, which is said with what it must be.
    pub(crate) fn new(text: &str, what: &'static str) -> Self {
        Self(text.to_owned(), what)
    }
}

/// Stores a type as the text that it prints and is read from, by `#[serde(try_from = "String", into = "String")]`.
macro_rules! stored_as_text {
    ($type:ident, $error:ident) => {
        impl TryFrom<String> for $type {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                text.parse()
            }
        }

        impl From<$type> for String {
            fn from(value: $type) -> Self {
                value.to_string()
            }
        }
    };
}

/// Prints an enum as the name that serde stores.
macro_rules! printed_as_stored {
    ($type:ident) => {
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.serialize(f)
            }
        }
    };
}
