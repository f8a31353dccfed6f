//! Random numbers: retry jitter, task tokens and `$random`.
//!
//! With a seed the same execution draws the same numbers at the same point of its history, whatever
//! else runs at the same time, so that a simulation can be repeated. Without one, what must not be
//! guessed comes from the operating system.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A source of random numbers for one decision.
#[derive(Debug)]
pub(crate) struct Rng {
    rng: fastrand::Rng,
    /// Whether tokens may come from `rng`, whose numbers can be guessed.
    repeatable: bool,
}

impl Rng {
    /// The source for the decision after `records` records of the execution `arn`.
    pub(crate) fn new(seed: Option<u64>, arn: &str, records: usize) -> Rng {
        match seed {
            Some(seed) => {
                let mut hasher = DefaultHasher::new();
                (seed, arn, records).hash(&mut hasher);
                Rng {
                    rng: fastrand::Rng::with_seed(hasher.finish()),
                    repeatable: true,
                }
            }
            None => Rng {
                rng: fastrand::Rng::new(),
                repeatable: false,
            },
        }
    }

    /// A number from 0 up to, but without, 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        self.rng.f64()
    }

    /// A task token of 244 random bits or more.
    pub(crate) fn token(&mut self) -> String {
        let mut half = || {
            if self.repeatable {
                self.rng.u128(..)
            } else {
                uuid::Uuid::new_v4().as_u128()
            }
        };
        format!("{:032x}{:032x}", half(), half())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_each_point_of_a_history_differs() {
        let draw = |seed, records| Rng::new(seed, "arn", records).token();
        assert_eq!(draw(Some(7), 3), draw(Some(7), 3));
        assert_ne!(draw(Some(7), 3), draw(Some(7), 4));
        assert_ne!(draw(Some(7), 3), draw(Some(8), 3));
        assert_ne!(draw(None, 3), draw(None, 3));
    }
}
