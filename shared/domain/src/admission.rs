//! How many requests are taken: a public form is open to everybody, and each request that is taken mails people for days.
//!
//! What is taken is counted for whoever called, for the customer's address, for the charge and for the offering, each in
//! windows of an hour or a day. A counter is an item of its own, which expires with its window. It is written in the
//! transaction that stores the request, so it counts exactly what is stored, and whoever is refused leaves nothing. Whom
//! it counts cannot be read from it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::approval::{LinkKey, mailbox};
use crate::closed_set::{name_of, named};
use crate::request::Request;
use crate::table::{Entity, Key, ReadError, Table, Write, load_or};

/// What requests are counted for, in the order in which that is done: a caller's flood does not use up an offering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CountedFor {
    /// Whoever calls, by their network address.
    Caller,
    /// The customer's mailbox, however it is spelled.
    Address,
    /// The charge, as it was entered.
    Charge,
    /// The offering.
    Offering,
}

impl CountedFor {
    /// Its name in [`AdmissionLimits`] and in metrics.
    pub fn name(self) -> &'static str {
        name_of(&self)
    }
}

/// How long requests are counted together. Windows follow each other since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Window {
    Hour,
    Day,
}

impl Window {
    fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3600,
            Self::Day => 86400,
        }
    }

    /// When the window ends in which something happens.
    fn end(self, at: Timestamp) -> Timestamp {
        let windows = at.as_second().div_euclid(self.seconds());
        Timestamp::from_second((windows + 1) * self.seconds()).unwrap_or(Timestamp::MAX)
    }
}

/// The most requests that are taken: `caller=4/hour,address=3/day`. What is not named has no limit.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct AdmissionLimits(BTreeMap<CountedFor, (u32, Window)>);

impl FromStr for AdmissionLimits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut limits = BTreeMap::new();
        for entry in text.split(',').map(str::trim).filter(|it| !it.is_empty()) {
            let (scope, limit) = parse(entry).ok_or_else(|| {
                format!("{entry} is no limit; write caller, address, charge or offering, such as caller=4/hour or address=3/day")
            })?;
            if limits.insert(scope, limit).is_some() {
                return Err(format!("{} has two limits", scope.name()));
            }
        }
        Ok(Self(limits))
    }
}

impl TryFrom<String> for AdmissionLimits {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

fn parse(entry: &str) -> Option<(CountedFor, (u32, Window))> {
    let (scope, limit) = entry.split_once('=')?;
    let (most, window) = limit.split_once('/')?;
    let most = most.parse().ok().filter(|most| *most > 0)?;
    Some((named(scope)?, (most, named(window)?)))
}

/// That no more requests are taken for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitReached {
    /// Of what there are too many.
    pub counted_for: CountedFor,
    /// From when on more are taken.
    pub until: Timestamp,
}

/// Whom a request counts for, if the form asks for that.
fn name(counted_for: CountedFor, request: &Request, caller: Option<IpAddr>) -> Option<String> {
    match counted_for {
        CountedFor::Caller => caller.map(network),
        CountedFor::Address => request.customer_email().map(mailbox),
        // A number names a charge only together with its customer, who is counted by address.
        CountedFor::Charge => request.charge().map(ToOwned::to_owned),
        CountedFor::Offering => Some(request.offering.to_string()),
    }
}

/// An IPv4 address, or the network of an IPv6 address: one subscriber has all the 2^64 addresses of it.
fn network(caller: IpAddr) -> String {
    match caller.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("{:x}", u128::from(address) >> 64),
    }
}

/// How many requests were stored in a window: as often was it written, so its version is the count.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counter {
    /// What it counts for, and the hash of whom.
    counts_for: String,
    /// The end of its window.
    until: Timestamp,
}

impl Entity for Counter {
    const KIND: &'static str = "counter";

    fn key(&self) -> Key {
        Key::new(
            format!("COUNTER#{}", self.counts_for),
            self.until.as_second().to_string(),
        )
    }

    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.until)
    }
}

/// Reads whether a request that is about to be stored is within the limits. Then the counters are to be written in the
/// transaction that stores it; that conflicts where another request was counted in between, and is to be tried again
/// from here.
pub async fn admit(
    table: &impl Table,
    limits: &AdmissionLimits,
    key: &LinkKey,
    request: &Request,
    caller: Option<IpAddr>,
) -> Result<Result<Vec<Write>, LimitReached>, ReadError> {
    let mut writes = Vec::new();
    for (&counted_for, &(most, window)) in &limits.0 {
        let Some(name) = name(counted_for, request, caller) else {
            continue;
        };
        let until = window.end(request.submitted_at);
        let hash = key.counter_hash(counted_for.name(), &name);
        let counts_for = format!("{}#{hash}", counted_for.name());
        let counter = load_or(table, Counter { counts_for, until }).await?;
        if counter.version >= most.into() {
            return Ok(Err(LimitReached { counted_for, until }));
        }
        writes.push(Write::update(&counter));
    }
    Ok(Ok(writes))
}
