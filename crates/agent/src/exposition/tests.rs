//! What is written is read back, by the rules of either format.

use proptest::prelude::*;

use super::parser::parse;
use super::*;
use crate::metric::{Metric, MetricKind};
use crate::observation::Number;
use crate::series::Store;
use crate::series::example::{DAY, NOON, day_of, histogram, line, metric, read, store, whole};

const TEXT: Style = Style { format: Format::Text, created: true };
const OPEN_METRICS: Style = Style { format: Format::OpenMetrics, created: true };

fn page(store: &mut Store, style: Style, families: &[Family]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut page = Page::new(&mut out, style);
    page.add_snapshot(&store.snapshot(NOON));
    families.iter().for_each(|family| page.add_family(family));
    page.finish();
    out
}

fn text(store: &mut Store, style: Style) -> String {
    String::from_utf8(page(store, style, &[])).unwrap()
}

fn orders() -> Store {
    let orders = metric("orders_cents_total", MetricKind::Counter, &["channel", "region"]);
    let orders =
        Metric { help: "Orders \\ \"paid\"\nin cents.".to_owned(), unit: "cents".to_owned(), ..orders };
    let mut store = store(vec![orders, metric("match_seconds", histogram(&[-1.0, 0.5, 2.0]), &["map"])]);
    read(&mut store, NOON, &[whole(0, &["a\\b", "say \"x\"\n"], 5), line(1, &["m"], Number::Real(0.5))]);
    store
}

#[test]
fn the_text_format_is_as_prometheus_documents_it() {
    let expected = r#"# HELP orders_cents_total Orders \\ "paid"\nin cents.
# TYPE orders_cents_total counter
orders_cents_total{channel="a\\b",region="say \"x\"\n"} 5
# TYPE match_seconds histogram
match_seconds_bucket{map="m",le="-1"} 0
match_seconds_bucket{map="m",le="0.5"} 1
match_seconds_bucket{map="m",le="2"} 1
match_seconds_bucket{map="m",le="+Inf"} 1
match_seconds_sum{map="m"} 0.5
match_seconds_count{map="m"} 1
"#;
    assert_eq!(text(&mut orders(), TEXT), expected);
}

#[test]
fn open_metrics_is_as_it_is_specified() {
    let expected = r#"# HELP orders_cents Orders \\ \"paid\"\nin cents.
# TYPE orders_cents counter
# UNIT orders_cents cents
orders_cents_total{channel="a\\b",region="say \"x\"\n"} 5
orders_cents_created{channel="a\\b",region="say \"x\"\n"} 1777636800
# TYPE match_seconds histogram
match_seconds_bucket{map="m",le="-1.0"} 0
match_seconds_bucket{map="m",le="0.5"} 1
match_seconds_bucket{map="m",le="2.0"} 1
match_seconds_bucket{map="m",le="+Inf"} 1
# EOF
"#;
    assert_eq!(text(&mut orders(), OPEN_METRICS), expected);
}

#[test]
fn created_lines_are_only_there_when_they_are_wanted() {
    let mut store = store(vec![metric("seconds", histogram(&[0.5]), &[])]);
    assert!(text(&mut store, OPEN_METRICS).contains("\nseconds_count 0\nseconds_created 1777636800\n# EOF"));
    assert!(!text(&mut store, Style { created: false, ..OPEN_METRICS }).contains("_created"));
    assert!(!text(&mut store, TEXT).contains("_created"));
}

#[test]
fn a_unit_that_the_name_does_not_end_with_is_not_told() {
    for (name, unit) in [("orders_total", "cents"), ("cents_total", "cents"), ("orders_total", "")] {
        let metric = Metric { unit: unit.to_owned(), ..metric(name, MetricKind::Counter, &[]) };
        assert!(!text(&mut store(vec![metric]), OPEN_METRICS).contains("UNIT"));
    }
}

#[test]
fn a_counter_without_total_gets_it_in_open_metrics() {
    let mut store = store(vec![metric("orders", MetricKind::Counter, &[])]);
    assert_eq!(text(&mut store, TEXT), "# TYPE orders counter\norders 0\n");
    assert!(text(&mut store, OPEN_METRICS).starts_with("# TYPE orders counter\norders_total 0\n"));
}

#[test]
fn a_metric_without_series_is_left_out() {
    let mut store = store(vec![metric("orders_total", MetricKind::Counter, &["channel"])]);
    assert_eq!(text(&mut store, TEXT), "");
    assert_eq!(text(&mut store, OPEN_METRICS), "# EOF\n");
}

#[test]
fn numbers_that_are_none_are_spelled_right() {
    let mut store = store(vec![metric("level", MetricKind::Gauge, &["a"])]);
    for (label, number) in [("n", f64::NAN), ("p", f64::INFINITY), ("m", f64::NEG_INFINITY)] {
        read(&mut store, NOON, &[line(0, &[label], Number::Real(number))]);
    }
    let expected = "# TYPE level gauge\nlevel{a=\"n\"} NaN\nlevel{a=\"p\"} +Inf\nlevel{a=\"m\"} -Inf\n";
    assert_eq!(text(&mut store, TEXT), expected);
}

#[test]
fn counters_beyond_what_floating_point_tells_apart_keep_their_digits() {
    let mut store = store(vec![metric("bytes_total", MetricKind::Counter, &[])]);
    read(&mut store, NOON, &[whole(0, &[], i64::MAX), whole(0, &[], i64::MAX)]);
    assert!(text(&mut store, TEXT).ends_with("bytes_total 18446744073709551614\n"));
}

#[test]
fn the_agents_own_metrics_stand_behind_the_series() {
    let families = [
        Family::counter("chandler_agent_read_bytes_total", "Bytes that were read.")
            .unit("bytes")
            .with(&[("source", "a\"b"), ("file", "x")], 7.0)
            .with(&[], 0.5),
        Family::gauge("chandler_agent_lag_seconds", "How far behind.").with(&[], 1.5),
    ];
    for style in [TEXT, OPEN_METRICS] {
        let page = page(&mut orders(), style, &families);
        let parsed = parse(&page, style.format);
        let name = "chandler_agent_read_bytes_total";
        assert_eq!(parsed.get(name, &[("source", "a\"b"), ("file", "x")]), Some(7.0));
        assert_eq!(parsed.get(name, &[]), Some(0.5));
        assert_eq!(parsed.get("chandler_agent_lag_seconds", &[]), Some(1.5));
        let labels = [("channel", "a\\b"), ("region", "say \"x\"\n")];
        assert_eq!(parsed.get("orders_cents_total", &labels), Some(5.0));
        let is_open_metrics = style.format == Format::OpenMetrics;
        assert_eq!(parsed.units.contains_key("chandler_agent_read_bytes"), is_open_metrics);
        let help = if is_open_metrics { "orders_cents" } else { "orders_cents_total" };
        assert_eq!(parsed.helps[help], "Orders \\ \"paid\"\nin cents.");
    }
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c]{1,2}", "[\\\\\"\n\r\t{}=,# a]{0,8}", any::<String>()]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![any::<i64>().prop_map(Number::Whole), any::<f64>().prop_map(Number::Real)]
}

proptest! {
    #[test]
    fn pages_are_valid_and_say_what_was_observed(
        lines in prop::collection::vec((0..3_usize, label(), label(), number()), 0..40),
        is_text: bool,
    ) {
        let style = if is_text { TEXT } else { OPEN_METRICS };
        let mut store = store(vec![
            metric("a_total", MetricKind::Counter, &["x", "y"]),
            metric("b", MetricKind::Gauge, &["x", "y"]),
            metric("c", histogram(&[-1.0, 0.0, 1e3]), &["x", "y"]),
            metric("a_today", day_of(0, 0), &["x", "y"]),
        ]);
        for (metric, x, y, number) in &lines {
            read(&mut store, NOON, &[line(*metric, &[x, y], *number)]);
        }
        let parsed = parse(&page(&mut store, style, &[]), style.format);
        for (metric, x, y, _) in &lines {
            let labels = [("x", x.as_str()), ("y", y.as_str())];
            let same = || lines.iter().filter(|other| (other.0, &other.1, &other.2) == (*metric, x, y));
            match metric {
                0 => {
                    let taken = same().map(|(.., number)| number.to_f64());
                    let taken: Vec<_> = taken.filter(|number| number.is_finite() && *number >= 0.0).collect();
                    let shown = parsed.get("a_total", &labels);
                    prop_assert_eq!(shown.is_some(), !taken.is_empty());
                    prop_assert_eq!(parsed.get("a_today", &labels), shown);
                    if let ([only], Some(shown)) = (&taken[..], shown) {
                        let expected = if *only < 1e-20 { 0.0 } else { only.min(i128::MAX as f64) };
                        prop_assert!((shown - expected).abs() < 1e-20, "{} is {}", shown, expected);
                    }
                }
                1 => {
                    let last = same().next_back().unwrap().3.to_f64();
                    let shown = parsed.get("b", &labels).unwrap();
                    prop_assert!(shown == last || (shown.is_nan() && last.is_nan()));
                }
                _ => {
                    let taken = same().filter(|(.., number)| number.to_f64().is_finite());
                    let (mut count, mut below) = (0.0, 0.0);
                    for (.., number) in taken {
                        count += 1.0;
                        below += f64::from(u8::from(number.to_f64() <= 0.0));
                    }
                    let bucket = |le| parsed.get("c_bucket", &[labels[0], labels[1], ("le", le)]).unwrap_or(0.0);
                    prop_assert_eq!(bucket("+Inf"), count);
                    prop_assert_eq!(bucket(if is_text { "0" } else { "0.0" }), below);
                }
            }
        }
    }
}

#[test]
fn a_day_is_a_gauge() {
    let mut store =
        store(vec![metric("a_total", MetricKind::Counter, &[]), metric("a_today", day_of(0, 0), &[])]);
    read(&mut store, NOON, &[whole(0, &[], 5).at(i64::from(DAY) * 86_400_000)]);
    let parsed = parse(&page(&mut store, OPEN_METRICS, &[]), Format::OpenMetrics);
    assert_eq!(parsed.types["a_today"], "gauge");
    assert_eq!(parsed.get("a_today", &[]), Some(5.0));
}
