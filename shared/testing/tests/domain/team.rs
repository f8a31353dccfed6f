//! Teams that operators change while requests are under way.

use domain::failure::Failure;
use domain::id::TeamId;
use domain::operator_log::{Change, OperatorRecord};
use domain::team::{MOST_MEMBERS, TeamEdit, Teams};
use jiff::Timestamp;
use proptest::prelude::*;
use testing::MemoryTable;

fn team(name: &str) -> TeamId {
    name.parse().unwrap()
}

fn people(numbers: &[u8]) -> Vec<String> {
    numbers
        .iter()
        .map(|n| format!("p{n}@example.com"))
        .collect()
}

fn run<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(future)
}

fn change() -> Change {
    Change {
        by: "ada@example.com".to_owned(),
        because: "she joins".to_owned(),
        at: Timestamp::UNIX_EPOCH,
    }
}

#[test]
fn what_is_deployed_is_checked() {
    let teams = Teams::parse(r#"{"csm-team":["a@example.com","b@example.com"]}"#).unwrap();
    assert_eq!(teams.members(&team("csm-team")).unwrap().len(), 2);
    assert_eq!(teams.members(&team("other")), None);
    let many: Vec<_> = (0..=MOST_MEMBERS)
        .map(|n| format!("p{n}@example.com"))
        .collect();
    let json = |members: &[String]| serde_json::json!({ "csm-team": members }).to_string();
    assert!(Teams::parse(&json(&many[1..])).is_some());
    let too_many = serde_json::from_str::<Teams>(&json(&many))
        .unwrap_err()
        .to_string();
    assert!(
        too_many.contains("would have 46 members, and 45 is the most"),
        "{too_many}"
    );
    for bad in [
        "",
        "[]",
        r#"{"csm-team":[]}"#,
        r#"{"csm-team":["nobody"]}"#,
        r#"{"CSM":["a@b.c"]}"#,
    ] {
        assert_eq!(Teams::parse(bad), None, "{bad}");
    }
}

/// What a series of edits comes to, by a list.
fn applied(members: &mut Vec<String>, edit: &TeamEdit, deployed: &[String]) -> bool {
    let mut changed = members.clone();
    match edit {
        TeamEdit::Add(added) => {
            let new = added.iter().filter(|it| !members.contains(it));
            for it in new {
                if !changed.contains(it) {
                    changed.push(it.clone());
                }
            }
        }
        TeamEdit::Remove(removed) => {
            if removed.iter().any(|it| !members.contains(it)) {
                return false;
            }
            changed.retain(|it| !removed.contains(it));
        }
        TeamEdit::Reset => changed = deployed.to_vec(),
    }
    let fits = (1..=MOST_MEMBERS).contains(&changed.len());
    if fits {
        *members = changed;
    }
    fits
}

fn edits() -> impl Strategy<Value = TeamEdit> {
    let numbers = prop::collection::vec(0..60_u8, 1..30);
    prop_oneof![
        4 => numbers.clone().prop_map(|it| TeamEdit::Add(people(&it))),
        4 => prop::collection::vec(0..60_u8, 1..3).prop_map(|it| TeamEdit::Remove(people(&it))),
        1 => Just(TeamEdit::Reset),
    ]
}

proptest! {
    #[test]
    fn edits_come_to_what_a_list_comes_to_and_each_change_is_recorded_once(
        edits in prop::collection::vec(edits(), 1..12),
    ) {
        let deployed = people(&[0, 1, 2]);
        let json = serde_json::json!({ "csm-team": deployed }).to_string();
        let (teams, csm) = (Teams::parse(&json).unwrap(), team("csm-team"));
        let table = MemoryTable::default();
        let (mut expected, mut is_edited) = (deployed.clone(), false);
        for edit in &edits {
            let before = expected.clone();
            let records = run(OperatorRecord::all(&table)).unwrap().len();
            let fits = applied(&mut expected, edit, &deployed);
            let answer = run(teams.edit(&table, &csm, edit, &change()));
            match answer {
                Ok(edited) => prop_assert_eq!(&edited.members, &expected),
                Err(Failure::ConfigInvalid(_)) => prop_assert!(!fits),
                Err(other) => prop_assert!(false, "{}", other),
            }
            let current = run(teams.current(&table, [&csm])).unwrap();
            prop_assert_eq!(current.members(&csm).unwrap(), expected.as_slice());
            prop_assert_eq!(run(teams.all_current(&table)).unwrap(), current);
            let recorded = run(OperatorRecord::all(&table)).unwrap().len() - records;
            // That a team is again as deployed is a change, also where the same people are on it.
            let is_change = before != expected || (*edit == TeamEdit::Reset && is_edited);
            prop_assert_eq!(recorded, usize::from(is_change));
            is_edited = (is_edited || before != expected) && *edit != TeamEdit::Reset;
        }
    }
}
