//! What people type, read as a program would send it: what can mean one thing only is taken for that.
//!
//! What can mean two things stays as it was typed, and is refused with both.

use std::borrow::Cow;

use super::FieldKind;
use super::address::to_ascii;
use crate::characters::is_invisible;
use crate::money;

impl FieldKind {
    /// What somebody has typed for a field of this kind, as a program would send it.
    pub(super) fn typed<'a>(&self, text: &'a str) -> Result<Cow<'a, str>, String> {
        match self {
            FieldKind::Usd => money::typed(text).map_err(|error| error.to_string()),
            FieldKind::Email => {
                let text = text.trim_matches(is_invisible);
                Ok(to_ascii(text).map_or(Cow::Borrowed(text), Cow::Owned))
            }
            FieldKind::Text {
                format: Some(format),
            } => Ok(format.copied(text).into()),
            FieldKind::Text { format: None } | FieldKind::Textarea | FieldKind::Select { .. } => {
                Ok(Cow::Borrowed(text))
            }
        }
    }
}
