//! Days of counters while several files are read: they end, and none before all that was written of it was read.

use std::fs::File;

use super::*;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A midnight in UTC, in seconds since 1970.
const MIDNIGHT: u64 = 1_800_057_600;

/// A line, and less than two.
const LITTLE: usize = 40;

/// Two sources, of which one has two logs, and one counter with days.
struct Shop {
    folder: TempDir,
    /// Seconds since 1970.
    now: u64,
    engine: Option<Engine>,
}

impl Shop {
    fn new(now: u64) -> Self {
        let mut shop = Self { folder: tempfile::tempdir().unwrap(), now, engine: None };
        shop.start();
        shop
    }

    fn rules(&self) -> Rules {
        let day = |name: &str, ago: u32| {
            format!("  - {{name: {name}, period: day, of: orders_total, ago: {ago}}}\n")
        };
        let source = |name: &str, paths: &[&str]| {
            let paths: Vec<_> = paths.iter().map(|path| self.path(path).display().to_string()).collect();
            format!(
                "- name: {name}\n  paths: {paths:?}\n  time: {{path: ts, format: unix}}\n  lateness: 10m\n  metrics:\n  \
                 - {{name: orders_total, type: counter, help: Orders.}}\n"
            )
        };
        let days = ["today", "yesterday", "two_days_ago", "three_days_ago"];
        let days: String = days.iter().zip(0..).map(|(name, ago)| day(name, ago)).collect();
        let sources = [source("shop", &["a.log*", "b.log*"]), source("other", &["other.log*"])];
        Rules::parse("rules.yaml", &format!("sources:\n{}{days}", sources.concat())).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn start(&mut self) {
        self.open(self.rules(), "state");
    }

    fn open(&mut self, rules: Rules, state: &str) {
        let mut options = EngineOptions::new(self.folder.path().join(state));
        // Nobody scrapes.
        options.zero_first = None;
        self.engine = Some(Engine::open(rules, options, self.time()).unwrap());
    }

    /// It ends without a word.
    fn kill(&mut self) {
        self.engine = None;
    }

    fn engine(&self) -> &Engine {
        self.engine.as_ref().unwrap()
    }

    fn time(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(self.now)
    }

    /// Appends lines with these times; the file was written to at the last of them.
    fn write(&self, name: &str, times: &[u64]) {
        let mut file = OpenOptions::new().create(true).append(true).open(self.path(name)).unwrap();
        for time in times {
            // What is equal is taken for a copy.
            writeln!(file, "{{\"ts\":{time},\"log\":\"{name}\"}}").unwrap();
        }
        self.touch(name, times.last().copied());
    }

    fn touch(&self, name: &str, time: Option<u64>) {
        let file = File::options().append(true).open(self.path(name)).unwrap();
        file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(time.unwrap_or(self.now))).unwrap();
    }

    fn compress(&self, name: &str, time: u64) {
        let packed = format!("{name}.gz");
        let mut to = flate2::write::GzEncoder::new(
            File::create(self.path(&packed)).unwrap(),
            flate2::Compression::fast(),
        );
        to.write_all(&fs::read(self.path(name)).unwrap()).unwrap();
        to.finish().unwrap();
        fs::remove_file(self.path(name)).unwrap();
        self.touch(&packed, Some(time));
    }

    /// Looks, and reads about so much.
    fn step(&mut self, budget: usize) -> Step {
        self.now += 1;
        self.engine().look(self.time());
        self.engine().read(budget, self.time())
    }

    /// Reads all that there is. Compressed files are only believed when they do not change any more.
    fn read_all(&mut self) {
        for _ in 0..5 {
            while self.step(BUDGET).more {}
        }
    }

    fn unread_files(&self) -> u64 {
        self.engine().files().iter().map(|one| one.lag.files).sum()
    }

    /// Today, yesterday, and two and three days ago.
    fn days(&mut self) -> [u64; 4] {
        let page = page(&self.engine().checkpoint(self.time()).unwrap());
        ["today", "yesterday", "two_days_ago", "three_days_ago"].map(|name| {
            let line = page.lines().find_map(|line| line.strip_prefix(&format!("{name} ")));
            line.unwrap_or_else(|| panic!("{name}: {page}")).parse().unwrap()
        })
    }

    fn late(&self) -> u64 {
        let page = page(&self.engine().checkpoint(self.time()).unwrap());
        let exceptions =
            page.lines().filter_map(|line| line.strip_prefix("chandler_agent_exceptions_total{"));
        let late = exceptions.filter_map(|line| line.split_once("reason=\"late\"} "));
        late.map(|(_, count)| count.parse::<u64>().unwrap()).sum()
    }
}

#[test]
fn days_end_although_two_files_always_have_something_to_read() {
    let mut shop = Shop::new(MIDNIGHT - HOUR);
    shop.write("a.log", &[shop.now; 40]);
    shop.write("b.log", &[shop.now; 40]);
    let mut steps = 0;
    while shop.days()[0] < 40 {
        shop.step(4 * LITTLE);
        steps += 1;
    }
    assert!(steps > 5 && shop.unread_files() == 2);
    shop.now = MIDNIGHT + 30 * MINUTE;
    for _ in 0..60 {
        for log in ["a.log", "b.log"] {
            shop.write(log, &[shop.now]);
        }
        shop.step(2 * LITTLE);
        assert_eq!(shop.unread_files(), 2);
    }
    let late = shop.late();
    shop.write("a.log", &[MIDNIGHT - 1; 5]);
    shop.write("b.log", &[shop.now; 5]);
    shop.read_all();
    assert_eq!((late, shop.late()), (0, 5));
    assert_eq!(shop.days()[1], 80);
}

#[test]
fn a_source_that_lags_behind_holds_no_days_of_another_counter() {
    let mut shop = Shop::new(MIDNIGHT + HOUR);
    let path = shop.path("fast.log");
    let slow = shop.path("slow.log");
    let rules = format!(
        "sources:\n- name: fast\n  paths: [{path:?}]\n  time: {{path: ts, format: unix}}\n  metrics:\n  \
         - {{name: fast_total, type: counter}}\n  - {{name: yesterday, period: day, of: fast_total, ago: 1}}\n\
         - name: slow\n  paths: ['{0}.*']\n  metrics: [{{name: slow_total, type: counter}}]\n",
        slow.display()
    );
    let rules = Rules::parse("rules.yaml", &rules).unwrap();
    shop.open(rules, "other-state");
    shop.write("slow.log.1", &[shop.now; 1000]);
    shop.write("slow.log.2", &[shop.now; 1000]);
    shop.write("fast.log", &[shop.now, MIDNIGHT - 1]);
    shop.step(3 * LITTLE);
    assert!(shop.unread_files() >= 2);
    assert_eq!(shop.late(), 1);
}

/// What was written while the agent was down, from three days before `MIDNIGHT` on: lines of each day in each log.
fn fill(shop: &Shop) {
    let day = |ago: u64| MIDNIGHT - ago * DAY + HOUR;
    for (log, count) in [("a.log", 3), ("b.log", 50), ("other.log", 20)] {
        for ago in 1..=3 {
            let name = format!("{log}.{ago}");
            shop.write(&name, &vec![day(ago); count]);
            shop.write(&name, &[day(ago) + 22 * HOUR + 59 * MINUTE]);
            if ago > 1 {
                shop.compress(&name, day(ago) + 23 * HOUR);
            }
        }
        shop.write(log, &[MIDNIGHT + MINUTE; 7]);
    }
}

const FILLED: [u64; 4] = [21, 76, 76, 76];

#[test]
fn each_line_counts_for_its_day_when_several_rotated_files_of_several_logs_are_caught_up_with() {
    for budget in [LITTLE, 200, BUDGET] {
        let mut shop = Shop::new(MIDNIGHT - 3 * DAY);
        shop.write("a.log", &[shop.now]);
        shop.read_all();
        shop.engine().checkpoint(shop.time()).unwrap();
        shop.kill();
        fs::rename(shop.path("a.log"), shop.path("a.log.3")).unwrap();
        fill(&shop);
        shop.now = MIDNIGHT + 2 * HOUR;
        shop.start();
        // Programs go on writing.
        for _ in 0..20 {
            shop.write("b.log", &[shop.now]);
            shop.step(budget);
        }
        shop.read_all();
        let [today, yesterday, two, three] = FILLED;
        assert_eq!((shop.days(), shop.late()), ([today + 20, yesterday, two, three + 1], 0), "{budget}");
        shop.write("b.log", &[MIDNIGHT - 1]);
        shop.read_all();
        assert_eq!((shop.days()[1], shop.late()), (yesterday, 1), "{budget}");
    }
}

#[test]
fn each_line_counts_for_its_day_when_the_agent_ends_again_and_again_while_it_catches_up() {
    let mut shop = Shop::new(MIDNIGHT - 3 * DAY);
    shop.read_all();
    shop.kill();
    fill(&shop);
    shop.now = MIDNIGHT + 2 * HOUR;
    for round in 0..40 {
        shop.start();
        assert!(round != 8 || shop.days()[1] < FILLED[1], "it has caught up too soon");
        for _ in 0..round % 7 {
            shop.step(LITTLE);
        }
        shop.engine().checkpoint(shop.time()).unwrap();
        shop.step(LITTLE);
        if round % 3 == 0 {
            shop.engine().replace_rules(shop.rules(), shop.time());
            shop.step(LITTLE);
        }
        shop.kill();
    }
    shop.start();
    shop.read_all();
    assert_eq!((shop.days(), shop.late()), (FILLED, 0));
}

#[test]
fn a_compressed_log_is_waited_for_although_it_is_read_later_than_a_plain_one() {
    let mut shop = Shop::new(MIDNIGHT - DAY);
    shop.write("a.log", &[shop.now]);
    shop.read_all();
    shop.engine().checkpoint(shop.time()).unwrap();
    shop.kill();
    shop.write("a.log", &[MIDNIGHT - HOUR; 5]);
    fs::rename(shop.path("a.log"), shop.path("a.log.1")).unwrap();
    shop.compress("a.log.1", MIDNIGHT - HOUR);
    shop.write("a.log", &[MIDNIGHT + HOUR; 5]);
    shop.now = MIDNIGHT + 2 * HOUR;
    shop.start();
    shop.read_all();
    assert_eq!((shop.days()[..2].to_vec(), shop.late()), (vec![5, 6], 0));
}

#[test]
fn a_log_that_is_compressed_before_its_turn_still_counts_for_its_day() {
    let mut shop = Shop::new(MIDNIGHT + HOUR);
    // With so few descriptors that of the first file is closed for others: it cannot be read any more when it is deleted.
    let options = EngineOptions { max_open: 1, ..EngineOptions::new(shop.path("other-state")) };
    shop.engine = Some(Engine::open(shop.rules(), options, shop.time()).unwrap());
    shop.write("a.log.1", &[MIDNIGHT - HOUR; 50]);
    shop.write("a.log.2", &[MIDNIGHT - 2 * HOUR; 50]);
    for number in 1..=6 {
        shop.write(&format!("b.log.{number}"), &[MIDNIGHT - number * HOUR; 5]);
    }
    shop.write("b.log", &[MIDNIGHT + 30 * MINUTE; 5]);
    for _ in 0..3 {
        shop.step(4 * LITTLE);
    }
    assert!(shop.days()[1] < 50);
    shop.compress("a.log.1", MIDNIGHT - HOUR);
    shop.read_all();
    assert_eq!((shop.days()[..2].to_vec(), shop.late()), (vec![5, 130], 0));
}

#[test]
fn a_file_that_cannot_be_read_holds_up_no_day_for_long() {
    let mut shop = Shop::new(MIDNIGHT + HOUR);
    // Space that was reserved and not written: nobody can say yet what it is.
    fs::write(shop.path("b.log"), [0; 100]).unwrap();
    shop.write("a.log", &[shop.now]);
    shop.step(BUDGET);
    shop.write("a.log", &[MIDNIGHT - HOUR]);
    shop.step(BUDGET);
    assert_eq!(shop.late(), 0);
    shop.now += 2 * MINUTE;
    shop.step(BUDGET);
    shop.write("a.log", &[shop.now, MIDNIGHT - HOUR]);
    shop.step(BUDGET);
    assert_eq!((shop.days()[1], shop.late()), (1, 1));
}
