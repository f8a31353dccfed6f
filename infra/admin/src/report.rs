//! A report of any length as a file: streamed, so that it takes the same memory whatever its length.

use std::fs::File;
use std::io::{BufWriter, Write, stdout};
use std::path::Path;

use anyhow::{Context, anyhow};
use domain::dates::Zone;
use domain::report::cells::cells;
use domain::report::{Query, Report};
use domain::table::Table;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::NamedTempFile;

use crate::options::{FileFormat, ReportCommand, ReportFile};

/// How many records of one of a day's sixteen partitions are read at once.
const BATCH: usize = 250;

/// Writes the report, and says so where it went into a file.
pub(crate) async fn run(
    table: &impl Table,
    command: ReportCommand,
    now: Timestamp,
) -> anyhow::Result<String> {
    let (report, ReportFile { format, output }) = match command {
        ReportCommand::Audit {
            query,
            from,
            to,
            file,
        } => (Report::audit(parse(&query, from, to, now)?), file),
        ReportCommand::Refunds { month, file } => (Report::refunds(month, now), file),
    };
    let Some(path) = output else {
        write(table, &report, format, stdout().lock()).await?;
        return Ok(String::new());
    };
    let unfinished = beside(&path)?;
    let rows = write(table, &report, format, unfinished.as_file()).await?;
    finish(unfinished, &path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(format!("{rows} rows are in {}.", path.display()))
}

/// A file in the same folder, which is removed unless it is finished.
fn beside(path: &Path) -> anyhow::Result<NamedTempFile> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
    file.with_context(|| format!("cannot write beside {}", path.display()))
}

fn finish(unfinished: NamedTempFile, path: &Path) -> anyhow::Result<File> {
    unfinished.as_file().sync_all()?;
    Ok(unfinished.persist(path)?)
}

/// The query with what the options add to it; all that is wrong with it as the error.
fn parse(
    query: &str,
    from: Option<String>,
    to: Option<String>,
    now: Timestamp,
) -> anyhow::Result<Query> {
    let times = [("from", from), ("to", to)].into_iter();
    let times = times.filter_map(|(name, time)| Some(format!(" {name}:\"{}\"", time?)));
    let query = query.to_owned() + &times.collect::<String>();
    Query::parse(&query, now).map_err(|mistakes| {
        let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        anyhow!("`{query}` is not understood.\n{}", lines.join("\n"))
    })
}

/// Writes all rows, and answers how many.
async fn write(
    table: &impl Table,
    report: &Report,
    format: FileFormat,
    file: impl Write,
) -> anyhow::Result<u64> {
    let query = report.query();
    let progress = Progress::new(query.from, query.to)?;
    let mut rows = Rows::new(format, report.columns(), BufWriter::new(file))?;
    let (mut cursor, mut count, mut shown) = (report.cursor(BATCH), 0, 0);
    while let Some(record) = cursor.next(table).await? {
        // As often as there is something new to be read off: a batch has come in.
        if shown != cursor.read() {
            shown = cursor.read();
            progress.at(record.at, shown, count);
        }
        if let Some(row) = report.row(table, &record).await? {
            rows.write(&row)?;
            count += 1;
        }
    }
    rows.finish()?;
    progress.bar.finish_and_clear();
    Ok(count)
}

/// How much of the time that is reported on has been read, on the terminal's stderr where there is one.
struct Progress {
    bar: ProgressBar,
    from: Timestamp,
}

impl Progress {
    fn new(from: Timestamp, to: Timestamp) -> anyhow::Result<Self> {
        let bar = ProgressBar::new(seconds(from, to));
        let style = ProgressStyle::with_template("{bar:30} {percent:>3} % {elapsed} {msg}")?;
        bar.set_style(style);
        Ok(Self { bar, from })
    }

    fn at(&self, at: Timestamp, read: usize, rows: u64) {
        self.bar.set_position(seconds(self.from, at));
        let day = Zone::UTC.day(at);
        self.bar
            .set_message(format!("{day}, {read} records read, {rows} rows"));
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    to.duration_since(from).as_secs().max(0).cast_unsigned()
}

/// A file of rows: CSV, or one JSON object per line.
enum Rows<W: Write> {
    Csv(Box<csv::Writer<W>>, &'static [&'static str]),
    JsonLines(W),
}

impl<W: Write> Rows<W> {
    fn new(format: FileFormat, columns: &'static [&'static str], file: W) -> anyhow::Result<Self> {
        Ok(match format {
            FileFormat::Csv => {
                let mut writer = csv::Writer::from_writer(file);
                writer.write_record(columns)?;
                Self::Csv(Box::new(writer), columns)
            }
            FileFormat::Json => Self::JsonLines(file),
        })
    }

    fn write(&mut self, row: &Value) -> anyhow::Result<()> {
        match self {
            Self::Csv(writer, columns) => writer.write_record(cells(columns, row))?,
            Self::JsonLines(file) => writeln!(file, "{row}")?,
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Csv(mut writer, _) => writer.flush()?,
            Self::JsonLines(mut file) => file.flush()?,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
