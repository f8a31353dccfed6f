//! Evaluates the condition of a phase: the threshold, the routing.
//!
//! The condition comes with the payload, checked and lowered by the generator; the answers come from
//! the table. The first branch that holds is the outcome.

use shared::desk::{Desk, Opened};
use shared::failure::Failure;
use shared::request::Event;
use shared::table::Table;
use shared::task::{ConditionConfig, Outcome, Task, outcome};

/// Decides which way the request goes on, and records it.
pub async fn decide(
    desk: &Desk<impl Table>,
    task: Task<ConditionConfig>,
) -> Result<Outcome, Failure> {
    let mut request = match desk.open(&task).await? {
        Opened::Handled(outcome) => return Ok(outcome),
        Opened::Fresh(request) => request,
    };
    let values = request.value.values();
    let (mut branch, mut text) = (outcome::OTHERWISE, outcome::OTHERWISE);
    for candidate in &task.config.branches {
        let holds = candidate.when.holds(&values);
        if holds.map_err(|error| Failure::PayloadInvalid(error.to_string()))? {
            (branch, text) = (&candidate.outcome, &candidate.text);
            break;
        }
    }
    let event = Event::Evaluated {
        text,
        outcome: branch,
    };
    let record = request.value.apply(&event, task.passage());
    desk.save(&mut request, &record, Vec::new()).await?;
    Ok(Outcome::new(branch))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use shared::id::RequestId;
    use shared::request::fixture;
    use shared::rule::{Comparison, Rule};
    use shared::table::memory::MemoryTable;
    use shared::task::Branch;

    use super::*;

    fn threshold(request_id: RequestId, cents: u64) -> Task<ConditionConfig> {
        let when = Rule::Amount {
            field: "refundAmount".parse().unwrap(),
            is: Comparison::AtLeast,
            cents,
        };
        Task {
            request_id,
            entered_at: Timestamp::UNIX_EPOCH,
            version: "v1".to_owned(),
            phase: "Threshold Check".parse().unwrap(),
            state: "Threshold Check".to_owned(),
            config: ConditionConfig {
                branches: vec![Branch {
                    outcome: "branch-1".into(),
                    text: "refundAmount >= 500".into(),
                    when,
                }],
            },
        }
    }

    async fn desk() -> (Desk<MemoryTable>, RequestId) {
        let desk = Desk::new(MemoryTable::default());
        let (request, record) = fixture::request();
        desk.create(&request, &record, Vec::new()).await.unwrap();
        (desk, request.request_id)
    }

    #[tokio::test]
    async fn takes_the_branch_that_holds() {
        for (cents, outcome) in [(5000, "branch-1"), (5001, "otherwise")] {
            let (desk, id) = desk().await;
            assert_eq!(
                decide(&desk, threshold(id, cents)).await.unwrap().outcome,
                outcome
            );
        }
    }

    #[tokio::test]
    async fn a_repeated_invocation_answers_the_same_and_leaves_one_record() {
        let (desk, id) = desk().await;
        for _ in 0..2 {
            assert_eq!(
                decide(&desk, threshold(id, 1)).await.unwrap().outcome,
                "branch-1"
            );
        }
        let records = desk
            .table()
            .items()
            .iter()
            .filter(|item| item.kind == "audit")
            .count();
        assert_eq!(records, 2, "submitted and evaluated");
    }

    #[tokio::test]
    async fn an_unknown_request_is_an_error() {
        let (desk, _) = desk().await;
        let answer = decide(&desk, threshold(RequestId::random(), 1)).await;
        assert_eq!(answer, Err(Failure::RequestNotFound));
    }
}
