//! A report in pages, each within bounds, from wherever one goes on.

use jiff::{Timestamp, ToSpan};
use serde_json::Value;

use super::Report;
use crate::audit_index::{AuditCursor, Position};
use crate::dates::{midnight, utc_date};
use crate::table::{ReadError, Table};

/// How many records of one of a day's partitions are read at once.
const BATCH: usize = 100;

/// What a page is bounded by. The first that is reached ends it.
#[derive(Debug, Clone, Copy)]
pub struct PageLimits {
    /// How many rows.
    pub rows: usize,
    /// How many bytes of JSON, give or take a row. Within a Lambda function's answer, which may have 6 MB, quotation marks
    /// are escaped once more.
    pub bytes: usize,
    /// How many records are read to find them, give or take what is read at once.
    pub read: usize,
    /// How many days are looked at. Each takes sixteen queries, also where nothing happened.
    pub days: i32,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self {
            rows: 500,
            bytes: 2_000_000,
            read: 10_000,
            days: 100,
        }
    }
}

/// A part of a report.
#[derive(Debug)]
pub struct Page {
    /// The rows, oldest first. There may be none and still be a next page.
    pub rows: Vec<Value>,
    /// After what the next page goes on. `None`: this is the last.
    pub next: Option<Position>,
}

impl Report {
    /// All records of the report's time, and others than it is about: see [`Report::row`].
    pub fn cursor(&self, batch: usize) -> AuditCursor {
        AuditCursor::new(self.query().from, self.query().to, batch)
    }

    /// The page that begins after that position, or the first.
    pub async fn page(
        &self,
        table: &impl Table,
        after: Option<&Position>,
        limits: &PageLimits,
    ) -> Result<Page, ReadError> {
        let query = self.query();
        let after = after.filter(|it| **it > Position::before(query.from));
        let from = after.and_then(Position::at).unwrap_or(query.from);
        let end = days_later(from, limits.days).min(query.to);
        let mut cursor = match after {
            Some(position) => AuditCursor::after(position, end, BATCH),
            None => AuditCursor::new(from, end, BATCH),
        };
        let (mut rows, mut bytes, mut last) = (Vec::new(), 0, None);
        while let Some(record) = cursor.next(table).await? {
            let is_full =
                rows.len() >= limits.rows || bytes >= limits.bytes || cursor.read() >= limits.read;
            if is_full && last.is_some() {
                return Ok(Page { rows, next: last });
            }
            last = Some(Position::of(&record));
            if let Some(row) = self.row(table, &record).await? {
                bytes += row.to_string().len();
                rows.push(row);
            }
        }
        let next = (end < query.to).then(|| Position::before(end));
        Ok(Page { rows, next })
    }
}

/// Midnight UTC after so many days, the one that has begun included.
fn days_later(at: Timestamp, days: i32) -> Timestamp {
    let day = utc_date(at).checked_add(days.days());
    day.map_or(Timestamp::MAX, midnight)
}
