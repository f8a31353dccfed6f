//! The codes that customers are mailed, and how often one was guessed wrong.
//!
//! A code stands in one mail and nowhere else, so a robot that opens the mail's link has not read it. Six
//! digits can be guessed: the one wrong code too many takes the code out of use, and the customer is
//! mailed a fresh one, so that nobody can keep them out by guessing.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::approval::{WRONG_CODES, constant_time_eq};

/// How many mails with a fresh code a customer gets within [`FRESH_WITHIN`]: nobody can flood them.
const FRESH_MAILS: usize = 5;
const FRESH_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// Which code is in use, and what was tried on it. Stored with whatever a right code allows, and on the
/// condition that nothing else was tried in between: of codes that are tried at the same moment, each
/// counts as if it had come alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OneTimeCode {
    generation: u32,
    wrong_codes: u32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    fresh_mails: Vec<Timestamp>,
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
        let code = code.trim();
        if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return CodeCheck::NoCode;
        }
        if !self.is_locked() {
            if constant_time_eq(&code_of(self.generation), code) {
                return CodeCheck::Right;
            }
            self.wrong_codes += 1;
            if !self.is_locked() {
                return CodeCheck::Wrong;
            }
        }
        self.renew(at)
    }

    fn is_locked(&self) -> bool {
        self.wrong_codes >= WRONG_CODES
    }

    /// Replaces the code, if the customer may be mailed another one now.
    fn renew(&mut self, at: Timestamp) -> CodeCheck {
        self.fresh_mails
            .retain(|sent| at.duration_since(*sent) < FRESH_WITHIN);
        if self.fresh_mails.len() >= FRESH_MAILS {
            return CodeCheck::Locked;
        }
        self.fresh_mails.push(at);
        self.generation += 1;
        self.wrong_codes = 0;
        CodeCheck::Renewed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code_of(generation: u32) -> String {
        format!("{:06}", 100_000 + generation)
    }

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(hour * 3600).unwrap()
    }

    /// Tries a wrong code so often.
    fn guess(lock: &mut OneTimeCode, times: u32, hour: i64) -> Vec<CodeCheck> {
        (0..times)
            .map(|_| lock.attempt(code_of, "999999", at(hour)))
            .collect()
    }

    #[test]
    fn what_is_no_code_is_no_guess() {
        let mut lock = OneTimeCode::default();
        for junk in ["", "junk", "12345", "1234567", "12345x", "１２３４５６"] {
            assert_eq!(
                lock.attempt(code_of, junk, at(0)),
                CodeCheck::NoCode,
                "{junk}"
            );
        }
        assert_eq!(lock, OneTimeCode::default());
        assert_eq!(lock.attempt(code_of, " 100000 ", at(0)), CodeCheck::Right);
    }

    #[test]
    fn the_wrong_code_too_many_puts_the_next_one_in_use() {
        let mut lock = OneTimeCode::default();
        let mut expected = vec![CodeCheck::Wrong; 4];
        expected.push(CodeCheck::Renewed);
        assert_eq!(guess(&mut lock, 5, 0), expected);
        assert_eq!(lock.attempt(code_of, "100000", at(0)), CodeCheck::Wrong);
        assert_eq!(lock.attempt(code_of, "100001", at(0)), CodeCheck::Right);
    }

    #[test]
    fn guessing_neither_floods_the_customer_nor_keeps_them_out_for_good() {
        let mut lock = OneTimeCode::default();
        let tried = guess(&mut lock, 1_000, 0);
        let renewed = tried.iter().filter(|tried| **tried == CodeCheck::Renewed);
        assert_eq!(renewed.count(), 5);
        assert_eq!(
            lock.attempt(code_of, "100005", at(23)),
            CodeCheck::Locked,
            "a locked code opens nothing"
        );
        assert_eq!(lock.attempt(code_of, "100005", at(24)), CodeCheck::Renewed);
        assert_eq!(lock.attempt(code_of, "100006", at(24)), CodeCheck::Right);
    }
}
