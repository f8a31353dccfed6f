//! Brings a request to its end: refunded, denied, or in need of a person's attention.
//!
//! An end changes the request and its trail together, so it is a function and not merely a state in
//! which an execution stops.

use shared::desk::{Desk, Opened};
use shared::failure::Failure;
use shared::request::Event;
use shared::table::Table;
use shared::task::{CloseConfig, Outcome, Task, outcome};

/// Closes the request with the status that the payload names.
pub async fn close(desk: &Desk<impl Table>, task: Task<CloseConfig>) -> Result<Outcome, Failure> {
    let mut request = match desk.open(&task).await? {
        Opened::Handled(outcome) => return Ok(outcome),
        Opened::Fresh(request) => request,
    };
    let CloseConfig { status, error } = &task.config;
    let event = Event::Closed {
        status: *status,
        error: error.as_deref(),
    };
    let record = request.value.apply(&event, task.passage());
    desk.save(&mut request, &record, Vec::new()).await?;
    Ok(Outcome::new(outcome::DONE))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use shared::request::{Status, fixture};
    use shared::table::memory::MemoryTable;
    use shared::task::EndStatus;

    use super::*;

    #[tokio::test]
    async fn closes_once_with_the_status_and_the_error_in_the_trail() {
        let desk = Desk::new(MemoryTable::default());
        let (request, record) = fixture::request();
        desk.create(&request, &record, Vec::new()).await.unwrap();
        let task = Task {
            request_id: request.request_id,
            entered_at: Timestamp::UNIX_EPOCH,
            phase: "Needs Attention".parse().unwrap(),
            state: "Needs Attention".to_owned(),
            config: CloseConfig {
                status: EndStatus::NeedsAttention,
                error: Some("Stripe.Misconfigured".into()),
            },
        };
        for _ in 0..2 {
            assert_eq!(close(&desk, task.clone()).await.unwrap().outcome, "done");
        }
        let stored = desk
            .request(request.request_id)
            .await
            .unwrap()
            .unwrap()
            .value;
        assert_eq!(
            (stored.status, stored.audit_count),
            (Status::NeedsAttention, 2)
        );
        let trail = desk.table().items();
        let last = trail.iter().rfind(|item| item.kind == "audit").unwrap();
        assert_eq!(last.body["detail"], "Stripe.Misconfigured");
    }
}
