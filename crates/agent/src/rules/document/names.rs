//! Names that Prometheus and OpenMetrics take, and that its linter has nothing against.

use crate::rules::fault::Complaint;

/// Longest name.
const MAX_NAME: usize = 200;

/// Ends of names that belong to the series of counters and histograms.
const RESERVED_ENDS: [&str; 5] = ["_bucket", "_count", "_sum", "_created", "_info"];

/// What the agent tells of its own process, without `_total`.
const OF_THE_PROCESS: [&str; 6] = [
    "process_cpu_seconds",
    "process_max_fds",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
];

/// What Prometheus adds to each scrape.
const OF_PROMETHEUS: [&str; 10] = [
    "ALERTS",
    "ALERTS_FOR_STATE",
    "scrape_body_size_bytes",
    "scrape_duration_seconds",
    "scrape_sample_limit",
    "scrape_samples_post_metric_relabeling",
    "scrape_samples_scraped",
    "scrape_series_added",
    "scrape_timeout_seconds",
    "up",
];

/// Checks the name of a metric; only that of a counter ends with `_total`.
pub(super) fn check_metric(name: &str, is_counter: bool) -> Result<(), Complaint> {
    if !is_name(name) {
        return Err(Complaint::new(
            format!("{name:?} is no name of a metric"),
            "use letters, digits and _, and begin with a letter: game_orders_total",
        ));
    }
    let refused = |why: &str, advice: String| Err(Complaint::new(format!("the name {name} {why}"), advice));
    if name.starts_with("chandler_agent_") {
        return refused("begins as the agent's own metrics do", "choose another".to_owned());
    }
    if OF_THE_PROCESS.contains(&name.strip_suffix("_total").unwrap_or(name)) {
        return refused("is that of a metric of the agent's own process", "choose another".to_owned());
    }
    if OF_PROMETHEUS.contains(&name) {
        return refused("is that of a series that Prometheus makes itself", "choose another".to_owned());
    }
    if let Some(end) = RESERVED_ENDS.iter().find(|end| name.ends_with(*end)) {
        let advice = format!("leave {end} out, or put something behind it");
        return refused(&format!("ends with {end}, which Prometheus adds to names itself"), advice);
    }
    match (is_counter, name.strip_suffix("_total")) {
        (true, None) => {
            refused("does not end with _total, but it is a counter", format!("call it {name}_total"))
        }
        (false, Some(short)) => refused(
            "ends with _total, but it is no counter",
            format!("call it {short}, or make it a counter"),
        ),
        _ => Ok(()),
    }
}

/// Checks that a name ends with its unit, as OpenMetrics wants it.
pub(super) fn check_unit(name: &str, unit: &str) -> Result<(), Complaint> {
    if !is_name(unit) {
        return Err(Complaint::new(
            format!("{unit:?} is no unit"),
            "write one such as seconds, bytes or cents",
        ));
    }
    let (short, end) = name.strip_suffix("_total").map_or((name, ""), |short| (short, "_total"));
    if short.strip_suffix(unit).is_some_and(|rest| rest.ends_with('_')) {
        return Ok(());
    }
    Err(Complaint::new(
        format!("the name {name} does not have its unit {unit} at its end"),
        format!("call it {short}_{unit}{end}, or leave unit out"),
    ))
}

/// Checks the name of a label.
pub(super) fn check_label(name: &str) -> Result<(), Complaint> {
    if !is_name(name) {
        return Err(Complaint::new(
            format!("{name:?} is no name of a label"),
            "use letters, digits and _, and begin with a letter",
        ));
    }
    if name.starts_with("__") || ["le", "quantile"].contains(&name) {
        return Err(Complaint::new(
            format!("the label {name} belongs to Prometheus itself"),
            "choose another name",
        ));
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_metrics_fit_their_types() {
        assert_eq!(check_metric("game_orders_total", true), Ok(()));
        assert_eq!(check_metric("_online", false), Ok(()));
        assert_eq!(check_metric("process_orders_total", true), Ok(()));
        for (name, is_counter) in [
            ("", false),
            ("1a", false),
            ("a-b", false),
            ("a:b", false),
            ("ä", false),
            ("orders", true),
            ("orders_total", false),
            ("a_count", false),
            ("a_created", false),
            ("chandler_agent_lines_total", true),
            ("process_open_fds", false),
            ("process_open_fds_total", true),
            ("process_cpu_seconds_total", true),
            ("up", false),
            ("scrape_duration_seconds", false),
            (&"a".repeat(201), false),
        ] {
            assert!(check_metric(name, is_counter).is_err(), "{name}");
        }
    }

    #[test]
    fn units_stand_at_the_end_of_names() {
        assert_eq!(check_unit("a_seconds", "seconds"), Ok(()));
        assert_eq!(check_unit("a_cents_total", "cents"), Ok(()));
        assert_eq!(
            check_unit("a_total", "cents").unwrap_err().advice,
            "call it a_cents_total, or leave unit out"
        );
        assert!(check_unit("acents_total", "cents").is_err());
        assert!(check_unit("a", "").is_err());
    }

    #[test]
    fn names_of_labels_leave_those_of_prometheus_alone() {
        for (name, good) in
            [("a", true), ("_a", true), ("A9", true), ("le", false), ("__a", false), ("a.b", false)]
        {
            assert_eq!(check_label(name).is_ok(), good, "{name}");
        }
    }
}
