//! npm's `stripe-stateful-mock`: refund arithmetic, idempotency and refusals by people who wrote down
//! what Stripe does. It judges the function, and the local stack's own stand-in.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use anyhow::ensure;
use domain::stripe::{RefundOrder, Refunds, StripeError};
use serde_json::{Value, json};

use super::{
    canary::{self, EMAIL, Ears, KEY},
    fake_stripe::FakeStripe,
    player::Player,
    raw::Raw,
    reconciliation,
};
use crate::{Checkout, Checks, Rig, command::command, install, process::Server};

const NAME: &str = "stripe-mock";

pub(in crate::rig) struct StripeMock;

impl Rig for StripeMock {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "stripe-stateful-mock and the function agree, and so does the local stack's stand-in"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::node(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let module = checkout
            .installed(NAME)
            .join("node_modules/stripe-stateful-mock");
        let script = checkout.tool_list(NAME, "serve.js");
        let mut program = command("node", checkout.root());
        program.arg(script).arg(module).env("LOG_LEVEL", "silent");
        let server = Server::start(NAME, &program, checkout.scratch(NAME)?.join("mock.log"))?;
        let base = super::local::address(&server)?;
        // First, while the mock has nothing else.
        reconciled(&base, checks)?;
        let ears = Ears::default();
        let scene = Scene {
            raw: Raw::at(&base),
            player: Player::at(&base, KEY, &ears)?,
        };
        for (what, row) in ROWS {
            ears.row();
            checks.check(what, row(&scene));
        }
        ears.row();
        checks.check(
            "a reply that is dropped after Stripe acted: one refund",
            dropped(&base, &ears),
        );
        scene.player.note_audit_log();
        canary::check(checks, &ears);
        for (what, outcome) in differential(&scene.raw)? {
            checks.check(&format!("the stand-in agrees: {what}"), outcome);
        }
        Ok(())
    }
}

/// The audit log against the mock, which gives no credits, and against the stand-in, which does.
fn reconciled(base: &str, checks: &mut Checks<'_>) -> anyhow::Result<()> {
    let raw = Raw::at(base);
    let charges = (0..3).map(|_| charge(&raw, "10000", "tok_visa", "true"));
    let of_mock = reconciliation::Scene {
        base,
        charges: charges.collect::<Result<_, _>>()?,
        email: EMAIL,
        customer: None,
    };
    reconciliation::check("the mock", &of_mock, checks)?;
    let fake = FakeStripe::start()?;
    let charges = [
        "ch_demo_2000",
        "ch_demo_45",
        "ch_demo_invoiced_45",
        "ch_demo_slow",
    ];
    let of_fake = reconciliation::Scene {
        base: &fake.base,
        charges: charges.map(str::to_owned).into(),
        email: "customer@example.com",
        customer: Some("cus_demo"),
    };
    reconciliation::check("the stand-in", &of_fake, checks)
}

struct Scene {
    raw: Raw,
    player: Player,
}

type Row = fn(&Scene) -> anyhow::Result<()>;

const ROWS: [(&str, Row); 10] = [
    ("full refund", |s| {
        let charge = s.charge("10000", "tok_visa")?;
        s.player.paid(&charge, "100.00")?;
        s.refunded(&charge, &[10_000])
    }),
    ("partial refunds, 40 and 60", |s| {
        let charge = s.charge("10000", "tok_visa")?;
        s.player.paid(&charge, "40")?;
        s.player.paid(&charge, "60")?;
        s.refunded(&charge, &[4_000, 6_000])
    }),
    ("over-refund", |s| {
        let charge = s.charge("10000", "tok_visa")?;
        s.player.paid(&charge, "60")?;
        let message = format!(
            "The amount ($60.00) is greater than what is left of charge {charge} ($40.00): of $100.00, $60.00 were refunded."
        );
        s.player.exhausted(&charge, "60", &message)?;
        s.refunded(&charge, &[6_000])
    }),
    ("already refunded", |s| {
        let charge = s.charge("10000", "tok_visa")?;
        s.player.paid(&charge, "100")?;
        let message = format!("Charge {charge} has already been refunded.");
        s.player.exhausted(&charge, "1", &message)
    }),
    ("unknown charge", |s| {
        s.player
            .refused("ch_nowhere", "1", "No such charge: ch_nowhere")
    }),
    ("charged back", |s| {
        let charge = s.charge("10000", "tok_createDispute")?;
        let message = format!("Charge {charge} has been charged back; cannot issue a refund.");
        s.player.refused(&charge, "1", &message)
    }),
    ("an inquiry can be refunded", |s| {
        let charge = s.charge("10000", "tok_createDisputeInquiry")?;
        s.player.paid(&charge, "1")
    }),
    ("uncaptured", |s| {
        let charge = s.uncaptured()?;
        let message = format!("{charge} was not captured: there is nothing to give back.");
        s.player.refused(&charge, "1", &message)
    }),
    ("the same key twice, and with another amount", |s| {
        let charge = s.charge("10000", "tok_visa")?;
        let order = |cents: u64| -> anyhow::Result<RefundOrder> {
            Ok(RefundOrder {
                charge: charge.clone(),
                amount: cents.try_into()?,
                reason: domain::task::StripeReason::Duplicate,
                metadata: [].into(),
                idempotency_key: format!("rig-{charge}"),
            })
        };
        let ask = |order: RefundOrder| {
            s.player
                .call(async move { s.player.stripe().create_refund(&order).await })
        };
        let first = ask(order(5_000)?)?;
        ensure!(
            ask(order(5_000)?)?.id == first.id,
            "the same key made another refund"
        );
        let other = ask(order(5_001)?);
        ensure!(
            matches!(other, Err(StripeError::Misconfigured(_))),
            "{other:?}"
        );
        s.refunded(&charge, &[5_000])
    }),
    ("eight workers at once: one refund", |s| {
        let charge = s.charge("10000", "tok_visa")?;
        let id = s.player.request(&charge, "50", EMAIL)?;
        s.player.run_at_once(id, 8)?;
        s.refunded(&charge, &[5_000])
    }),
];

impl Scene {
    fn charge(&self, cents: &str, source: &str) -> anyhow::Result<String> {
        charge(&self.raw, cents, source, "true")
    }

    fn uncaptured(&self) -> anyhow::Result<String> {
        charge(&self.raw, "10000", "tok_visa", "false")
    }

    /// The refunds of a charge. The mock lists the oldest first, Stripe the newest: the order is no row.
    fn refunded(&self, charge: &str, cents: &[u64]) -> anyhow::Result<()> {
        let refunds = self.raw.refunds(charge)?;
        let found = refunds.iter().filter_map(|r| r["amount"].as_u64());
        let mut found: Vec<_> = found.collect();
        found.sort_unstable();
        ensure!(found == cents, "the refunds are {found:?}");
        Ok(())
    }
}

fn charge(raw: &Raw, cents: &str, source: &str, capture: &str) -> anyhow::Result<String> {
    let email = ("receipt_email", EMAIL);
    let form = [
        ("amount", cents),
        ("currency", "usd"),
        ("source", source),
        ("capture", capture),
        email,
    ];
    raw.make("charges", &form)
}

/// A proxy that drops the first answer to a POST; then the key is not known any more, as after a day.
fn dropped(base: &str, ears: &Ears) -> anyhow::Result<()> {
    let upstream = base.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let proxied = format!("http://{}", listener.local_addr()?);
    thread::spawn(move || {
        let mut drops = 1;
        for client in listener.incoming().flatten() {
            let _ = relay(client, &upstream, &mut drops);
        }
    });
    let raw = Raw::at(base);
    let charge = charge(&raw, "10000", "tok_visa", "true")?;
    let player = Player::at(&proxied, KEY, ears)?;
    let id = player.request(&charge, "50", EMAIL)?;
    let (first, later) = (player.run(id, 0)?, player.run(id, 25)?);
    ensure!(
        (first.as_str(), later.as_str()) == ("Stripe.Unavailable", "done"),
        "{first}, {later}"
    );
    let refunds = raw.refunds(&charge)?;
    ensure!(refunds.len() == 1, "{refunds:?}");
    player.note_audit_log();
    Ok(())
}

/// Passes one call on and its answer back, or drops the answer. The connection ends with it.
fn relay(mut client: TcpStream, upstream: &str, drops: &mut u32) -> anyhow::Result<()> {
    client.set_read_timeout(Some(Duration::from_millis(200)))?;
    let mut call = read_all(&mut client);
    let is_post = call.starts_with(b"POST");
    // Without kept connections the end of the answer is the end of the stream.
    let head = String::from_utf8_lossy(&call).replacen("\r\n", "\r\nconnection: close\r\n", 1);
    call = head.into_bytes();
    let mut server = TcpStream::connect(upstream)?;
    server.write_all(&call)?;
    server.set_read_timeout(Some(Duration::from_millis(500)))?;
    let answer = read_all(&mut server);
    if is_post && *drops > 0 {
        *drops -= 1;
        return Ok(());
    }
    Ok(client.write_all(&answer)?)
}

fn read_all(stream: &mut TcpStream) -> Vec<u8> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4_096]);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        bytes.extend_from_slice(&buffer[..read]);
    }
    bytes
}

/// The same calls to the mock and to the local stack's stand-in: what each row is called, and whether
/// they are answered alike.
fn differential(mock: &Raw) -> anyhow::Result<Vec<(String, anyhow::Result<()>)>> {
    let served = FakeStripe::start()?;
    let fake = Raw::at(&served.base);

    let whole = charge(mock, "200000", "tok_visa", "true")?;
    let small = charge(mock, "10000", "tok_visa", "true")?;
    let refunded = charge(mock, "200000", "tok_visa", "true")?;
    mock.post("refunds", None, &[("charge", &refunded)])?;
    let disputed = charge(mock, "200000", "tok_createDispute", "true")?;
    let uncaptured = charge(mock, "200000", "tok_visa", "false")?;
    let pairs = [
        ("a charge", "ch_demo_2000", whole),
        ("a smaller charge", "ch_other_100", small),
        ("a refunded charge", "ch_demo_refunded", refunded),
        ("a disputed charge", "ch_demo_disputed", disputed),
        ("an uncaptured charge", "ch_demo_uncaptured", uncaptured),
        ("an unknown charge", "ch_nowhere", "ch_nowhere".to_owned()),
    ];
    let mut rows = Vec::new();
    for (what, ours, theirs) in &pairs {
        for (amount, key) in [
            (Some("4000"), Some("k1")),
            (Some("4000"), Some("k1")),
            (Some("4001"), Some("k1")),
            (Some("6000"), None),
            (Some("6000"), Some("k2")),
            (Some("200001"), None),
            (Some("0"), None),
            (Some("-1"), None),
            (None, None),
            (None, None),
            (Some("1"), None),
        ] {
            let ask = |raw: &Raw, charge: &str| {
                let mut form = vec![
                    ("charge", charge),
                    ("reason", "duplicate"),
                    ("metadata[request_id]", "r"),
                ];
                form.extend(amount.map(|amount| ("amount", amount)));
                let key = key.map(|key| format!("{key}-{what}"));
                raw.post("refunds", key.as_deref(), &form)
            };
            let (left, right) = (ask(&fake, ours)?, ask(mock, theirs)?);
            let (left, right) = (essence(left, ours), essence(right, theirs));
            let agree = if left == right {
                Ok(())
            } else {
                Err(anyhow::anyhow!("ours: {left}\ntheirs: {right}"))
            };
            let key = key.map_or(String::new(), |key| format!(", key {key}"));
            rows.push((
                format!("{what}, {}{key}", amount.unwrap_or("all that is left")),
                agree,
            ));
        }
        let list = |raw: &Raw, charge: &str| -> anyhow::Result<Value> {
            let refunds = raw.refunds(charge)?;
            let amounts = refunds.iter().map(|r| (r["amount"].as_u64(), &r["status"]));
            let mut amounts: Vec<_> = amounts.collect();
            amounts.sort_by_key(|(amount, _)| *amount);
            Ok(json!(amounts))
        };
        if *ours != "ch_nowhere" {
            let (left, right) = (list(&fake, ours)?, list(mock, theirs)?);
            let agree = if left == right {
                Ok(())
            } else {
                Err(anyhow::anyhow!("ours: {left}\ntheirs: {right}"))
            };
            rows.push((format!("{what}, its refunds"), agree));
        }
    }
    Ok(rows)
}

/// What a caller goes by. The mock is of 2020: since then Stripe puts ids in quotes and writes whole
/// dollars with their cents, and says of bad amounts which bound they miss.
fn essence((status, body): (u16, Value), charge: &str) -> Value {
    let error = &body["error"];
    if error.is_null() {
        return json!({
            "status": status, "object": body["object"], "amount": body["amount"], "refund": body["status"],
            "currency": body["currency"], "reason": body["reason"], "metadata": body["metadata"],
            "charge": body["charge"] == charge,
        });
    }
    let message = error["message"].as_str().unwrap_or_default();
    let message = match error["code"].as_str() {
        Some("parameter_invalid_integer") => String::new(),
        _ => plain(message).replace(charge, "CHARGE"),
    };
    // A key is named in the message, and each charge has its own.
    let message = message
        .split(". Try using a key")
        .next()
        .unwrap_or_default()
        .to_owned();
    json!({
        "status": status, "type": error["type"], "code": error["code"], "param": error["param"],
        "message": message,
    })
}

fn plain(message: &str) -> String {
    message
        .replace('\'', "")
        .replace(".00)", ")")
        .replace(',', "")
}
