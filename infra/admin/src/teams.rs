//! Who is on which team: changed while requests are under way.

use domain::approval::Approval;
use domain::failure::Failure;
use domain::id::TeamId;
use domain::optimistic::{AttemptError, update};
use domain::table::Table;
use domain::team::{EditedTeam, TeamEdit};
use domain::workflow::{ASK_OTHERS, Executions, TaskAnswer, Workflow, answer};
use jiff::Timestamp;

use crate::commands::Deployment;
use crate::options::TeamsCommand;

pub(crate) async fn run<T: Table, E: Executions, W: Workflow>(
    deployment: &Deployment<T, E, W>,
    command: TeamsCommand,
    now: Timestamp,
) -> anyhow::Result<String> {
    let (team, edit, reason) = match command {
        TeamsCommand::List => return list(deployment).await,
        TeamsCommand::Add(it) => (it.team, TeamEdit::Add(it.addresses), it.reason),
        TeamsCommand::Remove(it) => (it.team, TeamEdit::Remove(it.addresses), it.reason),
        TeamsCommand::Reset { team, reason } => (team, TeamEdit::Reset, reason),
    };
    let (table, change) = (deployment.store.table(), reason.at(now));
    let edited = deployment.teams.edit(table, &team, &edit, &change).await?;
    let said = line(&team, &edited.members);
    Ok(
        match apply_to_open_approvals(deployment, &team, &edited).await? {
            0 => said,
            approvals => format!("{said}\nOpen approvals that go on with it: {approvals}."),
        },
    )
}

/// One line for each team.
async fn list<T: Table, E, W>(deployment: &Deployment<T, E, W>) -> anyhow::Result<String> {
    let teams = deployment
        .teams
        .all_current(deployment.store.table())
        .await?;
    let lines: Vec<_> = teams
        .iter()
        .map(|(team, members)| line(team, members))
        .collect();
    Ok(lines.join("\n"))
}

fn line(team: &TeamId, members: &[String]) -> String {
    format!("{team}: {}", members.join(", "))
}

/// Lets each approval that it concerns be entered again at once.
async fn apply_to_open_approvals<T: Table, E: Executions, W: Workflow>(
    deployment: &Deployment<T, E, W>,
    team: &TeamId,
    edited: &EditedTeam,
) -> Result<usize, Failure> {
    let mut applied = 0;
    for request in deployment.executions.running().await? {
        let approvals = deployment.store.all_approvals(request).await?;
        for approval in approvals.iter().filter(|it| concerns(it, team, edited)) {
            applied += usize::from(apply(deployment, approval, team, edited).await?);
        }
    }
    Ok(applied)
}

async fn apply<T: Table, E, W: Workflow>(
    deployment: &Deployment<T, E, W>,
    approval: &Approval,
    team: &TeamId,
    edited: &EditedTeam,
) -> Result<bool, Failure> {
    update(|| try_to_apply(deployment, approval, team, edited)).await
}

/// A token that nothing waits with any more is no obstacle: the state is entered again then, and finds the team as it is.
async fn try_to_apply<T: Table, E, W: Workflow>(
    Deployment {
        store, workflow, ..
    }: &Deployment<T, E, W>,
    Approval {
        request_id, phase, ..
    }: &Approval,
    team: &TeamId,
    edited: &EditedTeam,
) -> Result<bool, AttemptError> {
    let Some(mut stored) = store.approval(*request_id, phase).await? else {
        return Ok(false);
    };
    let value = &mut stored.value;
    if !concerns(value, team, edited) {
        return Ok(false);
    }
    value.asks_others = true;
    let token = value.task_token.clone();
    store.save_approval(&mut stored).await?;
    answer(workflow, &token, TaskAnswer::Error(ASK_OTHERS)).await?;
    Ok(true)
}

/// Whether an approval is open in which the team is asked, and somebody is to be asked or has left.
fn concerns(approval: &Approval, team: &TeamId, edited: &EditedTeam) -> bool {
    if approval.decision().is_some() {
        return false;
    }
    let teams = approval.asked.teams();
    let asking = match approval.escalated_at {
        Some(_) => teams,
        None => &teams[..teams.len().min(1)],
    };
    let is_asked = |it: &String| approval.approver(it).is_some();
    (asking.contains(team) && !edited.members.iter().all(is_asked))
        || (teams.contains(team) && edited.left.iter().any(is_asked))
}
