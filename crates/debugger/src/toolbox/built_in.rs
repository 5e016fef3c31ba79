//! The recipes that every toolbox has, made of programs that the suite's own image has.

use std::collections::BTreeMap;

use chandler_api::debug::RecipeView;

use super::Recipe;
use crate::profile::{Profile, ProfileChoice};

/// A shell reads the script; words from the command line are its arguments.
const SHELL: [&str; 2] = ["sh", "-c"];

/// What a recipe is, in short.
struct Row {
    name: &'static str,
    description: &'static str,
    script: &'static str,
    terminal: bool,
    profile: Option<Profile>,
}

/// Tools run with the toolbox's own files: those of the target may lack what they load.
const ROWS: [Row; 7] = [
    Row {
        name: "capture",
        description: "packets of the pod as pcap on standard output: capture [TCPDUMP ARGUMENTS] > file.pcap",
        // As they come, without names, and not as another user, who may not write.
        script: r#"exec tcpdump -i any -n -U -w - "$@""#,
        terminal: false,
        profile: Some(Profile::Netadmin),
    },
    Row {
        name: "dns",
        description: "asks the pod's own DNS servers, by its search domains: dns NAME [TYPE]",
        script: DNS,
        terminal: false,
        profile: None,
    },
    Row {
        name: "curl",
        description: "asks a URL, and says how long each step took: curl URL [CURL ARGUMENTS]",
        script: CURL,
        terminal: false,
        profile: None,
    },
    Row {
        name: "strace",
        description: "system calls of the target and its children, on standard error: strace [STRACE ARGUMENTS]",
        script: r#"exec strace -f -tt -p "${CHANDLER_TARGET_PID:-1}" "$@""#,
        terminal: false,
        profile: Some(Profile::General),
    },
    Row {
        name: "top",
        description: "processes by their use of the CPU, as they change",
        script: TOP,
        terminal: true,
        profile: None,
    },
    Row {
        name: "ps",
        description: "every process, with its parent, user, memory and command",
        script: r#"exec ps -eo pid,ppid,user,stat,rss,etime,args --forest "$@""#,
        terminal: false,
        profile: None,
    },
    Row {
        name: "env",
        description: "the environment of the target's process, sorted",
        script: r#"tr '\0' '\n' < "/proc/${CHANDLER_TARGET_PID:-1}/environ" | sort"#,
        terminal: false,
        profile: None,
    },
];

/// Search domains and servers as the pod has them; the answer says which name was found.
const DNS: &str = include_str!("dns.sh");

const CURL: &str = r#"[ $# -gt 0 ] || { echo 'curl: which URL? curl URL [CURL ARGUMENTS]' >&2; exit 2; }
exec curl -sS -w '%{stderr}code %{http_code}, from %{remote_ip}:%{remote_port}, name %{time_namelookup}s, connection %{time_connect}s, TLS %{time_appconnect}s, first byte %{time_starttransfer}s, all %{time_total}s\n' "$@""#;

/// Without a terminal one picture is all that anybody can use.
const TOP: &str = r#"if [ -t 1 ]; then exec top "$@"; else exec top -b -n 1 "$@"; fi"#;

/// The recipes, by name.
pub(crate) fn recipes() -> BTreeMap<String, Recipe> {
    let mut recipes: BTreeMap<String, Recipe> =
        ROWS.iter().map(|row| (row.name.to_owned(), row.recipe())).collect();
    recipes.insert("sh".to_owned(), shell());
    recipes
}

impl Row {
    fn recipe(&self) -> Recipe {
        let words = SHELL.into_iter().chain([self.script, self.name]);
        Recipe {
            description: self.description.to_owned(),
            command: words.map(str::to_owned).collect(),
            terminal: self.terminal,
            profile: self.profile.map(ProfileChoice::Named),
            view: RecipeView::Toolbox,
        }
    }
}

fn shell() -> Recipe {
    Recipe {
        description: "a plain shell, in the target's view: sh [SH ARGUMENTS]".to_owned(),
        command: vec!["sh".to_owned()],
        terminal: true,
        profile: None,
        view: RecipeView::Target,
    }
}
