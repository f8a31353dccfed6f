//! Reports for programs: `GET /reports/audit`, the records of the audit log that a query finds, and `GET /reports/refunds`,
//! a month's movements of money; as JSON or CSV, in pages.
//!
//! The function only reads. Who may call it is API Gateway's to know: its routes are authorised by IAM.

use domain::brand::Brand;
use domain::failure::Failure;
use domain::report::cells::cells;
use domain::report::{Page, PageLimits, Report};
use domain::table::Table;
use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Request, Response};
use serde_json::json;
use web::{Format, Problem, origin, preferred, received_at, reply};

mod parameters;

use parameters::{FileFormat, Parameters};

/// What the function works with.
#[derive(Debug)]
pub struct ServeReports<T> {
    /// Where the audit log is.
    pub table: T,
    /// What a page is bounded by.
    pub limits: PageLimits,
}

impl<T: Table> ServeReports<T> {
    /// Answers every route of the function.
    pub async fn handle(&self, http: &Request) -> Response<Body> {
        let answer = self.answer(http).await;
        // Who signs calls is a program: only on a machine of one's own a browser gets here, and no brand is read for it.
        let format = preferred(http, Format::Json);
        answer.unwrap_or_else(|problem| problem.into_response(format, &Brand::default()))
    }

    async fn answer(&self, http: &Request) -> Result<Response<Body>, Problem> {
        let now = received_at(http)?;
        let parameters = Parameters::read(http)?;
        let report = parameters.report(now)?;
        let (format, after) = (parameters.format()?, parameters.cursor()?);
        let page = report.page(&self.table, after.as_ref(), &self.limits).await;
        let page = page.map_err(Failure::from)?;
        let next = page.next.as_ref().map(|it| it.as_str().to_owned());
        let mut response = match format {
            FileFormat::Csv => reply(
                StatusCode::OK,
                "text/csv; charset=utf-8",
                csv_text(&report, &page),
            ),
            FileFormat::Json => {
                let document = json!({ parameters.rows_name(): page.rows, "next": next });
                reply(StatusCode::OK, "application/json", document.to_string())
            }
        };
        let link = next.and_then(|next| {
            let query = parameters.with_cursor(&next);
            let base = origin(http).unwrap_or_default();
            let link = format!("<{base}{}?{query}>; rel=\"next\"", http.uri().path());
            HeaderValue::from_str(&link).ok()
        });
        let headers = response.headers_mut();
        headers.extend(link.map(|link| (header::LINK, link)));
        Ok(response)
    }
}

/// A page with a line of names before its rows.
fn csv_text(report: &Report, page: &Page) -> String {
    let columns = report.columns();
    let names = columns.iter().map(|name| (*name).to_owned()).collect();
    let rows = page.rows.iter().map(|row| cells(columns, row).collect());
    let mut writer = csv::Writer::from_writer(Vec::new());
    for line in std::iter::once::<Vec<String>>(names).chain(rows) {
        let written = writer.write_record(line);
        written.expect("memory takes all, and lines are equally long");
    }
    let text = writer.into_inner().expect("memory takes all");
    String::from_utf8(text).expect("it is made of texts")
}

#[cfg(test)]
mod tests;
