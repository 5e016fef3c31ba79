//! Prometheus, the real one, as a process of the test, and promtool.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chandler_agent_world::agent::get;
use chandler_e2e::{Programs, skip};
use serde_json::Value;

/// How long it may take to do anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// Jobs, each with a format that Prometheus asks for.
pub const JOBS: [(&str, &str); 2] =
    [("text", "PrometheusText0.0.4"), ("open-metrics", "OpenMetricsText1.0.0")];

/// Prometheus, which scrapes an address every second, by both jobs.
pub struct Prometheus {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
}

/// The programs, where they are built; none, after a loud word, where they are not.
pub fn programs(test: &str) -> Option<Programs> {
    let programs = Programs::find_sets(&["prometheus"]);
    if programs.is_none() {
        let why = "Prometheus is not built; make e2e-prepare sees to it";
        assert!(std::env::var_os("CHANDLER_REQUIRE_CLUSTERS").is_none(), "{why}");
        skip(test, why);
    }
    programs
}

/// A port that nobody has.
pub fn free_address() -> Result<SocketAddr> {
    Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// What `promtool check metrics` says of a page.
pub fn lint(programs: &Programs, page: &[u8]) -> Result<String> {
    let mut command = Command::new(programs.path("promtool"));
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    child.stdin.take().context("no input")?.write_all(page)?;
    let output = child.wait_with_output()?;
    let said = [output.stdout, output.stderr].concat();
    Ok(format!("{}{}", String::from_utf8_lossy(&said), if output.status.success() { "" } else { "failed" }))
}

impl Prometheus {
    /// Starts it in a folder, and waits until it is ready.
    pub fn start(programs: &Programs, folder: &Path, target: SocketAddr) -> Result<Self> {
        let config = folder.join("prometheus.yaml");
        let job = |(name, protocol): (&str, &str)| {
            format!(
                "- job_name: {name}\n  scrape_protocols: [{protocol}]\n  static_configs: [{{targets: [\"{target}\"]}}]\n"
            )
        };
        let jobs: String = JOBS.into_iter().map(job).collect();
        let head = "global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n";
        fs::write(&config, format!("{head}{jobs}"))?;
        let (address, log) = (free_address()?, folder.join("prometheus.log"));
        let mut command = Command::new(programs.path("prometheus"));
        command.arg("--config.file").arg(config).arg("--storage.tsdb.path").arg(folder.join("data"));
        command.arg(format!("--web.listen-address={address}"));
        let output = File::create(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let prometheus = Self { child: command.spawn()?, address, log };
        prometheus.wait_for("/-/ready", |_| true)?;
        Ok(prometheus)
    }

    /// Asks until an answer is as wanted.
    fn wait_for(&self, path: &str, wanted: impl Fn(&[u8]) -> bool) -> Result<Vec<u8>> {
        let start = Instant::now();
        loop {
            let answer = get(self.address, path, "");
            if let Ok(answer) = &answer
                && answer.status == 200
                && wanted(&answer.body)
            {
                return Ok(answer.body.clone());
            }
            let late = start.elapsed() > PATIENCE;
            ensure!(!late, "{path}: {answer:?}\n{}", fs::read_to_string(&self.log)?);
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The results of a query at a time in seconds since 1970.
    pub fn query(&self, query: &str, time: Option<f64>) -> Result<Vec<Value>> {
        let time = time.map(|time| format!("&time={time:.3}")).unwrap_or_default();
        let path = format!("/api/v1/query?query={}{time}", encoded(query));
        let answer = get(self.address, &path, "")?;
        let value: Value = serde_json::from_slice(&answer.body)?;
        ensure!(value["status"] == "success", "{query}: {value}");
        Ok(value["data"]["result"].as_array().context("no results")?.clone())
    }

    /// Waits until a query has an answer by both jobs.
    pub fn wait_for_both(&self, query: &str) -> Result<()> {
        let path = format!("/api/v1/query?query={}", encoded(&format!("count({query})")));
        let is_two = |body: &[u8]| {
            let value: Value = serde_json::from_slice(body).unwrap_or_default();
            value["data"]["result"][0]["value"][1] == "2"
        };
        self.wait_for(&path, is_two).map(|_| ())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn encoded(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            },
        )
        .collect()
}

/// The labels of a result as a page writes them, without those that Prometheus adds.
pub fn series_of(name: &str, metric: &Value) -> String {
    let labels: BTreeMap<_, _> = metric.as_object().unwrap().iter().collect();
    let own =
        labels.into_iter().filter(|(label, _)| !["job", "instance", "__name__"].contains(&label.as_str()));
    let (bounds, others): (Vec<_>, Vec<_>) = own.partition(|(label, _)| *label == "le");
    let written = others.into_iter().chain(bounds).map(|(label, value)| {
        let value = value.as_str().unwrap().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("{label}=\"{value}\"")
    });
    let written = written.collect::<Vec<_>>().join(",");
    if written.is_empty() { name.to_owned() } else { format!("{name}{{{written}}}") }
}
