//! Real sockets, real TLS and real files: what is served to whom, and what a server sees while the disk is broken.

use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chandler_runtime::readiness::Condition;
use chandler_runtime::shutdown::{ShutdownArgs, Trigger};
use flate2::read::GzDecoder;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::*;
use crate::engine::EngineOptions;
use crate::exposition::{Format, Page, Style};
use crate::rules::Rules;
use crate::series::Snapshot;

/// A section with one user, whose password is `one`.
pub(super) fn ada() -> String {
    format!(
        "basic_auth_users: {{ada: {}}}
",
        bcrypt::hash("one", 4).unwrap()
    )
}

const OPEN_METRICS: &str = "application/openmetrics-text;version=1.0.0";

/// A certificate for localhost with its key, PEM. It is its own authority.
pub(super) fn certified() -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    (certificate.pem(), key.serialize_pem())
}

/// A folder with a log, the state and the configuration.
struct Place {
    folder: tempfile::TempDir,
}

/// An agent that serves.
struct Running {
    place: Place,
    engine: Arc<Engine>,
    first_read: Condition,
    address: SocketAddr,
    _trigger: Trigger,
}

#[derive(Debug)]
struct Answer {
    status: u16,
    headers: String,
    body: Vec<u8>,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn engine(&self) -> Engine {
        let path = self.path("stat.log");
        let rules = format!(
            "sources:\n- name: shop\n  paths: [{path:?}]\n  format: json\n  metrics:\n  \
             - {{name: orders_total, type: counter, help: Orders.}}\n  \
             - {{name: online, type: gauge, help: Players., value: online}}\n"
        );
        let rules = Rules::parse("rules.yaml", &rules).unwrap();
        Engine::open(rules, EngineOptions::new(self.path("state")), SystemTime::now()).unwrap()
    }

    fn arguments(&self, has_config: bool) -> WebArgs {
        WebArgs {
            address: "127.0.0.1:0".parse().unwrap(),
            web_config: has_config.then(|| self.path("web.yml")),
            max_connections: 32,
            created_timestamps: false,
        }
    }

    async fn serve(self, arguments: WebArgs) -> Running {
        let engine = Arc::new(self.engine());
        let mut server = arguments.bind().await.unwrap();
        server.live.pause = Duration::from_millis(20);
        let address = server.address();
        let readiness = Readiness::default();
        let first_read = readiness.condition("first read");
        let (trigger, shutdown) = ShutdownArgs { drain_seconds: 0, grace_seconds: 5 }.shutdown();
        let served = Arc::clone(&engine);
        tokio::spawn(async move { server.serve(served, readiness, &shutdown).await });
        Running { place: self, engine, first_read, address, _trigger: trigger }
    }

    /// Serves in the open.
    async fn open(self) -> Running {
        let arguments = self.arguments(false);
        self.serve(arguments).await
    }

    /// Serves with this configuration.
    async fn configured(self, config: &str) -> Running {
        self.write("web.yml", config);
        let arguments = self.arguments(true);
        self.serve(arguments).await
    }
}

/// One line more, that is read.
fn read_line(place: &Place, engine: &Engine, online: u32) {
    let mut log = OpenOptions::new().create(true).append(true).open(place.path("stat.log")).unwrap();
    writeln!(log, "{{\"online\":{online}}}").unwrap();
    read(engine);
}

fn read(engine: &Engine) {
    engine.look(SystemTime::now());
    while engine.read(1 << 20, SystemTime::now()).more {}
}

impl Running {
    /// One line more, that is read.
    fn read_line(&self, online: u32) {
        read_line(&self.place, &self.engine, online);
    }

    fn read(&self) {
        read(&self.engine);
    }

    async fn ask(&self, request: &str, headers: &[&str]) -> Answer {
        let stream = TcpStream::connect(self.address).await.unwrap();
        ask(stream, request, headers).await.unwrap()
    }

    async fn page(&self) -> String {
        let answer = self.ask("GET /metrics", &[]).await;
        assert_eq!(answer.status, 200);
        answer.text()
    }

    /// Asks over TLS, with a certificate of one's own, or says that it was refused.
    async fn ask_tls(&self, authority: &str, own: Option<&(String, String)>) -> Option<Answer> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap()).unwrap();
        let builder = ClientConfig::builder().with_root_certificates(roots);
        let config = match own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                builder.with_client_auth_cert(vec![certificate], key).unwrap()
            }
        };
        let stream = TcpStream::connect(self.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.ok()?;
        ask(stream, "GET /metrics", &[]).await
    }
}

async fn ask(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    request: &str,
    headers: &[&str],
) -> Option<Answer> {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let request = format!("{request} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut bytes = Vec::new();
    // TLS may end without saying so.
    let _ = stream.read_to_end(&mut bytes).await;
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let headers = String::from_utf8(bytes[..end].to_vec()).unwrap().to_ascii_lowercase();
    let status = headers.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, headers, body: bytes[end + 4..].to_vec() })
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.lines();
        lines
            .find_map(|line| line.split_once(": ").filter(|(found, _)| *found == name))
            .map(|(_, value)| value)
    }

    fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }
}

/// The value behind a name and its labels.
fn value(page: &str, name: &str) -> Option<f64> {
    let mut lines = page.lines();
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.parse().ok())
}

/// Waits until that holds, for a while.
async fn until(mut holds: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !holds().await {
        assert!(begin.elapsed() < Duration::from_secs(60), "it never holds");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn basic(credentials: &str) -> String {
    format!("authorization: Basic {}", STANDARD.encode(credentials))
}

#[tokio::test]
async fn each_page_is_where_it_should_be() {
    let running = Place::new().open().await;
    let index = running.ask("GET /", &[]).await;
    assert_eq!((index.status, index.header("content-type")), (200, Some("text/html; charset=utf-8")));
    for link in ["metrics", "-/ready", "-/healthy"] {
        assert!(index.text().contains(&format!("href=\"{link}\"")));
    }
    assert_eq!(running.ask("GET /-/healthy", &[]).await.status, 200);
    let waiting = running.ask("GET /-/ready", &[]).await;
    assert_eq!((waiting.status, waiting.text().as_str()), (503, "waiting for first read\n"));
    running.first_read.hold();
    assert_eq!(running.ask("GET /-/ready", &[]).await.status, 200);
    assert_eq!(running.ask("GET /secret", &[]).await.status, 404);
    assert_eq!(running.ask("POST /metrics", &[]).await.status, 405);
}

#[tokio::test]
async fn what_was_read_is_shown_with_what_the_agent_says_of_itself() {
    let running = Place::new().open().await;
    running.read_line(7);
    let page = running.page().await;
    let at_least = [
        ("online", 7.0),
        ("chandler_agent_lag_bytes{source=\"shop\"}", 0.0),
        ("chandler_agent_lag_files{source=\"shop\"}", 0.0),
        ("chandler_agent_lag_seconds{source=\"shop\"}", 0.0),
        ("chandler_agent_series{metric=\"online\"}", 1.0),
        ("chandler_agent_checkpoint_age_seconds", 0.0),
        ("chandler_agent_checkpoint_size_bytes", 10.0),
        ("chandler_agent_checkpoint_generation", 2.0),
        ("chandler_agent_checkpoint_failures_total", 0.0),
        ("chandler_agent_rules_last_reload_successful", 1.0),
        ("chandler_agent_rules_last_reload_success_timestamp_seconds", 1.6e9),
        ("process_cpu_seconds_total", 0.0),
        ("process_resident_memory_bytes", 1e6),
        ("process_virtual_memory_bytes", 1e6),
        ("process_open_fds", 3.0),
        ("process_max_fds", 3.0),
        ("process_start_time_seconds", 1.6e9),
    ];
    for (name, least) in at_least {
        assert!(value(&page, name).is_some_and(|value| value >= least), "{name}: {page}");
    }
    assert!(page.contains("chandler_agent_build_info{version=\""), "{page}");
    assert!(value(&page, "process_start_time_seconds").unwrap() <= value_of_now());
}

fn value_of_now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64() + 1.0
}

#[tokio::test]
async fn trouble_is_zero_before_it_happens() {
    let running = Place::new().open().await;
    running.read_line(7);
    let page = running.page().await;
    for reason in
        ["unreadable", "not_a_file", "compression", "broken_gzip", "truncated", "lost", "unfinished"]
    {
        let series = format!("chandler_agent_file_troubles_total{{reason=\"{reason}\",source=\"shop\"}}");
        assert_eq!(value(&page, &series), Some(0.0), "{reason}: {page}");
    }
}

/// The newer of the two checkpoints.
fn newest(state: &Path) -> PathBuf {
    let generation =
        |path: &PathBuf| fs::read(path).unwrap()[12..20].iter().rev().copied().collect::<Vec<_>>();
    let both = ["checkpoint.0", "checkpoint.1"].map(|name| state.join(name));
    both.into_iter().max_by_key(generation).unwrap()
}

#[tokio::test]
async fn after_a_checkpoint_was_lost_nothing_is_shown_until_its_lines_are_read_again() {
    let place = Place::new();
    let engine = place.engine();
    for line in 0..2 {
        read_line(&place, &engine, line);
        let snapshot = engine.checkpoint(SystemTime::now()).unwrap();
        engine.tell_scraped(&snapshot, SystemTime::now());
    }
    read_line(&place, &engine, 2);
    // All is shown now, long after the first scrape.
    let later = SystemTime::now() + Duration::from_secs(600);
    assert_eq!(orders(&engine.checkpoint(later).unwrap()), Some(3.0));
    drop(engine);
    fs::write(newest(&place.path("state")), "half of").unwrap();

    let running = place.open().await;
    for _ in 0..2 {
        let answer = running.ask("GET /metrics", &[]).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")));
    }
    running.read();
    assert_eq!(running.ask("GET /metrics", &[]).await.status, 503);
    running.engine.tell_caught_up(SystemTime::now());
    // A snapshot of a moment ago may still be fresh.
    until(async || running.ask("GET /metrics", &[]).await.status == 200).await;
    assert_eq!(value(&running.page().await, "orders_total"), Some(3.0));
}

#[tokio::test]
async fn refused_rules_are_told() {
    let running = Place::new().open().await;
    running.engine.tell_rules(false, SystemTime::now());
    let page = running.page().await;
    assert_eq!(value(&page, "chandler_agent_rules_last_reload_successful"), Some(0.0));
}

#[tokio::test]
async fn format_and_encoding_are_those_that_are_wanted() {
    let running = Place::new().open().await;
    running.read_line(7);
    let plain = running.ask("GET /metrics", &[]).await;
    assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert_eq!(
        (plain.header("content-encoding"), plain.header("vary")),
        (None, Some("accept, accept-encoding"))
    );
    let accept = format!("accept: {OPEN_METRICS}");
    let open = running.ask("GET /metrics", &[&accept]).await;
    assert_eq!(
        open.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(open.text().ends_with("# EOF\n"));
    assert!(!open.text().contains("_created"));
    let packed = running.ask("GET /metrics", &[&accept, "accept-encoding: gzip"]).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    let mut text = String::new();
    GzDecoder::new(&packed.body[..]).read_to_string(&mut text).unwrap();
    assert!(text.ends_with("# EOF\n") && value(&text, "online") == Some(7.0), "{text}");
}

#[tokio::test]
async fn beginnings_of_counters_are_told_to_who_wants_them() {
    let place = Place::new();
    let arguments = WebArgs { created_timestamps: true, ..place.arguments(false) };
    let running = place.serve(arguments).await;
    running.read_line(7);
    let open = running.ask("GET /metrics", &[&format!("accept: {OPEN_METRICS}")]).await;
    assert!(value(&open.text(), "orders_created").is_some_and(|created| created > 1.6e9));
    assert!(!running.page().await.contains("_created"));
}

/// What a snapshot shows of the counter.
fn orders(snapshot: &Snapshot) -> Option<f64> {
    let mut out = Vec::new();
    let mut page = Page::new(&mut out, Style { format: Format::Text, created: false });
    page.add_snapshot(snapshot);
    page.finish();
    value(&String::from_utf8(out).unwrap(), "orders_total")
}

#[tokio::test]
async fn new_counter_is_zero_until_a_server_has_seen_it_and_a_head_is_no_look() {
    let running = Place::new().open().await;
    running.read_line(7);
    let later = |minutes: u64| SystemTime::now() + Duration::from_secs(minutes * 60);
    let head = running.ask("HEAD /metrics", &[]).await;
    assert_eq!((head.status, head.body.len()), (200, 0));
    assert!(head.header("content-length").unwrap().parse::<usize>().unwrap() > 1000);
    assert_eq!(orders(&running.engine.checkpoint(later(10)).unwrap()), Some(0.0));
    // The page that was shown to nobody is still fresh, and as good.
    assert_eq!(value(&running.page().await, "orders_total"), Some(0.0));
    running.engine.checkpoint(later(1)).unwrap();
    assert_eq!(orders(&running.engine.checkpoint(later(20)).unwrap()), Some(1.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_servers_at_once_all_get_a_whole_page() {
    let running = Arc::new(Place::new().open().await);
    running.read_line(7);
    let scrapes: Vec<_> = (0..8)
        .map(|number| {
            let running = Arc::clone(&running);
            tokio::spawn(async move {
                let accept =
                    if number % 2 == 0 { "accept: */*" } else { "accept: application/openmetrics-text" };
                running.ask("GET /metrics", &[accept]).await
            })
        })
        .collect();
    for scrape in scrapes {
        let answer = scrape.await.unwrap();
        assert_eq!(answer.status, 200);
        assert_eq!(value(&answer.text(), "online"), Some(7.0));
        let is_whole = answer.text().ends_with("# EOF\n");
        assert_eq!(is_whole, answer.header("content-type").unwrap().starts_with("application/"));
    }
}

#[tokio::test]
async fn while_no_checkpoint_can_be_written_the_last_one_is_shown() {
    let running = Place::new().open().await;
    running.read_line(7);
    assert_eq!(value(&running.page().await, "online"), Some(7.0));
    let (state, away) = (running.place.path("state"), running.place.path("away"));
    fs::rename(&state, &away).unwrap();
    running.read_line(8);
    // Until the first scrape that tries to write one.
    until(async || value(&running.page().await, "chandler_agent_checkpoint_failures_total") != Some(0.0))
        .await;
    let page = running.page().await;
    assert_eq!(value(&page, "online"), Some(7.0));
    assert!(value(&page, "chandler_agent_checkpoint_age_seconds").unwrap() > 0.0);
    fs::rename(&away, &state).unwrap();
    until(async || value(&running.page().await, "online") == Some(8.0)).await;
}

#[tokio::test]
async fn headers_of_the_configuration_are_in_every_answer() {
    let headers = "{X-Frame-Options: deny, Strict-Transport-Security: max-age=1}";
    let config = format!("http_server_config: {{headers: {headers}}}\n{}", ada());
    let running = Place::new().configured(&config).await;
    let right = basic("ada:one");
    let asked = [
        ("GET /metrics", Some(&right), 200),
        ("GET /metrics", None, 401),
        ("GET /", Some(&right), 200),
        ("GET /-/ready", Some(&right), 503),
        ("GET /nothing", Some(&right), 404),
        ("DELETE /", Some(&right), 405),
    ];
    for (request, header, status) in asked {
        let headers: Vec<_> = header.into_iter().map(String::as_str).collect();
        let answer = running.ask(request, &headers).await;
        assert_eq!(answer.status, status, "{request}");
        assert_eq!(answer.header("x-frame-options"), Some("deny"), "{request}");
        assert_eq!(answer.header("strict-transport-security"), Some("max-age=1"), "{request}");
    }
}

#[tokio::test]
async fn no_page_is_shown_without_the_right_password() {
    let running = Place::new().configured(&ada()).await;
    for page in ["/", "/metrics", "/-/healthy", "/-/ready", "/nothing"] {
        let refused = running.ask(&format!("GET {page}"), &[]).await;
        assert_eq!((refused.status, refused.header("www-authenticate")), (401, Some("basic")), "{page}");
        for wrong in ["ada:two", "ben:one"] {
            assert_eq!(running.ask(&format!("GET {page}"), &[&basic(wrong)]).await.status, 401, "{page}");
        }
        assert_ne!(running.ask(&format!("GET {page}"), &[&basic("ada:one")]).await.status, 401, "{page}");
    }
}

fn tls_place() -> (Place, (String, String)) {
    let (place, pair) = (Place::new(), certified());
    place.write("tls.crt", &pair.0);
    place.write("tls.key", &pair.1);
    (place, pair)
}

const TLS: &str = "tls_server_config: {cert_file: tls.crt, key_file: tls.key}\n";

#[tokio::test]
async fn with_a_certificate_only_tls_is_spoken() {
    let (place, pair) = tls_place();
    let running = place.configured(TLS).await;
    let answer = running.ask_tls(&pair.0, None).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(value(&answer.text(), "process_open_fds").is_some());
    let stream = TcpStream::connect(running.address).await.unwrap();
    assert!(ask(stream, "GET /metrics", &[]).await.is_none(), "it is in the open");
}

#[tokio::test]
async fn only_clients_with_a_certificate_of_the_authority_are_served() {
    let (place, pair) = tls_place();
    let (trusted, stranger) = (certified(), certified());
    place.write("ca.crt", &trusted.0);
    let running = place
        .configured(
            "tls_server_config: {cert_file: tls.crt, key_file: tls.key, client_ca_file: ca.crt, \
             client_auth_type: RequireAndVerifyClientCert}\n",
        )
        .await;
    assert!(running.ask_tls(&pair.0, None).await.is_none());
    assert!(running.ask_tls(&pair.0, Some(&stranger)).await.is_none());
    assert_eq!(running.ask_tls(&pair.0, Some(&trusted)).await.unwrap().status, 200);
}

#[tokio::test]
async fn new_certificate_and_new_configuration_are_served_with_without_a_restart() {
    let (place, first) = tls_place();
    let running = place.configured(TLS).await;
    assert!(running.ask_tls(&first.0, None).await.is_some());
    let second = certified();
    running.place.write("tls.crt", &second.0);
    running.place.write("tls.key", &second.1);
    until(async || running.ask_tls(&second.0, None).await.is_some()).await;
    assert!(running.ask_tls(&first.0, None).await.is_none());
    running.place.write("web.yml", &format!("{TLS}{}", ada()));
    until(async || running.ask_tls(&second.0, None).await.is_some_and(|answer| answer.status == 401)).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_flag_is_told_with_its_name() {
    let place = Place::new();
    let missing = place.arguments(true).bind().await.unwrap_err();
    assert_eq!(missing.to_string(), format!("--web-config {} is of no use", place.path("web.yml").display()));
    assert!(std::error::Error::source(&missing).unwrap().to_string().starts_with("cannot read "));
    let taken = place.arguments(false).bind().await.unwrap();
    let arguments = WebArgs { address: taken.address(), ..place.arguments(false) };
    let error = arguments.bind().await.unwrap_err().to_string();
    assert_eq!(error, format!("cannot listen at --address {}", taken.address()));
}

#[test]
fn where_there_is_no_ipv6_every_address_is_that_of_ipv4_and_nothing_else_is_taken_for_that() {
    let every: SocketAddr = "[::]:9780".parse().unwrap();
    let error = |errno: Errno| io::Error::from_raw_os_error(errno.raw_os_error());
    for errno in [Errno::AFNOSUPPORT, Errno::ADDRNOTAVAIL] {
        assert_eq!(without_ipv6(every, &error(errno)), Some("0.0.0.0:9780".parse().unwrap()));
        for one in ["[::1]:9780", "127.0.0.1:9780", "0.0.0.0:9780"] {
            assert_eq!(without_ipv6(one.parse().unwrap(), &error(errno)), None, "{one}");
        }
    }
    for errno in [Errno::ADDRINUSE, Errno::ACCESS] {
        assert_eq!(without_ipv6(every, &error(errno)), None);
    }
}

#[test]
fn agent_listens_at_its_own_port_unless_told_otherwise() {
    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        web: WebArgs,
    }
    let parse = |arguments: &[&str]| <Program as clap::Parser>::try_parse_from(arguments).map(|it| it.web);
    let default = parse(&["agent"]).unwrap();
    assert_eq!((default.address.port(), default.web_config), (9780, None));
    let given = parse(&["agent", "--address", "127.0.0.1:0", "--web-config", "a.yml"]).unwrap();
    assert_eq!(given.web_config.as_deref(), Some(Path::new("a.yml")));
    assert!(parse(&["agent", "--max-connections", "0"]).is_err());
}
