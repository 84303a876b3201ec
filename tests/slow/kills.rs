//! `kill -9` at two hundred moments: while calls go out, while the report is written, while it changes places with the old one.
//!
//! A chain of nights, each with an organisation that has changed a little, scanned with `--resume`, `--previous` and, in one of
//! the chains, `--state`. In each night the scan is killed again and again and goes on each time, and in the end the report is
//! byte for byte that of a scan that nobody killed. After every kill the place of the report holds a whole one: last night's
//! or tonight's. The moments come from a seed; how far a process gets in so many milliseconds is the machine's own.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use crate::fake::{Dice, Fake, Fault, Invented, Rule, When, World};
use crate::run::{LAST_RESORT, Run, folder};
use crate::scan::{command_as, files, manifest};

const ORGANISATION: Invented = Invented {
    accounts: 3,
    principals: 8,
    seed: 23,
};
/// The account whose analyzer it is.
const CALLER: &str = "AKIA200000000001";
/// Nights of a chain. The invented organisation has dates for so many.
const NIGHTS: u32 = 10;
/// How often the scan of each night is killed.
const KILLS: usize = 10;
/// Calls take a while, so that moments differ.
const LATENCY: Duration = Duration::from_millis(4);

type Files = BTreeMap<String, Vec<u8>>;

/// When a process is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// When so many calls were answered, and the next ones are under way.
    Calls(u64),
    /// So long after its start.
    After(Duration),
    /// So long after everything is written beside the report and only has to take its place.
    Publishing(Duration),
}

impl Moment {
    /// A third of each kind. `calls` and `whole` are what a run takes that nobody kills.
    fn pick(dice: &mut Dice, calls: u64, whole: Duration) -> Self {
        let part = |dice: &mut Dice, of: u64| dice.roll(usize::try_from(of).unwrap().max(1)) as u64;
        match dice.roll(3) {
            0 => Self::Calls(part(dice, calls)),
            1 => Self::After(Duration::from_micros(part(
                dice,
                u64::try_from(whole.as_micros()).unwrap(),
            ))),
            _ => Self::Publishing(Duration::from_micros(part(dice, 12_000))),
        }
    }
}

fn night(number: u32) -> Fake {
    Fake::of(World::invented_later(ORGANISATION, number))
        .latency(LATENCY)
        .page("GetAccountAuthorizationDetails", 7)
        .page("ListFindingsV2", 6)
        .page("GetFindingV2", 2)
        .start()
}

fn run(fake: &Fake, args: &[String]) -> Run {
    command_as(fake, CALLER, &args.iter().map(String::as_str).collect::<Vec<_>>())
        .with("LEASTWISE_LIMITS_CALLS_PER_SECOND_ACCESS_ANALYZER", "1000")
        .with("LEASTWISE_LIMITS_CALLS_PER_SECOND_IAM", "1000")
        .with("LEASTWISE_LIMITS_CALLS_PER_SECOND_STS", "1000")
        .with("LEASTWISE_LIMITS_ACCOUNTS", "2")
        .with("LEASTWISE_LIMITS_FINDINGS", "3")
}

/// A command whose output is looked at after every kill.
struct Victim {
    out: PathBuf,
    args: Vec<String>,
    /// The file that is written last and describes the run itself.
    last: &'static str,
    /// What may stand there: last night's, and tonight's.
    old: Files,
    new: Files,
    /// What a run takes that nobody kills.
    calls: u64,
    whole: Duration,
}

impl Victim {
    /// Starts the command and kills it at the moment; whether it was still running.
    fn is_killed(&self, fake: &Fake, moment: Moment) -> bool {
        let silences = || fake.struck().get(&Fault::Silent).copied().unwrap_or_default();
        let before = silences();
        if let Moment::Calls(answered) = moment {
            fake.fault(Rule::new(Fault::Silent, When::From(answered + 1)));
        }
        let ready = || {
            let works = names(self.out.parent().unwrap())
                .into_iter()
                .filter(|it| it.ends_with(".partial"));
            works
                .map(|work| self.out.with_file_name(work).join("new").join(self.last))
                .any(|it| it.exists())
        };
        let started = Instant::now();
        let mut running = run(fake, &self.args).starts();
        let mut written = None;
        loop {
            let now = Instant::now();
            let is_there = match moment {
                Moment::Calls(_) => silences() > before,
                Moment::After(time) => now - started >= time,
                Moment::Publishing(time) => {
                    if written.is_none() && ready() {
                        written = Some(now);
                    }
                    written.is_some_and(|written| now - written >= time)
                }
            };
            if is_there || running.has_ended() {
                break;
            }
            assert!(now - started < LAST_RESORT, "{moment:?} never comes");
            thread::sleep(Duration::from_micros(300));
        }
        let killed = running.killed();
        fake.heal();
        killed
    }

    /// What stands in the place is whole: last night's or tonight's.
    fn is_whole(&self, moment: Moment) {
        let mut found = if self.out.exists() {
            files(&self.out)
        } else {
            Files::new()
        };
        let last = found.remove(self.last);
        assert_eq!(last.is_some(), !found.is_empty(), "{moment:?}");
        assert!(
            found == self.old || found == self.new,
            "{moment:?}: neither last night's nor tonight's is there"
        );
        if self.last == "manifest.json" && last.is_some() {
            let told: Vec<String> = manifest(&self.out).files.into_keys().collect();
            assert_eq!(told, Vec::from_iter(found.into_keys()), "{moment:?}");
        }
    }

    /// Kills it again and again, and lets it come to its end.
    fn survives(&self, fake: &Fake, kills: usize, dice: &mut Dice) {
        let mut killed = 0;
        let mut tries = 0;
        while killed < kills {
            let moment = Moment::pick(dice, self.calls, self.whole);
            killed += usize::from(self.is_killed(fake, moment));
            self.is_whole(moment);
            tries += 1;
            assert!(
                tries < kills * 8,
                "only {killed} of {tries} runs were still there to be killed"
            );
        }
        run(fake, &self.args).ran().exits(0);
        assert!(
            told(&self.out, self.last) == self.new,
            "it differs from one that nobody killed"
        );
        // Nothing is left but what was asked for.
        let beside: Vec<String> = names(self.out.parent().unwrap());
        let expected = beside.iter().all(|name| !name.starts_with('.'));
        assert!(expected, "{beside:?}");
    }
}

fn names(folder: &Path) -> Vec<String> {
    // Before the first run it may not be there.
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .collect()
}

/// All files except the one that describes the run itself.
fn told(out: &Path, last: &str) -> Files {
    let mut files = files(out);
    assert!(files.remove(last).is_some());
    files
}

fn scan(place: &Path, number: u32, with_state: bool) -> Vec<String> {
    let text = |name: &str| place.join(name).to_str().unwrap().to_owned();
    let mut args = ["scan", "--resume", "--format", "json,csv", "--out"]
        .map(str::to_owned)
        .to_vec();
    args.push(text("report"));
    if number > 0 {
        args.extend(["--previous".to_owned(), text("yesterday")]);
    }
    if with_state {
        args.extend(["--state".to_owned(), text("state")]);
    }
    args
}

/// What `--previous` names the next night.
fn keep_for_tomorrow(place: &Path) {
    let yesterday = place.join("yesterday");
    let _ = fs::remove_dir_all(&yesterday);
    for (name, bytes) in files(&place.join("report")) {
        let path = yesterday.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Half of the kills.
fn a_chain_of_nights(name: &str, with_state: bool, seed: u64) {
    const LAST: &str = "manifest.json";
    let mut dice = Dice::new(seed);
    let root = folder(name);
    let (calm, killed) = (root.join("calm"), root.join("killed"));
    let mut old = Files::new();
    for number in 0..NIGHTS {
        let fake = night(number);
        let started = Instant::now();
        // Nobody's state: what a night remembers must not change what it reports.
        run(&fake, &scan(&calm, number, false)).ran().exits(0);
        let whole = started.elapsed();
        let calls = fake.calls().values().sum();
        let new = told(&calm.join("report"), LAST);
        assert!(new != old, "nothing changed in night {number}");
        let args = scan(&killed, number, with_state);
        let victim = Victim {
            out: killed.join("report"),
            args,
            last: LAST,
            old,
            new,
            calls,
            whole,
        };
        victim.survives(&fake, KILLS, &mut dice);
        keep_for_tomorrow(&calm);
        keep_for_tomorrow(&killed);
        old = victim.new;
    }
}

#[test]
fn nights_that_are_killed_at_a_hundred_moments_report_what_calm_nights_report() {
    a_chain_of_nights("kills", false, 1);
}

#[test]
fn nights_that_remember_and_are_killed_at_a_hundred_moments_report_what_calm_nights_report() {
    a_chain_of_nights("kills-state", true, 2);
    // What is remembered is what a night remembers that nobody killed.
    let root = folder("kills-state-calm");
    let fake = night(NIGHTS - 1);
    run(&fake, &scan(&root, 0, true)).ran().exits(0);
    let killed = root.with_file_name("kills-state").join("killed/state");
    let remembered = |state: &Path| {
        let mut files = files(state);
        // What a process was about to write when it was killed has a name that no run reads.
        files.retain(|name, _| !name.contains("/."));
        files
    };
    assert!(remembered(&root.join("state")) == remembered(&killed));
}

#[test]
fn a_capture_that_is_killed_gives_the_snapshot_that_a_calm_one_gives() {
    const LAST: &str = "snapshot.json";
    let root = folder("kills-capture");
    let args = |place: &str| {
        let out = root.join(place).join("snapshot");
        ["capture", "--resume", "--out", out.to_str().unwrap()]
            .map(str::to_owned)
            .to_vec()
    };
    let fake = night(0);
    let started = Instant::now();
    run(&fake, &args("calm")).ran().exits(0);
    let (whole, calls) = (started.elapsed(), fake.calls().values().sum());
    let new = told(&root.join("calm/snapshot"), LAST);
    let out = root.join("killed/snapshot");
    Victim {
        out,
        args: args("killed"),
        last: LAST,
        old: Files::new(),
        new,
        calls,
        whole,
    }
    .survives(&fake, 20, &mut Dice::new(3));
}
