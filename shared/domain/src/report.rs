//! Reports over the audit log: which records are asked for ([`query`]), the rows that are made of them, page by page
//! ([`page`]) or all at once through [`AuditCursor`](crate::audit_index::AuditCursor), and the cells of a spreadsheet ([`cells`]).
//!
//! A report reads the index by time and never scans the table.

pub mod cells;
mod condition;
mod month;
mod movement;
pub mod page;
pub mod query;
mod term;
mod value;

pub use month::Month;
pub use page::{Page, PageLimits};
pub use query::Query;
pub use term::Mistake;

use jiff::Timestamp;
use serde_json::Value;

use crate::audit::AuditRecord;
use crate::table::{ReadError, Table};

/// The columns of the audit report. Those that come later are added at the end.
const AUDIT_COLUMNS: &[&str] = &[
    "requestId",
    "offering",
    "seq",
    "at",
    "actor",
    "actorKind",
    "action",
    "phase",
    "status",
    "amountCents",
    "currency",
    "means",
    "stripeId",
    "charge",
    "detail",
    "hash",
    "definition",
    "statusBefore",
];

/// What is reported of which records.
#[derive(Debug)]
pub struct Report {
    query: Query,
    rows: Rows,
}

#[derive(Debug, Clone, Copy)]
enum Rows {
    /// Each record as it is stored, so that its hash can be checked.
    Records,
    /// Each movement of money.
    Movements,
}

impl Report {
    /// The records that a query finds.
    pub fn audit(query: Query) -> Self {
        Self {
            query,
            rows: Rows::Records,
        }
    }

    /// The movements of money of a month in UTC, one row each: a refund, a credit, or, as a negative amount, a refund that
    /// came back. `now` is when it is asked for.
    pub fn refunds(month: Month, now: Timestamp) -> Self {
        let query = Query::within(month.first(), month.end(), now, crate::movement::ACTIONS);
        Self {
            query,
            rows: Rows::Movements,
        }
    }

    /// Which records.
    pub fn query(&self) -> &Query {
        &self.query
    }

    /// The names of the rows' values, in the order of a spreadsheet's columns.
    pub fn columns(&self) -> &'static [&'static str] {
        match self.rows {
            Rows::Records => AUDIT_COLUMNS,
            Rows::Movements => movement::COLUMNS,
        }
    }

    /// The row of a record, a JSON object. `None`: the query does not find it.
    pub async fn row(
        &self,
        table: &impl Table,
        record: &AuditRecord,
    ) -> Result<Option<Value>, ReadError> {
        if !self.query.finds(record) {
            return Ok(None);
        }
        let row = match self.rows {
            Rows::Records => serde_json::to_value(record),
            Rows::Movements => serde_json::to_value(movement::row(table, record).await?),
        };
        Ok(Some(row.expect("rows have string keys and serialize")))
    }
}
