//! Publishing a process: a changed one while a request waits, and a second offering. Each is an edit of
//! a definition, the generator, and nothing else.

use std::fs;
use std::path::Path;

use e2e::{TestClient, form};
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

    async fn client(&self) -> TestClient {
        let template = self.0.path().join("infra/template.yaml");
        let template = template.to_str().expect("it is text");
        TestClient::with(&["--port", "0", "--ephemeral", "--template", template]).await
    }
}

fn replaced(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "the definition says {old:?}");
    text.replace(old, new)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_request_ends_under_the_version_it_started_with() {
    let processes = Processes::copy();
    let client = processes.client().await;
    let waiting = client.submit(&form().amount("120")).await;
    let mail = client.mail("csm-1@example.com", &waiting.id).await;

    let definition = processes.read(DEFINITION);
    let lower = replaced(&definition, "refundAmount >= 500", "refundAmount >= 100");
    processes.write(
        DEFINITION,
        &replaced(&lower, "label: Notes", "label: What happened"),
    );
    processes.generate();
    client
        .eventually("the new form", || async {
            client.advance("61s").await;
            let (_, page) = client.get(OFFERING, "text/html").await;
            page.contains("What happened").then_some(()).ok_or(page)
        })
        .await;

    mail.approve(&client).await;
    client.wait_for_status(&waiting, "refunded").await;
    assert!(client.mails("finance-1@example.com").await.is_empty());

    let new = client.submit(&form().amount("120")).await;
    client
        .mail("csm-1@example.com", &new.id)
        .await
        .approve(&client)
        .await;
    client.mail("finance-1@example.com", &new.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_offering_is_a_definition_and_nothing_else() {
    let processes = Processes::copy();
    let definition = processes.read(DEFINITION);
    let second = replaced(&definition, "name: Refund Request", "name: Goodwill Refund");
    let file = DEFINITION.replace("refund-request", "goodwill-refund");
    processes.write(&file, &second);
    processes.generate();
    let template = processes.read("infra/template.yaml");
    for part in [
        "  CustomerSuccessGoodwillRefund:\n    Type: AWS::Serverless::StateMachine",
        "  CustomerSuccessGoodwillRefundLog:",
        "  CustomerSuccessGoodwillRefundFailed:",
        r#""customer-success/goodwill-refund":"${CustomerSuccessGoodwillRefundAliaslive}""#,
    ] {
        assert!(template.contains(part), "the template has {part}");
    }

    let client = processes.client().await;
    let (_, page) = client.get("/", "text/html").await;
    assert!(
        page.contains("Refund Request") && page.contains("Goodwill Refund"),
        "{page}"
    );
    let path = "/services/customer-success/goodwill-refund/requests";
    let (status, body) = client.post_json(path, form().json()).await;
    assert_eq!(status, 202, "{body}");
    let request = e2e::Submitted::read(&body);
    client
        .mail("csm-1@example.com", &request.id)
        .await
        .approve(&client)
        .await;
    client.wait_for_status(&request, "refunded").await;
    let execution = client.wait_for_end(&request).await;
    assert_eq!(execution["status"], "SUCCEEDED", "{execution}");
}
