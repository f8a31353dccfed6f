//! PyPI's `localstripe`: customers, payment intents and lists. Not a word on refunds: it keeps no
//! idempotency keys and lets a charge be refunded without end.

use std::time::Duration;

use anyhow::{Context, ensure};

use super::{
    canary::{self, Ears, KEY},
    player::Player,
    raw::Raw,
};
use crate::{Checkout, Checks, Rig, command::command, install, process::Server};

const NAME: &str = "stripe-local";
const START: Duration = Duration::from_mins(1);

pub(in crate::rig) struct StripeLocal;

impl Rig for StripeLocal {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "localstripe and the function agree about customers, payment intents and lists"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::python(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let scratch = checkout.scratch(NAME)?;
        let python = install::python(checkout, NAME)?.join("python");
        let mut program = command(python, &scratch);
        program.arg(checkout.tool_list(NAME, "serve.py"));
        let server = Server::start(NAME, &program, scratch.join("localstripe.log"))?;
        let base = address(&server)?;
        let ears = Ears::default();
        let scene = Scene {
            raw: Raw::at(&base),
            player: Player::at(&base, KEY, &ears)?,
        };
        for (what, row) in ROWS {
            ears.row();
            checks.check(what, row(&scene));
        }
        scene.player.note_audit_log();
        canary::check(checks, &ears);
        Ok(())
    }
}

/// Where a server says that it serves.
pub(super) fn address(server: &Server) -> anyhow::Result<String> {
    server.wait_for_words("serving on http", START)?;
    let log = server.log();
    let line = log
        .lines()
        .find_map(|line| line.strip_prefix("serving on "));
    line.map(ToOwned::to_owned)
        .context("the server says where it serves")
}

struct Scene {
    raw: Raw,
    player: Player,
}

type Row = fn(&Scene) -> anyhow::Result<()>;

const ROWS: [(&str, Row); 8] = [
    ("a payment intent", |s| {
        let intent = s.intent(&s.customer("ada@example.com")?)?;
        s.look(&intent, "ada@example.com", "Theirs", true)
    }),
    ("a payment intent without a charge", |s| {
        let customer = s.customer("ada@example.com")?;
        let form = [
            ("amount", "5000"),
            ("currency", "usd"),
            ("customer", &customer),
        ];
        let intent = s.raw.make("payment_intents", &form)?;
        s.look(&intent, "ada@example.com", "Theirs", false)
    }),
    ("a charge that it does not know is denied", |s| {
        s.player.refused("ch_nowhere", "1", "Not Found")
    }),
    // It lists no credits, so a request of a customer cannot be played to its end.
    ("another customer's charge is not theirs", |s| {
        let intent = s.intent(&s.customer("bob@example.com")?)?;
        s.look(&intent, "ada@example.com", "Another", true)
    }),
    (
        "two customers with one address: either's charge is theirs",
        |s| {
            for customer in [
                s.customer("twin@example.com")?,
                s.customer("twin@example.com")?,
            ] {
                s.look(&s.intent(&customer)?, "twin@example.com", "Theirs", true)?;
            }
            Ok(())
        },
    ),
    ("an address in another case is the same", |s| {
        let intent = s.intent(&s.customer("Grace@Example.com")?)?;
        s.look(&intent, "grace@example.com", "Theirs", true)
    }),
    ("customers by their address", |s| {
        let wanted = [
            s.customer("list@example.com")?,
            s.customer("list@example.com")?,
        ];
        let found = s.player.call(domain::stripe::Payments::customers(
            s.player.stripe(),
            "list@example.com",
        ))?;
        let found: Vec<_> = found.into_iter().map(|customer| customer.id).collect();
        ensure!(wanted.iter().all(|id| found.contains(id)), "{found:?}");
        Ok(())
    }),
    ("refunds, page after page", |s| {
        let charge = s.charge()?;
        for _ in 0..103 {
            s.raw
                .make("refunds", &[("charge", &charge), ("amount", "1")])?;
        }
        let refunds = s
            .player
            .call(domain::stripe::Refunds::refunds(s.player.stripe(), &charge))?;
        let ids: std::collections::BTreeSet<_> = refunds.iter().map(|refund| &refund.id).collect();
        ensure!(ids.len() == 103, "{} of 103 are listed", ids.len());
        Ok(())
    }),
];

impl Scene {
    fn customer(&self, email: &str) -> anyhow::Result<String> {
        self.raw.make("customers", &[("email", email)])
    }

    /// A payment intent of fifty dollars that was paid.
    fn intent(&self, customer: &str) -> anyhow::Result<String> {
        let method = self.raw.make(
            "payment_methods",
            &[
                ("type", "card"),
                ("card[number]", "4242424242424242"),
                ("card[exp_month]", "12"),
                ("card[exp_year]", "2040"),
                ("card[cvc]", "123"),
            ],
        )?;
        self.raw.make(
            &format!("payment_methods/{method}/attach"),
            &[("customer", customer)],
        )?;
        let intent = self.raw.make(
            "payment_intents",
            &[
                ("amount", "5000"),
                ("currency", "usd"),
                ("customer", customer),
                ("payment_method", &method),
                ("confirm", "true"),
            ],
        )?;
        Ok(intent)
    }

    fn charge(&self) -> anyhow::Result<String> {
        let intent = self.intent(&self.customer("ada@example.com")?)?;
        let intent = self.raw.get(&format!("payment_intents/{intent}"))?;
        let charge = intent["latest_charge"]
            .as_str()
            .or(intent["charges"]["data"][0]["id"].as_str());
        charge
            .map(ToOwned::to_owned)
            .context("the intent has a charge")
    }

    /// What our client makes of a payment.
    fn look(&self, id: &str, email: &str, owner: &str, is_charged: bool) -> anyhow::Result<()> {
        let payment = domain::stripe::Payments::payment(self.player.stripe(), id);
        let payment = self.player.call(payment)?;
        let found = format!("{:?}", domain::stripe::ownership(&payment.payer, email));
        ensure!(found == owner, "{id} is {found}: {payment:?}");
        ensure!(payment.charge.is_some() == is_charged, "{payment:?}");
        Ok(())
    }
}
