//! Publishing a process: a changed one while a request waits, and a second offering. Each is an edit of
//! a definition, the generator, and nothing else.

use std::fs;
use std::path::Path;

use e2e::{LocalStack, form};
use statemachines::files::Folders;
use tempfile::TempDir;

const DEFINITION: &str = "statemachines/definitions/customer-success/refund-request.yaml";
const OFFERING: &str = "/services/customer-success/refund-request";

/// A copy of what a process consists of.
struct Processes(TempDir);

impl Processes {
    fn copy() -> Self {
        let copy = Self(tempfile::tempdir().expect("there is room"));
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        for file in [DEFINITION, "infra/template.yaml"] {
            copy.write(
                file,
                &fs::read_to_string(root.join(file)).expect("it is there"),
            );
        }
        copy.generate();
        copy
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.0.path().join(file)).expect("it is there")
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.path().join(file);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("there is room");
        fs::write(path, text).expect("there is room");
    }

    /// `cargo run -p statemachines`
    fn generate(&self) {
        let folders = Folders::below(&self.0.path().join("statemachines"));
        let changes = folders.changes().expect("the definitions are right");
        folders.apply(&changes).expect("there is room");
    }

    fn client(&self) -> LocalStack {
        let template = self.0.path().join("infra/template.yaml");
        let template = template.to_str().expect("it is text");
        LocalStack::with(&["--port", "0", "--ephemeral", "--template", template])
    }
}

fn replaced(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "the definition says {old:?}");
    text.replace(old, new)
}

/// Waits until the form has these words.
fn until_shown(client: &LocalStack, words: &str) {
    client.eventually("the new form", || {
        client.advance("61s");
        let (_, page) = client.get(OFFERING, "text/html");
        page.contains(words).then_some(()).ok_or(page)
    });
}

#[test]
fn a_waiting_request_ends_under_the_version_it_started_with() {
    let processes = Processes::copy();
    let client = processes.client();
    let waiting = client.submit(&form().amount("120"));
    let mail = client.mail("csm-1@example.com", &waiting.id);

    let definition = processes.read(DEFINITION);
    let lower = replaced(&definition, "refundAmount >= 500", "refundAmount >= 100");
    processes.write(
        DEFINITION,
        &replaced(&lower, "label: Notes", "label: What went wrong here"),
    );
    processes.generate();
    until_shown(&client, "What went wrong here");

    mail.approve(&client);
    client.wait_for_status(&waiting, "refunded");
    assert!(client.mails("finance-1@example.com").is_empty());

    let new = client.submit(&form().amount("120"));
    client.mail("csm-1@example.com", &new.id).approve(&client);
    client.mail("finance-1@example.com", &new.id);
}

#[test]
fn a_page_from_before_a_renamed_field_runs_the_process_it_was_shown_by() {
    let processes = Processes::copy();
    let client = processes.client();
    let before = client.form_version();

    let definition = processes.read(DEFINITION);
    let lower = replaced(&definition, "refundAmount >= 500", "refundAmount >= 10");
    processes.write(
        DEFINITION,
        &replaced(&lower, "\n    notes:", "\n    whatHappened:"),
    );
    processes.generate();
    until_shown(&client, "whatHappened");

    // What the page has sent is taken with the old field, by the old process, which asks no Finance.
    let form = form().amount("120");
    let request = client.submit_page(&before, &form);
    client
        .mail("csm-1@example.com", &request.id)
        .approve(&client);
    client.wait_for_status(&request, "refunded");
    assert!(client.mails("finance-1@example.com").is_empty());

    // A program that knows only the old form is told what has changed.
    let (status, body) = client.try_submit(&form, None);
    assert_eq!(status, 422, "{body}");
    assert!(body.to_string().contains("whatHappened"), "{body}");
}

#[test]
fn a_process_that_the_functions_cannot_read_is_not_offered_and_hides_no_other() {
    let processes = Processes::copy();
    let second = processes
        .read(DEFINITION)
        .replace("name: Refund Request", "name: Goodwill Refund");
    let file = DEFINITION.replace("refund-request", "goodwill-refund");
    processes.write(&file, &second);
    processes.generate();
    let client = processes.client();
    let generated = "statemachines/generated/customer-success/refund-request.asl.json";
    let newer = replaced(
        &processes.read(generated),
        r#""type": "textarea""#,
        r#""type": "drawing""#,
    );
    processes.write(generated, &newer);
    client.eventually("it is not offered", || {
        client.advance("61s");
        let (_, page) = client.get("/", "text/html");
        let gone = !page.contains("Refund Request") && page.contains("Goodwill Refund");
        gone.then_some(()).ok_or(page)
    });
    assert_eq!(client.get(OFFERING, "text/html").0, 503);
}

#[test]
fn a_retired_offering_takes_nothing_new_and_what_waits_ends() {
    let processes = Processes::copy();
    let client = processes.client();
    let waiting = client.submit(&form().amount("120"));
    let mail = client.mail("csm-1@example.com", &waiting.id);

    let definition = processes.read(DEFINITION);
    let retired = replaced(&definition, "offering:\n", "offering:\n  retired: true\n");
    processes.write(DEFINITION, &retired);
    processes.generate();
    client.eventually("the form is gone", || {
        client.advance("61s");
        let (status, page) = client.get(OFFERING, "text/html");
        (status == 410).then_some(()).ok_or(page)
    });
    assert_eq!(client.try_submit(&form(), None).0, 410);
    assert!(!client.get("/", "text/html").1.contains(OFFERING));

    mail.approve(&client);
    client.wait_for_status(&waiting, "refunded");
}

#[test]
fn what_nobody_looked_up_stops_over_a_guests_charge_until_an_approver_confirms_it() {
    let processes = Processes::copy();
    let definition = processes.read(DEFINITION);
    let mut lines: Vec<_> = definition.lines().collect();
    lines.retain(|line| !line.trim_start().starts_with("look up:"));
    processes.write(DEFINITION, &lines.join("\n"));
    processes.generate();
    let client = processes.client();
    let request = client.submit(&form().charge("ch_demo_guest"));
    let colleague = client.mail("csm-2@example.com", &request.id);
    client
        .mail("csm-1@example.com", &request.id)
        .approve(&client);
    client.wait_for_status(&request, "needs_attention");
    client.wait_for_end(&request);
    let told = client.mail("csm-1@example.com", "needs your attention");
    let advice = "confirms whose the charge is";
    assert!(told.text.contains(advice), "{}", told.text);

    // Whoever decided, or a colleague, confirms it behind the link of their mail. Then a redrive pays.
    let (address, code) = (colleague.address(), colleague.code());
    let code = ("code", code.as_str());
    let (_, page) = client.post_form(&address, &[code]);
    assert!(page.contains("The refund has stopped"), "{page}");
    let action = ("action", "confirm-ownership");
    let confirmation = [code, action, ("charge", "ch_demo_guest")];
    let (_, page) = client.post_form(&address, &confirmation);
    assert!(page.contains("about the charge was recorded"), "{page}");
    assert!(client.refunds("ch_demo_guest").is_empty());
    client.redrive(&request);
    client.wait_for_status(&request, "refunded");
    assert_eq!(client.refunds("ch_demo_guest").len(), 1);
}

#[test]
fn a_second_offering_is_a_definition_and_nothing_else() {
    let processes = Processes::copy();
    let definition = processes.read(DEFINITION);
    let second = replaced(&definition, "name: Refund Request", "name: Goodwill Refund");
    let file = DEFINITION.replace("refund-request", "goodwill-refund");
    processes.write(&file, &second);
    processes.generate();
    let template = processes.read("infra/template.yaml");
    for part in [
        "  CustomerSuccessGoodwillRefund:\n    Type: AWS::Serverless::StateMachine",
        "Label: customer-success/goodwill-refund,",
        r#""customer-success/goodwill-refund":"${CustomerSuccessGoodwillRefundAliaslive}""#,
    ] {
        assert!(template.contains(part), "the template has {part}");
    }

    let client = processes.client();
    let (_, page) = client.get("/", "text/html");
    assert!(
        page.contains("Refund Request") && page.contains("Goodwill Refund"),
        "{page}"
    );
    let path = "/services/customer-success/goodwill-refund/requests";
    let (status, body) = client.post_json(path, form().json());
    assert_eq!(status, 202, "{body}");
    let request = e2e::Submitted::read(&body);
    client
        .mail("csm-1@example.com", &request.id)
        .approve(&client);
    client.wait_for_status(&request, "refunded");
    let execution = client.wait_for_end(&request);
    assert_eq!(execution["status"], "SUCCEEDED", "{execution}");
}
