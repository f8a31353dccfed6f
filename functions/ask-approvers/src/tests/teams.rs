//! Teams that operators change while an approval is open, and the largest that there may be.

use std::sync::Mutex;

use domain::approval::Link;
use domain::operator_log::Change;
use domain::suppression::{SuppressionReason, suppress};
use domain::table::{Entity, load};
use domain::team::{MOST_MEMBERS, TeamEdit};
use testing::{Hook, HookedTable};

use super::*;

const NEW: &str = "csm-3@example.com";

fn change() -> Change {
    Change {
        by: "ada".to_owned(),
        because: "people come and go".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}

impl Function {
    async fn edit(&self, edit: TeamEdit) {
        let change = change();
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

impl Function {
    /// What the operator's command does, and the state entry that follows.
    async fn edited(&self, id: RequestId, edit: TeamEdit, second: i64) -> String {
        self.edit(edit).await;
        let mut approval = self.approval_of(id).await;
        approval.value.asks_others = true;
        self.store.save_approval(&mut approval).await.unwrap();
        self.handle(configured(id, second, |config| config.approvals = 2))
            .await
            .unwrap()
            .outcome
    }
}

#[tokio::test]
async fn where_too_few_are_left_of_a_team_others_are_asked_at_once_and_so_is_who_joins_these() {
    let (function, id) = function().await;
    let two_of = |config: &mut ApprovalConfig| config.approvals = 2;
    function.handle(configured(id, 0, two_of)).await.unwrap();
    let leaves = TeamEdit::Remove(vec![CSM.to_owned()]);
    assert_eq!(function.edited(id, leaves, 60).await, "asked others");
    assert_eq!(function.to()[2..], ["boss@example.com"]);
    let managers = "csm-manager".parse().unwrap();
    let joins = TeamEdit::Add(vec!["boss-2@example.com".to_owned()]);
    let (settings, table) = (function.settings.current(), function.store.table());
    settings
        .teams
        .edit(table, &managers, &joins, &change())
        .await
        .unwrap();
    let nobody = TeamEdit::Add(vec!["csm-2@example.com".to_owned()]);
    assert_eq!(function.edited(id, nobody, 120).await, "asked others");
    assert_eq!(function.to()[3..], ["boss-2@example.com"]);
    let asked = function.approval_of(id).await.value;
    assert_eq!(
        asked
            .approver("boss-2@example.com")
            .unwrap()
            .team
            .as_deref(),
        Some("CSM Manager")
    );
}

#[tokio::test]
async fn what_was_handed_to_somebody_who_left_comes_back() {
    let (function, id) = function().await;
    function.handle(configured(id, 0, |_| {})).await.unwrap();
    let other = "csm-2@example.com";
    let mut approval = function.approval_of(id).await;
    approval.value.hand_over(CSM, other);
    function.store.save_approval(&mut approval).await.unwrap();
    let leaves = TeamEdit::Remove(vec![other.to_owned()]);
    function.edited(id, leaves, 60).await;
    assert_eq!(function.to()[2..], [CSM], "with a link that is in use");
    let approval = function.approval_of(id).await.value;
    let link = approval.link(&link_keys(), CSM);
    let stored: Option<Stored<Link>> = load(function.store.table(), &link.key()).await.unwrap();
    assert_eq!(stored.unwrap().value, link);
    assert!(approval.is_decidable(
        &function.store.request(id).await.unwrap().unwrap().value,
        &[],
        &fixtures::approval::teams(&[CSM]),
    ));
}

#[tokio::test]
async fn reminders_are_not_put_off_by_a_team_that_changes_every_day() {
    let (function, id) = function().await;
    function.at(id, 0, "t1").await.unwrap();
    for day in 1..4 {
        let joins = TeamEdit::Add(vec![format!("new-{day}@example.com")]);
        let due = function.edited(id, joins, day * DAY).await;
        assert!(["reminded", "escalated"].contains(&due.as_str()), "{due}");
    }
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

/// Somebody joins the team right after an approval is stored for the first time.
struct JoinsMeanwhile(Mutex<Option<(Teams, TeamEdit)>>);

impl Hook for JoinsMeanwhile {
    async fn after_commit(&self, table: &MemoryTable) {
        let joins = self.0.lock().unwrap().take();
        if let Some((teams, edit)) = joins {
            let team = "csm-team".parse().unwrap();
            let edited = teams.edit(table, &team, &edit, &change()).await;
            edited.unwrap();
        }
    }
}

#[tokio::test]
async fn who_joins_while_an_approval_is_asked_for_is_asked_too() {
    let (function, id) = function().await;
    let teams = function.settings.current().teams.clone();
    let joins = TeamEdit::Add(vec![NEW.to_owned()]);
    let table = HookedTable {
        table: function.store.into_table(),
        hook: JoinsMeanwhile(Mutex::new(Some((teams, joins)))),
    };
    let function = AskApprovers {
        store: RequestStore::new(table),
        mailer: function.mailer,
        workflow: function.workflow,
        settings: function.settings,
        link_keys: function.link_keys,
    };
    function.handle(configured(id, 0, |_| {})).await.unwrap();
    let mails = function.mailer.sent();
    let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, [CSM, "csm-2@example.com", NEW]);
}
