//! Where something can go wrong, and whether it does.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use fastrand::Rng;
use jiff::Timestamp;
use parking_lot::{Mutex, MutexGuard};

/// A call that can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// Of a function, by the executor.
    Invocation,
    /// Of the table.
    Read,
    /// Of the table.
    Commit,
    /// Of the mail service.
    Mail,
    /// Of Stripe.
    Stripe,
    /// Of the executor, by a function.
    Workflow,
    /// Of Secrets Manager, by a function that starts. It goes wrong in an outage only.
    Secrets,
    /// Of the mail service, as one that it takes mails from. It goes wrong for a span only.
    Sender,
}

/// How it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// Nothing happens.
    Before,
    /// It happens, and the answer is lost.
    After,
    /// It happens twice.
    Twice,
    /// The caller gives up, and it happens later.
    Late,
    /// Somebody else is said to have written first.
    Conflict,
}

impl Place {
    /// How a call can go wrong here.
    pub(crate) fn faults(self) -> &'static [Fault] {
        match self {
            Place::Invocation => &[Fault::Before, Fault::After, Fault::Twice, Fault::Late],
            Place::Read | Place::Secrets | Place::Sender => &[Fault::Before],
            Place::Commit => &[Fault::Before, Fault::After, Fault::Conflict],
            Place::Mail | Place::Stripe | Place::Workflow => &[Fault::Before, Fault::After],
        }
    }

    /// Those at which a single call can go wrong.
    pub(crate) const ALL: [Place; 6] = [
        Place::Invocation,
        Place::Read,
        Place::Commit,
        Place::Mail,
        Place::Stripe,
        Place::Workflow,
    ];
}

/// What goes wrong in a run.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Plan {
    /// Nothing.
    Calm,
    /// This, at the call of that number of that place.
    Once(Place, Fault, usize),
    /// This, at every call of that place.
    Always(Place, Fault),
    /// Anything, with this chance in a hundred; and calls take turns at random.
    Random(u8),
}

/// Decides, for all who ask. Clones share everything.
#[derive(Debug, Clone)]
pub(crate) struct Faults(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    plan: Plan,
    rng: Rng,
    /// How many calls there were.
    calls: BTreeMap<Place, usize>,
    /// What does not answer at all, and when.
    down: Vec<(Place, Range<Timestamp>)>,
    /// What was called while it did not answer.
    missed: BTreeSet<Place>,
}

impl State {
    fn is_down(&mut self, place: Place, now: Timestamp) -> bool {
        let mut down = self.down.iter();
        let is_down = down.any(|(there, span)| *there == place && span.contains(&now));
        if is_down {
            self.missed.insert(place);
        }
        is_down
    }
}

impl Faults {
    pub(crate) fn new(plan: Plan, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(State {
            plan,
            rng: Rng::with_seed(seed),
            calls: BTreeMap::new(),
            down: Vec::new(),
            missed: BTreeSet::new(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock()
    }

    /// From now on nothing goes wrong.
    pub(crate) fn calm(&self) {
        let mut state = self.state();
        state.plan = Plan::Calm;
        state.down.clear();
    }

    /// From now on this goes wrong.
    pub(crate) fn go_by(&self, plan: Plan) {
        self.state().plan = plan;
    }

    /// Nothing answers there in that span.
    pub(crate) fn take_down(&self, place: Place, span: Range<Timestamp>) {
        self.state().down.push((place, span));
    }

    /// Whether nothing answers there, to one who calls.
    pub(crate) fn is_down(&self, place: Place, now: Timestamp) -> bool {
        self.state().is_down(place, now)
    }

    /// What was called in vain, as it was down.
    pub(crate) fn missed(&self) -> BTreeSet<Place> {
        self.state().missed.clone()
    }

    /// What goes wrong with this call.
    pub(crate) fn next(&self, place: Place, now: Timestamp) -> Option<Fault> {
        let mut state = self.state();
        let is_down = state.is_down(place, now);
        let State {
            plan, rng, calls, ..
        } = &mut *state;
        let number = calls.entry(place).or_default();
        *number += 1;
        if is_down {
            return Some(Fault::Before);
        }
        match *plan {
            Plan::Calm => None,
            Plan::Once(there, fault, at) => (there == place && *number == at + 1).then_some(fault),
            Plan::Always(there, fault) => (there == place).then_some(fault),
            Plan::Random(percent) => (rng.u8(..100) < percent).then(|| {
                let faults = place.faults();
                faults[rng.usize(..faults.len())]
            }),
        }
    }

    /// Lets others go first, a random number of times.
    pub(crate) async fn pause(&self) {
        let turns = {
            let mut state = self.state();
            match state.plan {
                Plan::Random(_) => state.rng.u8(..4),
                Plan::Calm | Plan::Once(..) | Plan::Always(..) => 0,
            }
        };
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
    }

    /// How many calls of that place there were.
    pub(crate) fn calls(&self, place: Place) -> usize {
        self.state().calls.get(&place).copied().unwrap_or_default()
    }

    /// A number below that.
    pub(crate) fn below(&self, end: u64) -> u64 {
        self.state().rng.u64(..end)
    }

    /// One of them.
    pub(crate) fn pick<'t, T>(&self, from: &'t [T]) -> Option<&'t T> {
        (!from.is_empty()).then(|| &from[self.state().rng.usize(..from.len())])
    }
}
