//! What is drawn of a history before it begins: by a generator of its own, so that the same customers come in the same
//! history without its flood.

use std::ops::Range;

use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};

use super::limits;
use crate::customers::Wish;
use crate::faults::Plan;
use crate::outages::drawn::{Service, after};
use crate::ports::stripe::Mood;
use crate::process::Process;

/// When a history begins: when the world does.
const BEGIN: &str = "2026-11-02T09:00:00Z";
const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
/// Those who ask for what is theirs.
const CUSTOMERS: [&str; 3] = ["ben", "cleo", "dora"];

/// What the requests of a flood have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Caller,
    ThreeCallers,
    ThreeAddresses,
    Tags,
    Charge,
    Offering,
}

impl Kind {
    const ALL: [Self; 6] = [
        Self::Caller,
        Self::ThreeCallers,
        Self::ThreeAddresses,
        Self::Tags,
        Self::Charge,
        Self::Offering,
    ];
}

/// A form that somebody sends.
#[derive(Debug, Clone)]
pub(super) struct Post {
    /// Stands in its notes. A form that is sent again has the same.
    pub(super) label: usize,
    pub(super) at: Timestamp,
    pub(super) caller: String,
    pub(super) address: String,
    pub(super) charge: String,
    pub(super) wish: Wish,
    pub(super) key: Option<String>,
    /// How often it is sent at the same moment.
    pub(super) clicks: usize,
    /// What the approvers answer, if anything, and how long after the mail, in seconds.
    pub(super) decision: (Option<&'static str>, u64),
}

/// What a history begins with.
#[derive(Debug, Clone)]
pub(super) struct Drawn {
    /// As in `RequestLimits`.
    pub(super) limits: String,
    pub(super) mood: Mood,
    /// What goes wrong until all have sent their forms.
    pub(super) plan: Plan,
    pub(super) outage: Option<(Service, Range<Timestamp>)>,
    /// What is sent, customers' own first.
    pub(super) posts: Vec<Post>,
    pub(super) customers: usize,
    pub(super) kinds: Vec<Kind>,
}

impl Drawn {
    pub(super) fn draw(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let limits = [
            limits::deployed(),
            "caller=2/hour,address=1/day,charge=1/day,offering=6/hour",
            "caller=5/day,address=2/hour,charge=2/hour,offering=8/hour",
        ][rng.usize(..3)];
        let customers = 1 + rng.usize(..3);
        let names = CUSTOMERS[..customers].iter().enumerate();
        let mut posts: Vec<Post> = names.map(|it| customer(&mut rng, it)).collect();
        let mut kinds = Vec::new();
        for number in 0..=rng.usize(..2) {
            let mut kind = Kind::ALL[rng.usize(..6)];
            if kind == Kind::Offering && limits == limits::deployed() {
                // More than a hundred requests take long, and one history has them.
                kind = Kind::Caller;
            }
            let known = posts[rng.usize(..customers)].clone();
            let first = posts.len();
            let count = 10 + rng.usize(..12);
            posts.extend(flood(&mut rng, kind, number, &known, first..first + count));
            kinds.push(kind);
        }
        // Either something is away, or anything goes wrong, or nothing.
        let (outage, percent) = match rng.u8(..4) {
            0 => (Some(outage(&mut rng)), 0),
            1 => (None, 1 + rng.u8(..5)),
            _ => (None, 0),
        };
        Self {
            limits: limits.to_owned(),
            mood: [Mood::Pays, Mood::Pays, Mood::Pends, Mood::Refuses][rng.usize(..4)],
            plan: Plan::Random(percent),
            outage,
            posts,
            customers,
            kinds,
        }
    }

    /// A flood of an offering above what is deployed, into which a customer comes.
    pub(super) fn hundred_of_an_offering() -> Self {
        let mut rng = Rng::with_seed(0);
        let customer = customer(&mut rng, (0, &CUSTOMERS[0]));
        let mut posts = flood(&mut rng, Kind::Offering, 0, &customer, 1..130);
        for (number, post) in posts.iter_mut().enumerate() {
            post.at = after(customer.at, number as u64);
            post.decision = (Some("reject"), HOUR);
        }
        posts.insert(0, customer);
        Self {
            limits: limits::deployed().to_owned(),
            mood: Mood::Pays,
            plan: Plan::Random(0),
            outage: None,
            posts,
            customers: 1,
            kinds: vec![Kind::Offering],
        }
    }

    /// The same without its floods.
    pub(super) fn without_floods(&self) -> Self {
        let mut drawn = self.clone();
        drawn.posts.truncate(drawn.customers);
        drawn
    }

    /// Whether nothing goes wrong.
    pub(super) fn is_calm(&self) -> bool {
        self.outage.is_none() && matches!(self.plan, Plan::Random(0))
    }
}

fn begin() -> Timestamp {
    BEGIN.parse().expect("it is a time")
}

fn customer(rng: &mut Rng, (number, name): (usize, &&str)) -> Post {
    let decisions = [Some("approve"), Some("approve"), Some("reject"), None];
    Post {
        label: number,
        at: after(begin(), HOUR + MINUTE * rng.u64(..30 * 60)),
        caller: format!("198.51.100.{number}"),
        address: format!("{name}@example.com"),
        charge: format!("ch_by_{name}_1"),
        wish: Wish {
            dollars: ["19.99", "50", "1500"][rng.usize(..3)],
            reason: ["Duplicate charge", "Service issue", "Goodwill"][rng.usize(..3)],
            process: [Process::Refund, Process::Routed][rng.usize(..2)],
            ..Wish::of("")
        },
        key: Some(format!("key of {name}")),
        clicks: 1 + rng.usize(..2),
        decision: (decisions[rng.usize(..4)], HOUR + rng.u64(..47 * HOUR)),
    }
}

/// More than is taken, around the time at which a customer comes, of whom it may know something.
fn flood(
    rng: &mut Rng,
    kind: Kind,
    number: usize,
    known: &Post,
    labels: Range<usize>,
) -> Vec<Post> {
    let is_aimed = rng.bool();
    let name = known.address.split('@').next().unwrap_or_default();
    // Its first burst comes with the customer, or within the hour before.
    let earlier = [0, rng.i64(0..3_600)][rng.usize(..2)];
    let mut at = known.at - SignedDuration::from_secs(earlier);
    let decision = [Some("reject"), Some("reject"), None][rng.usize(..3)];
    let mut posts: Vec<Post> = Vec::new();
    for label in labels {
        let again = posts.last().filter(|_| rng.u8(..8) == 0);
        let mut post = again.cloned().unwrap_or_else(|| Post {
            label,
            caller: format!("10.{number}.0.{label}"),
            address: format!("s{number}x{label}@example.net"),
            charge: format!("ch_known{number}x{label}"),
            wish: Wish {
                process: known.wish.process,
                ..Wish::of("35")
            },
            key: (rng.u8(..3) > 0).then(|| format!("key of {number} {label}")),
            clicks: 1 + rng.usize(..2),
            decision: (decision, HOUR),
            at,
        });
        post.at = at;
        match kind {
            Kind::Caller if is_aimed => post.caller.clone_from(&known.caller),
            Kind::Caller => "203.0.113.9".clone_into(&mut post.caller),
            Kind::ThreeCallers => post.caller = format!("203.0.113.{}", post.label % 3),
            Kind::ThreeAddresses => {
                post.address = format!("s{number}x{}@example.net", post.label % 3);
            }
            Kind::Tags if is_aimed => post.address = format!("{name}+{}@Example.com", post.label),
            Kind::Tags => post.address = format!("stranger+{}@example.net", post.label),
            Kind::Charge if is_aimed => post.charge.clone_from(&known.charge),
            Kind::Charge => "ch_known".clone_into(&mut post.charge),
            Kind::Offering => {}
        }
        posts.push(post);
        // In bursts, over some hours.
        if rng.u8(..4) == 0 {
            at = after(at, MINUTE * rng.u64(..40));
        }
    }
    posts
}

fn outage(rng: &mut Rng) -> (Service, Range<Timestamp>) {
    let services = Service::ALL.into_iter();
    let services: Vec<_> = services.filter(|it| *it != Service::Sender).collect();
    let from = after(begin(), rng.u64(..30 * HOUR));
    let until = after(from, HOUR * (1 + rng.u64(..8)));
    (services[rng.usize(..services.len())], from..until)
}
