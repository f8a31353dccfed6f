//! Amounts in Stripe's messages.

/// An amount as Stripe's messages write it: `$60.00`, `€60.00`.
pub(crate) fn display(amount_cents: u64, currency: &str) -> String {
    let symbol = match currency {
        "usd" => "$".to_owned(),
        "eur" => "€".to_owned(),
        other => other.to_uppercase(),
    };
    let thousands = group_thousands(amount_cents / 100);
    format!("{symbol}{thousands}.{:02}", amount_cents % 100)
}

fn group_thousands(whole: u64) -> String {
    let digits = whole.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
