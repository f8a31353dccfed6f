//! Teams that operators change while an approval is open, and the largest that there may be.

use domain::operator_log::Change;
use domain::suppression::{SuppressionReason, suppress};
use domain::team::{MOST_MEMBERS, TeamEdit};

use super::*;

const NEW: &str = "csm-3@example.com";

impl Function {
    async fn edit(&self, edit: TeamEdit) {
        let change = Change {
            by: "ada".to_owned(),
            because: "people come and go".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        };
        let (settings, table) = (self.settings.current(), self.store.table());
        let team = "csm-team".parse().unwrap();
        settings
            .teams
            .edit(table, &team, &edit, &change)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn who_joined_is_asked_and_who_left_is_not_reminded() {
    let (function, id) = function().await;
    function.at(id, 0, "t1").await.unwrap();
    function.edit(TeamEdit::Add(vec![NEW.to_owned()])).await;
    function.edit(TeamEdit::Remove(vec![CSM.to_owned()])).await;
    // What the operator's command does then.
    let mut approval = function.approval_of(id).await;
    approval.value.asks_others = true;
    function.store.save_approval(&mut approval).await.unwrap();
    assert_eq!(function.at(id, 60, "t2").await.unwrap(), "asked others");
    assert_eq!(function.to()[2..], [NEW]);
    assert_eq!(function.at(id, 60 + DAY, "t3").await.unwrap(), "reminded");
    assert_eq!(function.to()[3..], ["csm-2@example.com", NEW]);
}

#[tokio::test]
async fn the_largest_teams_are_asked_in_one_transaction_also_where_no_mail_reaches_them() {
    let (mut function, id) = function().await;
    let people = |team: &str| -> Vec<String> {
        let numbers = 1..=MOST_MEMBERS;
        numbers.map(|n| format!("{team}-{n}@example.com")).collect()
    };
    let (team, others) = (people("csm"), people("boss"));
    let teams = serde_json::json!({ "csm-team": team, "csm-manager": others });
    function.settings = settings(&teams.to_string());
    let (table, keys) = (function.store.table(), function.link_keys.current());
    for address in team.iter().chain(&others) {
        let (reason, at) = (SuppressionReason::Bounced, Timestamp::UNIX_EPOCH);
        suppress(table, &keys, address, reason, at).await.unwrap();
    }
    function.handle(configured(id, 0, |_| {})).await.unwrap();
    let approval = function.approval_of(id).await.value;
    assert_eq!(approval.approvers.len(), 2 * MOST_MEMBERS);
    assert_eq!(
        function.actions(),
        [
            "submitted",
            "approval_requested",
            "approver_unreachable",
            "escalated",
            "approver_unreachable",
            "nobody_may_decide",
        ]
    );
}
