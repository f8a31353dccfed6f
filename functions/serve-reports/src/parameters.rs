//! What is asked for, as it stands in a request's path and query.

use domain::audit_index::Position;
use domain::form::FieldError;
use domain::report::{Query, Report};
use domain::suggestion::suggestion;
use jiff::Timestamp;
use lambda_http::Request;
use lambda_http::http::StatusCode;
use web::Problem;

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileFormat {
    Csv,
    Json,
}

/// The parameters of a report's route, each once at most.
pub(crate) struct Parameters {
    is_audit: bool,
    given: Vec<(String, String)>,
}

impl Parameters {
    /// Reads those of a request. What the route does not know is refused, and so is what it is told twice.
    pub(crate) fn read(http: &Request) -> Result<Self, Problem> {
        let is_audit = match http.uri().path() {
            "/reports/audit" => true,
            "/reports/refunds" => false,
            _ => return Err(Problem::not_found()),
        };
        let what = if is_audit { "q" } else { "month" };
        let known = [what, "format", "cursor"];
        let query = http.uri().query().unwrap_or_default();
        let given: Vec<(String, String)> = serde_urlencoded::from_str(query)
            .map_err(|_| refused("the query", "cannot be decoded"))?;
        let mut errors = Vec::new();
        for (at, (name, _)) in given.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let help = suggestion(name, known);
                errors.push(error(name, &format!("is not known. {help}")));
            } else if given[..at].iter().any(|(before, _)| before == name) {
                errors.push(error(name, "is given more than once"));
            }
        }
        if errors.is_empty() {
            Ok(Self { is_audit, given })
        } else {
            Err(not_understood(errors))
        }
    }

    fn given(&self, name: &str) -> Option<&str> {
        let (_, value) = self.given.iter().find(|(given, _)| given == name)?;
        Some(value)
    }

    /// The report that is asked for `now`.
    pub(crate) fn report(&self, now: Timestamp) -> Result<Report, Problem> {
        if !self.is_audit {
            let month = self.given("month").unwrap_or_default().parse();
            let month = month.map_err(|problem| refused("month", problem))?;
            return Ok(Report::refunds(month, now));
        }
        let query = Query::parse(self.given("q").unwrap_or_default(), now);
        query.map(Report::audit).map_err(|mistakes| {
            let errors = mistakes.iter().map(|it| error("q", &it.to_string()));
            not_understood(errors.collect())
        })
    }

    /// What the rows are called in JSON.
    pub(crate) fn rows_name(&self) -> &'static str {
        if self.is_audit { "records" } else { "rows" }
    }

    pub(crate) fn format(&self) -> Result<FileFormat, Problem> {
        match self.given("format") {
            Some("csv") => Ok(FileFormat::Csv),
            None | Some("json") => Ok(FileFormat::Json),
            Some(_) => Err(refused("format", "must be csv or json")),
        }
    }

    /// After what the page begins.
    pub(crate) fn cursor(&self) -> Result<Option<Position>, Problem> {
        let read = |text| {
            let position = Position::parse(text);
            position.ok_or_else(|| refused("cursor", "must be the `next` of a page before"))
        };
        self.given("cursor").map(read).transpose()
    }

    /// The query of the page that begins after this.
    pub(crate) fn with_cursor(&self, next: &str) -> String {
        let others = self.given.iter().filter(|(name, _)| name != "cursor");
        let cursor = ("cursor".to_owned(), next.to_owned());
        let parameters: Vec<_> = others.chain([&cursor]).collect();
        serde_urlencoded::to_string(parameters).unwrap_or_default()
    }
}

fn error(field: &str, message: &str) -> FieldError {
    FieldError {
        field: field.to_owned(),
        message: message.to_owned(),
    }
}

fn refused(field: &str, message: &str) -> Problem {
    not_understood(vec![error(field, message)])
}

fn not_understood(errors: Vec<FieldError>) -> Problem {
    let problem = Problem::new(StatusCode::BAD_REQUEST, "The report was not understood.");
    let says: Vec<_> = errors
        .iter()
        .map(|it| format!("{}: {}", it.field, it.message))
        .collect();
    problem.detail(says.join("\n")).errors(errors)
}
