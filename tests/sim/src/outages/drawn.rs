//! What is drawn of a history before it begins.

use jiff::{SignedDuration, Timestamp};

use crate::customers::{EMAIL, Wish};
use crate::faults::Place;
use crate::ports::stripe::Mood;
use crate::process::Process;
use crate::world::World;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;

/// What can be away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Service {
    DynamoDb,
    Ses,
    /// SES takes no mail from this sender: its domain's records are not found yet, or the account is paused.
    Sender,
    Stripe,
    StepFunctions,
    SecretsManager,
    Lambda,
}

/// A service is away.
#[derive(Debug)]
pub(super) struct Outage {
    pub(super) service: Service,
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

/// What those do who are asked to approve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Approvers {
    /// All agree, and try until their decision is taken.
    Agree,
    /// Some reject.
    Differ,
    /// Nobody answers.
    Absent,
}

/// What a history begins with.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) outages: Vec<Outage>,
    /// An address that SES refuses for good.
    pub(super) refused: Option<&'static str>,
    pub(super) approvers: Approvers,
    /// What customers send, and when first.
    pub(super) forms: Vec<(Timestamp, Form)>,
}

/// A form that a customer sends.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) wish: Wish,
    pub(super) charge: String,
    /// Whether they send it again after an error page.
    pub(super) comes_back: bool,
    /// After how many turns the function dies that takes it, the first time.
    pub(super) dies_after: Option<u64>,
}

/// How Stripe answers while it does.
pub(super) fn mood(seed: u64) -> Mood {
    match seed % 6 {
        0 => Mood::Refuses,
        1 | 2 => Mood::Pends,
        _ => Mood::Pays,
    }
}

impl Service {
    pub(crate) const ALL: [Self; 7] = [
        Self::DynamoDb,
        Self::Ses,
        Self::Sender,
        Self::Stripe,
        Self::StepFunctions,
        Self::SecretsManager,
        Self::Lambda,
    ];

    /// What happens to it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "DynamoDB away",
            Self::Ses => "SES away",
            Self::Sender => "the sender refused",
            Self::Stripe => "Stripe away",
            Self::StepFunctions => "Step Functions away",
            Self::SecretsManager => "Secrets Manager away",
            Self::Lambda => "Lambda away",
        }
    }

    pub(crate) fn places(self) -> &'static [Place] {
        match self {
            Self::DynamoDb => &[Place::Read, Place::Commit],
            Self::Ses => &[Place::Mail],
            Self::Sender => &[Place::Sender],
            Self::Stripe => &[Place::Stripe],
            Self::StepFunctions => &[Place::Workflow],
            Self::SecretsManager => &[Place::Secrets],
            Self::Lambda => &[Place::Invocation],
        }
    }

    /// The longest that it is away, in hours. A sender may be refused for longer than anything is retried.
    fn most_hours(self) -> u64 {
        if self == Self::Sender { 72 } else { 24 }
    }
}

impl Outage {
    pub(super) fn hours(&self) -> i64 {
        self.until.duration_since(self.from).as_hours()
    }
}

impl Drawn {
    pub(super) fn draw(world: &World) -> Self {
        let faults = &world.faults;
        // Where the outages begin a week late, they meet the survey, and what was asked for by then.
        let weeks = faults.below(2);
        let begin = |weeks: u64| after(world.clock.now(), weeks * 7 * DAY);
        let mut services = Service::ALL.to_vec();
        let count = [1, 1, 2, 3][usize::try_from(faults.below(4)).expect("it is small")];
        let outages = (0..count).map(|_| {
            let position = faults.below(services.len() as u64);
            let service = services.swap_remove(usize::try_from(position).expect("it is small"));
            let latest = if faults.below(2) == 0 { DAY } else { 3 * DAY };
            let from = after(begin(weeks), faults.below(latest));
            let until = after(from, HOUR * (1 + faults.below(service.most_hours())));
            Outage {
                service,
                from,
                until,
            }
        });
        let outages = outages.collect();
        let forms = (0..=faults.below(3)).map(|number| {
            let weeks = weeks * faults.below(2);
            (after(begin(weeks), faults.below(DAY)), form(world, number))
        });
        Self {
            outages,
            forms: forms.collect(),
            refused: refused(world),
            approvers: match faults.below(6) {
                0..4 => Approvers::Agree,
                4 => Approvers::Differ,
                _ => Approvers::Absent,
            },
        }
    }

    /// From now on it is so.
    pub(super) fn take_effect(&self, world: &World) {
        for outage in &self.outages {
            for place in outage.service.places() {
                world.faults.take_down(*place, outage.from..outage.until);
            }
        }
        if let Some(address) = self.refused {
            world.functions.mailer.refuse(address);
        }
    }

    /// When everything answers again for good.
    pub(super) fn end(&self) -> Timestamp {
        let ends = self.outages.iter().map(|outage| outage.until);
        ends.max().expect("something is away")
    }
}

fn form(world: &World, number: u64) -> Form {
    let faults = &world.faults;
    let dollars = ["19.99", "35", "50", "1500"];
    let reasons = ["Duplicate charge", "Service issue", "Goodwill", "Other"];
    let wish = Wish {
        dollars: faults.pick(&dollars).expect("there are some"),
        reason: faults.pick(&reasons).expect("there are some"),
        process: *(faults.pick(&[Process::Refund, Process::Routed])).expect("there are two"),
        ..Wish::of("")
    };
    Form {
        wish,
        charge: format!("ch_known{number}"),
        comes_back: faults.below(3) > 0,
        dies_after: (faults.below(3) == 0).then(|| faults.below(25)),
    }
}

fn refused(world: &World) -> Option<&'static str> {
    let addresses = [
        EMAIL,
        "csm-1@example.com",
        "finance-1@example.com",
        "csm-manager@example.com",
    ];
    let address = world.faults.pick(&addresses).copied();
    address.filter(|_| world.faults.below(3) == 0)
}

/// So many seconds later.
pub(crate) fn after(at: Timestamp, seconds: u64) -> Timestamp {
    at + SignedDuration::from_secs(i64::try_from(seconds).expect("it is small"))
}
