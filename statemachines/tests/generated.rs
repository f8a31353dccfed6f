//! The files below `generated/`: fresh in this checkout, and kept so by the generator.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::fs;
use std::path::Path;

use statemachines::files::{Change, Difference, Error, Folders};

const VALID: &str = include_str!("fixtures/shop/refund.yaml");

#[test]
fn the_committed_files_are_fresh() {
    let changes = Folders::of_this_checkout().changes().unwrap();
    let stale: Vec<_> = changes.iter().map(|c| (&c.path, c.difference)).collect();
    assert!(
        stale.is_empty(),
        "run `cargo run -p statemachines` and commit what it writes: {stale:?}"
    );
}

#[test]
fn an_offering_is_retired_before_its_definition_is_removed() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::below(root.path());
    let definition = root.path().join("definitions/shop/refund.yaml");
    write(root.path(), "definitions/shop/refund.yaml", VALID);
    folders.apply(&folders.changes().unwrap()).unwrap();

    fs::remove_file(&definition).unwrap();
    let refused = folders.changes().unwrap_err().to_string();
    assert!(
        refused.contains("shop/refund.yaml is gone") && refused.contains("`retired: true`"),
        "{refused}"
    );

    let retired = VALID.replace(
        "  description: Money back\n",
        "  description: Money back\n  retired: true\n",
    );
    write(root.path(), "definitions/shop/refund.yaml", &retired);
    folders.apply(&folders.changes().unwrap()).unwrap();
    fs::remove_file(&definition).unwrap();
    assert_eq!(
        differences(&folders.changes().unwrap()),
        [
            ("openapi.json", Difference::Stale),
            ("shop/refund.asl.json", Difference::Extra),
            ("shop/refund.mmd", Difference::Extra),
            ("shop/refund.schema.json", Difference::Extra),
        ]
    );
}

#[test]
fn the_openapi_document_has_each_form_and_what_its_kind_of_offering_adds() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::below(root.path());
    for (path, key) in [
        ("open", ""),
        ("invited", "  by invitation: true\n"),
        ("retired", "  retired: true\n"),
    ] {
        let titles = "  description: Money back\n";
        let text = VALID.replace(titles, &format!("{titles}{key}"));
        write(root.path(), &format!("definitions/shop/{path}.yaml"), &text);
    }
    folders.apply(&folders.changes().unwrap()).unwrap();
    let document = fs::read_to_string(folders.generated.join("openapi.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    for (name, is_invited, is_retired) in [
        ("open", false, false),
        ("invited", true, false),
        ("retired", false, true),
    ] {
        let path = format!("/services/shop/{name}");
        let form = &document["paths"][&path]["get"];
        let requests = &document["paths"][format!("{path}/requests")]["post"];
        let schema = &document["components"]["schemas"][format!("shop.{name}")];
        assert!(schema["properties"]["amount"].is_object(), "{schema}");
        assert_eq!(schema["properties"].get("invitation").is_some(), is_invited);
        assert_eq!(form["parameters"].is_array(), is_invited, "{form}");
        assert_eq!(requests["responses"].get("423").is_some(), is_invited);
        for operation in [form, requests] {
            assert_eq!(operation["deprecated"] == true, is_retired, "{operation}");
            assert!(operation["responses"]["503"].is_object(), "{operation}");
            assert!(!operation.to_string().contains('<'), "{operation}");
        }
    }
}

fn differences(changes: &[Change]) -> Vec<(&str, Difference)> {
    let of = |change: &Change| change.difference;
    changes
        .iter()
        .map(|change| (change.path.to_str().unwrap(), of(change)))
        .collect()
}

fn write(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[test]
fn missing_stale_and_extra_files_are_found_and_set_right() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::below(root.path());
    write(root.path(), "definitions/shop/refund.yaml", VALID);
    assert_eq!(
        differences(&folders.changes().unwrap()),
        [
            ("openapi.json", Difference::Missing),
            ("shop/refund.asl.json", Difference::Missing),
            ("shop/refund.mmd", Difference::Missing),
            ("shop/refund.schema.json", Difference::Missing),
        ]
    );
    folders.apply(&folders.changes().unwrap()).unwrap();
    assert_eq!(folders.changes().unwrap(), []);

    write(root.path(), "generated/shop/refund.mmd", "old");
    write(root.path(), "generated/gone/offer.mmd", "old");
    fs::remove_file(root.path().join("generated/shop/refund.schema.json")).unwrap();
    let changes = folders.changes().unwrap();
    assert_eq!(
        differences(&changes),
        [
            ("gone/offer.mmd", Difference::Extra),
            ("shop/refund.mmd", Difference::Stale),
            ("shop/refund.schema.json", Difference::Missing),
        ]
    );
    folders.apply(&changes).unwrap();
    assert_eq!(folders.changes().unwrap(), []);
    assert!(!root.path().join("generated/gone/offer.mmd").exists());
}

#[test]
fn a_refused_definition_leaves_every_file_as_it_was() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::below(root.path());
    write(root.path(), "definitions/shop/refund.yaml", VALID);
    write(root.path(), "definitions/shop/a.yaml", "nothing");
    write(root.path(), "definitions/shop/b.yaml", "nothing");
    let Err(Error::Refused(refused)) = folders.changes() else {
        panic!("the definitions were not refused");
    };
    let files: Vec<_> = refused.iter().map(|problems| &problems.path).collect();
    assert!(files[0].ends_with("definitions/shop/a.yaml"), "{files:?}");
    assert!(files[1].ends_with("definitions/shop/b.yaml"), "{files:?}");
    assert!(!folders.generated.exists());
}

/// The valid definition, whose thanks invite to that offering.
fn inviting_to(offering: &str) -> String {
    let invites = format!("    invites to: {offering}\n    subject: Refunded\n");
    VALID.replace("    subject: Refunded\n", &invites).replace(
        "      We paid",
        "      {{ invitationUrl }} {{ invitationCode }}\n      We paid",
    )
}

/// What is said about the invitation when these are all definitions.
fn said_of_invitation(offering: &str, others: &[(&str, &str)]) -> String {
    let root = tempfile::tempdir().unwrap();
    write(
        root.path(),
        "definitions/shop/refund.yaml",
        &inviting_to(offering),
    );
    for (path, text) in others {
        write(root.path(), &format!("definitions/shop/{path}.yaml"), text);
    }
    match Folders::below(root.path()).changes() {
        Ok(changes) => format!("{} files", changes.len()),
        Err(Error::Refused(refused)) => {
            assert_eq!(refused.len(), 1);
            assert!(refused[0].path.ends_with("shop/refund.yaml"));
            // The folder is another one each time.
            let said = refused[0].to_string();
            said.replace(&refused[0].path, "shop/refund.yaml")
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn an_invitation_leads_to_an_offering_that_is_used_by_invitation() {
    let open = VALID.to_owned();
    let invited = VALID.replace(
        "  description: Money back\n",
        "  description: Money back\n  by invitation: true\n",
    );
    let said = |others: &[(&str, &str)]| said_of_invitation("shop/survey", others);
    assert_eq!(said(&[("survey", &invited)]), "7 files");
    insta::assert_snapshot!(
        "invitation_to_what_everybody_uses",
        said(&[("survey", &open)])
    );
    let retired = invited.replace(
        "  by invitation: true\n",
        "  by invitation: true\n  retired: true\n",
    );
    insta::assert_snapshot!(
        "invitation_to_what_is_retired",
        said(&[("survey", &retired)])
    );
    insta::assert_snapshot!("invitation_to_nothing", said(&[("other", &open)]));
    insta::assert_snapshot!("invitation_with_a_slip", said(&[("survay", &invited)]));
}

#[test]
fn what_a_refused_definition_offers_is_not_missed() {
    let root = tempfile::tempdir().unwrap();
    write(
        root.path(),
        "definitions/shop/refund.yaml",
        &inviting_to("shop/survey"),
    );
    write(root.path(), "definitions/shop/survey.yaml", "nothing");
    let Err(Error::Refused(refused)) = Folders::below(root.path()).changes() else {
        panic!("the definition was not refused");
    };
    let files: Vec<_> = refused.iter().map(|problems| &problems.path).collect();
    assert!(
        refused.len() == 1 && files[0].ends_with("survey.yaml"),
        "{files:?}"
    );
}

/// What is said about a definition where these are the teams.
fn said_of_teams(teams: &str, definition: &str) -> String {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "teams.yaml", teams);
    write(root.path(), "definitions/shop/refund.yaml", definition);
    match Folders::below(root.path()).changes() {
        Ok(changes) => format!("{} files", changes.len()),
        Err(Error::Refused(refused)) => {
            let root = root.path().display().to_string();
            refused[0].to_string().replace(&root, "")
        }
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_definition_names_teams_that_there_are() {
    let teams = "- Shop Team\n- Finance Team\n";
    assert_eq!(said_of_teams(teams, VALID), "4 files");
    let slip = VALID.replace("  Review: Shop Team\n", "  Review: Sohp Team\n");
    insta::assert_snapshot!("team_with_a_slip", said_of_teams(teams, &slip));
    let escalated = VALID.replace(
        "    expire: after 1 week",
        "    escalate:\n      after: 48 hours\n      to: Legal\n    expire: after 1 week",
    );
    insta::assert_snapshot!("team_that_is_unknown", said_of_teams(teams, &escalated));
    insta::assert_snapshot!(
        "teams_that_are_no_list",
        said_of_teams("Shop Team: all\n", VALID)
    );
    insta::assert_snapshot!(
        "team_that_has_no_name",
        said_of_teams("- Shop Team\n- 5\n- \"!!\"\n", VALID)
    );
}

#[test]
fn check_fails_and_names_what_to_run() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "definitions/shop/refund.yaml", VALID);
    let run = |args: &[&str]| {
        std::process::Command::new(env!("CARGO_BIN_EXE_statemachines"))
            .arg("--root")
            .arg(root.path())
            .args(args)
            .output()
            .unwrap()
    };
    let stale = run(&["--check"]);
    assert_eq!(stale.status.code(), Some(1));
    let said = String::from_utf8(stale.stderr).unwrap();
    assert!(said.contains("shop/refund.asl.json is missing"), "{said}");
    assert!(said.contains("Run `cargo run -p statemachines`"), "{said}");

    assert!(run(&[]).status.success());
    assert!(run(&["--check"]).status.success());
    assert_eq!(run(&["--chekc"]).status.code(), Some(2));
}
