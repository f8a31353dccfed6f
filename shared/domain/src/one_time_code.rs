//! One-time codes, and how often one may be guessed wrong.
//!
//! A code stands in one mail and nowhere else, so a robot that opens the mail's link has not read it. A code is
//! short and can be guessed, so [`WRONG_CODES`] wrong ones take it out of use ([`Guesses`]), and its owner is mailed
//! a fresh one, so that nobody can keep them out by guessing; but not without end ([`FreshMails`]).
//!
//! Both are stored with whatever a right code allows, on the condition that nothing else was tried in between: of
//! codes that are tried at the same moment, each counts as if it had come alone.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use crate::characters::{is_dash, is_invisible};

/// How many decimal digits a code has.
pub const CODE_DIGITS: usize = 6;
/// The same as a word, for texts.
pub const CODE_DIGITS_WORD: &str = match CODE_DIGITS {
    6 => "six",
    _ => panic!("spell this number"),
};
/// The most characters that an input for a code takes: what is pasted may have white space around it.
pub const CODE_INPUT_CHARS: usize = 2 * CODE_DIGITS;

/// How many wrong codes take a code out of use. Whoever has no mail gets in with a chance of five in 10 to the
/// power of [`CODE_DIGITS`].
pub const WRONG_CODES: u32 = 5;

/// How many mails with a fresh code somebody gets within [`FRESH_WITHIN`]: guessing floods nobody.
const FRESH_MAILS: usize = 5;
const FRESH_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// A code from random bytes.
pub(crate) fn code_from(bytes: &[u8; 32]) -> String {
    let number = u64::from_be_bytes(std::array::from_fn(|position| bytes[position]));
    let codes = (0..CODE_DIGITS).fold(1, |codes, _| codes * 10);
    format!("{:0width$}", number % codes, width = CODE_DIGITS)
}

/// Compares in a time that tells nothing of where the texts differ.
pub fn constant_time_eq(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// What came of a code that was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    /// It is the right one.
    Right,
    /// It cannot be a code, so it is no guess, and is not counted as one.
    NoCode,
    /// It is another one, and is counted.
    Wrong,
    /// It was the one too many: the next code is in use now, and is to be mailed.
    Renewed,
    /// There were too many, and enough mails. Another try brings a fresh code later.
    Locked,
}

impl CodeCheck {
    /// Compares what was entered with the right code. Says nothing of how often that was done.
    pub(crate) fn of(entered: &str, right: &str) -> Self {
        match digits(entered) {
            None => CodeCheck::NoCode,
            Some(entered) if constant_time_eq(right, &entered) => CodeCheck::Right,
            Some(_) => CodeCheck::Wrong,
        }
    }
}

/// Whether it could be a code.
pub fn is_code(entered: &str) -> bool {
    digits(entered).is_some()
}

/// The digits of what was entered for a code, if it could be one.
fn digits(entered: &str) -> Option<String> {
    // People group digits, and bring along what nobody sees.
    let is_between = |c: char| is_invisible(c) || is_dash(c) || "._/".contains(c);
    let is_before = |c: char| is_between(c) || c.is_ascii_alphabetic() || c == ':';
    // The mail's own line may be copied as a whole.
    let entered = entered.trim_start_matches(is_before).chars();
    let digits: String = entered
        .filter(|c| !is_between(*c))
        .map(from_full_width)
        .collect();
    let is_code = digits.len() == CODE_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then_some(digits)
}

/// A digit as an input method for Chinese or Japanese types it.
fn from_full_width(c: char) -> char {
    let position = u32::from(c).wrapping_sub(u32::from('０'));
    char::from_digit(position, 10).unwrap_or(c)
}

/// How often one code was guessed wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Guesses {
    wrong_codes: u32,
}

impl Guesses {
    /// Whether the code is out of use.
    pub fn is_locked(self) -> bool {
        self.wrong_codes >= WRONG_CODES
    }

    /// Counts a wrong code.
    pub fn count(&mut self) {
        self.wrong_codes += 1;
    }
}

/// When somebody was mailed a fresh code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FreshMails(Vec<Timestamp>);

impl FreshMails {
    /// Counts a mail, if there may be one now.
    pub fn count(&mut self, at: Timestamp) -> bool {
        self.0
            .retain(|sent| at.duration_since(*sent) < FRESH_WITHIN);
        let may_send = self.0.len() < FRESH_MAILS;
        if may_send {
            self.0.push(at);
        }
        may_send
    }
}

/// A customer's code: which one is in use, and what was tried on it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OneTimeCode {
    generation: u32,
    #[serde(flatten)]
    guesses: Guesses,
    fresh_mails: FreshMails,
}

impl OneTimeCode {
    /// Which code is in use: 0 for the first.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Tries a code. `code_of` says the right one of each generation.
    pub fn attempt(
        &mut self,
        code_of: impl Fn(u32) -> String,
        code: &str,
        at: Timestamp,
    ) -> CodeCheck {
        let check = CodeCheck::of(code, &code_of(self.generation));
        if check == CodeCheck::NoCode {
            return check;
        }
        if !self.guesses.is_locked() {
            if check == CodeCheck::Right {
                return check;
            }
            self.guesses.count();
            if !self.guesses.is_locked() {
                return check;
            }
        }
        if !self.fresh_mails.count(at) {
            return CodeCheck::Locked;
        }
        self.generation += 1;
        self.guesses = Guesses::default();
        CodeCheck::Renewed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(generation: u32) -> String {
        (100_000 + generation).to_string()
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    #[test]
    fn a_code_is_the_last_digits_of_the_first_eight_bytes_as_a_number() {
        for (number, code) in [(0, "000000"), (12_345_678, "345678"), (u64::MAX, "551615")] {
            let mut bytes = [0xab; 32];
            bytes[..8].copy_from_slice(&number.to_be_bytes());
            assert_eq!(code_from(&bytes), code);
        }
    }

    /// Tries a wrong code so often.
    fn guess(code: &mut OneTimeCode, times: u32, hour: i64) -> Vec<CodeCheck> {
        (0..times)
            .map(|_| code.attempt(code_of, "999999", at(hour)))
            .collect()
    }

    #[test]
    fn what_is_no_code_is_no_guess() {
        let mut code = OneTimeCode::default();
        for junk in ["", "junk", "12345", "1234567", "12345x", "١٢٣٤٥٦"] {
            assert_eq!(
                code.attempt(code_of, junk, at(0)),
                CodeCheck::NoCode,
                "{junk}"
            );
        }
        assert_eq!(code, OneTimeCode::default());
        for right in [
            " 100000 ",
            "100 000",
            "100-000",
            "10 00 00",
            "100\u{2013}000",
            "\u{200b}100\u{a0}000",
            "100\u{2212}000",
            "100_000",
            "１０００００",
            "Code: 100000",
        ] {
            assert_eq!(
                code.attempt(code_of, right, at(0)),
                CodeCheck::Right,
                "{right}"
            );
        }
    }

    #[test]
    fn the_wrong_code_too_many_puts_the_next_one_in_use() {
        let mut code = OneTimeCode::default();
        let mut expected = vec![CodeCheck::Wrong; 4];
        expected.push(CodeCheck::Renewed);
        assert_eq!(guess(&mut code, 5, 0), expected);
        assert_eq!(code.attempt(code_of, "100000", at(0)), CodeCheck::Wrong);
        assert_eq!(code.attempt(code_of, "100001", at(0)), CodeCheck::Right);
    }

    #[test]
    fn guessing_neither_floods_the_customer_nor_keeps_them_out_for_good() {
        let mut code = OneTimeCode::default();
        let tried = guess(&mut code, 1_000, 0);
        let renewed = tried.iter().filter(|tried| **tried == CodeCheck::Renewed);
        assert_eq!(renewed.count(), 5);
        assert_eq!(
            code.attempt(code_of, "100005", at(23)),
            CodeCheck::Locked,
            "a locked code opens nothing"
        );
        assert_eq!(code.attempt(code_of, "100005", at(24)), CodeCheck::Renewed);
        assert_eq!(code.attempt(code_of, "100006", at(24)), CodeCheck::Right);
    }
}
