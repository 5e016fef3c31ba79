//! Whole documents and whole lines: what is refused, and what is observed.

use std::fs;

use proptest::prelude::*;

use super::*;
use crate::metric::MetricKind;
use crate::observation::{Number, Observations, Problem, Reason, read_labels};

/// The example that the documentation begins with.
const GAME: &str = r#"
sources:
  - name: game-stats
    paths: ["/var/log/game/stat-%Y-%m-%d.log", "/var/log/game/stat.log*"]
    format: json
    timeZone: Asia/Shanghai
    time: {path: ts, format: unix-ms}
    lateness: 10m
    labels: {game: "{{game}}", region: region.name}
    metrics:
      - {name: game_orders_total, type: counter, when: 'event == "order"', labels: {channel: pay.channel}}
      - {name: game_revenue_cents_total, type: counter, value: pay.amount, unit: cents, when: 'event == "order" && pay.ok'}
      - {name: game_online_players, type: gauge, value: online, ttl: 10m}
      - {name: game_match_seconds, type: histogram, value: cost_ms, scale: 0.001, buckets: [0.1, 0.5, 1, 5]}
      - {name: game_queue_length, type: gauge, each: queues.*, value: "@", labels: {queue: "@key"}}
      - {name: game_orders_today, type: gauge, period: day, of: game_orders_total}
      - {name: game_orders_yesterday, period: day, of: game_orders_total, ago: 1}
"#;

const ORDER: &str = r#"{"ts":1700000000123,"game":"m3","region":{"id":4,"name":"cn-east"},"event":"order","pay":{"channel":"wx","amount":1299,"ok":true}}"#;

/// What the sources of a document say to a line, one text an observation.
fn observed(rules: &Rules, line: &str) -> (Vec<String>, Vec<Problem>) {
    let (mut out, mut reader) = (Observations::default(), Reader::default());
    for source in &rules.sources {
        source.observe(Line { text: line, read_at: 1_700_000_000_000 }, &mut reader, &mut out);
    }
    let shown = out.all.iter().map(|one| {
        let metric = &rules.metrics[one.metric];
        let values = read_labels(&out.labels[one.labels.clone()]);
        let labels: Vec<_> =
            metric.labels.iter().zip(values).map(|(name, value)| format!("{name}={value}")).collect();
        let number = match one.number {
            Number::Whole(whole) => whole.to_string(),
            Number::Real(real) => format!("{real:?}"),
        };
        format!("{}{{{}}} {number} {} {}", metric.name, labels.join(","), one.time, one.day)
    });
    (shown.collect(), out.problems)
}

/// A source with these metrics.
fn document(metrics: &str) -> String {
    format!("sources:\n- name: s\n  paths: [/a]\n  metrics:\n{metrics}\n")
}

fn rules(metrics: &str) -> Rules {
    Rules::parse("rules.yaml", &document(metrics)).unwrap_or_else(|error| panic!("{error}"))
}

/// What one metric says, without its time and day.
fn says(metrics: &str, line: &str) -> Vec<String> {
    let (shown, problems) = observed(&rules(metrics), line);
    let shown = shown.into_iter().map(|one| one.strip_suffix(" 1700000000000 19675").unwrap().to_owned());
    shown.chain(problems.into_iter().map(|problem| format!("{:?}", problem.reason))).collect()
}

#[test]
fn example_of_the_documentation_is_read_as_it_says() {
    let rules = Rules::parse("game.yaml", GAME).unwrap();
    let (shown, problems) = observed(&rules, ORDER);
    assert_eq!(
        shown,
        [
            "game_orders_total{channel=wx,game=m3,region=cn-east} 1 1700000000123 19676",
            "game_revenue_cents_total{game=m3,region=cn-east} 1299 1700000000123 19676",
        ]
    );
    assert_eq!(problems, []);
    let line = r#"{"ts":1699970400000,"game":"m3","online":12.5,"cost_ms":"250","queues":{"a":1,"b":2}}"#;
    let (shown, _) = observed(&rules, line);
    assert_eq!(
        shown,
        [
            "game_online_players{game=m3,region=} 12.5 1699970400000 19675",
            "game_match_seconds{game=m3,region=} 250 1699970400000 19675",
            "game_queue_length{game=m3,queue=a,region=} 1 1699970400000 19675",
            "game_queue_length{game=m3,queue=b,region=} 2 1699970400000 19675",
        ]
    );
    let source = &rules.sources[0];
    assert_eq!(source.zone_name, "Asia/Shanghai");
    assert_eq!(source.lateness.as_secs(), 600);
    assert_eq!((source.max_line, source.grace.as_secs()), (1 << 20, 60));
    assert_eq!((source.invalid_utf8, source.start), (InvalidUtf8::Drop, Start::Beginning));
    assert_eq!(source.paths.len(), 2);
}

#[test]
fn metrics_are_as_their_rules_say() {
    let rules = Rules::parse("game.yaml", GAME).unwrap();
    let metric = |name: &str| rules.metrics.iter().find(|metric| metric.name == name).unwrap();
    assert_eq!(metric("game_orders_total").kind, MetricKind::Counter);
    assert_eq!(metric("game_orders_total").labels, ["channel", "game", "region"]);
    assert_eq!(metric("game_orders_total").max_series, 10_000);
    assert_eq!(metric("game_revenue_cents_total").unit, "cents");
    assert_eq!(metric("game_online_players").ttl.unwrap().as_secs(), 600);
    let histogram = metric("game_match_seconds");
    assert_eq!(histogram.kind, MetricKind::Histogram { bounds: vec![0.1, 0.5, 1.0, 5.0] });
    assert!((histogram.scale - 0.001).abs() < f64::EPSILON);
    let counter = rules.metrics.iter().position(|metric| metric.name == "game_orders_total").unwrap();
    for (name, ago) in [("game_orders_today", 0), ("game_orders_yesterday", 1)] {
        let lateness = std::time::Duration::from_secs(600);
        let zone = "Asia/Shanghai".to_owned();
        assert_eq!(metric(name).kind, MetricKind::Day { counter, ago, zone, lateness });
        assert_eq!(metric(name).labels, ["channel", "game", "region"]);
    }
    assert_eq!(rules.metrics.len(), 7);
}

#[test]
fn values_labels_and_elements_are_read() {
    for (metric, line, expected) in [
        ("  - {name: a_total, type: counter}", "{}", vec!["a_total{} 1"]),
        ("  - {name: a_total, type: counter, value: n}", r#"{"n": 2.50}"#, vec!["a_total{} 2.5"]),
        ("  - {name: a_total, type: counter, value: n}", "{}", vec![]),
        ("  - {name: a_total, type: counter, value: n}", r#"{"n": null}"#, vec![]),
        ("  - {name: a_total, type: counter, value: n}", r#"{"n": -5}"#, vec!["Negative"]),
        ("  - {name: a_total, type: counter, value: n}", r#"{"n": 1e999}"#, vec!["NotFinite"]),
        ("  - {name: a_total, type: counter, value: n}", r#"{"n": "NaN"}"#, vec!["NotFinite"]),
        ("  - {name: a_total, type: counter, value: n}", r#"{"n": {}}"#, vec!["NotANumber"]),
        ("  - {name: a_total, type: counter, value: n}", r#"{"n": 1, "n": 2}"#, vec!["a_total{} 2"]),
        ("  - {name: a, type: gauge, value: n}", r#"{"n": "-inf"}"#, vec!["a{} -inf"]),
        (
            "  - {name: a, type: gauge, value: n, values: {up: 1, down: 0.5}}",
            r#"{"n": "down"}"#,
            vec!["a{} 0.5"],
        ),
        ("  - {name: a, type: gauge, value: n, coerce: milliseconds}", r#"{"n": "1.5s"}"#, vec!["a{} 1500"]),
        ("  - {name: a, type: gauge, value: n, when: 'n < \"x\"'}", r#"{"n": 1}"#, vec!["Condition"]),
        ("  - {name: a, type: gauge, value: n, when: 'has(line.x)'}", r#"{"n": 1}"#, vec![]),
        (
            "  - {name: a, type: gauge, value: n, labels: {id: user.id, k: {text: v}, t: '{{a}}/{{ b }}!'}}",
            r#"{"n": 1, "user": {"id": 12345678901234567890}, "a": true, "b": "x\ny"}"#,
            vec!["a{id=12345678901234567890,k=v,t=true/x\ny!} 1"],
        ),
        ("  - {name: a, type: gauge, value: n, labels: {x: y}}", r#"{"n": 1, "y": []}"#, vec!["NoLabel"]),
        (
            "  - {name: a, type: gauge, value: n, labels: {x: {path: y, required: true}}}",
            r#"{"n": 1}"#,
            vec!["NoLabel"],
        ),
        (
            "  - {name: a, type: gauge, value: n, labels: {x: {path: y, default: z}}}",
            r#"{"n": 1}"#,
            vec!["a{x=z} 1"],
        ),
        (
            "  - {name: a, type: gauge, each: 'q./^q-/.*', value: '@.n', labels: {x: '@key1', y: '@key', z: '@.z', w: w}}",
            r#"{"w": 7, "q": {"q-1": [{"n": 1, "z": "m"}, {"n": 2}], "r": [{"n": 3}], "q-2": {"k": {"n": 4}}}}"#,
            vec!["a{w=7,x=q-1,y=0,z=m} 1", "a{w=7,x=q-1,y=1,z=} 2", "a{w=7,x=q-2,y=k,z=} 4"],
        ),
        (
            "  - {name: a_total, type: counter, each: 'tags[*]', labels: {tag: '@'}}",
            r#"{"tags": ["x", "y", {}, "x"]}"#,
            vec!["a_total{tag=x} 1", "a_total{tag=y} 1", "a_total{tag=x} 1", "NoLabel"],
        ),
        (
            "  - {name: a_total, type: counter, each: 'q.*'}",
            r#"{"q": {"a": 1, "a": 2}}"#,
            vec!["a_total{} 1"],
        ),
    ] {
        assert_eq!(says(metric, line), expected, "{metric}: {line}");
    }
}

#[test]
fn a_line_with_many_elements_is_handed_on_in_parts_that_stay_small() {
    let metric = "  - {name: a_total, type: counter, each: 'list[*]', labels: {x: x, i: '@'}}\n  \
                  - {name: b_total, type: counter, each: 'list[*]', value: '@', labels: {x: {path: y, required: true}}}";
    let rules = rules(metric);
    let list: Vec<_> = (0..5_000).map(|index| index.to_string()).collect();
    let line = format!("{{\"x\": \"{}\", \"list\": [{}]}}", "x".repeat(1_024), list.join(","));
    let line = Line { text: &line, read_at: 0 };
    let (mut all, mut out, mut reader) = <(Observations, Observations, Reader)>::default();
    rules.sources[0].observe(line, &mut reader, &mut all);
    let mut in_parts = Vec::new();
    let take = &mut |part: &Observations| {
        assert!(part.labels.len() < 70 << 10 && part.all.len() <= 1_024, "{}", part.labels.len());
        in_parts.extend(part.all.iter().map(|one| (one.number, part.labels[one.labels.clone()].to_vec())));
    };
    rules.sources[0].observe_in_parts(line, &mut reader, Parts { memory: &mut out, take });
    let at_once = all.all.iter().map(|one| (one.number, all.labels[one.labels.clone()].to_vec()));
    assert_eq!(in_parts, at_once.collect::<Vec<_>>());
    assert_eq!((in_parts.len(), &out.problems), (5_000, &all.problems));
    assert_eq!(out.problems, [Problem { rule: Some(1), reason: Reason::NoLabel }]);
}

#[test]
fn lines_that_are_no_whole_objects_count_nothing() {
    let rules = Rules::parse("game.yaml", GAME).unwrap();
    for (line, reason) in [
        (ORDER.strip_suffix('}').unwrap().to_owned(), Reason::NotJson),
        (format!("{ORDER}{ORDER}"), Reason::TrailingText),
        (format!("[{ORDER}]"), Reason::NotAnObject),
        (ORDER.replace("\"ok\":true", "\"ok\":true,\"x\":nul"), Reason::NotJson),
        (ORDER.replace("1700000000123", "\"soon\""), Reason::NoTime),
        (ORDER.replace("\"ts\"", "\"time\""), Reason::NoTime),
        (ORDER.replace("1700000000123", "9223372036854775807"), Reason::NoTime),
    ] {
        let (shown, problems) = observed(&rules, &line);
        assert_eq!(shown, [""; 0], "{line}");
        assert_eq!(problems, [Problem { rule: None, reason }], "{line}");
    }
    let (shown, problems) = observed(&rules, " \t\r");
    assert!(shown.is_empty() && problems.is_empty());
}

#[test]
fn time_of_reading_counts_where_the_line_has_none() {
    let metric = "  - {name: a_total, type: counter}";
    assert_eq!(observed(&rules(metric), "{}").0, ["a_total{} 1 1700000000000 19675"]);
    let document = document(metric).replace("[/a]", "[/a]\n  time: {path: t, format: unix, missing: now}");
    let rules = Rules::parse("r", &document).unwrap();
    assert_eq!(observed(&rules, r#"{"t": "x"}"#).0, ["a_total{} 1 1700000000000 19675"]);
    assert_eq!(observed(&rules, r#"{"t": 86400}"#).0, ["a_total{} 1 86400000 1"]);
}

#[test]
fn one_metric_may_be_fed_by_rules_that_agree() {
    let rules = rules(
        "  - {name: a_total, type: counter, help: All., value: x, labels: {k: l}}\n  \
         - {name: a_total, type: counter, value: y, labels: {k: m}, maxSeries: 5}",
    );
    assert_eq!(rules.metrics.len(), 1);
    assert_eq!((rules.metrics[0].help.as_str(), rules.metrics[0].max_series), ("All.", 5));
    let line = r#"{"x": 1, "y": 2, "l": "a", "m": "b"}"#;
    assert_eq!(observed(&rules, line).0.len(), 2);
}

#[test]
fn labels_of_the_source_can_be_replaced_and_taken_away() {
    let document = document("  - {name: a, type: gauge, value: n, labels: {x: other, y: null}}")
        .replace("[/a]", "[/a]\n  labels: {x: x, y: y, z: z}");
    let rules = Rules::parse("r", &document).unwrap();
    assert_eq!(rules.metrics[0].labels, ["x", "z"]);
    let (shown, _) = observed(&rules, r#"{"n": 1, "other": "o", "x": "x", "z": false}"#);
    assert!(shown[0].starts_with("a{x=o,z=false} 1 "), "{shown:?}");
}

/// The faults of one metric, each as `line:column message`.
fn faults(metrics: &str) -> Vec<String> {
    faults_of(&document(metrics))
}

fn faults_of(document: &str) -> Vec<String> {
    let faults = Rules::parse("rules.yaml", document).unwrap_err().faults;
    assert!(faults.iter().all(|fault| fault.file == "rules.yaml" && !fault.advice.is_empty()), "{faults:?}");
    faults.iter().map(|fault| format!("{}:{} {}", fault.line, fault.column, fault.message)).collect()
}

fn check_fault(metric: &str, fault: &str) {
    let told = faults(&format!("  {metric}"));
    assert!(told.iter().any(|one| one.starts_with(fault)), "{metric}: {told:#?}");
}

#[test]
fn wrong_metrics_are_refused_with_their_places() {
    for (metric, fault) in [
        ("- {type: counter}", "5:5 a metric has no name"),
        ("- {name: a}", "5:5 a metric has no type"),
        ("- {name: a, type: meter}", "5:21 type is \"meter\", which is not known here"),
        ("- {name: a, type: gauge}", "5:5 a gauge or histogram has no value"),
        (
            "- {name: orders, type: counter}",
            "5:12 the name orders does not end with _total, but it is a counter",
        ),
        (
            "- {name: a_total, type: gauge, value: v}",
            "5:12 the name a_total ends with _total, but it is no counter",
        ),
        ("- {name: a-b, type: gauge, value: v}", "5:12 \"a-b\" is no name of a metric"),
        (
            "- {name: a, type: gauge, value: v, unit: s}",
            "5:12 the name a does not have its unit s at its end",
        ),
        ("- {name: a, type: gauge, value: v.}", "5:35 path \"v.\", character 3: a key is missing"),
        ("- {name: a, type: gauge, value: 'v.*'}", "5:35 the path \"v.*\" has a wildcard"),
        ("- {name: a, type: gauge, value: '@'}", "5:35 @ stands for the element of each:"),
        ("- {name: a, type: gauge, value: '@key2', each: 'v.*'}", "5:35 each: has 1 wildcards; @key2"),
        ("- {name: a, type: gauge, value: '@', each: v}", "5:46 each is \"v\", which has 0 wildcards"),
        (
            "- {name: a, type: gauge, value: '@', each: 'v./(/'}",
            "5:46 the regular expression \"(\" cannot be used",
        ),
        ("- {name: a, type: gauge, value: v, when: 'v ='}", "5:44 the condition is not CEL"),
        ("- {name: a, type: gauge, value: v, when: 'v ? x : y'}", "5:44 the condition cannot be used: ? :"),
        ("- {name: a, type: gauge, value: v, labels: {le: x}}", "5:47 the label le belongs to Prometheus"),
        ("- {name: a, type: gauge, value: v, labels: {x: 5}}", "5:50 the label x is a number"),
        ("- {name: a, type: gauge, value: v, labels: {x: 'a.*'}}", "5:50 the path \"a.*\" has a wildcard"),
        (
            "- {name: a, type: gauge, value: v, labels: {x: '{{a'}}",
            "5:50 the text \"{{a\" has a {{ without an end",
        ),
        ("- {name: a, type: gauge, value: v, labels: {x: {}}}", "5:50 a label has either a path or a text"),
        (
            "- {name: a, type: gauge, value: v, labels: {x: v}}",
            "5:50 a label takes the metric's value, v, as its own",
        ),
        (
            "- {name: a, type: gauge, value: v, labels: {x: v.w}}",
            "5:50 v.w leads through v, which is a value",
        ),
        (
            "- {name: a, type: gauge, value: v.w, labels: {x: v}}",
            "5:35 v.w leads through v, which is a value",
        ),
        ("- {name: a, type: gauge, value: v, each: 'v.*'}", "5:44 v.* leads through v, which is a value"),
    ] {
        check_fault(metric, fault);
    }
}

#[test]
fn wrong_fields_are_refused_with_their_places() {
    for (metric, fault) in [
        ("- {name: a, type: gauge, value: v, ttl: soon}", "5:43 ttl is \"soon\", which is no length of time"),
        ("- {name: a_total, type: counter, ttl: 1m}", "5:41 a ttl makes a counter or histogram begin again"),
        ("- {name: a, type: gauge, value: v, buckets: [1]}", "5:38 only a histogram has buckets"),
        ("- {name: a, type: histogram, value: v}", "5:5 the buckets of a histogram are"),
        ("- {name: a, type: histogram, value: v, buckets: [1, 1]}", "5:42 the buckets of a histogram are"),
        ("- {name: a, type: histogram, value: v, buckets: [1, .inf]}", "5:42 the buckets of a histogram are"),
        (
            "- {name: a, type: gauge, value: v, scale: 0}",
            "5:45 scale is 0.0, and has to be from 1e-30 to 1e30",
        ),
        ("- {name: a, type: gauge, value: v, scale: -1}", "5:45 scale is -1.0, and has to be from"),
        ("- {name: a, type: gauge, value: v, scale: 1e300}", "5:45 scale is 1e300, and has to be from"),
        ("- {name: a, type: gauge, value: v, scale: 1e-31}", "5:45 scale is 1e-31, and has to be from"),
        ("- {name: a, type: gauge, value: v, scale: .nan}", "5:45 scale is NaN, and has to be from"),
        (
            "- {name: a, period: day, of: b_total, maxSeries: 5}",
            "5:41 a metric with a period has no series of its own",
        ),
        ("- {name: a, type: gauge, value: v, maxSeries: 0}", "5:49 maxSeries is a number"),
        (
            "- {name: a, type: gauge, value: v, coerce: metres}",
            "5:46 coerce is \"metres\", which is not known here",
        ),
        ("- {name: a, type: gauge, value: v, values: {ok: yes}}", "5:51 a value is a text"),
        ("- {name: a_total, type: counter, coerce: bytes}", "5:36 coerce says how a value is read"),
        ("- {name: a, type: gauge, value: v, lables: {}}", "5:38 a metric has no field \"lables\""),
        ("- {name: a, period: day, of: b_total}", "5:32 of is \"b_total\", and no rule defines a counter"),
        ("- {name: a, of: b_total}", "5:5 a metric with a period has no period"),
        ("- {name: a, period: day}", "5:5 a metric with a period has no of"),
        ("- {name: a, period: week, of: b_total}", "5:23 period is \"week\", which is not known here"),
        (
            "- {name: a, period: day, of: b_total, ttl: 1m}",
            "5:41 a metric with a period has no field \"ttl\"",
        ),
        ("- {name: a, period: day, of: b_total, ago: 32}", "5:46 ago is 32; 31 days are kept at most"),
        ("- 5", "5:5 a metric is a number"),
    ] {
        check_fault(metric, fault);
    }
}

#[test]
fn rules_that_do_not_agree_name_both_places() {
    for (metrics, fault) in [
        (
            "  - {name: a, type: gauge, value: v}\n  - {name: a, type: histogram, value: v, buckets: [1]}",
            "6:5 the type of a is histogram here, and gauge at rules.yaml:5:5",
        ),
        (
            "  - {name: a, type: gauge, value: v}\n  - {name: a, type: gauge, value: w, labels: {x: y}}",
            "6:5 the set of labels of a is [\"x\"] here, and [] at rules.yaml:5:5",
        ),
        (
            "  - {name: a, type: gauge, value: v, help: One.}\n  - {name: a, type: gauge, value: w, help: Two.}",
            "6:5 the help of a is \"Two.\" here, and \"One.\" at rules.yaml:5:5",
        ),
        (
            "  - {name: a, type: histogram, value: v, buckets: [1]}\n  - {name: a, type: histogram, value: w, buckets: [2]}",
            "6:5 the set of buckets of a is [2.0] here, and [1.0] at rules.yaml:5:5",
        ),
        (
            "  - {name: a, type: gauge, value: v}\n  - {name: a_total, type: counter}",
            "6:5 a_total and a, defined at rules.yaml:5:5, both have the name a in OpenMetrics",
        ),
        (
            "  - {name: x, type: histogram, value: v, buckets: [1]}\n  - {name: x_count_total, type: counter}",
            "6:5 x_count_total and x, defined at rules.yaml:5:5, both have the name x_count in OpenMetrics",
        ),
        (
            "  - {name: x_bucket_total, type: counter}\n  - {name: x, type: histogram, value: v, buckets: [1]}",
            "6:5 x and x_bucket_total, defined at rules.yaml:5:5, both have the name x_bucket in OpenMetrics",
        ),
        (
            "  - {name: x_total, type: counter}\n  - {name: x_created_total, type: counter}",
            "6:5 x_created_total and x_total, defined at rules.yaml:5:5, both have the name x_created in OpenMetrics",
        ),
        (
            "  - {name: x_total, type: counter}\n  - {name: x, period: day, of: x_total}",
            "6:12 x and x_total, defined at rules.yaml:5:5, both have the name x in OpenMetrics",
        ),
        (
            "  - {name: a_total, type: counter}\n  - {name: b, type: gauge, value: v}\n  - {name: b, period: day, of: a_total}",
            "7:12 the metric \"b\" is defined at rules.yaml:6:5 already",
        ),
    ] {
        assert_eq!(faults(metrics), [fault], "{metrics}");
    }
}

#[test]
fn wrong_sources_are_refused_with_their_places() {
    let good = document("  - {name: a_total, type: counter}");
    for (from, to, fault) in [
        ("name: s", "name: 5", "2:9 name is a number"),
        ("[/a]", "[a]", "3:11 the path \"a\" is not absolute"),
        ("[/a]", "[]", "2:3 the source has 0 paths"),
        ("[/a]", "[/a]\n  timeZone: Mars", "4:13 timeZone is \"Mars\""),
        ("[/a]", "[/a]\n  time: {path: t, format: iso}", "4:27 the time format \"iso\" is not known"),
        ("[/a]", "[/a]\n  time: {path: '@', format: unix}", "4:16 \"@\" stands for an element"),
        ("[/a]", "[/a]\n  time: {format: unix}", "4:9 time has no path"),
        (
            "[/a]",
            "[/a]\n  time: {path: t, format: unix}\n  labels: {x: t}",
            "5:15 a label takes the time of the line",
        ),
        ("[/a]", "[/a]\n  time: {path: t, format: unix}\n  labels: {x: t.u}", "5:15 t.u leads through t"),
        ("[/a]", "[/a]\n  maxLine: 1TB", "4:12 maxLine is \"1TB\""),
        ("[/a]", "[/a]\n  invalidUtf8: keep", "4:16 invalidUtf8 is \"keep\""),
        ("[/a]", "[/a]\n  start: middle", "4:10 start is \"middle\""),
        ("[/a]", "[/a]\n  format: csv", "4:11 format is \"csv\""),
        ("sources:", "registration: {}\nsources:", "1:1 registration is not there yet"),
        ("sources:", "source:", "1:1 the document has no sources"),
        ("sources:", "sources: 5\nother:", "1:10 sources is a number"),
        (good.as_str(), "", "0:0 the file is empty"),
        (good.as_str(), "sources:\n- name: s\n  paths: [/a]", "2:3 the source has no metrics"),
        (good.as_str(), "[", "1:"),
    ] {
        let told = faults_of(&good.replace(from, to));
        assert!(told.iter().any(|one| one.starts_with(fault)), "{from} -> {to}: {told:#?}");
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once_in_order() {
    let told = faults(
        "  - {name: a, tpye: gauge}\n  - {name: b_total, type: counter, when: '('}\n  - {name: c, type: gauge}",
    );
    let lines: Vec<_> = told.iter().map(|fault| fault.split(':').next().unwrap()).collect();
    assert_eq!(lines, ["5", "5", "6", "7"], "{told:#?}");
}

#[test]
fn days_of_a_counter_are_of_one_zone() {
    let source = |name: &str, zone: &str, metrics: &str| {
        format!("- name: {name}\n  paths: [/a]\n  timeZone: {zone}\n  metrics:\n{metrics}")
    };
    let counter = "  - {name: a_total, type: counter}\n";
    let today = "  - {name: a_today, period: day, of: a_total}\n";
    let two = |other: &str| {
        format!(
            "sources:\n{}{}",
            source("one", "UTC", counter),
            source("two", other, &format!("{counter}{today}"))
        )
    };
    assert!(Rules::parse("r", &two("UTC")).is_ok());
    let fault = Rules::parse("r", &two("Asia/Tokyo")).unwrap_err().faults.remove(0);
    assert!(fault.message.contains("counts days of Asia/Tokyo"), "{fault}");
    let same_name = format!("sources:\n{0}{0}", source("one", "UTC", counter));
    assert!(Rules::parse("r", &same_name).unwrap_err().to_string().contains("defined at r:2:9 already"));
}

#[test]
fn folders_are_read_by_name_and_faults_name_their_files() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let paths = [folder.path().to_owned()];
    assert!(Rules::load(&paths).unwrap_err().to_string().contains("the folder has no rules"));
    write("b.yaml", &document("  - {name: b_total, type: counter}").replace("name: s", "name: b"));
    write("a.yml", &document("  - {name: a_total, type: counter}").replace("name: s", "name: a"));
    write(
        "c.json",
        r#"{"sources": [{"name": "c", "paths": ["/c"], "metrics": [{"name": "c_total", "type": "counter"}]}]}"#,
    );
    write("d.txt", "[");
    write(".hidden.yaml", "[");
    fs::create_dir(folder.path().join("e.yaml")).unwrap();
    let rules = Rules::load(&paths).unwrap();
    assert_eq!(rules.sources.iter().map(|source| source.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
    write("b.yaml", "[");
    let error = Rules::load(&[paths[0].clone(), "/does/not/exist".into()]).unwrap_err();
    assert_eq!(error.faults.len(), 2, "{error}");
    assert_eq!((error.faults[0].file.as_str(), error.faults[0].line), ("/does/not/exist", 0));
    assert!(error.faults[1].file.ends_with("/b.yaml"), "{error}");
    fs::write(folder.path().join("b.yaml"), [0xff, 0xfe]).unwrap();
    assert!(Rules::load(&paths).unwrap_err().to_string().contains("cannot be read"));
}

#[test]
fn explanations_say_what_each_rule_made_of_a_line() {
    let rules = Rules::parse("game.yaml", GAME).unwrap();
    let explain = |text: &str| rules.explain(&rules.sources[0], Line { text, read_at: 0 });
    let explanation = explain(ORDER);
    assert_eq!(explanation.problem, None);
    assert_eq!(explanation.time.as_deref(), Some("2023-11-15T06:13:20.123+08:00[Asia/Shanghai]"));
    assert_eq!(explanation.day.as_deref(), Some("2023-11-15"));
    let first = &explanation.rules[0];
    assert!(first.matched && first.place == "game.yaml:11:9", "{first:?}");
    assert_eq!(first.observations[0].labels["channel"], "wx");
    assert_eq!(first.observations[0].value, "1");
    assert_eq!(explanation.rules[2].why, "the line has no value for it, or null");
    assert_eq!(explanation.rules[4].why, "each: leads to nothing in this line");
    let other = explain(&ORDER.replace("\"order\"", "\"login\""));
    assert_eq!(other.rules[0].why, "its condition does not hold: event is \"login\"");
    assert_eq!(other.rules[1].why, "its condition does not hold: event is \"login\", pay.ok is true");
    let broken = explain("{");
    assert_eq!(broken.problem.as_deref(), Some("the line is not JSON"));
    let json = serde_json::to_value(&explanation).unwrap();
    assert_eq!(json["rules"][0]["metric"], "game_orders_total");
}

#[test]
fn explanations_show_what_a_page_would_show() {
    let rules = rules(
        "  - {name: h_seconds, type: histogram, value: v, scale: 0.001, buckets: [1]}\n  \
         - {name: g, type: gauge, value: v}\n  - {name: k_ratio, type: gauge, value: v, scale: 1e25}",
    );
    let explain = |text: &str| rules.explain(&rules.sources[0], Line { text, read_at: 0 }).rules;
    let shown = explain(r#"{"v": 45210}"#).into_iter().map(|rule| rule.observations[0].value.clone());
    assert_eq!(shown.collect::<Vec<_>>(), ["45.21", "45210", "4.521e29"]);
    let rules = explain(r#"{"v": "-5"}"#);
    assert_eq!(rules[0].why, "the value is below zero, and the histogram has no bucket for it");
    assert_eq!(explain(r#"{"v": "inf"}"#)[1].observations[0].value, "+Inf");
}

#[test]
fn a_gauge_that_is_older_than_its_ttl_counts_nothing_and_says_so() {
    let document =
        document("  - {name: a, type: gauge, value: v, ttl: 10m}\n  - {name: b, type: gauge, value: v}");
    let rules =
        Rules::parse("r", &document.replace("[/a]", "[/a]\n  time: {path: t, format: unix}")).unwrap();
    let explain = |read_at| {
        let text = r#"{"t": 1000, "v": 1}"#;
        rules.explain(&rules.sources[0], Line { text, read_at }).rules
    };
    assert!(explain(1_600_000)[0].matched);
    let old = explain(1_601_000);
    assert_eq!(old[0].why, "too old for its ttl of 600s: it happened 601s ago");
    assert_eq!((old[0].matched, old[0].observations.len()), (false, 0));
    assert!(old[1].matched);
}

#[test]
fn reader_of_one_source_says_the_same_for_another() {
    let metric = "  - {name: a_total, type: counter}";
    let utc = rules(metric);
    let tokyo = Rules::parse("r", &document(metric).replace("[/a]", "[/a]\n  timeZone: Asia/Tokyo")).unwrap();
    let mut reader = Reader::default();
    let mut out = Observations::default();
    let evening = 1_700_000_000_000 - 1_700_000_000_000 % 86_400_000 + 20 * 3_600_000;
    for rules in [&utc, &tokyo, &utc] {
        rules.sources[0].observe(Line { text: "{}", read_at: evening }, &mut reader, &mut out);
    }
    let days: Vec<_> = out.all.iter().map(|one| one.day).collect();
    assert_eq!(days, [19_675, 19_676, 19_675]);
}

proptest! {
    #[test]
    fn any_line_is_observed_and_explained_without_a_panic(
        line in any::<String>(),
        cut in 0..ORDER.len(),
        with in "[\\[\\]{}\",:a1.e\\\\nulq -]{0,6}",
    ) {
        let rules = Rules::parse("game.yaml", GAME).unwrap();
        let spliced = format!("{}{with}{}", ORDER.get(..cut).unwrap(), ORDER.get(cut..).unwrap());
        for line in [line, spliced] {
            let (mut out, mut reader) = (Observations::default(), Reader::default());
            rules.sources[0].observe(Line { text: &line, read_at: 0 }, &mut reader, &mut out);
            for one in &out.all {
                let labels = read_labels(&out.labels[one.labels.clone()]).count();
                prop_assert_eq!(labels, rules.metrics[one.metric].labels.len());
            }
            let explanation = rules.explain(&rules.sources[0], Line { text: &line, read_at: 0 });
            let explained: usize = explanation.rules.iter().map(|rule| rule.observations.len()).sum();
            prop_assert_eq!(explained, out.all.len());
        }
    }

    #[test]
    fn any_document_is_compiled_or_refused_without_a_panic(
        text in any::<String>(),
        from in 0..GAME.len(),
        length in 0..40_usize,
        with in "[\\[\\]{}\",:'&*!|>a1.@\n -]{0,6}",
    ) {
        let _ = Rules::parse("r", &text);
        let end = (from + length).min(GAME.len());
        let _ = Rules::parse("r", &format!("{}{with}{}", GAME.get(..from).unwrap(), GAME.get(end..).unwrap()));
    }
}
