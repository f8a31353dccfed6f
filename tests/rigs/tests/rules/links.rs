//! The links of the documents lead somewhere.

use std::path::Path;

use crate::sources::{files, read, root};

/// The targets of `[text](target)`, outside of code, without those on other sites.
fn links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    for (index, part) in text.split("```").enumerate() {
        if index % 2 == 0 {
            let targets = part
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split(')').next());
            links.extend(targets.filter(|target| !target.contains("://")));
        }
    }
    links
}

/// A heading's name in a link, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().replace(' ', "-")
}

fn problem(document: &Path, link: &str) -> Option<String> {
    let (file, part) = link.split_once('#').unwrap_or((link, ""));
    let folder = document.parent().unwrap();
    let target = if file.is_empty() {
        document.to_owned()
    } else {
        folder.join(file)
    };
    if !root().join(&target).exists() {
        return Some(format!("{}: there is no {link}", document.display()));
    }
    let has_heading = || {
        let text = read(&target);
        let mut headings = text.lines().filter(|line| line.starts_with('#'));
        headings.any(|line| anchor(line.trim_start_matches('#')) == part)
    };
    (!part.is_empty() && !has_heading())
        .then(|| format!("{}: no heading of {link}", document.display()))
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let documents = files()
        .into_iter()
        .filter(|file| file.extension().is_some_and(|it| it == "md"));
    let (mut seen, mut problems) = (0, Vec::new());
    for document in documents {
        for link in links(&read(&document)) {
            seen += 1;
            problems.extend(problem(&document, link));
        }
    }
    assert!(seen > 20, "links are found: {seen}");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_link_to_nothing_is_noticed() {
    let text = "[a](tests/README.md#none) ```[b](c)``` [d](nowhere.md) [e](https://example.com)";
    let problems = links(text)
        .into_iter()
        .filter_map(|link| problem(Path::new("README.md"), link));
    assert_eq!(problems.count(), 2);
    assert_eq!(anchor(" What it costs: `--cost`"), "what-it-costs---cost");
}

#[test]
fn the_readme_begins_with_the_two_commands() {
    let readme = read("README.md");
    assert!(readme.lines().count() <= 150);
    let commands: Vec<_> = readme
        .split("```")
        .skip(1)
        .step_by(2)
        .take(2)
        .map(str::trim)
        .collect();
    assert_eq!(commands, ["cargo run", "cargo test --workspace"]);
}
