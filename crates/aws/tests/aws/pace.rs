//! The pacer, in time that moves only when everybody waits.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use leastwise_aws::pace::{BucketKey, Pacer, Pacers, Rate};
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

/// A limit as AWS has it: so many a second, so many at once, and `Retry-After` for those that come too fast.
struct Limit {
    rate: f64,
    burst: f64,
    tokens: f64,
    at: Instant,
    retry_after: Option<Duration>,
    /// Every so many calls one is turned away for nothing.
    whim: Option<u32>,
    calls: u32,
}

impl Limit {
    fn takes(&mut self) -> bool {
        let now = Instant::now();
        self.tokens = (self.tokens + (now - self.at).as_secs_f64() * self.rate).min(self.burst);
        self.at = now;
        self.calls += 1;
        let takes = self.tokens >= 1.0 && self.whim.is_none_or(|every| !self.calls.is_multiple_of(every));
        if takes {
            self.tokens -= 1.0;
        }
        takes
    }
}

/// Makes `calls` with 64 workers; tells how long it took.
async fn run(pacer: &Pacer, limit: &RefCell<Limit>, calls: usize) -> Duration {
    let began = Instant::now();
    let left = RefCell::new(calls);
    let worker = || async {
        loop {
            if *left.borrow() == 0 {
                return;
            }
            *left.borrow_mut() -= 1;
            loop {
                let leave = pacer.leave().await;
                sleep(Duration::from_millis(25)).await;
                let takes = limit.borrow_mut().takes();
                sleep(Duration::from_millis(25)).await;
                if takes {
                    pacer.accepted(leave);
                    break;
                }
                pacer.throttled(leave, limit.borrow().retry_after);
            }
        }
    };
    join_all((0..64).map(|_| worker())).await;
    began.elapsed()
}

fn limit(rate: f64, burst: f64, retry_after: Option<u64>) -> RefCell<Limit> {
    let retry_after = retry_after.map(Duration::from_secs);
    RefCell::new(Limit {
        rate,
        burst,
        tokens: burst,
        at: Instant::now(),
        retry_after,
        whim: None,
        calls: 0,
    })
}

#[tokio::test(start_paused = true)]
async fn calls_keep_to_the_ceiling_and_go_in_the_order_in_which_they_came() {
    let pacer = Pacer::new(Rate::of(10.0, 10.0));
    let order = RefCell::new(Vec::new());
    let began = Instant::now();
    join_all((0..31).map(|n| {
        let (pacer, order) = (&pacer, &order);
        async move {
            let _leave = pacer.leave().await;
            order.borrow_mut().push(n);
        }
    }))
    .await;
    assert_eq!(*order.borrow(), (0..31).collect::<Vec<_>>());
    let took = began.elapsed().as_secs_f64();
    assert!((2.9..3.2).contains(&took), "{took}");
    let figures = pacer.figures();
    assert_eq!((figures.calls, figures.throttles), (31, 0));
    assert!(figures.waits >= 29 && figures.waited > 40 * SECOND, "{figures:?}");
}

#[tokio::test(start_paused = true)]
async fn the_first_few_go_at_once_unless_one_of_them_is_turned_away() {
    // Never more than a second has.
    assert!((Rate::of(2.0, 2.0).at_once(4.0).at_once - 2.0).abs() < 0.01);
    let few = Rate::of(4.0, 4.0).at_once(4.0);
    for (turned_away, wanted) in [(false, 0.7..0.8), (true, 1.5..2.5)] {
        let pacer = Pacer::new(few);
        let began = Instant::now();
        let first = pacer.leave().await;
        if turned_away {
            pacer.throttled(first, None);
        }
        for _ in 0..6 {
            pacer.leave().await;
        }
        let took = began.elapsed().as_secs_f64();
        assert!(wanted.contains(&took), "{turned_away}: {took}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttle_of_which_nothing_else_is_known_halves_the_rate_once_for_calls_that_were_under_way_together()
 {
    let pacer = Pacer::new(Rate::of(100.0, 100.0));
    let leaves = join_all((0..10).map(|_| pacer.leave())).await;
    sleep(Duration::from_millis(10)).await;
    leaves.into_iter().for_each(|leave| pacer.throttled(leave, None));
    assert!((48.0..50.0).contains(&pacer.rate()), "{}", pacer.rate());
    assert_eq!(pacer.figures().throttles, 10);
    let leave = pacer.leave().await;
    pacer.throttled(leave, None);
    assert!(pacer.rate() < 30.0, "{}", pacer.rate());
}

#[tokio::test(start_paused = true)]
async fn retry_after_holds_the_whole_bucket_back_and_not_for_a_day() {
    let pacer = Pacer::new(Rate::of(100.0, 100.0));
    let first = pacer.leave().await;
    let second = pacer.leave().await;
    pacer.throttled(first, Some(7 * SECOND));
    // It was under way with the first, but what it asks for is honoured.
    pacer.throttled(second, Some(9 * SECOND));
    let began = Instant::now();
    pacer.leave().await;
    assert!(
        (8.9..9.5).contains(&began.elapsed().as_secs_f64()),
        "{:?}",
        began.elapsed()
    );
    let leave = pacer.leave().await;
    pacer.throttled(leave, Some(86_400 * SECOND));
    let began = Instant::now();
    pacer.leave().await;
    assert!(began.elapsed() < 130 * SECOND);
}

/// A limit of so many calls a second with so many saved up: calls / rate x 1.10 and a second.
async fn is_nearly_used_up(start: f64, rate: u16, burst: f64, retry_after: Option<u64>) {
    for seconds in [10_u16, 20, 60] {
        let pacer = Pacer::new(Rate::of(start, 1000.0));
        let took = run(
            &pacer,
            &limit(rate.into(), burst, retry_after),
            (rate * seconds).into(),
        )
        .await;
        let seconds = f64::from(seconds);
        // What is lost in a pause is lost; two of them are more than a tenth of a short run.
        let pauses = if retry_after.is_some() && burst < f64::from(rate) && seconds < 20.0 {
            1.0
        } else {
            0.0
        };
        let most = 1.10 * seconds + 1.0 + pauses;
        let figures = pacer.figures();
        assert!(
            took.as_secs_f64() <= most,
            "{rate} a second from {start}, {burst} at once, {retry_after:?}: {took:?} instead of {most}, {figures:?}"
        );
        assert!(figures.throttles < 64 + figures.calls / 10, "{figures:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_nobody_told_is_found_and_nearly_used_up() {
    for rate in [20, 50, 200] {
        for saved in [0.1, 0.3, 1.0] {
            for retry_after in [None, Some(1)] {
                is_nearly_used_up(25.0, rate, saved * f64::from(rate), retry_after).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_far_from_the_start_is_found_as_well() {
    for (start, rate) in [(5.0, 200), (1000.0, 50)] {
        for saved in [0.1, 1.0] {
            for retry_after in [None, Some(1)] {
                is_nearly_used_up(start, rate, saved * f64::from(rate), retry_after).await;
            }
        }
    }
}

/// Nothing is saved up, so that jitter alone makes a throttle, and each costs a pause: worse than anything of AWS.
#[tokio::test(start_paused = true)]
async fn a_limit_without_any_burst_is_kept_to_at_some_cost() {
    for (rate, retry_after, most) in [
        (20_u16, None, 1.15),
        (50, None, 1.15),
        (50, Some(1), 1.5),
        (5, Some(1), 1.3),
    ] {
        let pacer = Pacer::new(Rate::of(25.0, 1000.0));
        let took = run(&pacer, &limit(rate.into(), 1.0, retry_after), (rate * 60).into()).await;
        let figures = pacer.figures();
        assert!(
            took.as_secs_f64() < most * 60.0,
            "{rate} a second, {retry_after:?}: {took:?}, {figures:?}"
        );
        assert!(figures.throttles < 64, "{figures:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_lowered_is_found_again() {
    for retry_after in [None, Some(1)] {
        let pacer = Pacer::new(Rate::of(25.0, 1000.0));
        run(&pacer, &limit(200.0, 20.0, retry_after), 4000).await;
        let before = pacer.figures().throttles;
        let took = run(&pacer, &limit(20.0, 2.0, retry_after), 1200).await;
        assert!(took < 78 * SECOND, "{took:?}, {:?}", pacer.figures());
        assert!(pacer.figures().throttles - before < 150, "{:?}", pacer.figures());
    }
}

#[tokio::test(start_paused = true)]
async fn throttles_that_mean_nothing_do_not_bring_a_bucket_to_a_stand() {
    let pacer = Pacer::new(Rate::of(25.0, 400.0));
    let unlimited = limit(1e9, 1e9, None);
    unlimited.borrow_mut().whim = Some(300);
    let took = run(&pacer, &unlimited, 12_000).await;
    assert!(took < 40 * SECOND, "{took:?}, {:?}", pacer.figures());
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_is_lifted_is_found_again() {
    let pacer = Pacer::new(Rate::of(25.0, 200.0));
    run(&pacer, &limit(20.0, 1.0, None), 400).await;
    assert!(pacer.rate() < 25.0, "{}", pacer.rate());
    run(&pacer, &limit(1e9, 1e9, None), 20_000).await;
    assert!((pacer.rate() - 200.0).abs() < 1.0, "{}", pacer.rate());
}

#[tokio::test(start_paused = true)]
async fn buckets_are_shared_by_key_and_tell_their_figures_in_order() {
    let pacers = Pacers::default();
    let rate = Rate::of(10.0, 10.0);
    let key = |api, account: &str| BucketKey {
        api,
        account: account.to_owned(),
        region: "us-east-1".to_owned(),
    };
    pacers.bucket(key("sts", "2"), rate).leave().await;
    pacers.bucket(key("iam", "2"), rate).leave().await;
    pacers.bucket(key("iam", "1"), rate).leave().await;
    pacers.bucket(key("iam", "1"), rate).leave().await;
    assert!(Arc::ptr_eq(
        &pacers.bucket(key("iam", "1"), rate),
        &pacers.bucket(key("iam", "1"), rate)
    ));
    let figures: Vec<_> = pacers
        .figures()
        .into_iter()
        .map(|(key, figures)| (key.to_string(), figures.calls))
        .collect();
    assert_eq!(
        figures,
        [
            ("iam/1/us-east-1".to_owned(), 2),
            ("iam/2/us-east-1".to_owned(), 1),
            ("sts/2/us-east-1".to_owned(), 1)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_that_gives_up_waiting_leaves_no_trace() {
    let pacer = Pacer::new(Rate::of(1.0, 1.0));
    pacer.leave().await;
    assert!(tokio::time::timeout(SECOND / 2, pacer.leave()).await.is_err());
    let began = Instant::now();
    pacer.leave().await;
    assert!(began.elapsed() < SECOND);
    assert_eq!(pacer.figures().calls, 2);
}
