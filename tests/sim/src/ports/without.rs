//! What the table does where a guard is taken away.

use domain::audit::AuditRecord;
use domain::charge_ledger::ChargeLedger;
use domain::payment_control::{PaymentSwitch, PaymentTotals};
use domain::table::{CommitError, Entity as _, Key, Table as _, Write};
use serde_json::{Value, json};

use super::SimTable;
use crate::guards::Guard;

impl SimTable {
    /// The answer to a read.
    pub(super) fn answered(
        &self,
        key: &Key,
        mut found: Option<(Value, u64)>,
    ) -> Option<(Value, u64)> {
        let loses_sums = match self.line.without {
            Some(Guard::SwitchRead) if *key == switch() => return None,
            Some(Guard::TotalsOfDay) => key.sk == "TOTALS",
            Some(Guard::TotalsOfCustomer) => key.sk.starts_with("TOTALS#"),
            _ => false,
        };
        if let Some((body, _)) = found.as_mut().filter(|_| loses_sums) {
            body["days"] = json!({});
        }
        found
    }

    /// What is written of a transaction.
    pub(super) async fn written(&self, mut writes: Vec<Write>) -> Result<Vec<Write>, CommitError> {
        match self.line.without {
            Some(Guard::LedgerCondition) => {
                self.ignore_other_writers(&mut writes, ChargeLedger::KIND)
                    .await?;
            }
            Some(Guard::TotalsCondition) => {
                self.ignore_other_writers(&mut writes, PaymentTotals::KIND)
                    .await?;
            }
            Some(Guard::SwitchCondition) => writes
                .retain(|write| !matches!(write, Write::Check { key, .. } if *key == switch())),
            Some(Guard::ApprovedAmount) => lose_approved_amounts(&mut writes),
            Some(Guard::CounterCondition) => {
                self.ignore_other_writers(&mut writes, COUNTER).await?;
            }
            Some(Guard::RecordedAmount) => falsify(&mut writes, &["refunded", "credited"], |it| {
                it["amountCents"] = json!(it["amountCents"].as_u64().unwrap_or_default() + 1);
            }),
            Some(Guard::RecordedActor) => falsify(&mut writes, &["approved", "rejected"], |it| {
                it["actor"] = json!("somebody@example.com");
            }),
            Some(Guard::RecordedReversal) => falsify(&mut writes, &["refund_reversed"], |it| {
                it["stripeId"] = json!("re_other");
            }),
            Some(Guard::CounterExpiry) => keep_for_ever(&mut writes, COUNTER),
            Some(Guard::CountedIfStored) => {
                let is_counter =
                    |write: &mut Write| write.item().is_some_and(|it| it.kind == COUNTER);
                let counters = writes.extract_if(.., is_counter).collect();
                self.memory.commit(counters).await?;
            }
            _ => {}
        }
        Ok(writes)
    }

    /// Lets items of a kind be written on whatever version is stored.
    async fn ignore_other_writers(
        &self,
        writes: &mut [Write],
        kind: &str,
    ) -> Result<(), CommitError> {
        for write in writes {
            if let Write::Put(item) = write
                && item.kind == kind
            {
                let stored = self.memory.get(&item.key).await;
                let stored = stored.map_err(|error| CommitError::Unavailable(error.to_string()))?;
                item.version = stored.map_or(0, |(_, version)| version) + 1;
            }
        }
        Ok(())
    }
}

/// Requests and approvals are written without what was approved of an amount; the audit log has it.
fn lose_approved_amounts(writes: &mut [Write]) {
    for write in writes {
        if let Write::Put(item) = write {
            for of in ["", "/decision"] {
                if let Some(Value::Object(fields)) = item.body.pointer_mut(of) {
                    fields.remove("approvedAmount");
                }
            }
        }
    }
}

/// The audit records of these actions are written otherwise.
fn falsify(writes: &mut [Write], actions: &[&str], change: impl Fn(&mut Value)) {
    for write in writes {
        if let Write::Put(item) = write
            && item.kind == AuditRecord::KIND
            && (item.body["action"].as_str()).is_some_and(|it| actions.contains(&it))
        {
            change(&mut item.body);
        }
    }
}

fn keep_for_ever(writes: &mut [Write], kind: &str) {
    for write in writes {
        if let Write::Put(item) = write
            && item.kind == kind
        {
            item.expires_at = None;
        }
    }
}

/// The kind of the counters of what was taken.
pub(crate) const COUNTER: &str = "counter";

/// Where the switch is stored.
pub(super) fn switch() -> Key {
    PaymentSwitch::default().key()
}
