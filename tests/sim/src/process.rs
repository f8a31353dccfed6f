//! The processes that are simulated: the shipped ones, as they are deployed.

use std::sync::LazyLock;

use domain::task::Offering;
use serde::Deserialize as _;
use serde_json::Value;

/// The offering that the routed process invites to.
pub(crate) const SURVEY: &str = "customer-satisfaction/csat-survey";
/// The phase of the routed process in which the customer chooses.
pub(crate) const OFFER: &str = "Offer Credit";

/// A shipped process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    /// `refund-request`.
    Refund,
    /// `refund-request-routed`, with the survey that it invites to.
    Routed,
}

/// A state machine.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) arn: String,
    /// The definition as it is deployed: with names in place of substitutions.
    pub(crate) text: String,
    pub(crate) offering: Offering,
}

static REFUND: LazyLock<[Machine; 1]> = LazyLock::new(|| {
    [Machine::of(include_str!(
        "../../../statemachines/generated/customer-success/refund-request.asl.json"
    ))]
});

static ROUTED: LazyLock<[Machine; 2]> = LazyLock::new(|| {
    [
        Machine::of(include_str!(
            "../../../statemachines/generated/customer-success/refund-request-routed.asl.json"
        )),
        Machine::of(include_str!(
            "../../../statemachines/generated/customer-satisfaction/csat-survey.asl.json"
        )),
    ]
});

impl Process {
    /// Its own state machine, and then that of what it invites to.
    pub(crate) fn machines(self) -> &'static [Machine] {
        match self {
            Process::Refund => &*REFUND,
            Process::Routed => &*ROUTED,
        }
    }
}

impl Machine {
    fn of(definition: &str) -> Self {
        let mut parts = definition.split("${");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            text.extend(part.splitn(2, '}'));
        }
        let machine: Value = serde_json::from_str(&text).expect("the definition is JSON");
        let offering = &machine["States"]["Start"]["Assign"]["offering"];
        let offering = Offering::deserialize(offering).expect("it is an offering");
        let name = offering.path.as_str().replace('/', "-");
        Self {
            arn: format!("arn:aws:states:us-east-1:000000000000:stateMachine:{name}"),
            text,
            offering,
        }
    }
}
