//! The processes that are simulated: the shipped ones, as they are deployed.

use std::sync::LazyLock;

use domain::request::Request;
use domain::task::Offering;
use local::states::Definition;
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
    /// The same, as it was read.
    pub(crate) definition: Definition,
    pub(crate) offering: Offering,
}

/// Each is read once, however many worlds it runs in.
static MACHINES: LazyLock<[Machine; 3]> = LazyLock::new(|| {
    [
        include_str!("../../../statemachines/generated/customer-success/refund-request.asl.json"),
        include_str!(
            "../../../statemachines/generated/customer-success/refund-request-routed.asl.json"
        ),
        include_str!("../../../statemachines/generated/customer-satisfaction/csat-survey.asl.json"),
    ]
    .map(Machine::of)
});

impl Process {
    /// Its state machine.
    pub(crate) fn machine(self) -> &'static Machine {
        match self {
            Process::Refund => &MACHINES[0],
            Process::Routed => &MACHINES[1],
        }
    }

    /// Whether that request is one of it.
    pub(crate) fn is_of(self, request: &Request) -> bool {
        request.offering == self.machine().offering.path
    }
}

impl Machine {
    /// All that are deployed.
    pub(crate) fn all() -> &'static [Machine] {
        &*MACHINES
    }

    /// The definition with every retry given up after minutes.
    pub(crate) fn without_patience(&self) -> Definition {
        let mut machine: Value = serde_json::from_str(&self.text).expect("it is JSON");
        let states = machine["States"].as_object_mut().expect("they are");
        let retriers = states
            .values_mut()
            .filter_map(|state| state.get_mut("Retry"));
        for retrier in retriers.filter_map(Value::as_array_mut).flatten() {
            retrier["MaxAttempts"] = 8.into();
        }
        Definition::read(&machine.to_string()).expect("it can run here")
    }

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
            definition: Definition::read(&text).expect("it can run here"),
            text,
            offering,
        }
    }
}
