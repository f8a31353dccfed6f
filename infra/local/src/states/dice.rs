//! Chance: retry jitter, task tokens, `$uuid` and `$random`.
//!
//! With a seed the same execution draws the same numbers at the same point of its history, whatever
//! else runs at the same time, so that a simulation can be repeated. Without one, what must not be
//! guessed comes from the operating system.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// A source of chance for one decision.
#[derive(Debug)]
pub(crate) struct Dice {
    rng: fastrand::Rng,
    /// Whether tokens and UUIDs may come from `rng`, whose numbers can be guessed.
    repeatable: bool,
}

impl Dice {
    /// The dice of the decision after `records` records of the execution `arn`.
    pub(crate) fn new(seed: Option<u64>, arn: &str, records: usize) -> Dice {
        match seed {
            Some(seed) => {
                let mut hasher = DefaultHasher::new();
                (seed, arn, records).hash(&mut hasher);
                Dice {
                    rng: fastrand::Rng::with_seed(hasher.finish()),
                    repeatable: true,
                }
            }
            None => Dice {
                rng: fastrand::Rng::new(),
                repeatable: false,
            },
        }
    }

    /// A number from 0 up to, but without, 1.
    pub(crate) fn fraction(&mut self) -> f64 {
        self.rng.f64()
    }

    /// A random UUID (version 4).
    pub(crate) fn uuid(&mut self) -> uuid::Uuid {
        if self.repeatable {
            uuid::Builder::from_random_bytes(self.rng.u128(..).to_be_bytes()).into_uuid()
        } else {
            uuid::Uuid::new_v4()
        }
    }

    /// A task token of 244 random bits.
    pub(crate) fn token(&mut self) -> String {
        format!("{}{}", self.uuid().simple(), self.uuid().simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_each_point_of_a_history_differs() {
        let draw = |seed, records| Dice::new(seed, "arn", records).token();
        assert_eq!(draw(Some(7), 3), draw(Some(7), 3));
        assert_ne!(draw(Some(7), 3), draw(Some(7), 4));
        assert_ne!(draw(Some(7), 3), draw(Some(8), 3));
        assert_ne!(draw(None, 3), draw(None, 3));
    }
}
