//! Ratings: one for an invitation, only with its code, and it is what its customer was told.

use std::collections::BTreeMap;

use domain::id::RequestId;
use domain::request::{RefundProgress, Request, Status};
use serde_json::json;

use crate::customers::Rated;
use crate::world::World;

/// Everything that does not hold of the ratings of a run.
pub(super) async fn broken(world: &World) -> Vec<String> {
    let mut problems = Vec::new();
    let mut ratings: BTreeMap<RequestId, Request> = BTreeMap::new();
    for id in world.functions.table.requests() {
        let request = world.request(id).await;
        let Some(about) = request.about else {
            continue;
        };
        // It may have come back since it was rated.
        let rated = world.request(about).await;
        let came_back = rated.refund == Some(RefundProgress::Reversed);
        if rated.status != Status::Refunded && !came_back {
            problems.push(format!("{id} rates {about}, which is not refunded"));
        }
        if let Some(other) = ratings.insert(about, request) {
            let other = other.request_id;
            problems.push(format!("{other} and {id} both rate {about}"));
        }
    }
    for rated in world.customers.rated() {
        let stored = ratings.get(&rated.rating.invite.about);
        if !is_right(&rated, stored) {
            problems.push(format!("{rated:?} does not fit {stored:?}"));
        }
    }
    problems
}

/// Whether an answer says what is stored.
fn is_right(rated: &Rated, stored: Option<&Request>) -> bool {
    match (rated.status, stored) {
        (202, Some(stored)) => {
            let mut answers = stored.answers.iter();
            let kept = answers.any(|answer| {
                answer.name.as_str() == "rating"
                    && answer.value.as_ref().map(ToString::to_string).as_deref()
                        == Some(rated.rating.stars)
            });
            kept && !rated.rating.guesses && rated.body["requestId"] == json!(stored.request_id)
        }
        // It was used before, or its key with another rating.
        (409 | 422, stored) => stored.is_some(),
        // A wrong code, or a code that is locked; or the table or the workflow did not answer.
        (403 | 423 | 503, _) => true,
        _ => false,
    }
}
