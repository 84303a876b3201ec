//! The result of the query, as Athena writes it.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::WatchedTrail;
use crate::output::error::RunError;
use leastwise_core::trail::{CoverageOfDay, EventIdentity, Issuer, ResourceName, Text, TrailEvent};
use leastwise_files as files;

/// The columns of the result, in order.
const COLUMNS: [&str; 16] = [
    "kind",
    "eventtime",
    "lasttime",
    "eventid",
    "eventsource",
    "eventname",
    "awsregion",
    "recipientaccountid",
    "errorcode",
    "errormessage",
    "sessionissuer",
    "arn",
    "resource",
    "requestparameters",
    "responseelements",
    "events",
];

/// The kinds of rows.
pub(super) const DENIED: &str = "denied";
pub(super) const WRITE: &str = "write";
pub(super) const DAY: &str = "day";

/// Adds its rows.
pub(super) fn read<'w>(path: &Path, mut gathered: WatchedTrail<'w>) -> Result<WatchedTrail<'w>, RunError> {
    let failed = |error| RunError::Read {
        input: path.display().to_string(),
        error,
    };
    let mut file = File::open(path).map_err(failed)?;
    is_whole(&mut file).map_err(failed)?;
    let mut reader = csv::Reader::from_reader(BufReader::new(file.take(files::QUERY_RESULT)));
    let bad = |error: csv::Error| failed(std::io::Error::other(error.to_string()));
    let header = reader.headers().map_err(bad)?.clone();
    let place = |column: &str| header.iter().position(|name| name.eq_ignore_ascii_case(column));
    let places: Option<Vec<usize>> = COLUMNS.iter().map(|column| place(column)).collect();
    let Some(places) = places else {
        return Err(RunError::NotAQueryResult {
            path: path.to_owned(),
        });
    };
    let mut row = csv::StringRecord::new();
    gathered.read += 1;
    while reader.read_record(&mut row).map_err(bad)? {
        let cell = |name: &str| {
            let at = COLUMNS
                .iter()
                .position(|column| *column == name)
                .and_then(|at| places.get(at));
            at.and_then(|at| row.get(*at)).unwrap_or_default()
        };
        match cell("kind") {
            DAY => gathered.trail.cover_day(&CoverageOfDay {
                account: cell("recipientaccountid"),
                region: cell("awsregion"),
                first: cell("eventtime"),
                last: cell("lasttime"),
                kind: cell("eventname"),
                source: cell("eventsource"),
                events: cell("events").parse().unwrap_or_default(),
            }),
            DENIED | WRITE => gathered.trail.look(&event(&cell)),
            _ => {
                return Err(RunError::NotAQueryResult {
                    path: path.to_owned(),
                });
            }
        }
    }
    Ok(gathered)
}

fn event<'a>(cell: &impl Fn(&str) -> &'a str) -> TrailEvent<'a> {
    let mut event = TrailEvent {
        event_time: Text::of(cell("eventtime")),
        event_source: Text::of(cell("eventsource")),
        event_name: Text::of(cell("eventname")),
        aws_region: Text::of(cell("awsregion")),
        error_code: Text::of(cell("errorcode")),
        error_message: Text::of(cell("errormessage")),
        recipient_account_id: Text::of(cell("recipientaccountid")),
        event_id: Text::of(cell("eventid")),
        resources: ResourceName(Text::of(cell("resource"))),
        // What is not JSON says nothing, as in a file.
        request_parameters: serde_json::from_str(cell("requestparameters")).unwrap_or_default(),
        response_elements: serde_json::from_str(cell("responseelements")).unwrap_or_default(),
        ..TrailEvent::default()
    };
    let identity: &mut EventIdentity<'a> = &mut event.user_identity.0;
    identity.arn = Text::of(cell("arn"));
    identity.session_context.0.session_issuer.0 = Issuer {
        arn: Text::of(cell("sessionissuer")),
    };
    event
}

/// Whether a result may be all of it. Athena ends every row with a line break, so a download that broke off mostly lacks it.
fn is_whole(file: &mut File) -> std::io::Result<()> {
    let cut = |why: &str| Err(std::io::Error::other(why.to_owned()));
    if file.metadata()?.len() > files::QUERY_RESULT {
        return cut("it is larger than the result of this query can be");
    }
    let mut end = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut end)?;
    if end != *b"\n" {
        return cut("its last line is cut off; download it again");
    }
    file.rewind()
}
