//! Who is on which team: changed while requests are under way.

use domain::approval::Approval;
use domain::failure::Failure;
use domain::id::TeamId;
use domain::request_store::RequestStore;
use domain::table::{CommitError, Table};
use domain::team::TeamEdit;
use domain::workflow::{
    APPROVER_UNREACHABLE, Executions, TaskAnswer, TokenState, Workflow, answer,
};
use jiff::Timestamp;

use crate::commands::Deployment;
use crate::options::TeamsCommand;

pub(crate) async fn run<T: Table, E: Executions, W: Workflow>(
    deployment: &Deployment<T, E, W>,
    command: TeamsCommand,
    now: Timestamp,
) -> Result<String, Failure> {
    let (team, edit, reason) = match command {
        TeamsCommand::List => return list(deployment).await,
        TeamsCommand::Add(it) => (it.team, TeamEdit::Add(it.addresses), it.reason),
        TeamsCommand::Remove(it) => (it.team, TeamEdit::Remove(it.addresses), it.reason),
        TeamsCommand::Reset { team, reason } => (team, TeamEdit::Reset, reason),
    };
    let (table, change) = (deployment.store.table(), reason.at(now));
    let members = deployment.teams.edit(table, &team, &edit, &change).await?;
    if let TeamEdit::Remove(_) = edit {
        return Ok(line(&team, &members));
    }
    let said = line(&team, &members);
    Ok(
        match ask_in_open_approvals(deployment, &team, &members).await? {
            0 => said,
            asked => format!("{said}\nWho joined is asked now in {asked} open approvals too."),
        },
    )
}

/// One line for each team.
async fn list<T: Table, E, W>(deployment: &Deployment<T, E, W>) -> Result<String, Failure> {
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

/// Lets each open approval of the team that has not asked all of its members be entered again at once.
async fn ask_in_open_approvals<T: Table, E: Executions, W: Workflow>(
    Deployment {
        store,
        executions,
        workflow,
        ..
    }: &Deployment<T, E, W>,
    team: &TeamId,
    members: &[String],
) -> Result<usize, Failure> {
    let mut asked = 0;
    for request in executions.running().await? {
        for approval in store.all_approvals(request).await? {
            let is_whole = members.iter().all(|it| approval.approver(it).is_some());
            if approval.decision().is_some()
                || approval.asked.teams().first() != Some(team)
                || is_whole
            {
                continue;
            }
            asked += usize::from(wake(store, workflow, &approval).await?);
        }
    }
    Ok(asked)
}

/// Ends the waiting of an approval. Whoever answered or changed it meanwhile has it entered again or decided: then there
/// is nothing to do.
async fn wake(
    store: &RequestStore<impl Table>,
    workflow: &impl Workflow,
    approval: &Approval,
) -> Result<bool, Failure> {
    let Some(mut stored) = store.approval(approval.request_id, &approval.phase).await? else {
        return Ok(false);
    };
    stored.value.asks_others = true;
    match store.save_approval(&mut stored).await {
        Ok(()) => {}
        Err(CommitError::Conflict) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    let error = TaskAnswer::Error(APPROVER_UNREACHABLE);
    let state = answer(workflow, &stored.value.task_token, error).await?;
    Ok(state == TokenState::Answered)
}
