//! What is stored about a person: all of it, for them to read, and its removal where they ask for that.

use domain::audit::AuditRecord;
use domain::failure::Failure;
use domain::form::Value;
use domain::money::Usd;
use domain::operator_log::{Change, record_erasure};
use domain::request::{ForgetReason, Output, Request};
use domain::request_store::RequestStore;
use domain::retention::is_over;
use domain::table::Table;
use domain::task::variable;
use serde_json::{Value as Json, json};

/// JSON for the person to read. It names no approver and nobody else.
pub(crate) async fn export(
    store: &RequestStore<impl Table>,
    address: &str,
) -> anyhow::Result<String> {
    let mut requests = Vec::new();
    for request in store.requests_of_person(address).await? {
        requests.push(exported(store, &request).await?);
    }
    let all = json!({ "address": address, "requests": requests });
    Ok(format!("{all:#}"))
}

async fn exported(store: &RequestStore<impl Table>, request: &Request) -> Result<Json, Failure> {
    let id = request.request_id;
    let records = AuditRecord::load_all(store.table(), id).await?;
    let history = records.iter().map(|it| {
        json!({ "at": it.at, "phase": it.phase, "action": it.action, "status": it.status, "amount": it.amount.map(Usd::to_decimal) })
    });
    let approvals = store.all_approvals(id).await?;
    let decisions = approvals.iter().flat_map(|approval| {
        approval.decisions().map(|it| {
            json!({ "phase": approval.phase, "outcome": it.outcome(), "at": it.at(), "reason": it.reason() })
        })
    });
    let answers = request.answers.iter().map(|it| {
        let answer = it.value.as_ref().map(|value| match value {
            Value::Text(text) => text.clone(),
            Value::Cents(amount) => amount.to_decimal(),
        });
        json!({ "question": it.label, "answer": answer })
    });
    let questions = request.inquiries.iter().map(|it| {
        let (at, answer) = it.reply.as_ref().map(|it| (it.at, &it.text)).unzip();
        json!({ "askedAt": it.asked_at, "question": it.text, "answeredAt": at, "answer": answer })
    });
    let given_back = request.outputs.values().filter_map(|output| match output {
        Output::Refund { id, amount, status } => {
            Some(json!({ "id": id, "amount": amount.to_decimal(), "status": status }))
        }
        Output::Text(_) => None,
    });
    let mut charge = json!(store.charge_lookup(id).await?);
    if let Some(found) = charge.pointer_mut("/payment/charge") {
        // Which other requests were paid of it.
        found.as_object_mut().map(|found| found.remove("byRequest"));
    }
    Ok(json!({
        "requestId": id,
        "offering": request.title,
        "about": request.about,
        "status": request.status,
        "phase": request.phase,
        "submittedAt": request.submitted_at,
        "updatedAt": request.updated_at,
        "endedAt": request.ended_at,
        "answers": answers.collect::<Vec<_>>(),
        "questions": questions.collect::<Vec<_>>(),
        "decisions": decisions.collect::<Vec<_>>(),
        "reason": request.output(variable::REJECTION_REASON),
        "approvedAmount": request.approved_amount.map(Usd::to_decimal),
        "givenBack": given_back.collect::<Vec<_>>(),
        "charge": charge,
        "history": history.collect::<Vec<_>>(),
    }))
}

/// Forgets all requests of the person that are over, and says which are not.
pub(crate) async fn erase(
    store: &RequestStore<impl Table>,
    address: &str,
    change: &Change,
) -> anyhow::Result<String> {
    let mut requests = store.requests_of_person(address).await?;
    requests.retain(|request| request.forgotten_at.is_none());
    let (ended, open): (Vec<_>, Vec<_>) = requests
        .iter()
        .partition(|request| is_over(request, change.at));
    if !ended.is_empty() {
        // Before the first is forgotten: what cannot be recorded is not done.
        let ids: Vec<_> = ended.iter().map(|request| request.request_id).collect();
        record_erasure(store.table(), &ids, change).await?;
        for id in ids {
            store.forget(id, ForgetReason::Erasure, change.at).await?;
        }
    }
    let lines = |requests: &[&Request]| -> String {
        let line = |it: &&Request| format!("\n  {}, {}", it.request_id, it.phase);
        requests.iter().map(line).collect()
    };
    let (forgotten, left) = (ended.len(), open.len());
    Ok(format!(
        "Forgotten: {forgotten}{}\nOpen, and kept until they have ended or stopped for 14 days: {left}{}",
        lines(&ended),
        lines(&open)
    ))
}

#[cfg(test)]
mod tests;
