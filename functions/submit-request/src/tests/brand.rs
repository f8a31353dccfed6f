//! Whom the pages say that they come from, and in which zone times are.

use super::*;

fn html() -> Value {
    json!({"accept": "text/html", "content-type": "application/json"})
}

/// The function of a deployment with a brand, whose offering has one of its own.
fn branded() -> Function {
    let offering = Offering {
        brand: serde_json::from_value(json!({"name": "Acme Pets", "contact": "pets@acme.example"}))
            .unwrap(),
        ..fixtures::request::offering()
    };
    let brand = json!({
        "name": "Acme", "color": "#ffcc00", "contact": "+1 555 0100", "footer": "Acme Ltd, 1 Main Street", "timeZone": "Europe/Berlin",
    });
    Function {
        settings: Settings {
            brand: serde_json::from_value(brand).unwrap(),
            ..Settings::default()
        }
        .into(),
        ..function_of(&offering)
    }
}

#[tokio::test]
async fn a_page_comes_from_the_deployment_and_that_of_an_offering_from_the_offering() {
    let function = branded();
    for (path, title, contact) in [
        (
            "/",
            "What can we do for you? · Acme</title>",
            "href=\"tel:+15550100\"",
        ),
        (
            "/nowhere",
            "There is nothing here. · Acme</title>",
            "href=\"tel:+15550100\"",
        ),
        (
            PATH,
            "Refund Request · Acme Pets</title>",
            "href=\"mailto:pets@acme.example\"",
        ),
    ] {
        let (_, page, _) = function
            .send("GET", path, json!({"accept": "text/html"}), "")
            .await;
        for part in [title, contact, "Acme Ltd, 1 Main Street"] {
            assert!(page.contains(part), "{path} has {part}: {page}");
        }
        assert!(!page.contains("Refund Desk"), "{path}");
    }
}

#[tokio::test]
async fn a_customer_reads_times_in_the_zone_of_the_deployment() {
    let function = branded();
    let (_, _, location) = function
        .send(
            "POST",
            &format!("{PATH}/requests"),
            html(),
            &answers().to_string(),
        )
        .await;
    let location = location.unwrap();
    let path = location.strip_prefix("https://d.example").unwrap();
    let (status, page, _) = function
        .send("GET", path, json!({"accept": "text/html"}), "")
        .await;
    assert_eq!(status, 200);
    let time = "<time datetime=\"1970-01-01T00:00:00Z\">1 January 1970, 01:00 CET</time>";
    assert!(page.contains(time), "{page}");
    assert!(page.contains("· Acme Pets</title>"), "{page}");
}
