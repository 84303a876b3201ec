//! The pages in a browser without a screen.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use leastwise_core::decide::PrincipalStatus;

use crate::harness::pages::{between, data, hostile};
use crate::run::{LAST_RESORT, folder, leastwise};
use crate::scan::{demonstration, report};

const QUIET: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--virtual-time-budget=5000",
    "--dump-dom",
];

/// What a page comes to. An error in the console fails, and so does a request that leaves.
fn dom(report: &Path, page: &str) -> String {
    let (dom, told, requests) = visit(report, page);
    assert!(requests.is_empty(), "{page}: {requests:?}");
    let console: Vec<&str> = told.lines().filter(|line| line.contains("CONSOLE")).collect();
    assert!(console.is_empty(), "{page}: {console:?}");
    assert!(dom.contains("</html>"), "{page}: {told}");
    dom
}

/// What a page comes to, what the browser says of it, and what it asks of the network.
fn visit(report: &Path, page: &str) -> (String, String, Vec<String>) {
    let profile = tempfile::tempdir().unwrap();
    // Whatever the browser asks of the network it asks here, and is not answered.
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let mut child = Command::new("chromium")
        .args(QUIET)
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!(
            "--proxy-server=127.0.0.1:{}",
            proxy.local_addr().unwrap().port()
        ))
        .arg(format!("file://{}/{page}", report.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("chromium, from the Debian package of that name");
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let whole = |pipe: &mut dyn Read| {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (dom, told, mut requests) = std::thread::scope(|scope| {
        let out = scope.spawn(|| whole(&mut out));
        let err = scope.spawn(|| whole(&mut err));
        let (mut requests, started) = (Vec::new(), Instant::now());
        while child.try_wait().unwrap().is_none() {
            match proxy.accept() {
                Ok((peer, _)) => requests.push(asked(peer)),
                Err(_) => std::thread::sleep(Duration::from_millis(10)),
            }
            if started.elapsed() > LAST_RESORT {
                child.kill().unwrap();
            }
        }
        // What came at the very end waits still.
        while let Ok((peer, _)) = proxy.accept() {
            requests.push(asked(peer));
        }
        (out.join().unwrap(), err.join().unwrap(), requests)
    });
    requests.retain(|line| !is_its_own(line));
    (dom, told, requests)
}

/// The first line of a request; nothing where none came.
fn asked(mut peer: TcpStream) -> String {
    peer.set_nonblocking(false).unwrap();
    peer.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
    let mut text = [0; 200];
    let read = peer.read(&mut text).unwrap_or(0);
    String::from_utf8_lossy(&text[..read])
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Whether a request is the browser's, which asks its maker for the time and for updates whatever it is told.
fn is_its_own(line: &str) -> bool {
    let host = line
        .split_whitespace()
        .nth(1)
        .unwrap_or_default()
        .trim_start_matches("http://");
    let host = host.split(['/', ':']).next().unwrap_or_default();
    host.is_empty() || host.ends_with(".google.com") || host.ends_with(".googleapis.com")
}

/// How many rows a page says that it found, and how many it shows.
fn rows(dom: &str) -> (usize, usize) {
    let said = between(dom, "id=\"shown\"", "<")[0];
    let said = between(said, "data-number=\"", "\"")[0].parse().unwrap();
    let table = between(dom, "id=\"rows\"", "</table>")[0];
    (
        said,
        between(table, "<tbody>", "</tbody>")[0].matches("<tr>").count(),
    )
}

#[test]
#[ignore = "needs chromium"]
fn a_number_equals_the_rows_that_its_link_opens() {
    let out = demonstration();
    let whole = report(&out);
    let first = dom(&out, "index.html");
    assert_eq!(
        rows(&first),
        (whole.totals.principals, whole.totals.principals.min(50))
    );
    let mut links: Vec<(String, usize)> = between(&first, " href=\"#", ">")
        .into_iter()
        .filter_map(|tag| {
            let number = between(tag, "data-number=\"", "\"").first()?.parse().ok()?;
            Some((tag.split('"').next().unwrap().replace("&amp;", "&"), number))
        })
        .collect();
    assert!(links.len() > whole.accounts.len() + 8);
    // One account and one family stand for all.
    let mut kinds = std::collections::BTreeSet::new();
    links.retain(|(link, number)| {
        let (kind, _) = link.split_once('=').unwrap();
        *number > 0 && (kind == "status" || kinds.insert(kind.to_owned()))
    });
    for (link, number) in links {
        assert_eq!(
            rows(&dom(&out, &format!("index.html#{link}"))),
            (number, number.min(50)),
            "{link}"
        );
    }
}

#[test]
#[ignore = "needs chromium"]
fn filters_join_and_a_pasted_link_shows_the_same() {
    let out = demonstration();
    let data = data(&out);
    let refined = data["statuses"]
        .as_array()
        .unwrap()
        .iter()
        .position(|it| it[0] == "reducible")
        .unwrap();
    let of = data["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["id"] == "444444444444")
        .unwrap();
    let is = |row: &&Value| row[2] == refined && row[1].as_str().unwrap().contains("shared");
    let mut wanted: Vec<&Value> = of["rows"].as_array().unwrap().iter().filter(is).collect();
    assert!(!wanted.is_empty());
    wanted.sort_by_key(|row| row[5].as_u64());
    let dom = dom(
        &out,
        "index.html#status=reducible&account=444444444444&q=role/shared&sort=removed",
    );
    assert_eq!(rows(&dom).0, wanted.len());
    let table = between(&dom, "id=\"rows\"", "</table>")[0];
    let names = between(between(table, "<tbody>", "</tbody>")[0], "<bdi>", "</bdi>");
    assert_eq!(names[0], wanted[0][1].as_str().unwrap());
    // The order is that of the number, over all rows, and of the names where that is the same.
    let is = |row: &&Value| row[2] == refined;
    let mut wanted: Vec<&Value> = of["rows"].as_array().unwrap().iter().filter(is).collect();
    wanted.sort_by_key(|row| std::cmp::Reverse(row[5].as_u64()));
    let numbers = |rows: &[&Value]| {
        rows.iter()
            .map(|row| row[5].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    let by_number = numbers(&wanted);
    assert!(by_number.first() > by_number.last());
    let table = self::dom(
        &out,
        "index.html#status=reducible&account=444444444444&sort=removed",
    );
    let table = between(&table, "id=\"rows\"", "</table>")[0];
    let names = between(between(table, "<tbody>", "</tbody>")[0], "<bdi>", "</bdi>");
    let shown: Vec<&Value> = names
        .iter()
        .filter_map(|name| {
            wanted
                .iter()
                .find(|row| row[1].as_str().unwrap() == *name)
                .copied()
        })
        .collect();
    assert_eq!(shown.len(), wanted.len());
    let shown = numbers(&shown);
    assert!(
        shown == by_number || shown.iter().rev().eq(&by_number),
        "{shown:?}"
    );
    // Filters that nothing meets say so, and those that nobody knows are none.
    assert_eq!(rows(&self::dom(&out, "index.html#service=nowhere")).0, 0);
    assert_eq!(
        rows(&self::dom(&out, "index.html#colour=red")).0,
        report(&out).totals.principals
    );
}

#[test]
#[ignore = "needs chromium"]
fn one_search_finds_names_arns_policies_actions_owners_and_tags() {
    let out = demonstration();
    let found = |words: &str| rows(&dom(&out, &format!("index.html#q={words}"))).0;
    let arn = "arn:aws:iam::888888888888:role/wildcard-everything";
    assert_eq!(
        [found(arn), found("wildcard-everything"), found("no-such-word")],
        [1, 1, 0]
    );
    let whole = report(&out).totals.principals;
    for words in [
        "AdministratorAccess",
        "team-sandbox@example.com",
        "iam:PassRole",
        "s3:GetBucketAcl",
        "owner=team-",
    ] {
        let some = found(words);
        assert!(some > 0 && some < whole, "{words}: {some}");
    }
}

/// The page with a script of ours at its end, which presses the button and puts what is to be downloaded into the page. The
/// page's own policy allows no other script, so the copy has none.
fn downloaded(report: &Path, filter: &str) -> (usize, String) {
    let page = std::fs::read_to_string(report.join("index.html")).unwrap();
    let policy = between(&page, "<meta http-equiv=\"Content-Security-Policy\"", ">")[0];
    let policy = format!("<meta http-equiv=\"Content-Security-Policy\"{policy}>");
    let press = "<script>URL.createObjectURL = (blob) => { blob.text().then((text) => { const pre = document.createElement('pre'); \
                 pre.id = 'downloaded'; pre.textContent = text; document.body.append(pre); }); return 'data:,'; };\n\
                 document.getElementById('csv').click();</script></body>";
    let copy = page.replace(&policy, "").replace("</body>", press);
    std::fs::write(report.join("pressed.html"), copy).unwrap();
    let dom = dom(report, &format!("pressed.html#{filter}"));
    let text = between(&dom, "<pre id=\"downloaded\">", "</pre>")[0];
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    (rows(&dom).0, text)
}

#[test]
#[ignore = "needs chromium"]
fn the_csv_has_every_row_of_the_selection_and_no_formula() {
    let out = hostile("html-csv");
    for filter in ["", "status=reducible&account=444444444444"] {
        let (found, text) = downloaded(&out, filter);
        assert!(found > 0 && text.starts_with("\"Kind\",\"Name\""), "{text}");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let columns = reader.headers().unwrap().len();
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), found, "{filter}");
        for row in rows {
            assert_eq!(row.len(), columns);
            assert!(
                row.iter()
                    .all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t'])),
                "{row:?}"
            );
        }
    }
}

#[test]
#[ignore = "needs chromium"]
fn what_is_ready_can_be_filtered_where_that_is_asked() {
    let folder = folder("html-ready");
    let filtered = |after: &str, value: &str| {
        let (out, none) = (folder.join(after), folder.join("none"));
        let paths = [
            "--out",
            out.to_str().unwrap(),
            "--previous",
            none.to_str().unwrap(),
        ];
        let args = [
            "scan",
            "--snapshot",
            "mocks/acme",
            "--format",
            "html",
            "--ready-after",
            after,
        ];
        leastwise(args.iter().chain(&paths)).ran().exits(0);
        assert!(dom(&out, "index.html").contains("id=\"filter-ready\""));
        rows(&dom(&out, &format!("index.html#ready={value}"))).0
    };
    let all = filtered("1", "ready");
    let refined = report(&folder.join("1")).totals.statuses[&PrincipalStatus::Reducible];
    assert!(refined > 50);
    assert_eq!((all, filtered("1", "not+yet")), (refined, 0));
    assert_eq!((filtered("2", "ready"), filtered("2", "not+yet")), (0, refined));
}

#[test]
#[ignore = "needs chromium"]
fn hostile_text_executes_nothing_and_every_page_opens_without_an_error() {
    let out = hostile("html-hostile-browser");
    let whole = report(&out);
    let index = dom(&out, "index.html");
    assert!(!index.contains("<img") && index.contains("onerror"));
    assert_eq!(rows(&index).0, whole.totals.principals);
    for name in ["accounts/444444444444.html", "families.html"] {
        assert!(!dom(&out, name).contains("<img"), "{name}");
    }
}

#[test]
#[ignore = "needs chromium"]
fn a_page_that_loads_something_would_be_seen() {
    let out = folder("html-leak");
    std::fs::write(
        out.join("leak.html"),
        "<html><img src=http://leak.invalid/x></html>",
    )
    .unwrap();
    let (_, _, requests) = visit(&out, "leak.html");
    assert!(
        requests.iter().any(|line| line.contains("leak.invalid")),
        "{requests:?}"
    );
    assert!(is_its_own("CONNECT update.googleapis.com:443 HTTP/1.1"));
    assert!(!is_its_own("GET http://leak.invalid/google.com HTTP/1.1"));
}
