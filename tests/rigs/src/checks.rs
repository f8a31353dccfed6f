//! What a rig found.

use std::{
    io::{self, Write},
    panic::{self, AssertUnwindSafe},
};

use anyhow::anyhow;

/// Takes down what a rig finds, and shows each finding as it comes.
pub struct Checks<'a> {
    out: &'a mut dyn Write,
    made: usize,
    failed: usize,
    /// The first line that could not be shown. A rig goes on, its result does not count.
    broken: Option<io::Error>,
}

impl<'a> Checks<'a> {
    /// Nothing found yet.
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self {
            out,
            made: 0,
            failed: 0,
            broken: None,
        }
    }

    /// Something that has to hold, and whether it does.
    pub fn check(&mut self, what: &str, outcome: anyhow::Result<()>) {
        self.made += 1;
        match outcome {
            Ok(()) => self.line(&format!("  ok      {what}")),
            Err(error) => {
                self.failed += 1;
                self.line(&format!("  FAILED  {what}"));
                for line in format!("{error:#}").lines() {
                    self.line(&format!("          {line}"));
                }
            }
        }
    }

    /// Something that people do: it must neither fail nor panic, which is how a test client fails.
    pub fn attempt(&mut self, what: &str, attempt: impl FnOnce() -> anyhow::Result<()>) {
        self.check(what, caught(attempt));
    }

    /// The end of the rig. `true` when it got to its end and all that it checked holds.
    pub fn finish(mut self, outcome: anyhow::Result<()>) -> io::Result<bool> {
        if let Err(error) = outcome {
            self.check("the rig runs to its end", Err(error));
        } else if self.made == 0 {
            let nothing = anyhow!("a rig that checks nothing shows nothing");
            self.check("the rig checks something", Err(nothing));
        }
        match self.broken {
            Some(error) => Err(error),
            None => Ok(self.failed == 0),
        }
    }

    fn line(&mut self, text: &str) {
        if let Err(error) = writeln!(self.out, "{text}").and_then(|()| self.out.flush()) {
            self.broken.get_or_insert(error);
        }
    }
}

/// A panic as an error.
pub(crate) fn caught<T>(attempt: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    panic::catch_unwind(AssertUnwindSafe(attempt)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(anyhow!(text.unwrap_or_else(|| "it panicked".to_owned())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reported(report: impl FnOnce(Checks<'_>) -> io::Result<bool>) -> (bool, String) {
        let mut out = Vec::new();
        let fine = report(Checks::new(&mut out)).unwrap();
        (fine, String::from_utf8(out).unwrap())
    }

    #[test]
    fn all_fine() {
        let (fine, text) = reported(|mut checks| {
            checks.check("one", Ok(()));
            checks.finish(Ok(()))
        });
        assert!(fine);
        assert_eq!(text, "  ok      one\n");
    }

    #[test]
    fn one_failed_check_fails_the_rig_and_hides_no_other() {
        let (fine, text) = reported(|mut checks| {
            checks.check("one", Err(anyhow!("it\nbroke")));
            checks.check("two", Ok(()));
            checks.finish(Ok(()))
        });
        assert!(!fine);
        assert_eq!(
            text,
            "  FAILED  one\n          it\n          broke\n  ok      two\n"
        );
    }

    #[test]
    fn a_panic_is_a_failure_and_hides_no_other_check() {
        let (fine, text) = reported(|mut checks| {
            checks.attempt("one", || panic!("no {}", "mail"));
            checks.attempt("two", || Ok(()));
            checks.finish(Ok(()))
        });
        assert!(!fine);
        assert_eq!(text, "  FAILED  one\n          no mail\n  ok      two\n");
    }

    #[test]
    fn a_rig_that_stops_early_or_checks_nothing_has_failed() {
        let (fine, text) = reported(|mut checks| {
            checks.check("one", Ok(()));
            checks.finish(Err(anyhow!("no python3")))
        });
        assert!(!fine && text.contains("no python3"), "{text}");
        let (fine, text) = reported(|checks| checks.finish(Ok(())));
        assert!(!fine && text.contains("checks nothing"), "{text}");
    }
}
