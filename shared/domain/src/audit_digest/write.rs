//! Writing the digests that are due, and removing the ones that are kept no longer.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{
    AuditDigest, DigestChain, DigestHeads, LogHead, WINDOW_DAYS, digest_chains, heads_of_day,
    partition,
};
use crate::audit_index::AuditCursor;
use crate::dates::{midnight, next_day, utc_date};
use crate::failure::Failure;
use crate::id::{OfferingPath, RequestId};
use crate::table::{CommitError, ReadError, Stored, Table, Write};

/// How many heads an item holds. Each is stored in 130 bytes, and an item in 400 KB at most.
const HEADS_PER_ITEM: usize = 2000;

/// How many records are read of each of a day's sixteen partitions at a time.
const BATCH: usize = 500;

/// Writes the digests of all days that ended before that time and have none yet. Another run has nothing to write.
pub async fn write_due(table: &impl Table, now: Timestamp) -> Result<(), Failure> {
    let today = utc_date(now);
    let mut chains = BTreeMap::new();
    for chain in digest_chains(table).await? {
        chains.insert(chain.value.offering.clone(), chain);
    }
    let due = chains.values().map(|chain| next_day(chain.value.day)).min();
    let due = due.unwrap_or(today.saturating_sub(1.day()));
    let mut day = due.saturating_sub((WINDOW_DAYS - 1).days());
    let mut window = VecDeque::new();
    while day < today {
        window.push_back(heads_of(table, day).await?);
        if day >= due {
            write_day(table, &mut chains, day, merged(&window)).await?;
            window.pop_front();
        }
        day = next_day(day);
    }
    Ok(())
}

/// The last record of each request, by offering.
type Heads = BTreeMap<OfferingPath, BTreeMap<RequestId, LogHead>>;

/// Of the records of a day.
async fn heads_of(table: &impl Table, day: Date) -> Result<Heads, ReadError> {
    let mut cursor = AuditCursor::new(midnight(day), midnight(next_day(day)), BATCH);
    let mut heads = Heads::new();
    while let Some(record) = cursor.next(table).await? {
        let head = LogHead {
            request_id: record.request_id,
            seq: record.seq,
            hash: record.hash,
        };
        add(heads.entry(record.offering).or_default(), head);
    }
    Ok(heads)
}

fn merged(window: &VecDeque<Heads>) -> Heads {
    let mut heads = Heads::new();
    for (offering, of_day) in window.iter().flatten() {
        let all = heads.entry(offering.clone()).or_default();
        for head in of_day.values() {
            add(all, head.clone());
        }
    }
    heads
}

/// The order of the records' times is not always that of their numbers.
fn add(heads: &mut BTreeMap<RequestId, LogHead>, head: LogHead) {
    let last = heads.entry(head.request_id).or_insert_with(|| head.clone());
    if last.seq < head.seq {
        *last = head;
    }
}

async fn write_day(
    table: &impl Table,
    chains: &mut BTreeMap<OfferingPath, Stored<DigestChain>>,
    day: Date,
    mut found: Heads,
) -> Result<(), CommitError> {
    let offerings: BTreeSet<_> = chains.keys().chain(found.keys()).cloned().collect();
    for offering in offerings {
        let chain = chains.get(&offering);
        if chain.is_some_and(|chain| chain.value.day >= day) {
            continue;
        }
        let heads = found.remove(&offering).unwrap_or_default();
        let heads: Vec<_> = heads.into_values().collect();
        let chain = append(table, chain, &offering, day, &heads).await?;
        chains.insert(offering, chain);
    }
    Ok(())
}

async fn append(
    table: &impl Table,
    chain: Option<&Stored<DigestChain>>,
    offering: &OfferingPath,
    day: Date,
    heads: &[LogHead],
) -> Result<Stored<DigestChain>, CommitError> {
    let before = chain.map(|chain| &chain.value);
    let mut digest = AuditDigest {
        offering: offering.clone(),
        number: before.map_or(1, |it| it.number + 1),
        day,
        previous: before.map_or(String::new(), |it| it.hash.clone()),
        count: heads.len(),
        hash: String::new(),
    };
    digest.hash = digest.hash_with(heads);
    for (part, heads) in (1..).zip(heads.chunks(HEADS_PER_ITEM)) {
        let heads = DigestHeads {
            offering: offering.clone(),
            day,
            digest: digest.hash.clone(),
            part,
            heads: heads.to_vec(),
        };
        match table.commit(vec![Write::create(&heads)]).await {
            // The same ones, of a run that was not finished.
            Ok(()) | Err(CommitError::Conflict) => {}
            Err(failed) => return Err(failed),
        }
    }
    let mut chain = Stored {
        value: DigestChain {
            offering: offering.clone(),
            oldest: before.map_or(day, |it| it.oldest),
            day,
            number: digest.number,
            hash: digest.hash.clone(),
            copied: before.and_then(|it| it.copied.clone()),
        },
        version: chain.map_or(0, |chain| chain.version),
    };
    let writes = vec![Write::create(&digest), Write::update(&chain)];
    table.commit(writes).await?;
    chain.version += 1;
    Ok(chain)
}

/// Removes the digests of the days before that one. The last of a chain stays, for the next to follow.
pub async fn remove_digests(table: &impl Table, before: Date) -> Result<(), Failure> {
    for mut chain in digest_chains(table).await? {
        while chain.value.oldest < before.min(chain.value.day) {
            let (offering, day) = (chain.value.offering.clone(), chain.value.oldest);
            let heads = heads_of_day(day);
            table.remove_all(&partition(&offering), &heads).await?;
            chain.value.oldest = next_day(day);
            let digest = Write::Delete(AuditDigest::key_of(&offering, day));
            table.commit(vec![digest, Write::update(&chain)]).await?;
            chain.version += 1;
        }
    }
    Ok(())
}
