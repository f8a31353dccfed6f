//! Writing the digests that are due, and removing the ones that are kept no longer.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use super::{
    AuditDigest, DigestChain, DigestHeads, LogHead, WINDOW_DAYS, digest_chains, heads_of_day, next,
    partition,
};
use crate::audit_index::AuditCursor;
use crate::dates::{midnight, utc_date};
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
    let due = chains.values().map(|chain| next(chain.value.day)).min();
    let mut day = due.unwrap_or(today.saturating_sub(1.day()));
    while day < today {
        let mut found = heads(table, day).await?;
        let offerings: BTreeSet<_> = chains.keys().chain(found.keys()).cloned().collect();
        for offering in offerings {
            let chain = chains.get(&offering);
            if chain.is_some_and(|chain| chain.value.day >= day) {
                continue;
            }
            let heads = found.remove(&offering).unwrap_or_default();
            let chain = append(table, chain, &offering, day, &heads).await?;
            chains.insert(offering, chain);
        }
        day = next(day);
    }
    Ok(())
}

/// What the digest of a day names, by offering.
async fn heads(
    table: &impl Table,
    day: Date,
) -> Result<BTreeMap<OfferingPath, Vec<LogHead>>, ReadError> {
    let from = day.saturating_sub((WINDOW_DAYS - 1).days());
    let mut cursor = AuditCursor::new(midnight(from), midnight(next(day)), BATCH);
    let mut found: BTreeMap<OfferingPath, BTreeMap<RequestId, LogHead>> = BTreeMap::new();
    while let Some(record) = cursor.next(table).await? {
        let head = LogHead {
            request_id: record.request_id,
            seq: record.seq,
            hash: record.hash,
        };
        let of_offering = found.entry(record.offering).or_default();
        let last = of_offering
            .entry(head.request_id)
            .or_insert_with(|| head.clone());
        // The order of their times is not always that of their numbers.
        if last.seq < head.seq {
            *last = head;
        }
    }
    let sorted = |heads: BTreeMap<_, _>| heads.into_values().collect();
    Ok(found
        .into_iter()
        .map(|(offering, heads)| (offering, sorted(heads)))
        .collect())
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
            chain.value.oldest = next(day);
            let digest = Write::Delete(AuditDigest::key_of(&offering, day));
            table.commit(vec![digest, Write::update(&chain)]).await?;
            chain.version += 1;
        }
    }
    Ok(())
}
