//! What a tooling container may do, in the words of `kubectl debug`.

use std::fmt;
use std::str::FromStr;

use chandler_api::debug::DebugProfile;

/// What a tooling container may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Profile {
    /// As Pod Security's `restricted` wants it: no root, no capability, no privilege to be gained.
    Restricted,
    /// As Pod Security's `baseline` allows: what a container gets that asks for nothing.
    Baseline,
    /// To look into other processes too: root with `SYS_PTRACE`.
    General,
    /// To look into and change networking too: `NET_ADMIN` and `NET_RAW` as well.
    Netadmin,
    /// Everything: a privileged container.
    Sysadmin,
}

/// Which profile somebody wants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ProfileChoice {
    /// The strongest that is allowed, up to [`Profile::General`].
    #[default]
    Auto,
    /// This one.
    Named(Profile),
}

impl Profile {
    /// All of them, the weakest first.
    pub const ALL: [Self; 5] =
        [Self::Restricted, Self::Baseline, Self::General, Self::Netadmin, Self::Sysadmin];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Restricted => "restricted",
            Self::Baseline => "baseline",
            Self::General => "general",
            Self::Netadmin => "netadmin",
            Self::Sysadmin => "sysadmin",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for ProfileChoice {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::Named(profile) => profile.fmt(formatter),
        }
    }
}

impl From<DebugProfile> for ProfileChoice {
    fn from(profile: DebugProfile) -> Self {
        Self::Named(match profile {
            DebugProfile::Auto => return Self::Auto,
            DebugProfile::Restricted => Profile::Restricted,
            DebugProfile::Baseline => Profile::Baseline,
            DebugProfile::General => Profile::General,
            DebugProfile::Netadmin => Profile::Netadmin,
            DebugProfile::Sysadmin => Profile::Sysadmin,
        })
    }
}

impl FromStr for ProfileChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let named = Profile::ALL.into_iter().find(|profile| profile.name() == text);
        named.map(Self::Named).ok_or_else(|| {
            let names = Profile::ALL.map(Profile::name).join(", ");
            format!("there is no profile {text:?}: auto, {names}")
        })
    }
}
