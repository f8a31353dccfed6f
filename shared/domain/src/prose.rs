//! What approvers and customers write to each other in several lines: a question, a reply, a reason.

use crate::characters::{control_character, trimmed, with_line_feeds};
use crate::form::has_secret;

/// Why a text is not accepted. The message is meant for its author, and repeats nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProseError {
    /// It says nothing.
    #[error("please write something")]
    Empty,
    /// It has more characters than these.
    #[error("please write at most {0} characters")]
    TooLong(usize),
    /// It has a control character, which no reader would see.
    #[error("please write it anew without the control character U+{:04X}", u32::from(*.0))]
    Control(char),
    /// It has a secret of Stripe in it, and is mailed.
    #[error("please leave out the client secret or key of Stripe, which nobody else may know")]
    Secret,
}

/// A text without the white space around it, each line ended by a line feed.
pub fn prose(text: &str, most_chars: usize) -> Result<String, ProseError> {
    let text = with_line_feeds(trimmed(text));
    if text.is_empty() {
        return Err(ProseError::Empty);
    }
    if text.chars().count() > most_chars {
        return Err(ProseError::TooLong(most_chars));
    }
    if let Some(control) = control_character(&text, &['\r', '\n', '\t']) {
        return Err(ProseError::Control(control));
    }
    if has_secret(&text) {
        return Err(ProseError::Secret);
    }
    Ok(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_neither_empty_nor_endless() {
        assert_eq!(prose(" a\n", 2).as_deref(), Ok("a"));
        assert_eq!(prose(" \n\u{200b}", 2), Err(ProseError::Empty));
        assert_eq!(prose("\u{e9}\u{e9}", 2).as_deref(), Ok("\u{e9}\u{e9}"));
        assert_eq!(prose("abc", 2), Err(ProseError::TooLong(2)));
    }

    #[test]
    fn lines_stay_whatever_ends_them() {
        for end in ["\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
            let text = format!("First{end}Second");
            assert_eq!(prose(&text, 20).as_deref(), Ok("First\nSecond"), "{text:?}");
        }
    }

    #[test]
    fn what_nobody_reads_and_what_nobody_may_know_is_refused() {
        for control in ['\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{9f}'] {
            let text = format!("a{control}b");
            assert_eq!(prose(&text, 20), Err(ProseError::Control(control)));
        }
        for secret in ["It is pi_1_secret_2", "Pi_1_secret_2", "sk_live_1"] {
            assert_eq!(prose(secret, 20), Err(ProseError::Secret), "{secret}");
        }
    }
}
