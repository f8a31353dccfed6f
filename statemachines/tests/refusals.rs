//! Every kind of mistake, made in an otherwise valid definition, and what a person is told.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::path::Path;

use statemachines::compile;

const VALID: &str = include_str!("fixtures/shop/refund.yaml");

/// What is said about a definition at this path.
#[track_caller]
fn refusal(path: &str, source: &str) -> String {
    match compile(Path::new(path), source) {
        Ok(_) => panic!("the definition was not refused"),
        Err(problems) => problems.to_string(),
    }
}

/// The valid definition with some of its text replaced.
#[track_caller]
fn changed(changes: &[(&str, &str)]) -> String {
    replaced(VALID.to_owned(), changes)
}

#[track_caller]
fn replaced(text: String, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text, |text, (from, to)| {
        assert!(
            text.contains(from),
            "the definition does not contain {from:?}"
        );
        text.replace(from, to)
    })
}

#[test]
fn the_definition_without_a_mistake_is_accepted() {
    if let Err(problems) = compile(Path::new("shop/refund.yaml"), VALID) {
        panic!("{problems}");
    }
}

/// One test with one snapshot for each mistake.
macro_rules! mistakes {
    (in $valid:expr; $($name:ident: $($from:literal => $to:literal),+;)+) => {$(
        #[test]
        fn $name() {
            let source = replaced($valid, &[$(($from, $to)),+]);
            insta::assert_snapshot!(refusal("shop/refund.yaml", &source));
        }
    )+};
}

mistakes! {
    in VALID.to_owned();

    // What customers read
    words_in_braces: "    type: condition\n" => "    type: condition\n    customer sees: \"{{ amount }}\"\n";
    words_where_no_request_is_seen: "    type: start\n" => "    type: start\n    customer sees: Begun\n";
    words_of_an_end: "    status: refunded\n" => "    status: refunded\n    customer sees: Paid\n";
    title_in_braces: "  description: Money back\n" => "  description: Money back\n  customer sees: \"{{ amount }}\"\n";
    usually_takes_that_is_no_text: "  description: Money back\n" => "  description: Money back\n  usually takes: 3\n";
    acknowledgement_that_is_no_mail: "    type: start\n" => "    type: start\n    acknowledge: We have it.\n";
    acknowledgement_to_a_team: "    type: start\n" => "    type: start\n    acknowledge:\n      to: Shop Team\n      subject: We have it\n      body: See {{ statusUrl }}.\n";
    acknowledgement_that_leads_nowhere: "    type: start\n" => "    type: start\n    acknowledge:\n      to: \"{{ email }}\"\n      subject: We have it\n      body: It has arrived, and the statusUrl is elsewhere.\n";
    acknowledgement_of_what_is_not_decided: "    type: start\n" => "    type: start\n    acknowledge:\n      to: \"{{ email }}\"\n      subject: We have it\n      body: See {{ statusUrl }}, {{ rejectionReason }}.\n";
    phase_named_like_the_acknowledgement: "Thanks:" => "Acknowledgement:";

    // The file
    bad_yaml: "  name: Shop\n" => "  name: Shop: the best\n";
    braces_without_quotes: "to: \"{{ email }}\"" => "to: {{ email }}";
    tab_indentation: "    email:\n      label: Email" => "    email:\n\tlabel: Email";
    not_a_mapping: "phases:\n  Start:\n    type: start" => "phases:\n  Start: start";
    missing_section: "offering:\n  name: Refund\n  description: Money back\n" => "";
    unknown_section: "offering:\n  name" => "offerings:\n  - x\noffering:\n  name";

    // The limits
    limits_of_nothing: "form:\n" => "limits: {}\nform:\n";
    limits_without_a_line: "form:\n" => "limits: 2,000.00\nform:\n";
    limit_that_is_unknown: "form:\n" => "limits:\n  per month: 5000\nform:\n";
    limit_of_zero: "form:\n" => "limits:\n  per day: 0.00\nform:\n";
    limit_below_zero: "form:\n" => "limits:\n  per day: -5\nform:\n";
    limit_with_a_fraction_of_a_cent: "form:\n" => "limits:\n  per day: 10.005\nform:\n";
    limit_that_is_no_amount: "form:\n" => "limits:\n  per day: plenty\n  per refund:\nform:\n";
    limit_with_commas_elsewhere: "form:\n" => "limits:\n  per day: 20,00\nform:\n";
    limit_that_is_too_large: "form:\n" => "limits:\n  per day: 1,000,000.00\nform:\n";
    limit_twice: "form:\n" => "limits:\n  per day: 5\n  per day: 6\nform:\n";
    limit_per_refund_above_others: "form:\n" => "limits:\n  per refund: 2,000.01\n  per customer in 30 days: 2,000\n  per day: 1999.99\nform:\n";

    // The brand
    brand_of_nothing: "form:\n" => "brand: {}\nform:\n";
    brand_with_a_slip: "form:\n" => "brand:\n  nmae: Acme\n  logo:\nform:\n";
    brand_in_an_unknown_zone: "form:\n" => "brand:\n  time zone: Europe/Atlantis\nform:\n";
    brand_in_no_color: "form:\n" => "brand:\n  color: reddish\nform:\n";
    brand_whose_answers_go_nowhere: "form:\n" => "brand:\n  reply to: Acme Support\n  contact: ask Bob\nform:\n";
    brand_with_a_field: "form:\n" => "brand:\n  name: Dear {{ email }}\nform:\n";

    // The form
    unknown_key: "      required: false" => "      required: false\n      requierd: true";
    missing_key: "      label: Note\n" => "";
    unknown_field_type: "type: textarea" => "type: textaera";
    field_that_is_no_name: "  note:\n" => "  my-note:\n";
    field_with_a_reserved_name: "  note:\n" => "  stripeError:\n";
    flag_that_is_none: "required: false" => "required: maybe";
    label_that_is_no_text: "label: Note" => "label: 5";
    name_in_a_plain_text: "question: Pay it back?" => "question: Pay {{ amount }} back?";
    select_without_options: "      options: [Broken, Late]\n" => "";
    select_with_empty_options: "[Broken, Late]" => "[]";
    duplicate_options: "[Broken, Late]" => "[Broken, Late, Broken]";
    options_of_a_text: "type: textarea" => "type: textarea\n      options: [a]";
    unknown_format: "stripe-charge" => "stripe-chrage";
    fields_of_no_form: "  fields:\n" => "  field:\n";
    duplicate_field: "    note:\n" => "    email:\n      label: Again\n    note:\n";

    // What the fields are
    amount_that_is_not_said: "  amount: amount\n" => "";
    amount_that_is_not_said_of_two: "  amount: amount\n" => "",
        "    note:\n" => "    tip:\n      label: Tip\n      type: number\n      required: true\n    note:\n";
    amount_that_is_unknown: "  amount: amount\n" => "  amount: amuont\n";
    amount_that_is_none: "  amount: amount\n" => "  amount: reason\n";
    amount_in_braces: "  amount: amount\n" => "  amount: \"{{ amount }}\"\n";
    amount_of_no_text: "  amount: amount\n" => "  amount: [amount]\n";
    address_that_is_not_said: "  customer email: email\n" => "";
    customer_that_is_no_email: "customer email: email" => "customer email: note";
    charge_that_is_not_said: "  charge: charge\n" => "";
    charge_that_is_none: "  charge: charge\n" => "  charge: email\n";
    stripe_customer_that_is_none: "  charge: charge\n" => "  charge: charge\n  stripe customer: note\n";

    // The phases
    duplicate_phase: "  Sorry:\n    type" => "  Paid:\n    type: end\n    status: refunded\n  Sorry:\n    type";
    bad_phase_name: "Refused" => "Refused / Denied";
    phase_named_like_a_generated_state: "Refused" => "Review Outcome";
    unknown_phase_type: "type: condition" => "type: decision";
    no_start: "  Start:\n    type: start\n" => "";
    two_starts: "  Check:\n    type: condition" => "  Check:\n    type: start";
    bad_duration: "every 24 hours" => "daily";
    expire_no_multiple_of_remind: "every 24 hours" => "every 5 days";
    escalation_between_reminders: "    expire: after 1 week" => "    escalate:\n      after: 18 hours\n      to: Shop Manager\n    expire: after 1 week";
    escalation_after_the_end: "    expire: after 1 week" => "    escalate:\n      after: 1 week\n      to: Shop Manager\n    expire: after 1 week";
    escalation_to_the_same_team: "    expire: after 1 week" => "    escalate:\n      after: 24 hours\n      to: Shop Team\n    expire: after 1 week";
    escalation_to_nobody: "    expire: after 1 week" => "    escalate:\n      after: 24 hours\n    expire: after 1 week";
    separate_from_no_approval: "    question: Really?" => "    question: Really?\n    separate from: [Reviw]";
    separate_from_itself: "    question: Really?" => "    question: Really?\n    separate from: Second Review";
    unknown_confirmation: "    question: Really?" => "    question: Really?\n    confirm: clikc";
    no_approvals: "    question: Really?" => "    question: Really?\n    approvals: 0";
    approvals_that_are_no_number: "    question: Really?" => "    question: Really?\n    approvals: two";
    too_many_reminders: "every 24 hours" => "every 1 hour";
    wait_beyond_a_year: "every 24 hours" => "every 30 days", "after 14 days" => "after 360 days";
    waits_beyond_a_year_together: "every 24 hours" => "every 10 days", "after 14 days" => "after 200 days",
        "every 12 hours" => "every 10 days", "after 1 week" => "after 200 days";
    unknown_connector: "Stripe - Create Refund" => "Stripe - Make Refund";
    connector_field_of_the_wrong_type: "reason: \"{{ reason }}\"" => "reason: \"{{ email }}\"";
    connector_field_that_is_unknown: "reason: \"{{ reason }}\"" => "reason: \"{{ raeson }}\"";
    connector_field_that_is_no_field: "reason: \"{{ reason }}\"" => "reason: Late";
    connector_amount_that_is_optional: "type: number\n      required: true" => "type: number\n      required: false";
    fraudulent: "Late: requested_by_customer" => "Late: fraudulent";
    stripe_reason_for_no_option: "Late: requested_by_customer" => "Lost: duplicate";
    connector_with_an_amount_of_its_own: "    reason: \"{{ reason }}\"" => "    amount: \"{{ amount }}\"\n    reason: \"{{ reason }}\"";
    connector_without_an_amount: "  amount: amount\n" => "", "type: number" => "type: text", "amount >= 500 || " => "";
    connector_without_a_customer: "  customer email: email\n" => "", "type: email\n      required" => "type: text\n      required";
    lookup_of_no_charge: "    question: Pay it back?" => "    look up: \"{{ charge }}\"\n    question: Pay it back?";
    lookup_without_a_charge: "    question: Pay it back?" => "    look up: charge\n    question: Pay it back?",
        "  charge: charge\n" => "", "      format: stripe-charge\n" => "";
    credit_that_is_pending: "Stripe - Create Refund" => "Stripe - Create Credit",
        "    on error:\n" => "    while pending:\n      to: \"{{ email }}\"\n      subject: Soon\n      body: Soon.\n    on error:\n";
    refund_that_is_named_while_it_is_pending: "    on error:\n"
        => "    while pending:\n      to: \"{{ email }}\"\n      subject: Soon\n      body: \"{{ refund.id }}\"\n    on error:\n";
    output_that_is_a_field: "output: refund" => "output: note";
    pending_mail_to_a_team: "    on error:\n"
        => "    while pending:\n      to: Shop Team\n      subject: Soon\n      body: Soon.\n    on error:\n";
    nobody_tells_the_customer: "      customer:\n        to: \"{{ email }}\"\n        subject: Not paid\n        body: We could not pay.\n" => "";
    customer_who_is_a_team: "        to: \"{{ email }}\"" => "        to: Shop Team";
    customer_who_is_told_nothing: "        subject: Not paid\n" => "";
    stripes_words_when_nothing_is_paid: "We could not pay." => "\"{{ stripeError }}\"";
    refund_that_is_named_when_nothing_is_paid: "We could not pay." => "\"{{ refund.id }}\"";
    unknown_status: "status: denied" => "status: rejected";

    // The emails
    email_to_a_field_that_is_none: "to: \"{{ email }}\"" => "to: \"{{ charge }}\"";
    email_to_an_address: "to: \"{{ email }}\"" => "to: boss@example.com";
    email_to_an_optional_field: "type: email\n      required: true" => "type: email\n      required: false";
    tell_an_unknown_team: "tell: Shop Team" => "tell: Shpo Team";
    subject_of_two_lines: "subject: Refunded" => "subject: |\n      Refunded\n      at last";
    unknown_name_in_a_text: "See {{ refund.id }}" => "See {{ refudn.id }}";
    output_without_its_part: "See {{ refund.id }}" => "See {{ refund }}";
    part_of_a_field: "{{ amount }} back" => "{{ amount.cents }} back";
    name_not_set_on_some_path: "Sorry. {{ rejectionReason }}" => "Sorry. {{ refund.id }}";
    name_not_set_on_one_of_two_paths: "otherwise: Pay" => "otherwise: Sorry";
    stripes_words_to_the_customer: "    error: Refused" => "    error: Sorry",
        "{{ rejectionReason }}" => "{{ stripeError }}";
    filter_in_a_text: "{{ amount }} back" => "{{ amount | round }} back";
    open_braces: "{{ amount }} back" => "{{ amount back";
    if_without_an_end: "{{ amount }} back" => "{% if note %}{{ amount }} back";
    dollar_before_braces: "We paid {{ amount }}" => "We paid ${{amount}}";
    substitution_mark: "We paid {{ amount }}" => "We paid ${Amount}";
    line_that_would_be_evaluated: "{# the id helps support #}" => "{% if note %}You wrote: {{ note }}{% endif %}";

    // The connections
    dangling_connection: "  Thanks: Paid" => "  Thanks: Piad";
    dangling_connection_to_nothing_similar: "  Thanks: Paid" => "  Thanks: Archive";
    connection_from_an_unknown_phase: "  Sorry: Refused\n" => "  Sorry: Refused\n  Archive: Refused\n";
    missing_connection: "  Sorry: Refused\n" => "";
    missing_way_out: "    reject: Sorry\n" => "";
    unknown_way_out: "approve: Check" => "aprove: Check";
    way_out_of_another_type: "done: Thanks" => "approve: Thanks";
    one_way_out_of_an_approval: "  Second Review:\n    approve: Pay\n    reject: Sorry\n    expire: Sorry" => "  Second Review: Pay";
    ways_out_of_an_email: "  Thanks: Paid" => "  Thanks:\n    done: Paid";
    connection_from_an_end: "  Sorry: Refused\n" => "  Sorry: Refused\n  Refused: Paid\n";
    unreachable_phase: "    otherwise: Pay" => "    otherwise: Refused",
        "    approve: Pay" => "    approve: Refused";
    path_without_an_end: "otherwise: Pay" => "otherwise: Review";
    refunded_without_a_refund: "  Sorry: Refused" => "  Sorry: Paid";

    // The conditions
    otherwise_without_a_condition: "    amount >= 500 || reason == 'Late': Second Review\n" => "";
    condition_without_otherwise: "    otherwise: Pay\n" => "";
    unknown_name_in_a_condition: "amount >= 500" => "amuont >= 500";
    amount_against_a_text: "amount >= 500" => "amount >= '500'";
    text_against_a_number: "reason == 'Late'" => "reason == 5";
    text_with_an_order: "reason == 'Late'" => "reason > 'Late'";
    select_against_no_option: "reason == 'Late'" => "reason == 'Lost'";
    fraction_of_a_cent: "amount >= 500" => "amount >= 499.999";
    exponent: "amount >= 500" => "amount >= 5e2";
    negative_amount: "amount >= 500" => "amount >= -500.0";
    arithmetic: "amount >= 500" => "amount * 2 >= 500";
    function_call: "reason == 'Late'" => "reason.startsWith('L')";
    condition_that_is_no_condition: "reason == 'Late'" => "reason";
    condition_that_never_holds: "amount >= 500 || reason == 'Late'" => "amount >= 500 && amount < 100 || reason == 'Late'";
    condition_that_always_holds: "amount >= 500 || reason == 'Late'" => "amount >= 0";
    option_listed_twice: "amount >= 500 || reason == 'Late'" => "reason in ['Late', 'Late']";
    condition_behind_a_wider_one: "    otherwise: Pay\n" => "    amount >= 1000: Pay\n    otherwise: Pay\n";
    second_condition_for_an_option: "    otherwise: Pay\n" => "    (reason == 'Late'): Pay\n    otherwise: Pay\n";
    otherwise_that_nothing_is_left_for: "    otherwise: Pay\n" => "    amount < 500: Pay\n    otherwise: Pay\n";
    broken_condition: "reason == 'Late'" => "reason = 'Late'";
    unfinished_condition: "amount >= 500 || reason == 'Late'" => "amount >= 500 ||";

    // The responsibilities
    approval_without_a_team: "  Review: Shop Team\n" => "";
    responsible_for_no_approval: "  Review: Shop Team" => "  Review: Shop Team\n  Thanks: Shop Team";
    responsible_for_an_unknown_phase: "  Review: Shop Team" => "  Review: Shop Team\n  Reveiw: Shop Team";
    nobody_for_what_gets_stuck: "  Needs Attention: Shop Team\n" => "";
    team_without_a_name: "  Review: Shop Team" => "  Review: \"???\"";
}

/// The valid definition in which the customer is asked how to be paid, and thanked two days later.
fn with_a_choice() -> String {
    changed(&[
        (
            "  Pay:\n    type: connector",
            "  Ask:\n    type: choice\n    to: \"{{ email }}\"\n    question: How do you want it?\n    \
             subject: Your {{ amount }}\n    body: |\n      Choose how.\n    options:\n      \
             cash: Cash\n      credit: A credit of {{ amount }}\n    expire: after 3 days\n  \
             Rest:\n    type: wait\n    for: 2 days\n  Pay:\n    type: connector",
        ),
        ("otherwise: Pay", "otherwise: Ask"),
        ("approve: Pay", "approve: Ask"),
        (
            "  Pay:\n    done: Thanks",
            "  Ask:\n    cash: Pay\n    credit: Pay\n    expire: Pay\n  Rest: Thanks\n  Pay:\n    done: Rest",
        ),
    ])
}

/// The valid definition in which a credit is tried before money.
fn with_a_credit() -> String {
    changed(&[
        (
            "  Pay:\n    type: connector",
            "  Give:\n    type: connector\n    connector: Stripe - Create Credit\n    reason: \"{{ reason }}\"\n    \
             output: credit\n    on error:\n      tell: Shop Team\n      subject: Credit failed\n      \
             body: \"{{ stripeError }}\"\n      customer:\n        to: \"{{ email }}\"\n        \
             subject: No credit\n        body: There is none.\n  \
             Pay:\n    type: connector",
        ),
        ("otherwise: Pay", "otherwise: Give"),
        (
            "  Pay:\n    done: Thanks",
            "  Give:\n    done: Paid\n    error: Pay\n    exhausted: Refused\n  Pay:\n    done: Thanks",
        ),
    ])
}

/// The valid definition with a mail that invites, in which something was looked up.
fn with_an_invitation() -> String {
    changed(&[
        (
            "    question: Pay it back?",
            "    look up: charge\n    question: Pay it back?",
        ),
        ("reason == 'Late'", "stripeCustomerKnown"),
        (
            "    subject: Refunded\n",
            "    invites to: shop/survey\n    subject: Refunded\n",
        ),
        (
            "      We paid",
            "      {{ invitationUrl }}\n      Code: {{ invitationCode }}\n      We paid",
        ),
    ])
}

#[test]
fn what_is_changed_below_is_accepted_without_the_mistake() {
    for source in [with_a_choice(), with_a_credit(), with_an_invitation()] {
        if let Err(problems) = compile(Path::new("shop/refund.yaml"), &source) {
            panic!("{problems}");
        }
    }
}

mistakes! {
    in with_a_choice();
    choice_without_options: "    options:\n      cash: Cash\n      credit: A credit of {{ amount }}\n" => "";
    choice_of_one: "      credit: A credit of {{ amount }}\n" => "", "    credit: Pay\n" => "";
    option_that_is_no_name: "cash: Cash" => "Hard Cash: Cash", "    cash: Pay" => "    Hard Cash: Pay";
    option_with_a_taken_name: "cash: Cash" => "approve: Cash", "    cash: Pay" => "    approve: Pay";
    option_without_a_label: "cash: Cash" => "cash:";
    option_of_two_lines: "cash: Cash" => "cash: |\n        Cash\n        at once";
    option_twice: "cash: Cash" => "credit: Cash";
    choice_by_a_team: "to: \"{{ email }}\"\n    question" => "to: Shop Team\n    question";
    choice_by_nobody: "to: \"{{ email }}\"\n    question" => "to: \"{{ note }}\"\n    question";
    choice_without_an_end: "    expire: after 3 days\n" => "";
    choice_that_reminds: "    expire: after 3 days\n" => "    expire: after 3 days\n    remind: every 24 hours\n";
    choice_beyond_a_year: "after 3 days" => "after 51 weeks";
    unknown_confirmation_of_a_choice: "    expire: after 3 days\n" => "    expire: after 3 days\n    confirm: cliks\n";
    unknown_name_in_an_option: "credit: A credit of {{ amount }}" => "credit: A credit of {{ amuont }}";
    name_not_set_yet_in_a_choice: "Choose how." => "Choose how. {{ refund.id }}";
    name_in_the_question_of_a_choice: "How do you want it?" => "How do you want {{ amount }}?";
    stripes_words_in_an_option: "credit: A credit of {{ amount }}" => "credit: \"{{ stripeError }}\"";
    form_in_an_option: "credit: A credit of {{ amount }}" => "credit: \"{{ formUrl }}\"";
    status_page_in_an_option: "credit: A credit of {{ amount }}" => "credit: \"{{ statusUrl }}\"";
    missing_way_out_of_a_choice: "    credit: Pay\n" => "";
    missing_end_of_a_choice: "    expire: Pay\n  Rest" => "  Rest";
    unknown_way_out_of_a_choice: "    credit: Pay\n" => "    credti: Pay\n";
    one_way_out_of_a_choice: "  Ask:\n    cash: Pay\n    credit: Pay\n    expire: Pay\n" => "  Ask: Pay\n";
    responsible_for_a_choice: "  Review: Shop Team" => "  Review: Shop Team\n  Ask: Shop Team";
    separate_from_a_choice: "    question: Really?" => "    question: Really?\n    separate from: [Ask]";
    wait_for_how_long: "    for: 2 days\n" => "";
    wait_for_no_time: "for: 2 days" => "for: a while";
    wait_longer_than_a_year: "for: 2 days" => "for: 53 weeks";
    waits_of_all_types_together: "after 3 days" => "after 170 days", "for: 2 days" => "for: 170 days";
    ways_out_of_a_wait: "  Rest: Thanks" => "  Rest:\n    done: Thanks";
}

mistakes! {
    in include_str!("../definitions/customer-satisfaction/csat-survey.yaml").to_owned();
    limits_where_nothing_is_paid: "form:\n" => "limits:\n  per day: 5\nform:\n";
}

mistakes! {
    in with_a_credit();
    exhausted_that_is_not_said: "    exhausted: Refused\n" => "";
    exhausted_that_is_not_said_where_a_person_is_asked_between: "    error: Pay\n    exhausted: Refused\n" => "    error: Second Review\n";
    exhausted_that_pays: "exhausted: Refused" => "exhausted: Pay";
    exhausted_that_pays_in_the_end: "exhausted: Refused" => "exhausted: Second Review";
    exhausted_with_a_slip: "exhausted: Refused" => "exhasted: Refused";
    exhausted_without_a_word: "      customer:\n        to: \"{{ email }}\"\n        subject: No credit\n        body: There is none.\n" => "";
    error_that_tells_on_one_of_two_paths: "error: Pay" => "error: Second Review", "    reject: Sorry\n    expire: Sorry\n  Give" => "    reject: Refused\n    expire: Sorry\n  Give";
}

mistakes! {
    in with_an_invitation();
    invitation_to_no_address: "shop/survey" => "Survey";
    invitation_without_its_address: "      {{ invitationUrl }}\n" => "";
    invitation_without_its_code: "      Code: {{ invitationCode }}\n" => "";
    invitation_of_a_team: "    to: \"{{ email }}\"\n    invites" => "    to: Shop Team\n    invites";
    invitation_in_another_mail: "Sorry. {{ rejectionReason }}" => "Sorry. {{ invitationUrl }}";
    invitation_from_a_connector: "    on error:\n" => "    on error:\n      invites to: shop/survey\n";
    by_invitation_that_is_no_flag: "  description: Money back\n" => "  description: Money back\n  by invitation: please\n";
    service_by_invitation: "  description: What the shop does\n" => "  description: What the shop does\n  by invitation: true\n";
    field_that_an_invitation_is_sent_with: "  description: Money back\n" => "  description: Money back\n  by invitation: true\n",
        "  note:\n" => "  code:\n";
    field_with_the_name_of_a_finding: "  note:\n" => "  stripeCustomerKnown:\n";
    customer_known_without_a_look_up: "    look up: charge\n    question" => "    question";
    customer_known_on_one_of_two_paths: "  Start: Review" => "  Start: Early\n  Early:\n    amount > 5: Review\n    otherwise: Check",
        "  Check:\n    type: condition" => "  Early:\n    type: condition\n  Check:\n    type: condition";
    field_with_the_name_of_a_sum: "  note:\n" => "  chargeTotal:\n";
    charge_total_without_a_look_up: "    look up: charge\n    question" => "    question", "stripeCustomerKnown" => "chargeTotal >= 500";
    charge_total_against_a_text: "stripeCustomerKnown" => "chargeTotal >= '500'";
    charge_total_in_a_text: "Sorry. {{" => "Sorry. {{ chargeTotal }} {{";
    customer_known_compared: "|| stripeCustomerKnown" => "|| stripeCustomerKnown == true";
    customer_known_in_a_text: "Sorry. {{" => "Sorry. {% if stripeCustomerKnown %}You!{% endif %} {{";
}

#[test]
fn all_problems_are_reported_at_once_in_the_order_of_the_lines() {
    let source = changed(&[
        ("type: textarea", "type: textaera"),
        ("tell: Shop Team", "tell: Shpo Team"),
        (
            "See {{ refund.id }}",
            "See {{ refudn.id }} for {{ amuont }}",
        ),
        ("amount >= 500", "amount >= 'x' && nothing == 5"),
        ("  Thanks: Paid", "  Thanks: Piad"),
        ("  Second Review: Shop Team", "  Second Reveiw: Shop Team"),
    ]);
    insta::assert_snapshot!(refusal("shop/refund.yaml", &source));
}

#[test]
fn a_file_name_that_is_no_address() {
    insta::assert_snapshot!(refusal("Shop/My Refund.yml", VALID));
}

#[test]
fn an_empty_file() {
    insta::assert_snapshot!(refusal("shop/refund.yaml", ""));
}
