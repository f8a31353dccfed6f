//! The audit records of all requests by time, through the table's index.
//!
//! A day in UTC is sixteen partitions of the index, by the last digit of the request's id, which is random: so one day's
//! records can be written to as many of DynamoDB's partitions, and a reader of a day reads that day alone.

use std::collections::VecDeque;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::audit::AuditRecord;
use crate::dates::{midnight, next_day, utc_date};
use crate::table::{Key, Range, ReadError, SortKeys, Table, load_range};

/// The last digits of an id.
const SHARDS: [char; 16] = [
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
];

/// Where a record stands in the index.
pub(crate) fn key(record: &AuditRecord) -> Key {
    let id = record.request_id.to_string();
    let shard = id.chars().last().unwrap_or(SHARDS[0]);
    Key::new(
        partition(utc_date(record.at), shard),
        Position::of(record).0,
    )
}

fn partition(day: Date, shard: char) -> String {
    format!("AUDIT#{day}#{shard}")
}

/// Where a record stands among all: by time to the millisecond, then by request and number, such as
/// `2026-11-26T16:25:00.000Z#0b3c...#000004`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(String);

impl Position {
    /// Of a record.
    pub fn of(record: &AuditRecord) -> Self {
        let (id, seq) = (record.request_id, record.seq);
        Self(format!("{:.3}#{id}#{seq:06}", record.at))
    }

    /// What comes before all records of that millisecond and the ones after it.
    pub fn before(at: Timestamp) -> Self {
        Self(format!("{at:.3}"))
    }

    /// The next that there can be.
    fn next(&self) -> Self {
        // `!` comes before all that a position is made of.
        Self(format!("{}!", self.0))
    }

    /// As text, for whoever goes on after it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads what [`Position::as_str`] gave. `None`: it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let position = Self(text.to_owned());
        position.at().is_some().then_some(position)
    }

    /// The time to the millisecond.
    pub fn at(&self) -> Option<Timestamp> {
        self.0.split('#').next()?.parse().ok()
    }
}

/// Goes through the records of a span of time, oldest first, with at most some hundred of each partition in memory.
#[derive(Debug)]
pub struct AuditCursor {
    /// The first time that is too late.
    before: Timestamp,
    /// How many of a partition are read at once.
    batch: usize,
    /// The day that is being read.
    day: Date,
    shards: [Shard; SHARDS.len()],
    read: usize,
}

/// A partition of the day that is being read.
#[derive(Debug)]
struct Shard {
    digit: char,
    waiting: VecDeque<(Position, AuditRecord)>,
    /// Where to go on reading. None: all is read.
    next: Option<Position>,
}

/// The partitions of a day, from that position on.
fn day_from(from: &Position) -> [Shard; SHARDS.len()] {
    SHARDS.map(|digit| Shard {
        digit,
        waiting: VecDeque::new(),
        next: Some(from.clone()),
    })
}

impl AuditCursor {
    /// From one time on and before another, `batch` records of a partition at a time.
    pub fn new(from: Timestamp, before: Timestamp, batch: usize) -> Self {
        Self::starting(utc_date(from), &Position::before(from), before, batch)
    }

    /// From the record after that position on.
    pub fn after(position: &Position, before: Timestamp, batch: usize) -> Self {
        let at = position.at().unwrap_or(Timestamp::MAX);
        Self::starting(utc_date(at), &position.next(), before, batch)
    }

    fn starting(day: Date, from: &Position, before: Timestamp, batch: usize) -> Self {
        Self {
            before,
            batch,
            day,
            shards: day_from(from),
            read: 0,
        }
    }

    /// How many records were read from the index.
    pub fn read(&self) -> usize {
        self.read
    }

    /// The next record. `None`: there are no more.
    pub async fn next(&mut self, table: &impl Table) -> Result<Option<AuditRecord>, ReadError> {
        loop {
            self.fill(table).await?;
            let shards = self.shards.iter_mut();
            let waiting = shards.filter(|it| !it.waiting.is_empty());
            let first = waiting.min_by(|one, other| {
                let [one, other] = [one, other].map(|it| it.waiting.front().map(|it| &it.0));
                one.cmp(&other)
            });
            if let Some((_, record)) = first.and_then(|shard| shard.waiting.pop_front()) {
                return Ok(Some(record));
            }
            let next = next_day(self.day);
            let midnight = midnight(next);
            if next == self.day || midnight >= self.before {
                return Ok(None);
            }
            self.day = next;
            self.shards = day_from(&Position::before(midnight));
        }
    }

    /// Reads on in each partition of which nothing is waiting.
    async fn fill(&mut self, table: &impl Table) -> Result<(), ReadError> {
        let end = Position::before(self.before);
        for shard in self.shards.iter_mut().filter(|it| it.waiting.is_empty()) {
            // DynamoDB refuses a range that ends before it begins.
            let Some(next) = shard.next.take().filter(|next| *next < end) else {
                continue;
            };
            let range = Range {
                pk: &partition(self.day, shard.digit),
                keys: SortKeys::Indexed(&next.0, &end.0),
                most: self.batch,
            };
            let found = load_range::<AuditRecord>(table, range).await?;
            self.read += found.len();
            let is_full = found.len() == self.batch;
            let found = found.into_iter().map(|it| it.value);
            shard.waiting = found.map(|it| (Position::of(&it), it)).collect();
            let last = shard.waiting.back().filter(|_| is_full);
            shard.next = last.map(|(position, _)| position.next());
        }
        Ok(())
    }
}
