//! `leastwise schema`: the structure of the report files.

use std::io::{self, Write};

use crate::cli::{Exit, Schema, SchemaOf};
use crate::output::error::RunError;
use leastwise_core::report::schema;
use leastwise_report::formats::csv_columns;

pub(super) fn run(args: &Schema) -> Result<Exit, RunError> {
    let schema = match args.file {
        SchemaOf::Account => schema::account(),
        SchemaOf::Check => schema::check(),
        SchemaOf::Csv => csv_columns(),
        SchemaOf::Manifest => schema::manifest(),
        SchemaOf::Report => schema::report(),
        SchemaOf::Watch => schema::watch(),
    };
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{schema:#}")?;
    stdout.flush()?;
    Ok(Exit::Finished)
}
