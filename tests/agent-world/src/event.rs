//! Events as a game could log them: lines of JSON, what the truth gains by each, and the rules that count them.

use std::path::Path;

use anyhow::Result;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use crate::random::Random;
use crate::truth::{Truth, Worth};

const CHANNELS: [&str; 4] = ["web", "app", "wx \"pay\"", "täglich"];
const REGIONS: [&str; 3] = ["cn-east", "eu", "us"];

/// Bounds of the histogram, in thousandths.
const BOUNDS: [(i128, &str); 4] = [(50, "0.05"), (250, "0.25"), (750, "0.75"), (2500, "2.5")];

/// Makes events, each with a number of its own.
#[derive(Debug)]
pub struct Events {
    next: u64,
    day: Day,
}

/// The day on which all happens, far from its end, in a zone where that is so.
#[derive(Debug, Clone)]
pub struct Day {
    /// The zone's name.
    pub zone: &'static str,
    noon: Timestamp,
}

impl Day {
    /// Today, where it is neither early nor late.
    ///
    /// # Errors
    /// The machine has no zones.
    pub fn today() -> Result<Self> {
        let now = Timestamp::now();
        let hour = now.to_zoned(TimeZone::UTC).hour();
        let zone = if (4..20).contains(&hour) { "UTC" } else { "Asia/Shanghai" };
        let noon = now.to_zoned(TimeZone::get(zone)?).date().at(12, 0, 0, 0).in_tz(zone)?.timestamp();
        Ok(Self { zone, noon })
    }

    /// Milliseconds since 1970 of a moment near noon, so many days before.
    fn moment(&self, random: &mut Random, days: i64) -> i64 {
        let seconds = i64::try_from(random.below(20_000)).unwrap_or_default();
        let moment = self.noon.checked_sub((days * 24).hours());
        moment.unwrap_or(self.noon).as_millisecond() - seconds * 1000
    }
}

impl Events {
    /// None were made yet.
    #[must_use]
    pub fn new(day: Day) -> Self {
        Self { next: 0, day }
    }

    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.next
    }

    /// A line without its end. The truth knows of it from now on.
    pub fn line(&mut self, random: &mut Random, writer: &str, truth: &mut Truth) -> Vec<u8> {
        self.next += 1;
        let days = i64::from(random.one_in(5));
        let ts = self.day.moment(random, days);
        *truth.lines.entry(writer.to_owned()).or_default() += 1;
        truth.add(format!("lines_total{{writer=\"{writer}\"}}"), Worth::Whole(1));
        let mut event = json!({"n": self.next, "writer": writer, "ts": ts});
        let about = match random.below(6) {
            0 | 1 => order(random, days == 0, truth),
            2 => transfer(random, truth),
            3 => wait(random, truth),
            4 => payment(random, truth),
            _ => fault(random, truth),
        };
        if let (Some(event), serde_json::Value::Object(about)) = (event.as_object_mut(), about) {
            event.extend(about);
            let filler = if random.one_in(12) { 1500 } else { 40 };
            event.insert("filler".to_owned(), "x".repeat(random.place(filler)).into());
        }
        event.to_string().into_bytes()
    }
}

fn order(random: &mut Random, is_today: bool, truth: &mut Truth) -> serde_json::Value {
    let (channel, region) = (random.pick(&CHANNELS), random.pick(&REGIONS));
    let labels = format!("{{channel=\"{}\",region=\"{region}\"}}", channel.replace('"', "\\\""));
    truth.add(format!("orders_total{labels}"), Worth::Whole(1));
    truth.add(format!("orders_today{labels}"), Worth::Whole(i128::from(is_today)));
    truth.add(format!("orders_yesterday{labels}"), Worth::Whole(i128::from(!is_today)));
    json!({"event": "order", "pay": {"channel": channel}, "region": region})
}

/// Numbers whose sums are soon beyond 2 to the power of 53.
fn transfer(random: &mut Random, truth: &mut Truth) -> serde_json::Value {
    let bytes = random.below(1 << 60);
    truth.add("transferred_bytes_total".to_owned(), Worth::Whole(bytes.into()));
    json!({"event": "transfer", "bytes": bytes})
}

fn wait(random: &mut Random, truth: &mut Truth) -> serde_json::Value {
    let (cost, queue) = (random.below(4000), random.pick(&["a", "b"]));
    let labels = format!("queue=\"{queue}\"");
    for (bound, shown) in BOUNDS {
        let counts = i128::from(i128::from(cost) <= bound);
        truth.add(format!("wait_seconds_bucket{{{labels},le=\"{shown}\"}}"), Worth::Whole(counts));
    }
    truth.add(format!("wait_seconds_bucket{{{labels},le=\"+Inf\"}}"), Worth::Whole(1));
    truth.add(format!("wait_seconds_sum{{{labels}}}"), Worth::Thousandths(cost.into()));
    truth.add(format!("wait_seconds_count{{{labels}}}"), Worth::Whole(1));
    json!({"event": "wait", "cost_ms": cost, "queue": queue, "players": random.below(100)})
}

/// Prices with two digits behind the point, most of which no floating-point number is equal to.
#[allow(clippy::cast_precision_loss, reason = "it is small")]
fn payment(random: &mut Random, truth: &mut Truth) -> serde_json::Value {
    let price = (100 + random.below(9900)) as f64 / 100.0;
    truth.add("paid_total".to_owned(), Worth::of_real(price));
    json!({"event": "payment", "price": price})
}

/// What no rule can count.
fn fault(random: &mut Random, truth: &mut Truth) -> serde_json::Value {
    let (value, reason) = match random.below(3) {
        0 => (json!(-5), "negative"),
        1 => (json!("NaN"), "not_finite"),
        _ => (json!([]), "not_a_number"),
    };
    let series =
        format!("chandler_agent_faults_total{{reason=\"{reason}\",rule=\"paid_total\",source=\"game\"}}");
    truth.add(series, Worth::Whole(1));
    json!({"event": "payment", "price": value})
}

/// A line that nothing is counted of, with which many files begin.
pub const HEADER: &[u8] = b"{\"ts\":1700000000000,\"started\":true,\"version\":\"1.2.3\"}\n";

/// The rules for logs in a folder.
#[must_use]
pub fn rules(folder: &Path, day: &Day, grace: &str) -> String {
    let (folder, zone) = (folder.display(), day.zone);
    format!(
        r#"sources:
  - name: game
    paths: ["{folder}/*.log*", "{folder}/day-%Y-%m-%d.log"]
    format: json
    timeZone: {zone}
    time: {{path: ts, format: unix-ms}}
    lateness: 3d
    grace: {grace}
    metrics:
      - {{name: lines_total, type: counter, when: 'has(line.writer)', labels: {{writer: writer}}}}
      - {{name: orders_total, type: counter, when: 'event == "order"', labels: {{channel: pay.channel, region: region}}}}
      - {{name: orders_today, period: day, of: orders_total}}
      - {{name: orders_yesterday, period: day, of: orders_total, ago: 1}}
      - {{name: transferred_bytes_total, type: counter, value: bytes, unit: bytes}}
      - {{name: paid_total, type: counter, value: price}}
      - {{name: players, type: gauge, value: players}}
      - {{name: wait_seconds, type: histogram, value: cost_ms, scale: 0.001, buckets: [0.05, 0.25, 0.75, 2.5], labels: {{queue: queue}}}}
"#
    )
}
