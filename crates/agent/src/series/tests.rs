//! Lines go in, pages come out.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::example::{DAY, Line, NOON, day_of, histogram, line, metric, read, shown, store, whole};
use super::*;
use crate::observation::Number;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn counter() -> Metric {
    metric("orders_total", MetricKind::Counter, &["channel"])
}

fn gauge(ttl: Option<Duration>) -> Metric {
    Metric { ttl, ..metric("players", MetricKind::Gauge, &["server"]) }
}

/// How many series the first metric has, and what was not added as usual since this was asked before.
fn tally(store: &mut Store, now: i64) -> (usize, Tally) {
    let series = store.snapshot(now).counts().next().unwrap().1;
    let tally = store.take_tallies().next().map(|(_, tally)| tally).unwrap_or_default();
    assert!(store.take_tallies().next().is_none());
    (series, tally)
}

/// Lines of a day that is over, since this was asked before.
fn late(store: &mut Store) -> u64 {
    store.take_tallies().map(|(_, tally)| tally.late).sum()
}

#[test]
fn a_counter_adds_up_by_labels() {
    let mut store = store(vec![counter()]);
    read(&mut store, NOON, &[whole(0, &["a"], 2), whole(0, &["b"], 5), whole(0, &["a"], 40)]);
    assert_eq!(shown(&mut store, NOON), ["orders_total{channel=\"a\"} 42", "orders_total{channel=\"b\"} 5"]);
}

#[test]
fn a_counter_without_labels_is_there_before_its_first_line() {
    let mut store = store(vec![metric("orders_total", MetricKind::Counter, &[])]);
    assert_eq!(shown(&mut store, NOON), ["orders_total 0"]);
}

#[test]
fn a_counter_takes_nothing_that_is_below_zero_or_not_finite() {
    let mut store = store(vec![counter()]);
    read(&mut store, NOON, &[whole(0, &["a"], 7), whole(0, &["a"], -5)]);
    for real in [-0.5, f64::NAN, f64::INFINITY] {
        read(&mut store, NOON, &[line(0, &["a"], Number::Real(real))]);
    }
    assert_eq!(shown(&mut store, NOON), ["orders_total{channel=\"a\"} 7"]);
    assert_eq!(tally(&mut store, NOON), (1, Tally { refused: 4, ..Tally::default() }));
}

#[test]
fn a_sum_is_scaled_when_it_is_shown() {
    let mut store = store(vec![Metric { scale: 0.001, ..counter() }]);
    read(&mut store, NOON, &vec![whole(0, &["a"], 100); 3]);
    assert_eq!(shown(&mut store, NOON), ["orders_total{channel=\"a\"} 0.3"]);
}

#[test]
fn a_gauge_shows_the_newest_by_time_and_of_two_the_later() {
    let mut store = store(vec![gauge(None)]);
    let lines =
        [whole(0, &["a"], 1).at(5), whole(0, &["a"], 2).at(4), whole(0, &["b"], 1), whole(0, &["b"], 2)];
    read(&mut store, NOON, &lines);
    assert_eq!(shown(&mut store, NOON), ["players{server=\"a\"} 1", "players{server=\"b\"} 2"]);
}

#[test]
fn a_gauge_goes_when_it_was_not_seen_for_its_time_to_live() {
    let mut store = store(vec![gauge(Some(Duration::from_secs(600)))]);
    read(&mut store, NOON, &[whole(0, &["a"], 1).at(NOON - 5 * MINUTE), whole(0, &["b"], 2)]);
    assert_eq!(shown(&mut store, NOON + 5 * MINUTE).len(), 2);
    assert_eq!(shown(&mut store, NOON + 5 * MINUTE + 1), ["players{server=\"b\"} 2"]);
    assert_eq!(shown(&mut store, NOON + 11 * MINUTE), [""; 0]);
}

#[test]
fn a_gauge_of_yesterday_does_not_come_back_when_its_lines_are_read_today() {
    let mut store = store(vec![gauge(Some(Duration::from_secs(600)))]);
    read(&mut store, NOON, &[whole(0, &["a"], 1).at(NOON - HOUR)]);
    assert_eq!(tally(&mut store, NOON), (0, Tally { stale: 1, ..Tally::default() }));
}

#[test]
fn a_gauge_from_the_future_goes_as_if_it_were_from_now() {
    let mut store = store(vec![gauge(Some(Duration::from_secs(600)))]);
    read(&mut store, NOON, &[whole(0, &["a"], 1).at(NOON + 1000 * HOUR)]);
    assert_eq!(shown(&mut store, NOON + 11 * MINUTE), [""; 0]);
}

#[test]
fn a_gauge_from_the_future_gives_way_to_the_next_line() {
    for ttl in [None, Some(Duration::from_secs(600))] {
        let mut store = store(vec![gauge(ttl)]);
        let lines = [whole(0, &["a"], 1).at(NOON + 1_000_000 * HOUR), whole(0, &["a"], 2).at(NOON - MINUTE)];
        read(&mut store, NOON, &lines[..1]);
        assert_eq!(shown(&mut store, NOON), ["players{server=\"a\"} 1"]);
        read(&mut store, NOON, &lines);
        assert_eq!(shown(&mut store, NOON), ["players{server=\"a\"} 2"]);
        read(&mut store, NOON, &[whole(0, &["a"], 3).at(NOON - 2 * MINUTE)]);
        assert_eq!(shown(&mut store, NOON), ["players{server=\"a\"} 2"], "it is older, as always");
    }
}

#[test]
fn a_histogram_counts_by_scaled_bounds_which_belong_to_their_buckets() {
    let seconds = Metric { scale: 0.001, ..metric("seconds", histogram(&[0.1, 0.3, 1.0]), &[]) };
    let mut store = store(vec![seconds]);
    for milliseconds in [100, 101, 300, 301, 5000] {
        read(&mut store, NOON, &[whole(0, &[], milliseconds)]);
    }
    let expected = [
        "seconds_bucket{le=\"+Inf\"} 5",
        "seconds_bucket{le=\"0.1\"} 1",
        "seconds_bucket{le=\"0.3\"} 3",
        "seconds_bucket{le=\"1\"} 4",
        "seconds_count 5",
        "seconds_sum 5.802",
    ];
    assert_eq!(shown(&mut store, NOON), expected);
}

#[test]
fn a_sum_of_a_histogram_goes_down_only_where_a_bucket_is_below_zero() {
    let mut store =
        store(vec![metric("sizes", histogram(&[1.0]), &[]), metric("drifts", histogram(&[-1.0]), &[])]);
    for index in 0..2 {
        read(&mut store, NOON, &[whole(index, &[], 7), whole(index, &[], -5)]);
    }
    let sums: Vec<_> = shown(&mut store, NOON).into_iter().filter(|line| line.contains("_sum")).collect();
    assert_eq!(sums, ["drifts_sum 2", "sizes_sum 7"]);
    assert_eq!(tally(&mut store, NOON).1.refused, 1);
}

#[test]
fn a_day_shows_what_a_counter_gained_in_it() {
    let today = metric("orders_today", day_of(0, 0), &["channel"]);
    let yesterday = metric("orders_yesterday", day_of(0, 1), &["channel"]);
    let mut store = store(vec![counter(), today, yesterday]);
    read(
        &mut store,
        NOON,
        &[whole(0, &["a"], 3).at(NOON - 24 * HOUR), whole(0, &["a"], 4), whole(0, &["b"], 1)],
    );
    let lines = |a: [i64; 3], b: [i64; 3]| {
        let names = ["orders_today", "orders_total", "orders_yesterday"];
        let line =
            |(name, (a, b))| [format!("{name}{{channel=\"a\"}} {a}"), format!("{name}{{channel=\"b\"}} {b}")];
        names.into_iter().zip(a.into_iter().zip(b)).flat_map(line).collect::<Vec<_>>()
    };
    assert_eq!(shown(&mut store, NOON), lines([4, 7, 3], [1, 1, 0]));
    assert_eq!(shown(&mut store, NOON + 12 * HOUR - 1), lines([4, 7, 3], [1, 1, 0]));
    assert_eq!(shown(&mut store, NOON + 12 * HOUR), lines([0, 7, 4], [0, 1, 1]));
    assert_eq!(shown(&mut store, NOON + 36 * HOUR), lines([0, 7, 0], [0, 1, 0]));
    let counts: Vec<_> = store.snapshot(NOON).counts().map(|(_, series)| series).collect();
    assert_eq!(counts, [2, 2, 2]);
}

#[test]
fn a_line_of_a_day_that_is_over_counts_in_the_counter_and_as_late() {
    let mut store = store(vec![counter(), metric("orders_yesterday", day_of(0, 1), &["channel"])]);
    let midnight = NOON + 12 * HOUR;
    let old = whole(0, &["a"], 1).at(midnight - 1);
    read(&mut store, midnight + HOUR, &[old.clone(), whole(0, &["a"], 1).at(midnight + 10 * MINUTE - 1)]);
    read(&mut store, midnight + HOUR, &[old.clone(), whole(0, &["a"], 1).at(midnight + 10 * MINUTE), old]);
    let expected = ["orders_total{channel=\"a\"} 5", "orders_yesterday{channel=\"a\"} 2"];
    assert_eq!(shown(&mut store, midnight + HOUR), expected);
    assert_eq!(late(&mut store), 1);
}

#[test]
fn the_order_of_files_does_not_matter_until_all_of_them_were_heard() {
    let mut store = store(vec![counter(), metric("orders_yesterday", day_of(0, 1), &["channel"])]);
    let morning = NOON + 20 * HOUR;
    store.hear(0, Heard { until: NOON, in_order: false });
    read(&mut store, morning, &[whole(0, &["a"], 1).at(morning), whole(0, &["b"], 2).at(NOON)]);
    store.hear(0, Heard { until: morning, in_order: false });
    read(&mut store, morning, &[whole(0, &["b"], 4).at(NOON)]);
    let yesterday = &shown(&mut store, morning)[2..];
    assert_eq!(yesterday, ["orders_yesterday{channel=\"a\"} 0", "orders_yesterday{channel=\"b\"} 2"]);
    assert_eq!(late(&mut store), 1);
}

#[test]
fn days_of_a_metric_are_those_of_its_day_number() {
    assert_eq!(i64::from(DAY), NOON.div_euclid(24 * HOUR));
}

#[test]
fn what_is_beyond_the_cap_goes_into_one_series_more() {
    let mut store = store(vec![Metric { max_series: 2, ..counter() }]);
    for label in ["a", "b", "c", "d", "a", "c"] {
        read(&mut store, NOON, &[whole(0, &[label], 1)]);
    }
    let expected = [
        "orders_total{channel=\"a\"} 2",
        "orders_total{channel=\"b\"} 1",
        "orders_total{channel=\"overflow\"} 3",
    ];
    assert_eq!(shown(&mut store, NOON), expected);
    assert_eq!(tally(&mut store, NOON), (3, Tally { overflowed: 3, ..Tally::default() }));
}

#[test]
fn a_gauge_that_went_makes_room_and_a_counter_never_goes() {
    let ttl = Some(Duration::from_secs(60));
    let mut store =
        store(vec![Metric { max_series: 1, ..counter() }, Metric { max_series: 1, ..gauge(ttl) }]);
    read(&mut store, NOON, &[whole(0, &["a"], 1), whole(1, &["a"], 1), whole(1, &["b"], 2)]);
    assert_eq!(shown(&mut store, NOON)[1..], ["players{server=\"a\"} 1", "players{server=\"overflow\"} 2"]);
    let later = NOON + HOUR;
    assert_eq!(shown(&mut store, later), ["orders_total{channel=\"a\"} 1"]);
    read(&mut store, later, &[whole(1, &["c"], 3).at(later)]);
    assert_eq!(shown(&mut store, later)[1..], ["players{server=\"c\"} 3"]);
}

const TTL: Option<Duration> = Some(Duration::from_secs(600));

/// A counter that may begin again, with its day and the day before.
fn mortal() -> Vec<Metric> {
    let day = |name: &str, ago| metric(name, day_of(0, ago), &["channel"]);
    vec![Metric { ttl: TTL, ..counter() }, day("orders_today", 0), day("orders_yesterday", 1)]
}

#[test]
fn sums_go_when_nothing_was_added_for_their_time_to_live_and_begin_anew() {
    let seconds = Metric { ttl: TTL, ..metric("seconds", histogram(&[1.0]), &["a"]) };
    let mut store = store(vec![Metric { ttl: TTL, ..counter() }, seconds]);
    read(
        &mut store,
        NOON,
        &[whole(0, &["a"], 3), whole(0, &["b"], 4), whole(1, &["x"], 1), whole(1, &["y"], 2)],
    );
    // What is read counts as new, however old it is.
    read(&mut store, NOON + 5 * MINUTE, &[whole(0, &["b"], 1).at(NOON - HOUR), whole(1, &["y"], 2)]);
    assert_eq!(shown(&mut store, NOON + 10 * MINUTE).len(), 10);
    let expected = [
        "orders_total{channel=\"b\"} 5",
        "seconds_bucket{a=\"y\",le=\"+Inf\"} 2",
        "seconds_bucket{a=\"y\",le=\"1\"} 0",
        "seconds_count{a=\"y\"} 2",
        "seconds_sum{a=\"y\"} 4",
    ];
    assert_eq!(shown(&mut store, NOON + 10 * MINUTE + 1), expected);
    let later = NOON + HOUR;
    assert_eq!(shown(&mut store, later), [""; 0]);
    read(&mut store, later, &[whole(0, &["b"], 7), whole(1, &["y"], 0)]);
    assert_eq!(
        shown(&mut store, later)[..2],
        ["orders_total{channel=\"b\"} 7", "seconds_bucket{a=\"y\",le=\"+Inf\"} 1"]
    );
}

/// When each series of the first metric was created.
fn created(store: &mut Store, now: i64) -> Vec<i64> {
    let snapshot = store.snapshot(now);
    let view = snapshot.views().next().unwrap();
    match view.values {
        ViewValues::Counter(totals) => totals.iter().map(|total| total.birth.created).collect(),
        _ => panic!("it is no counter"),
    }
}

#[test]
fn a_sum_that_begins_anew_is_zero_first_and_created_then_whether_or_not_a_snapshot_saw_it_gone() {
    for looks in [false, true] {
        let mut store = Store::new(mortal(), NOON).zero_first(Some(Duration::from_secs(10)));
        let grown_up = |store: &mut Store, now: i64| {
            let snapshot = store.snapshot(now);
            store.scrapes().tell(snapshot.number(), now);
            shown(store, now + 10_000).into_iter().find(|line| line.starts_with("orders_total"))
        };
        read(&mut store, NOON, &[whole(0, &["a"], 3)]);
        assert_eq!(grown_up(&mut store, NOON).unwrap(), "orders_total{channel=\"a\"} 3");
        let later = NOON + 11 * MINUTE;
        if looks {
            assert_eq!(shown(&mut store, later - 1)[0], "orders_today{channel=\"a\"} 3");
        }
        read(&mut store, later, &[whole(0, &["a"], 5)]);
        assert_eq!(created(&mut store, later), [later]);
        assert_eq!(shown(&mut store, later)[1], "orders_total{channel=\"a\"} 0");
        assert_eq!(grown_up(&mut store, later).unwrap(), "orders_total{channel=\"a\"} 5");
        assert_eq!(shown(&mut store, later)[0], "orders_today{channel=\"a\"} 8");
    }
}

#[test]
fn days_keep_what_a_sum_gained_that_is_gone_and_let_its_room_go_with_them() {
    let mut store = store(mortal());
    read(&mut store, NOON, &[whole(0, &["b"], 4).at(NOON - 24 * HOUR), whole(0, &["a"], 3)]);
    let days = |a: [i64; 2], b: [i64; 2]| {
        let line = |name: &str, [a, b]: [i64; 2]| {
            [format!("{name}{{channel=\"a\"}} {a}"), format!("{name}{{channel=\"b\"}} {b}")]
        };
        [line("orders_today", [a[0], b[0]]), line("orders_yesterday", [a[1], b[1]])].concat()
    };
    assert_eq!(shown(&mut store, NOON + HOUR), days([3, 0], [0, 4]));
    assert_eq!(tally(&mut store, NOON + HOUR).0, 0);
    let midnight = NOON + 12 * HOUR;
    assert_eq!(
        shown(&mut store, midnight),
        ["orders_today{channel=\"a\"} 0", "orders_yesterday{channel=\"a\"} 3"]
    );
    assert_eq!(shown(&mut store, midnight + 24 * HOUR), [""; 0]);
    assert_eq!(store.snapshot(midnight + 24 * HOUR).saved().series(), 0);
}

#[test]
fn a_time_to_live_that_rules_bring_counts_from_then_and_one_that_they_take_away_ends() {
    let forever = || [vec![counter()], mortal().split_off(1)].concat();
    let mut store = store(forever());
    read(&mut store, NOON, &[whole(0, &["a"], 3)]);
    store.replace_metrics(mortal(), NOON + HOUR);
    assert!(
        shown(&mut store, NOON + HOUR + 10 * MINUTE).contains(&"orders_total{channel=\"a\"} 3".to_owned())
    );
    assert_eq!(shown(&mut store, NOON + HOUR + 11 * MINUTE).len(), 2);
    read(&mut store, NOON + 2 * HOUR, &[whole(0, &["b"], 1)]);
    store.replace_metrics(forever(), NOON + 2 * HOUR);
    let expected = ["orders_total{channel=\"b\"} 1"];
    assert_eq!(shown(&mut store, NOON + 6 * HOUR)[2..3], expected);
    read(&mut store, NOON + 6 * HOUR, &[whole(0, &["a"], 1), whole(0, &["c"], 1)]);
    let days =
        ["orders_today{channel=\"a\"} 4", "orders_today{channel=\"b\"} 1", "orders_today{channel=\"c\"} 1"];
    assert_eq!(shown(&mut store, NOON + 6 * HOUR)[..3], days);
}

#[test]
fn observations_of_no_metric_and_of_days_are_left_out() {
    let mut store = store(vec![counter(), metric("orders_today", day_of(0, 0), &["channel"])]);
    read(&mut store, NOON, &[whole(7, &["a"], 1), whole(1, &["a"], 1)]);
    assert_eq!(shown(&mut store, NOON), [""; 0]);
}

#[test]
fn a_new_series_is_zero_until_the_window_after_its_first_scrape_is_over() {
    let window = Duration::from_secs(10);
    let mut store = Store::new(vec![counter(), metric("seconds", histogram(&[1.0]), &[])], NOON);
    store = store.zero_first(Some(window));
    read(&mut store, NOON, &[whole(0, &["a"], 7), whole(1, &[], 1)]);
    let zero = [
        "orders_total{channel=\"a\"} 0",
        "seconds_bucket{le=\"+Inf\"} 0",
        "seconds_bucket{le=\"1\"} 0",
        "seconds_count 0",
        "seconds_sum 0",
    ];
    assert_eq!(shown(&mut store, NOON), zero);
    assert_eq!(shown(&mut store, NOON + HOUR), zero, "nobody has scraped it");
    store.scrapes().tell(2, NOON + HOUR);
    assert_eq!(shown(&mut store, NOON + HOUR + 9_999), zero);
    read(&mut store, NOON, &[whole(0, &["a"], 1), whole(0, &["b"], 1)]);
    let lines = shown(&mut store, NOON + HOUR + 10_000);
    assert_eq!(lines[..2], ["orders_total{channel=\"a\"} 8", "orders_total{channel=\"b\"} 0"]);
    assert_eq!(lines[4..], ["seconds_count 1", "seconds_sum 1"]);
}

#[test]
fn a_scrape_of_an_older_snapshot_has_not_shown_a_newer_series() {
    let mut store = Store::new(vec![counter()], NOON).zero_first(Some(Duration::ZERO));
    let before = store.snapshot(NOON);
    read(&mut store, NOON, &[whole(0, &["a"], 7)]);
    store.scrapes().tell(before.number(), NOON);
    assert_eq!(shown(&mut store, NOON), ["orders_total{channel=\"a\"} 0"]);
    store.scrapes().tell(before.number() + 1, NOON);
    assert_eq!(shown(&mut store, NOON), ["orders_total{channel=\"a\"} 7"]);
}

#[test]
fn a_series_that_was_shown_is_not_zero_after_a_restart() {
    let window = Some(Duration::from_secs(10));
    let mut store = Store::new(vec![counter()], NOON).zero_first(window);
    read(&mut store, NOON, &[whole(0, &["a"], 7)]);
    let zero = store.snapshot(NOON);
    store.scrapes().tell(zero.number(), NOON);
    let value = store.snapshot(NOON + 10_000);
    let restored = |snapshot: &Snapshot| {
        let store = Store::restore(vec![counter()], snapshot.saved().clone(), NOON).unwrap();
        shown(&mut store.zero_first(window), NOON)
    };
    assert_eq!(restored(&zero), ["orders_total{channel=\"a\"} 0"]);
    assert_eq!(restored(&value), ["orders_total{channel=\"a\"} 7"]);
}

#[test]
fn a_rule_that_changes_restarts_only_its_own_series() {
    let changed = [
        Metric { scale: 2.0, ..counter() },
        Metric { labels: vec!["region".to_owned()], ..counter() },
        Metric { kind: MetricKind::Gauge, ..counter() },
    ];
    for changed in changed {
        let mut store = store(vec![counter(), gauge(None)]);
        read(&mut store, NOON, &[whole(0, &["a"], 7), whole(1, &["a"], 3)]);
        store.replace_metrics(vec![gauge(None), changed], NOON);
        assert_eq!(shown(&mut store, NOON), ["players{server=\"a\"} 3"]);
    }
}

#[test]
fn other_buckets_restart_a_histogram() {
    let mut store = store(vec![metric("seconds", histogram(&[1.0]), &["a"])]);
    read(&mut store, NOON, &[whole(0, &["x"], 1)]);
    store.replace_metrics(vec![metric("seconds", histogram(&[2.0]), &["a"])], NOON);
    assert_eq!(shown(&mut store, NOON), [""; 0]);
}

#[test]
fn a_series_goes_on_when_its_help_time_to_live_or_cap_changes() {
    let mut store = store(vec![counter()]);
    read(&mut store, NOON, &[whole(0, &["a"], 7), whole(0, &["b"], 1)]);
    let changed = Metric { help: "Orders.".to_owned(), max_series: 1, ..counter() };
    store.replace_metrics(vec![changed], NOON);
    read(&mut store, NOON, &[whole(0, &["a"], 1), whole(0, &["c"], 1)]);
    let expected = [
        "orders_total{channel=\"a\"} 8",
        "orders_total{channel=\"b\"} 1",
        "orders_total{channel=\"overflow\"} 1",
    ];
    assert_eq!(shown(&mut store, NOON), expected);
}

#[test]
fn days_go_on_over_a_reload_and_begin_with_the_metric_that_shows_them() {
    let today = || metric("orders_today", day_of(0, 0), &["channel"]);
    let mut store = store(vec![counter(), today()]);
    read(&mut store, NOON, &[whole(0, &["a"], 7)]);
    store.replace_metrics(vec![counter(), today()], NOON);
    assert_eq!(shown(&mut store, NOON)[0], "orders_today{channel=\"a\"} 7");
    store.replace_metrics(vec![counter()], NOON);
    store.replace_metrics(vec![counter(), today()], NOON);
    read(&mut store, NOON, &[whole(0, &["a"], 1)]);
    assert_eq!(shown(&mut store, NOON), ["orders_today{channel=\"a\"} 1", "orders_total{channel=\"a\"} 8"]);
}

#[test]
fn in_another_zone_days_begin_anew_and_the_counter_goes_on() {
    let metrics = |zone: &str| {
        let day = |ago| MetricKind::Day { counter: 0, ago, zone: zone.to_owned(), lateness: Duration::ZERO };
        vec![
            counter(),
            metric("orders_today", day(0), &["channel"]),
            metric("orders_yesterday", day(1), &["channel"]),
        ]
    };
    let mut store = store(metrics("UTC"));
    read(&mut store, NOON, &[whole(0, &["a"], 7)]);
    let saved = store.snapshot(NOON).saved().clone();
    // There it is the next day already.
    store.replace_metrics(metrics("Pacific/Kiritimati"), NOON);
    let restored = Store::restore(metrics("Pacific/Kiritimati"), saved, NOON).unwrap();
    let days = |today, yesterday| {
        let lines = [("today", today), ("total", 7), ("yesterday", yesterday)];
        lines.map(|(name, value)| format!("orders_{name}{{channel=\"a\"}} {value}"))
    };
    for mut store in [store, restored.zero_first(None)] {
        assert_eq!(shown(&mut store, NOON), days(0, 0));
    }
}

#[test]
fn who_has_lost_sight_of_scrapes_shows_all_sums() {
    let mut store = Store::new(vec![counter()], NOON);
    read(&mut store, NOON, &[whole(0, &["a"], 7)]);
    assert_eq!(shown(&mut store, NOON), ["orders_total{channel=\"a\"} 0"]);
    store.show_all(NOON);
    assert_eq!(shown(&mut store, NOON), ["orders_total{channel=\"a\"} 7"]);
}

#[test]
fn series_that_contradict_each_other_are_refused() {
    let mut store = store(vec![counter()]);
    read(&mut store, NOON, &[whole(0, &["a"], 7)]);
    let good = store.snapshot(NOON).saved().clone();
    let mut double = good.clone();
    double.families[0].labels = [&good.families[0].labels[..], &good.families[0].labels[..]].concat().into();
    let mut cut = good.clone();
    cut.families[0].labels = std::sync::Arc::new(vec![std::sync::Arc::from(*b"\x05\0\0\0a")]);
    for bad in [double, cut] {
        assert!(Store::restore(vec![counter()], bad, NOON).is_err());
    }
    assert!(Store::restore(vec![counter()], good, NOON).is_ok());
}

fn metrics() -> Vec<Metric> {
    vec![
        counter(),
        gauge(Some(Duration::from_secs(3600))),
        Metric { scale: 0.001, ..metric("seconds", histogram(&[0.5, 1.0]), &["map"]) },
        metric("orders_today", day_of(0, 0), &["channel"]),
        metric("orders_yesterday", day_of(0, 1), &["channel"]),
        Metric { max_series: 3, ..metric("small_total", MetricKind::Counter, &["a"]) },
        Metric { ttl: TTL, ..metric("brief_total", MetricKind::Counter, &["a"]) },
        metric("brief_today", day_of(6, 0), &["a"]),
        Metric { ttl: TTL, ..metric("brief", histogram(&[5.0]), &["a"]) },
    ]
}

/// Lines of two days and a bit, in any order.
fn any_line() -> impl Strategy<Value = Line> {
    let number = prop_oneof![(0..10_000_i64).prop_map(Number::Whole), (0.0..1e4).prop_map(Number::Real)];
    (0..9_usize, 0..6_u8, number, -50 * HOUR..HOUR).prop_map(|(metric, label, number, offset)| {
        line(metric, &[&format!("{label}\"\n")], number).at(NOON + offset)
    })
}

fn through_bytes(saved: &Saved) -> Saved {
    postcard::from_bytes(&postcard::to_stdvec(saved).unwrap()).unwrap()
}

proptest! {
    #[test]
    fn any_bytes_are_restored_or_refused(
        lines in prop::collection::vec(any_line(), 0..40),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut store = store(metrics());
        read(&mut store, NOON, &lines);
        let mut bytes = postcard::to_stdvec(store.snapshot(NOON).saved()).unwrap();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(saved) = postcard::from_bytes(&bytes)
            && let Ok(mut restored) = Store::restore(metrics(), saved, NOON)
        {
            read(&mut restored, NOON, &lines);
            let values = shown(&mut restored, NOON);
            prop_assert!(values.iter().all(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().is_ok()));
        }
    }

    #[test]
    fn what_is_restored_is_what_was_saved(lines in prop::collection::vec(any_line(), 0..100), cut: prop::sample::Index) {
        let (before, after) = lines.split_at(cut.index(lines.len() + 1));
        let mut store = Store::new(metrics(), NOON).zero_first(Some(Duration::from_secs(1)));
        read(&mut store, NOON, before);
        late(&mut store);
        let snapshot = store.snapshot(NOON);
        let saved = through_bytes(snapshot.saved());
        prop_assert_eq!(&saved, snapshot.saved());

        let restored = Store::restore(metrics(), saved, NOON + HOUR).unwrap();
        let mut restored = restored.zero_first(Some(Duration::from_secs(1)));
        for store in [&mut store, &mut restored] {
            store.scrapes().tell(1, NOON);
            read(store, NOON + HOUR, after);
        }
        prop_assert_eq!(shown(&mut store, NOON + HOUR), shown(&mut restored, NOON + HOUR));
        prop_assert_eq!(late(&mut store), late(&mut restored));
    }

    #[test]
    fn a_snapshot_does_not_change(lines in prop::collection::vec(any_line(), 0..60), more in prop::collection::vec(any_line(), 0..60)) {
        let mut store = store(metrics());
        read(&mut store, NOON, &lines);
        let snapshot = store.snapshot(NOON);
        let before = postcard::to_stdvec(snapshot.saved()).unwrap();
        read(&mut store, NOON, &more);
        store.snapshot(NOON + 5 * HOUR);
        prop_assert_eq!(postcard::to_stdvec(snapshot.saved()).unwrap(), before);
    }

    #[test]
    fn counters_are_sums_by_label(lines in prop::collection::vec((0..20_u8, 0..i64::MAX), 0..200)) {
        let mut store = store(vec![counter()]);
        let mut truth = BTreeMap::new();
        for (label, number) in lines {
            *truth.entry(label).or_insert(0_i128) += i128::from(number);
            read(&mut store, NOON, &[whole(0, &[&format!("{label:02}")], number)]);
        }
        let truth: Vec<_> = truth.iter().map(|(label, sum)| format!("orders_total{{channel=\"{label:02}\"}} {sum}")).collect();
        prop_assert_eq!(shown(&mut store, NOON), truth);
    }

    #[test]
    fn no_counter_goes_down_over_snapshots_and_restarts(
        steps in prop::collection::vec((any_line(), 0..4_u8), 0..60),
    ) {
        let mut store = Store::new(metrics(), NOON).zero_first(Some(Duration::from_secs(1)));
        let mut last: BTreeMap<String, f64> = BTreeMap::new();
        let mut saved = store.snapshot(NOON);
        for (step, (line, action)) in steps.into_iter().enumerate() {
            let now = NOON + 500 * i64::try_from(step).unwrap();
            match action {
                0 => {
                    let page = shown(&mut store, now);
                    saved = store.snapshot(now);
                    store.scrapes().tell(saved.number(), now);
                    for line in page.iter().filter(|line| line.contains("_total") || line.contains("_bucket")) {
                        let (series, value) = line.rsplit_once(' ').unwrap();
                        let value: f64 = value.parse().unwrap();
                        let before = last.insert(series.to_owned(), value).unwrap_or(0.0);
                        prop_assert!(value >= before, "{series} fell from {before} to {value}");
                    }
                }
                1 => {
                    store = Store::restore(metrics(), through_bytes(saved.saved()), now).unwrap();
                    store = store.zero_first(Some(Duration::from_secs(1)));
                }
                _ => read(&mut store, now, &[line]),
            }
        }
    }

    #[test]
    fn sums_with_a_time_to_live_are_those_of_a_plain_account(
        steps in prop::collection::vec((0..5_u8, 0..3_i64, 0..400_i64, 0..6_u8), 0..80),
    ) {
        let mut store = store(mortal());
        let mut now = NOON;
        // By label: when something was added last and the sum since it began, and sums by day.
        let mut sums: BTreeMap<u8, (i64, i64)> = BTreeMap::new();
        let mut days: BTreeMap<(u8, i64), i64> = BTreeMap::new();
        for (label, number, gap, action) in steps {
            now += gap * gap * 200;
            match action {
                0 => store.replace_metrics(mortal(), now),
                1 => store = Store::restore(mortal(), through_bytes(store.snapshot(now).saved()), now).unwrap().zero_first(None),
                2 => prop_assert_eq!(shown(&mut store, now), account(&sums, &days, now)),
                _ => {
                    read(&mut store, now, &[whole(0, &[&label.to_string()], number).at(now)]);
                    let (last, sum) = sums.entry(label).or_insert((now, 0));
                    *sum = if now - *last > 10 * MINUTE { number } else { *sum + number };
                    *last = now;
                    *days.entry((label, now.div_euclid(24 * HOUR))).or_default() += number;
                }
            }
        }
        prop_assert_eq!(shown(&mut store, now), account(&sums, &days, now));
    }
}

/// What is shown of such sums and days.
fn account(sums: &BTreeMap<u8, (i64, i64)>, days: &BTreeMap<(u8, i64), i64>, now: i64) -> Vec<String> {
    let today = now.div_euclid(24 * HOUR);
    let of_day = |label: u8, ago: i64| days.get(&(label, today - ago)).copied().unwrap_or(0);
    let mut lines = Vec::new();
    for (label, (last, sum)) in sums {
        let is_alive = now - last <= 10 * MINUTE;
        if is_alive {
            lines.push(format!("orders_total{{channel=\"{label}\"}} {sum}"));
        }
        if is_alive || (0..2).any(|ago| of_day(*label, ago) > 0) {
            lines.push(format!("orders_today{{channel=\"{label}\"}} {}", of_day(*label, 0)));
            lines.push(format!("orders_yesterday{{channel=\"{label}\"}} {}", of_day(*label, 1)));
        }
    }
    lines.sort();
    lines
}
