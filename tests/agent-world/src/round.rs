//! A round: logs are written and rotated, the agent is killed and started, all as the numbers of a seed say. In the end
//! every series has to be worth what was written.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;

use crate::agent::{self, Agent, Setup};
use crate::event::{Day, Events, rules};
use crate::log::{Log, Names};
use crate::page::Page;
use crate::random::Random;
use crate::scraper::{Scraper, Watch};

/// A source that comes and goes.
const OTHER_SOURCE: &str =
    "  - {name: passing, paths: /nowhere/*.log, metrics: [{name: passing_total, type: counter}]}\n";

/// What a round is like.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where its numbers come from.
    pub seed: u64,
    /// How many things happen.
    pub steps: usize,
    /// Whether last lines may stay without an end, and are over soon. Then nobody takes long to rotate a file.
    pub unfinished: bool,
    /// Whether the agent is asked to end, and not killed.
    pub gentle: bool,
}

/// What a round was like.
#[derive(Debug, Clone, Copy, Default)]
pub struct Report {
    /// Lines that were counted.
    pub lines: u64,
    /// How often the agent ended.
    pub ends: u64,
    /// Pages that were scraped meanwhile.
    pub scrapes: u64,
}

/// A round that goes on.
#[derive(Debug)]
pub struct Round {
    plan: Plan,
    random: Random,
    events: Events,
    logs: Vec<Log>,
    rules: String,
    has_other_source: bool,
    setup: Setup,
    agent: Option<Agent>,
    /// What it shares with its scraper.
    pub watch: Arc<Watch>,
    scraper: Scraper,
    /// Of agents that ended.
    past: Vec<agent::Log>,
    /// What happened, to be told when it fails.
    trace: Vec<String>,
}

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        Self { seed, steps: 220, unfinished: seed % 3 == 2, gentle: seed % 4 == 3 }
    }
}

impl Round {
    /// Starts the program in a folder. `configure` may change how it is run.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(
        folder: &Path,
        program: &str,
        plan: Plan,
        configure: impl FnOnce(&mut Setup),
    ) -> Result<Self> {
        let (logs, state, path) = (folder.join("logs"), folder.join("state"), folder.join("rules.yaml"));
        std::fs::create_dir_all(&logs)?;
        let day = Day::today()?;
        let rules = rules(&logs, &day, if plan.unfinished { "1s" } else { "60s" });
        std::fs::write(&path, &rules)?;
        let mut setup = Setup::new(program, path, state);
        configure(&mut setup);
        let watch = Arc::new(Watch::default());
        let all = [("a", Names::Numbers), ("b", Names::Numbers), ("c", Names::Days)];
        let mut round = Self {
            random: Random::new(plan.seed),
            events: Events::new(day),
            logs: all.iter().map(|(writer, names)| Log::new(&logs, writer, *names)).collect::<Result<_>>()?,
            rules,
            has_other_source: false,
            setup,
            agent: None,
            scraper: Scraper::start(&watch),
            watch,
            past: Vec::new(),
            trace: Vec::new(),
            plan,
        };
        round.start_agent()?;
        Ok(round)
    }

    /// Lets everything happen, and compares.
    ///
    /// # Errors
    /// A series is not worth what was written, or a scrape saw what it must not.
    pub fn run(mut self) -> Result<Report> {
        self.go_through()?;
        self.run_out()
    }

    /// Ends everything.
    ///
    /// # Errors
    /// A scrape saw what it must not.
    pub fn run_out(self) -> Result<Report> {
        let Self { scraper, watch, past, events, .. } = self;
        watch.set_address(None);
        Ok(Report { lines: events.count(), ends: past.len() as u64, scrapes: scraper.stop()? })
    }

    /// Lets everything happen, up to the end, where every series has to be worth what was written.
    ///
    /// # Errors
    /// It is not, or a scrape saw what it must not.
    pub fn go_through(&mut self) -> Result<()> {
        let gone = self.take_steps();
        self.told(gone)
    }

    fn take_steps(&mut self) -> Result<()> {
        for _ in 0..self.plan.steps {
            self.step()?;
            ensure!(!self.scraper.has_ended(), "the scraper found a fault");
        }
        self.finish()
    }

    /// With the plan, what happened and what the agent said.
    fn told<T>(&mut self, outcome: Result<T>) -> Result<T> {
        let Err(error) = outcome else { return outcome };
        let last = self.agent.as_ref().map(|agent| agent.log().clone());
        let logs = self.past.iter().chain(&last).enumerate().map(|(number, log)| {
            let text = log.text();
            let news = text.lines().filter(|line| !line.contains("\"paid_total\""));
            format!("agent number {number}:\n{}\n", news.collect::<Vec<_>>().join("\n"))
        });
        let log: String = logs.collect();
        let seen = if self.scraper.has_ended() {
            let scraper = std::mem::replace(&mut self.scraper, Scraper::start(&Arc::new(Watch::default())));
            scraper.stop().err().map(|error| format!("{error:#}")).unwrap_or_default()
        } else {
            String::new()
        };
        let trace = self.trace.join("\n");
        Err(error).with_context(|| format!("{:?}\n{trace}\n{log}\n{seen}", self.plan))
    }

    /// Starts the agent where it does not run.
    ///
    /// # Errors
    /// It does not start.
    pub fn start_agent(&mut self) -> Result<()> {
        if self.agent.is_none() {
            let agent = self.setup.start()?;
            self.watch.set_address(Some(agent.address()));
            self.agent = Some(agent);
            self.trace.push("start".to_owned());
        }
        Ok(())
    }

    /// Ends the agent as the plan says.
    ///
    /// # Errors
    /// It has ended before, or does not end.
    pub fn end_agent(&mut self) -> Result<()> {
        let Some(agent) = self.agent.take() else { return Ok(()) };
        let gentle = self.plan.gentle;
        let what = if gentle { "terminate" } else { "kill" };
        self.trace.push(format!("{what} number {}", self.past.len()));
        self.past.push(agent.log().clone());
        let ended = if gentle { agent.terminate() } else { agent.kill() };
        self.watch.set_address(None);
        ended
    }

    /// The agent that runs.
    ///
    /// # Errors
    /// None runs.
    pub fn agent(&self) -> Result<&Agent> {
        self.agent.as_ref().context("no agent runs")
    }

    /// Writes so many lines to each log, whole ones.
    ///
    /// # Errors
    /// The disk does not take them.
    pub fn write(&mut self, count: usize) -> Result<()> {
        for place in 0..self.logs.len() {
            let lines = self.make_lines(place, count);
            let log = self.logs.get_mut(place).context("no log")?;
            log.append(&lines, &mut self.random)?;
            log.finish_line()?;
        }
        Ok(())
    }

    /// Waits until the agent shows the truth.
    ///
    /// # Errors
    /// It does not in time; then what it shows instead is told.
    pub fn wait_for_truth(&self) -> Result<Page> {
        self.agent()?.wait_for(|page| {
            let differences = self.watch.with_truth(|truth| truth.differences(page));
            (!differences.is_empty()).then(|| differences.join("\n"))
        })
    }

    fn make_lines(&mut self, place: usize, count: usize) -> Vec<Vec<u8>> {
        let writer = self.logs.get(place).map(|log| log.writer.clone()).unwrap_or_default();
        let (events, random) = (&mut self.events, &mut self.random);
        self.watch.with_truth(|truth| (0..count).map(|_| events.line(random, &writer, truth)).collect())
    }

    fn step(&mut self) -> Result<()> {
        if self.agent.is_none() && self.random.one_in(4) {
            self.start_agent()?;
        }
        let place = self.random.place(self.logs.len());
        let said = match self.random.below(41) {
            0..=13 => self.append(place)?,
            14..=17 => self.rename(place)?,
            18..=20 => self.copy(place)?,
            21..=23 => self.on_log(place, "begin gzip", Log::begin_gzip)?,
            24..=31 => self.on_log(place, "go on", Log::go_on)?,
            32 => self.when_read(place, "truncate", Log::truncate)?,
            33 => self.when_read(place, "recreate", Log::recreate)?,
            34 => self.when_read(place, "delete oldest", |log, _| log.delete_oldest())?,
            35 | 36 => {
                self.end_agent()?;
                return Ok(());
            }
            37 => self.write_late(place)?,
            38 => self.change_rules()?,
            _ => {
                // The agent gets some time, more or less than it needs.
                std::thread::sleep(std::time::Duration::from_millis(self.random.below(120)));
                return Ok(());
            }
        };
        self.trace.push(format!("{said} {place}"));
        Ok(())
    }

    /// A source without files comes or goes: it is nothing to the others.
    fn change_rules(&mut self) -> Result<&'static str> {
        self.has_other_source = !self.has_other_source;
        let other = if self.has_other_source { OTHER_SOURCE } else { "" };
        let written = self.setup.rules.with_extension("new");
        std::fs::write(&written, format!("{}{other}", self.rules))?;
        std::fs::rename(&written, &self.setup.rules)?;
        if let Some(agent) = &self.agent {
            agent.signal(Signal::HUP)?;
        }
        Ok("change rules")
    }

    fn append(&mut self, place: usize) -> Result<&'static str> {
        let count = if self.random.one_in(10) { 400 } else { self.random.place(12) };
        let lines = self.make_lines(place, count);
        self.on_log(place, "append", |log, random| log.append(&lines, random))
    }

    fn rename(&mut self, place: usize) -> Result<&'static str> {
        if self.logs.get(place).is_some_and(Log::is_full) {
            return self.when_read(place, "delete oldest", |log, _| log.delete_oldest());
        }
        if !self.logs.get(place).is_some_and(Log::is_free) {
            return Ok("cannot rename");
        }
        let stays = self.plan.unfinished && self.random.one_in(3);
        let last = if stays { self.make_lines(place, 1).pop() } else { None };
        let is_patient = !self.plan.unfinished;
        self.on_log(place, "rename", |log, random| {
            log.rename(last, random)?;
            if !is_patient {
                log.close_late();
            }
            Ok(())
        })
    }

    /// What was read of a copy that is not whole ends anywhere: it must not be over before it is.
    fn copy(&mut self, place: usize) -> Result<&'static str> {
        let is_patient = !self.plan.unfinished;
        self.on_log(place, "begin copy", |log, random| {
            if !log.is_free() {
                return Ok(());
            }
            log.begin_copy()?;
            if !is_patient {
                log.finish_line()?;
            }
            while !is_patient && !log.is_whole() {
                log.go_on(random)?;
            }
            Ok(())
        })
    }

    fn write_late(&mut self, place: usize) -> Result<&'static str> {
        let Self { logs, events, random, watch, .. } = self;
        let log = logs.get_mut(place).context("no log")?;
        let writer = log.writer.clone();
        log.write_late(|| watch.with_truth(|truth| events.line(random, &writer, truth)))?;
        Ok("write late")
    }

    fn on_log(
        &mut self,
        place: usize,
        said: &'static str,
        act: impl FnOnce(&mut Log, &mut Random) -> Result<()>,
    ) -> Result<&'static str> {
        let log = self.logs.get_mut(place).context("no log")?;
        act(log, &mut self.random).context(said)?;
        Ok(said)
    }

    /// Does what would lose lines that were not read, when the agent has shown that it counted them.
    fn when_read(
        &mut self,
        place: usize,
        said: &'static str,
        act: impl FnOnce(&mut Log, &mut Random) -> Result<()>,
    ) -> Result<&'static str> {
        let log = self.logs.get(place).context("no log")?;
        let (Some(agent), true) = (&self.agent, log.is_whole()) else { return Ok("cannot delete") };
        let series = format!("lines_total{{writer=\"{}\"}}", log.writer);
        let written =
            self.watch.with_truth(|truth| truth.lines.get(&log.writer).copied().unwrap_or_default());
        agent
            .wait_for(|page| {
                let shown = page.whole(&series);
                (shown != written).then(|| format!("{series} is {shown} instead of {written}"))
            })
            .with_context(|| format!("before {said} {place}"))?;
        self.on_log(place, said, act)
    }

    /// Everything that was begun comes to its end; then the page is the truth, and stays so.
    fn finish(&mut self) -> Result<()> {
        self.start_agent()?;
        for log in &mut self.logs {
            log.finish_line()?;
            log.close_late();
            while !log.is_whole() {
                log.go_on(&mut self.random)?;
            }
        }
        self.wait_for_truth().context("at the end")?;
        // A line that is counted twice may be counted later.
        self.write(3)?;
        self.wait_for_truth().context("with more lines")?;
        self.end_agent()?;
        self.start_agent()?;
        self.wait_for_truth().context("after another start")?;
        Ok(())
    }
}
