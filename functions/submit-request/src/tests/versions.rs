//! Which version of its process a request runs, while versions are deployed and taken back.

use super::*;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

#[tokio::test]
async fn an_offering_whose_team_has_no_members_is_not_offered() {
    let mut offering = fixtures::request::offering();
    for (teams, status) in [("csm-team", 200), ("legal-team", 503)] {
        offering.teams = [teams.parse().unwrap()].into();
        let function = function_of(&offering);
        let form = http("GET", PATH, &json!({}), "");
        assert_eq!(function.handle(&form).await.status(), status, "{teams}");
    }
    let function = function_of(&offering);
    let legal = domain::team::TeamEdit::Add(vec!["ann@example.com".to_owned()]);
    let change = domain::operator_log::Change {
        by: "operator".to_owned(),
        because: String::new(),
        at: Timestamp::UNIX_EPOCH,
    };
    let teams = function.settings.current().teams.clone();
    let team = "legal-team".parse().unwrap();
    let edited = teams.edit(function.store.table(), &team, &legal, &change);
    edited.await.unwrap();
    let form = http("GET", PATH, &json!({}), "");
    assert_eq!(
        function.handle(&form).await.status(),
        200,
        "an operator has added it"
    );
}

/// The offering with the field for the notes under another name.
fn renamed() -> Offering {
    let mut offering = fixtures::request::offering();
    let mut fields = offering.form.fields.iter_mut();
    let notes = fields.find(|field| field.name.as_str() == "notes").unwrap();
    notes.name = "whatHappened".parse().unwrap();
    offering
}

/// A definition with a kind of field that this code does not know.
fn unreadable() -> Value {
    let mut definition = definition(&fixtures::request::offering());
    definition["States"]["Start"]["Assign"]["offering"]["form"]["fields"][0]["type"] =
        json!("colour");
    definition
}

fn renamed_answers() -> Value {
    let mut answers = answers();
    let notes = answers.as_object_mut().unwrap().remove("notes").unwrap();
    answers["whatHappened"] = notes;
    answers
}

impl Function {
    async fn call(
        &self,
        millis: i64,
        method: &str,
        path: &str,
        kind: &str,
        body: &str,
    ) -> (u16, String) {
        let headers = json!({"content-type": kind, "accept": if kind.contains("json") { kind } else { "text/html" }});
        let response = self
            .handle(&http_at(millis, method, path, &headers, body))
            .await;
        let status = response.status().as_u16();
        (
            status,
            String::from_utf8(response.into_body().to_vec()).unwrap(),
        )
    }

    /// What the form that is shown then says that it was shown by.
    async fn shown(&self, millis: i64) -> String {
        let (status, page) = self.call(millis, "GET", PATH, "text/html", "").await;
        assert_eq!(status, 200, "{page}");
        let (_, rest) = page.split_once(r#"name="formVersion" value=""#).unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }

    /// Sends a form with what its page said that it was shown by.
    async fn send_form(&self, millis: i64, shown: &str, answers: &Value) -> (u16, String) {
        let mut answers = answers.clone();
        answers["formVersion"] = json!(shown);
        answers["refundAmount"] = json!("19.99");
        let form = serde_urlencoded::to_string(answers.as_object().unwrap()).unwrap();
        let path = format!("{PATH}/requests");
        self.call(
            millis,
            "POST",
            &path,
            "application/x-www-form-urlencoded",
            &form,
        )
        .await
    }

    async fn send_json(&self, millis: i64, answers: &Value) -> (u16, String) {
        let path = format!("{PATH}/requests");
        self.call(
            millis,
            "POST",
            &path,
            "application/json",
            &answers.to_string(),
        )
        .await
    }
}

#[tokio::test]
async fn a_page_runs_the_version_that_it_was_shown_by_whatever_was_deployed_since() {
    let function = function();
    let old = function.shown(0).await;
    function.workflow.publish(&definition(&renamed()), 100);
    let new = function.shown(2 * MINUTE).await;
    let (status, page) = function.send_form(HOUR, &old, &answers()).await;
    assert_eq!(status, 303, "{page}");
    let (status, page) = function.send_form(HOUR, &new, &renamed_answers()).await;
    assert_eq!(status, 303, "{page}");
    assert_eq!(function.workflow.started_versions(), ["1", "2"]);
}

#[tokio::test]
async fn a_page_that_was_open_for_long_is_checked_by_what_is_offered_and_loses_nothing() {
    let function = function();
    let old = function.shown(0).await;
    function.workflow.publish(&definition(&renamed()), 100);
    // What must be corrected keeps the version, and how long it is good for.
    let mut incomplete = answers();
    incomplete["reason"] = json!("");
    let (status, page) = function.send_form(HOUR, &old, &incomplete).await;
    assert_eq!((status, page.contains(&old)), (422, true), "{page}");
    let (status, page) = function.send_form(3 * HOUR, &old, &answers()).await;
    assert_eq!(status, 422, "{page}");
    assert!(
        page.contains("19.99") && page.contains("ada@example.com"),
        "{page}"
    );
    assert_eq!(function.workflow.started_versions().len(), 0);
    // What fits is taken.
    let (status, _) = function.send_form(3 * HOUR, &old, &renamed_answers()).await;
    assert_eq!(status, 303);
    assert_eq!(function.workflow.started_versions(), ["2"]);
}

#[tokio::test]
async fn nobody_chooses_a_version_that_they_were_not_shown() {
    let function = function();
    let shown = function.shown(0).await;
    function
        .workflow
        .publish(&definition(&fixtures::request::offering()), 100);
    let new = function.shown(2 * MINUTE).await;
    let (_, key) = new.rsplit_once('.').unwrap();
    for forged in [
        new.replacen('2', "1", 1),
        format!("1.120.{key}"),
        shown.replacen(".0.", ".120.", 1),
        "1.0.".to_owned(),
        "1".to_owned(),
        "../1.0.x".to_owned(),
        String::new(),
    ] {
        let (status, page) = function.send_form(3 * MINUTE, &forged, &answers()).await;
        assert_eq!(status, 303, "{page}");
        assert_eq!(
            function.workflow.started_versions().pop().unwrap(),
            "2",
            "{forged}"
        );
    }
}

#[tokio::test]
async fn a_gradual_deployment_shows_each_version_by_its_share_and_takes_what_fits_either() {
    let function = function();
    function.workflow.publish(&definition(&renamed()), 10);
    let mut new = 0;
    for millis in 0..100 {
        let shown = function.shown(millis).await;
        let version = shown.split('.').next().unwrap().to_owned();
        let answers = if version == "2" {
            renamed_answers()
        } else {
            answers()
        };
        new += i32::from(version == "2");
        let (status, page) = function.send_form(100 - millis, &shown, &answers).await;
        assert_eq!(status, 303, "{page}");
        assert_eq!(function.workflow.started_versions().pop().unwrap(), version);
    }
    assert_eq!(new, 10);
    for millis in 0..100 {
        assert_eq!(function.send_json(millis, &answers()).await.0, 202);
        assert_eq!(function.workflow.started_versions().pop().unwrap(), "1");
        assert_eq!(function.send_json(millis, &renamed_answers()).await.0, 202);
        assert_eq!(function.workflow.started_versions().pop().unwrap(), "2");
    }
}

#[tokio::test]
async fn what_is_sent_again_starts_the_version_that_it_was_stored_for() {
    let function = function();
    for _ in 0..5 {
        let away = WorkflowError::Unavailable("away".to_owned());
        function.workflow.fail_next(away);
    }
    let (status, _) = function.post(Some("k"), &answers().to_string()).await;
    assert_eq!(status, 503);
    function
        .workflow
        .publish(&definition(&fixtures::request::offering()), 100);
    let (status, _) = function.post(Some("k"), &answers().to_string()).await;
    assert_eq!(status, 202);
    assert_eq!(function.workflow.started_versions(), ["1"]);
}

#[tokio::test]
async fn a_definition_that_cannot_be_read_is_not_offered_and_hides_nothing_else() {
    let function = function();
    function.workflow.publish(&unreadable(), 10);
    for millis in 0..100 {
        assert!(function.shown(millis).await.starts_with("1."));
    }
    let catalogue = || function.call(0, "GET", "/", "text/html", "");
    assert!(catalogue().await.1.contains(PATH));

    let function = function_of(&fixtures::request::offering());
    function.workflow.publish(&unreadable(), 100);
    let (status, page) = function.call(0, "GET", "/", "text/html", "").await;
    assert_eq!((status, page.contains(PATH)), (200, false), "{page}");
    for (method, path) in [
        ("GET", PATH.to_owned()),
        ("POST", format!("{PATH}/requests")),
    ] {
        let (status, page) = function.call(0, method, &path, "text/html", "").await;
        assert_eq!(status, 503, "{page}");
        assert!(
            page.contains("We cannot take requests of this kind"),
            "{page}"
        );
    }
}
