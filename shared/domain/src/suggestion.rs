//! What somebody probably meant, and what may stand where something else does.

/// The candidate that `written` is most likely a slip of, if there is one.
pub fn nearest<'c>(
    written: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    candidates
        .into_iter()
        .map(|candidate| {
            // Upper and lower case are the same; so are two neighbours that were exchanged.
            let candidate_lower = candidate.to_lowercase();
            let distance = strsim::osa_distance(&written.to_lowercase(), &candidate_lower);
            (distance, candidate)
        })
        .filter(|(distance, _)| *distance <= (written.chars().count() / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A sentence that names the nearest candidate, or else all of them.
pub fn suggestion<'c>(written: &str, candidates: impl IntoIterator<Item = &'c str>) -> String {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    match nearest(written, candidates.iter().copied()) {
        Some(near) => format!("Did you mean `{near}`?"),
        None if candidates.is_empty() => "There is nothing that could be named here.".to_owned(),
        None => format!("Known here: {}.", list(candidates)),
    }
}

/// `` `a`, `b`, `c` ``
pub fn list<'c>(names: impl IntoIterator<Item = &'c str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_was_probably_meant() {
        let names = ["approve", "reject", "expire"];
        assert_eq!(nearest("aprove", names), Some("approve"));
        assert_eq!(nearest("Expires", names), Some("expire"));
        assert_eq!(nearest("expier", names), Some("expire"));
        assert_eq!(nearest("done", names), None);
        assert_eq!(suggestion("done", ["a", "b"]), "Known here: `a`, `b`.");
    }
}
