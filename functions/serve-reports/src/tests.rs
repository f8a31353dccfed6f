//! Both reports as a program asks for them: formats, pages, and what is refused.

use domain::audit::{Action, AuditRecord, Currency};
use domain::money::Usd;
use domain::refund::SettlementMethod;
use domain::table::Write;
use jiff::{SignedDuration, Timestamp};
use lambda_http::request::from_str;
use serde_json::Value;
use testing::{MemoryTable, fixtures};

use super::*;

const NOW: &str = "2026-11-26T12:00:00Z";
const AUDIT_HEADER: &str = "requestId,offering,seq,at,actor,actorKind,action,phase,status,amountCents,currency,means,stripeId,charge,detail,hash,definition,statusBefore";
const REFUNDS_HEADER: &str = "paidAt,requestId,offering,charge,stripeId,amountCents,currency,kind,approvedBy,reason,approvedAt,approverReasons";

/// The function over so many refunds of a second each, the last just now, two rows to a page.
async fn function(refunds: i64) -> ServeReports<MemoryTable> {
    let table = MemoryTable::default();
    let now: Timestamp = NOW.parse().unwrap();
    for seconds in 0..refunds {
        let (_, record) = fixtures::request::request();
        let record = AuditRecord {
            at: now - SignedDuration::from_secs(seconds),
            action: Action::Refunded,
            amount: Some(Usd::from_cents(5000).unwrap()),
            currency: Some(Currency::Usd),
            means: Some(SettlementMethod::Refund),
            charge: Some("ch_1".to_owned()),
            detail: Some("=1+1, \"quoted\"".to_owned()),
            ..record
        };
        table.commit(vec![Write::create(&record)]).await.unwrap();
    }
    let limits = PageLimits {
        rows: 2,
        ..PageLimits::default()
    };
    ServeReports { table, limits }
}

impl ServeReports<MemoryTable> {
    /// The status, the next page's address, and the body.
    async fn call(&self, method: &str, address: &str) -> (u16, Option<String>, String) {
        let now: Timestamp = NOW.parse().unwrap();
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let event = json!({
            "version": "2.0", "routeKey": "x", "rawPath": path, "rawQueryString": query, "headers": {},
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "d.example", "domainPrefix": "d",
                "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "1.2.3.4", "userAgent": "t"},
                "requestId": "r", "routeKey": "x", "stage": "$default", "time": "", "timeEpoch": now.as_millisecond()
            },
            "isBase64Encoded": false
        });
        let response = self.handle(&from_str(&event.to_string()).unwrap()).await;
        let link = response.headers().get(header::LINK).map(|link| {
            let link = link.to_str().unwrap().strip_prefix("<https://d.example");
            let next = link.unwrap().strip_suffix(">; rel=\"next\"").unwrap();
            next.to_owned()
        });
        let status = response.status().as_u16();
        let body = String::from_utf8(response.body().to_vec()).unwrap();
        (status, link, body)
    }

    async fn get(&self, address: &str) -> Value {
        let (status, _, body) = self.call("GET", address).await;
        assert_eq!(status, 200, "{address}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

#[tokio::test]
async fn json_goes_on_by_its_cursor_until_there_is_none() {
    let function = function(5).await;
    for (address, rows_name) in [
        ("/reports/audit?q=action:refunded", "records"),
        ("/reports/refunds?month=2026-11", "rows"),
    ] {
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let page = function.get(&format!("{address}{next}")).await;
            seen.extend(page[rows_name].as_array().unwrap().clone());
            let Some(cursor) = page["next"].as_str() else {
                break;
            };
            next = format!(
                "&{}",
                serde_urlencoded::to_string([("cursor", cursor)]).unwrap()
            );
        }
        let ids: std::collections::BTreeSet<_> =
            seen.iter().map(|it| it["requestId"].to_string()).collect();
        assert_eq!((seen.len(), ids.len()), (5, 5));
        assert!(seen.iter().all(|row| row["amountCents"] == 5000));
    }
}

#[tokio::test]
async fn csv_goes_on_by_its_link_and_each_page_begins_with_the_names() {
    let function = function(5).await;
    for (address, names) in [
        (
            "/reports/audit?q=from:2026-11-26+service:refund-request&format=csv",
            AUDIT_HEADER,
        ),
        ("/reports/refunds?format=csv&month=2026-11", REFUNDS_HEADER),
    ] {
        let (mut address, mut rows) = (address.to_owned(), Vec::new());
        let mut pages = 0;
        loop {
            let (status, next, body) = function.call("GET", &address).await;
            assert_eq!(status, 200);
            let (header, page) = body.split_once('\n').unwrap();
            assert_eq!(header, names);
            rows.extend(page.lines().map(str::to_owned));
            pages += 1;
            match next {
                Some(next) => address = next,
                None => break,
            }
        }
        assert_eq!((pages, rows.len()), (3, 5));
    }
}

#[tokio::test]
async fn a_cell_is_harmless_and_json_has_what_was_written() {
    let function = function(1).await;
    let written = "=1+1, \"quoted\"";
    let page = function.get("/reports/audit").await;
    assert_eq!(page["records"][0]["detail"], written);
    let (.., body) = function.call("GET", "/reports/audit?format=csv").await;
    assert!(body.contains(",\"'=1+1, \"\"quoted\"\"\","), "{body}");
    assert!(body.contains(",5000,usd,refund,,ch_1,"), "{body}");
}

#[tokio::test]
async fn nothing_found_is_a_page_without_rows() {
    let function = function(1).await;
    let page = function.get("/reports/audit?q=action:credited").await;
    assert_eq!(page, json!({"records": [], "next": null}));
    let page = function.get("/reports/refunds?month=2026-10").await;
    assert_eq!(page, json!({"rows": [], "next": null}));
    let csv = function
        .call("GET", "/reports/refunds?month=2026-10&format=csv")
        .await;
    assert_eq!(csv, (200, None, format!("{REFUNDS_HEADER}\n")));
}

#[tokio::test]
async fn what_is_not_understood_is_refused_by_its_name() {
    let function = function(1).await;
    let audit = "/reports/audit";
    let refunds = "/reports/refunds";
    for (path, query, field, words) in [
        (
            audit,
            "q=amout:%3E%3D500",
            "q",
            "character 1, `amout:>=500`: there is no field `amout`. Did you mean `amount`?",
        ),
        (
            audit,
            "q=action:refunded+outcome:no",
            "q",
            "character 17, `outcome:no`",
        ),
        (audit, "q=from:2026-11-01T00:00:00+02:00", "q", "%2B"),
        (
            audit,
            "query=x",
            "query",
            "Known here: `q`, `format`, `cursor`",
        ),
        (audit, "month=2026-11", "month", "is not known"),
        (audit, "q=&q=", "q", "more than once"),
        (audit, "format=xml", "format", "csv or json"),
        (audit, "cursor=here", "cursor", "`next`"),
        (refunds, "", "month", "such as 2026-11"),
        (refunds, "month=2026-13", "month", "such as 2026-11"),
        (
            refunds,
            "month=2026-11&formt=csv",
            "formt",
            "Did you mean `format`?",
        ),
        (refunds, "month=2026-11&q=x", "q", "is not known"),
    ] {
        let (status, next, body) = function.call("GET", &format!("{path}?{query}")).await;
        assert_eq!((status, next), (400, None), "{path} {query}: {body}");
        let problem: Value = serde_json::from_str(&body).unwrap();
        let error = &problem["errors"][0];
        assert_eq!(error["field"], field, "{body}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words), "{message}");
        assert!(problem["detail"].as_str().unwrap().contains(message));
    }
    let (status, ..) = function.call("GET", "/reports/others").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn all_mistakes_are_named_at_once() {
    let function = function(1).await;
    let (_, _, body) = function.call("GET", "/reports/audit?q=a:b+c:d").await;
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{body}");
}
