//! What an approver is shown about the charge of a request: lines, warnings, and what stands in the way of paying.

use super::{ChargeFound, ChargeLookup, FoundPayment, OtherRequest, others};
use crate::dates::Zone;
use crate::request::Request;
use crate::stripe::{Ownership, amount_text};

/// What a reviewer is shown about the charge of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeReport {
    request: Request,
    /// What the lookup found. None: there was none, or Stripe did not answer.
    pub found: Option<ChargeLookup>,
    /// Other requests for the same charge, as they stand now: those that were paid first, and the newest first.
    others: Vec<OtherRequest>,
}

impl ChargeReport {
    /// What was found about the charge of that request, and the others about the same one.
    pub fn new(
        request: &Request,
        found: Option<ChargeLookup>,
        mut others: Vec<OtherRequest>,
    ) -> Self {
        others::sort(&mut others);
        Self {
            request: request.clone(),
            found,
            others,
        }
    }

    /// What to show of each charge that the request may be about, as a label and a value each, with days in that zone.
    pub fn charges(&self, zone: &Zone) -> Vec<Vec<(&'static str, String)>> {
        let lines = |payment| self.lines(payment, zone);
        self.payments().map(lines).collect()
    }

    fn lines(&self, payment: &FoundPayment, zone: &Zone) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if let Some(charge) = &payment.charge {
            if self.request.charge_number().is_some() {
                lines.push(("Charge", charge.id.clone()));
                let confirmation = self.request.ownership_confirmation.as_ref();
                lines.extend(confirmation.map(|it| ("Confirmed", format!("by {}", it.by))));
            }
            let text = |amount| amount_text(amount, &payment.currency);
            lines.push(("Charge amount", text(charge.amount)));
            let paid = charge.refunded.saturating_sub(charge.pending);
            lines.push(("Already refunded", text(paid)));
            if charge.pending > 0 {
                lines.push(("Refunds on their way", text(charge.pending)));
            }
            if charge.credited > 0 {
                lines.push(("Already credited", text(charge.credited)));
            }
            lines.push(("Refundable", text(charge.refundable())));
            lines.push(("Currency", payment.currency.to_ascii_uppercase()));
            lines.push(("Paid on", zone.day(charge.paid_at)));
            if let Some(last4) = &charge.last4 {
                lines.push(("Card", format!("ending in {last4}")));
            }
            let disputed = if charge.disputed { "yes" } else { "no" };
            lines.push(("Disputed", disputed.to_owned()));
        }
        lines.extend(self.ownership_lines(payment));
        lines
    }

    fn ownership_lines(&self, payment: &FoundPayment) -> Vec<(&'static str, String)> {
        let customer = payment.customer.as_deref();
        let customer = customer.unwrap_or("none, paid as a guest");
        let belongs = match payment.ownership {
            Ownership::Theirs => "yes",
            Ownership::Another => "no, by Stripe's word",
            Ownership::Unclear => "unclear",
        };
        let mut lines = vec![
            ("Stripe customer", customer.to_owned()),
            ("Belongs to the customer who asks", belongs.to_owned()),
        ];
        if let Some(entry) = self.entry(payment) {
            lines.push(("Customer entered", entry));
        }
        if payment.ownership != Ownership::Theirs
            && payment.ownership(&self.request) == Ownership::Theirs
            && let Some(confirmation) = &self.request.ownership_confirmation
        {
            lines.push(("Confirmed to be theirs", format!("by {}", confirmation.by)));
        }
        lines
    }

    /// `cus_1, entered by csm-1@example.com, not confirmed by Stripe`
    fn entry(&self, payment: &FoundPayment) -> Option<String> {
        let answer = self.request.answer_of_approver()?;
        let (customer, by) = (answer.value.as_ref()?, answer.given_by.as_ref()?);
        let is_payer = payment.customer.as_deref() == Some(customer.to_string().as_str());
        let is_known = is_payer && payment.ownership == Ownership::Theirs;
        let doubt = if is_known {
            ""
        } else {
            ", not confirmed by Stripe"
        };
        Some(format!("{customer}, entered by {by}{doubt}"))
    }

    /// `3 other requests, $60.00 paid, $20.00 open`. None: there are none.
    pub fn others_summary(&self) -> Option<String> {
        others::summary(&self.others)
    }

    /// A line for each other request, those that were paid first, and the newest first.
    pub fn others(&self, zone: &Zone) -> impl Iterator<Item = String> {
        self.others.iter().map(|other| other.line(zone))
    }

    /// What a reviewer has to know before deciding.
    pub fn warnings(&self) -> Vec<String> {
        if let Some(unknown) = self.unknown() {
            return vec![unknown];
        }
        let several = self.several();
        let each = self.payments().flat_map(|payment| {
            let mut warnings = self.obstacles_of(payment);
            warnings.extend(self.doubt(payment));
            let id = payment.charge_id().unwrap_or_default();
            let about = move |it: String| if several { format!("{id}: {it}") } else { it };
            warnings.into_iter().map(about)
        });
        let which = several.then(|| {
            "Several charges have this number: confirm which of them is asked for.".to_owned()
        });
        which.into_iter().chain(each).collect()
    }

    /// Why the refund would be refused if it was approved as it is, as whole sentences. Where one of several charges could
    /// be paid there is no reason.
    pub fn obstacles(&self) -> Vec<String> {
        if let Some(unknown) = self.unknown() {
            // That Stripe was not asked is no reason to refuse it.
            return self.found.iter().map(|_| unknown.clone()).collect();
        }
        let of_each: Vec<_> = self.payments().map(|it| self.obstacles_of(it)).collect();
        if of_each.iter().any(Vec::is_empty) {
            return Vec::new();
        }
        of_each.concat()
    }

    fn obstacles_of(&self, payment: &FoundPayment) -> Vec<String> {
        let mut obstacles = Vec::new();
        if payment.ownership(&self.request) == Ownership::Another {
            obstacles.push(format!(
                "This charge belongs to another customer: the refund will be refused. {}",
                self.known_customers()
            ));
        }
        if payment.currency != "usd" {
            let currency = payment.currency.to_ascii_uppercase();
            obstacles.push(format!(
                "It was paid in {currency}. Refunds are made in USD only: it will be refused."
            ));
        }
        match &payment.charge {
            None => obstacles.push("Nothing was paid with this payment intent.".to_owned()),
            Some(charge) => obstacles.extend(self.charge_obstacles(charge, &payment.currency)),
        }
        obstacles
    }

    /// Whether a link to approve leads to a page where that is chosen already: not where it would be refused, and not
    /// against Stripe's word.
    pub fn suggests_approval(&self) -> bool {
        let is_anothers = |payment: &FoundPayment| payment.ownership == Ownership::Another;
        self.obstacles().is_empty() && !self.payments().any(is_anothers)
    }

    /// What the request may be about.
    fn payments(&self) -> impl Iterator<Item = &FoundPayment> {
        let found = self.found.iter();
        found.flat_map(|found| found.payments_of(&self.request))
    }

    fn several(&self) -> bool {
        self.payments().nth(1).is_some()
    }

    /// What to say where there is no payment to describe.
    fn unknown(&self) -> Option<String> {
        if self.payments().next().is_some() {
            return None;
        }
        Some(match (&self.found, self.request.charge()) {
            (None, _) => {
                "Stripe could not be asked about this charge. Look it up before you decide."
                    .to_owned()
            }
            (Some(_), Some(_)) => {
                "Stripe knows no such charge: the refund will be refused.".to_owned()
            }
            (Some(_), None) => format!(
                "Stripe knows no charge of this customer's whose receipt or invoice has this number: the refund will be refused. {} \
                 Ask the customer for the charge's id, or enter which of Stripe's customers it is.",
                self.known_customers()
            ),
        })
    }

    fn known_customers(&self) -> String {
        match self.found.as_ref().map(|found| &found.customers[..]) {
            None | Some([]) => {
                "Stripe has no customer with the address of the one who asks.".to_owned()
            }
            Some(ids) => format!("The customer who asks is {} in Stripe.", ids.join(" or ")),
        }
    }

    /// Why a person has to tell, or has told, whose the charge is.
    fn doubt(&self, payment: &FoundPayment) -> Option<String> {
        let known = self.known_customers();
        match (payment.ownership, payment.ownership(&self.request)) {
            (Ownership::Theirs, _)
            | (_, Ownership::Another)
            | (Ownership::Unclear, Ownership::Theirs) => None,
            (Ownership::Another, Ownership::Theirs | Ownership::Unclear) => Some(format!(
                "By Stripe's word this charge belongs to another customer, and it was entered that it is the one who asks. {known}"
            )),
            (Ownership::Unclear, Ownership::Unclear) => Some(format!(
                "It is unclear whose charge this is: the address given at the payment is another one. {known}"
            )),
        }
    }

    fn charge_obstacles(&self, charge: &ChargeFound, currency: &str) -> Option<String> {
        let refundable = charge.refundable();
        let wanted = self.request.amount();
        if charge.disputed {
            Some("The bank disputes this charge, or inquires about it.".to_owned())
        } else if charge.captured == 0 {
            Some("The charge was not captured: there is nothing to refund.".to_owned())
        } else if charge.refunded >= charge.captured {
            Some("The charge has been refunded in full already.".to_owned())
        } else if refundable == 0 {
            Some(
                "Nothing is left of the charge: all of it was refunded or credited already."
                    .to_owned(),
            )
        } else if wanted.is_some_and(|wanted| wanted.cents() > refundable) {
            let left = amount_text(refundable, currency);
            Some(format!("Only {left} of the charge can still be refunded."))
        } else {
            None
        }
    }
}
