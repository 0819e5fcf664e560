//! Policy as data: every threshold and limit, with its default and why.
//!
//! Nothing reads the environment behind the caller's back: [`Config::from_env`] is asked for.

/// A lower threshold is a test's wish to see everything compiled at any cost.
pub(super) const EAGER: u16 = 10;

/// Whether optimised traces are [proved](offramp_uop::proof) to do what their recordings do, and what
/// happens to one that is not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Prove {
    /// No trace is proved.
    #[default]
    Off,
    /// Each is proved; one that is not runs all the same, and [`Stats::unproved`](crate::inspect::Stats::unproved)
    /// tells of it.
    Report,
    /// Each is proved; one that is not is compiled as it was recorded.
    Refuse,
}

/// The table of settings: documentation, name, type, default, and the environment variable if there is one.
/// The struct, its default, its builder methods, what it reads of the environment and the page of the book
/// derive from it.
macro_rules! config {
    ($( $(#[doc = $doc:literal])* $name:ident: $ty:ty = $default:expr, [$($variable:literal)?]; )*) => {
        /// Thresholds, limits and budgets of one interpreter.
        ///
        /// ```
        /// # use offramp::Config;
        /// let eager = Config::default().hot_loop(1).hot_exit(1);
        /// assert_eq!((eager.hot_loop, eager.hot_exit), (1, 1));
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Config {
            $(
                $(#[doc = $doc])*
                $(#[doc = concat!("\n\nEnvironment variable: `", $variable, "`.")])?
                pub $name: $ty,
            )*
        }

        impl Default for Config {
            fn default() -> Config {
                Config { $($name: $default,)* }
            }
        }

        /// Builder methods: each returns the configuration with one setting changed.
        impl Config {
            $(
                #[doc = concat!("With this [`", stringify!($name), "`](field@Config::", stringify!($name), ").")]
                #[must_use]
                pub fn $name(mut self, $name: $ty) -> Config {
                    self.$name = $name;
                    self
                }
            )*
        }

        impl Config {
            fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
                let mut config = Config::default();
                $($(
                    if let Some(value) = get($variable) {
                        config.$name = Setting::read($variable, value)?;
                    }
                )?)*
                Ok(config)
            }

            /// Every setting, in the order of the fields: for lists of them.
            ///
            /// ```
            /// # use offramp::Config;
            /// let hot_loop = Config::settings().find(|it| it.name == "hot_loop").expect("there is one");
            /// assert_eq!((hot_loop.default, hot_loop.variable), ("50", Some("OFFRAMP_HOT_LOOP")));
            /// ```
            pub fn settings() -> impl Iterator<Item = SettingInfo> {
                [$( SettingInfo {
                    name: stringify!($name),
                    default: stringify!($default),
                    variable: [$($variable)?].first().copied(),
                    text: concat!($($doc, "\n"),*),
                } ),*].into_iter()
            }
        }
    };
}

config! {
    /// Whether anything is recorded or entered at all.
    enabled: bool = true, ["OFFRAMP_JIT"];
    /// Times a loop edge is taken before its loop is recorded. 50: a loop that ran so often is likely to
    /// run on, and a trace pays for itself within a few hundred iterations.
    hot_loop: u16 = 50, ["OFFRAMP_HOT_LOOP"];
    /// Calls of a function before it is recorded. 100: twice the loop's, so that loops inside become roots
    /// first.
    hot_function: u16 = 100, ["OFFRAMP_HOT_FUNCTION"];
    /// Cold exits before a side trace is recorded. 100 and not 10: a side trace costs 50 µs and more, a
    /// cold exit far less.
    hot_exit: u16 = 100, ["OFFRAMP_HOT_EXIT"];
    /// Failed recordings before an exit or anchor is given up (a long backoff, not for ever).
    failures: u8 = 3, [];
    /// How many side traces may hang on one another. Each link of the chain is a place where the program
    /// turned out different; a longer chain is a site that does not settle. An entry in the middle begins a
    /// chain of its own.
    chain_depth: u16 = 32, [];
    /// Tests of one instruction that may follow one another, each in a trace of its own, where the
    /// instruction has a [general way](crate::Machine::general). If one more would be needed, traces take
    /// that way. 8: a test that fails costs 1 to 2 ns, so eight of them cost as much as a look-up by a
    /// helper; most sites have one to three. 0 takes general ways from the start, for tests.
    general_after: u16 = 8, ["OFFRAMP_GENERAL_AFTER"];
    /// Entries in the middle that may start where paths join, each for other types of what is pending; a
    /// trace that meets none of them stores everything and goes by one more. 4: most places have one or
    /// two. 0 ends no trace at a join.
    joins: usize = 4, ["OFFRAMP_JOINS"];
    /// Instructions that a side trace records after the first join it comes to. If it comes to an end
    /// within these, it has them for itself, otherwise it ends at the join. 20: code grows by so much per
    /// path and not by the rest of the program, and a short rest needs no jump.
    join_tail: usize = 20, [];
    /// Cold exits at the end of a trace that ends at a join before what follows is recorded. 2: the trace
    /// itself has become hot before. At most [`hot_exit`](Config::hot_exit).
    hot_join: u16 = 2, [];
    /// Microseconds' worth of traces that are free. What is spent beyond has to be covered by a tenth of
    /// what was interpreted and by what traces have saved; until then nothing is recorded, and trees that
    /// lose are not entered. It is counted by arrivals, exits, instructions and uops and not by a clock, so
    /// the same program has the same counts on every machine. With thresholds below 10 nothing is refused:
    /// tests ask for every trace. 5000: the first trace, which takes a millisecond, and some fifteen more
    /// of 40 uops. `u32::MAX` keeps no account.
    compile_burst: u32 = 5000, ["OFFRAMP_COMPILE_BURST"];
    /// Uops a recorded trace may have. Recorders end or abandon there.
    trace_length: usize = 4000, ["OFFRAMP_TRACE_LENGTH"];
    /// Exits a trace may have, re-checked when it is installed. Recorders end before they have more; where
    /// the optimiser's copy of a loop's iteration would bring more, it makes none.
    trace_exits: usize = 1000, ["OFFRAMP_TRACE_EXITS"];
    /// Calls a trace may have inlined within one another.
    inlining_depth: u32 = 8, [];
    /// Frames below its first that a trace follows returns into, each under a guard on the place it returns
    /// to. The return after that ends the trace wherever it leads, through the call site's return point. 2:
    /// the callers of a helper function are few. Recursion unwinds deeper, but every way of unwinding that
    /// is followed becomes a trace of its own.
    return_depth: u32 = 2, [];
    /// Executors that may exist at once, retired ones included.
    ///
    /// Recordings may use 15 sixteenths of it, the rest is for adapters. See
    /// [`code_bytes`](Config::code_bytes) for what happens at the limit.
    executors: usize = 20_000, ["OFFRAMP_EXECUTORS"];
    /// Bytes of code that may exist at once, as the back end counts them.
    ///
    /// Recordings may use 15 sixteenths of it. Whether there is room is asked before something is recorded
    /// and, by its uops, before it is compiled. If there is none, the trees go that have run longest ago,
    /// unless they have run since the newcomer began to ask; then nothing is recorded and the newcomer is
    /// interpreted. So a program that goes round through more code than fits keeps what it has compiled,
    /// and the rest of it runs as without traces.
    code_bytes: usize = 64 << 20, ["OFFRAMP_CODE_BYTES"];
    /// How often executors cool that do not run, in units of 64 entries and cold exits; 0 never does but
    /// when [asked](crate::explicit::ExecutorGraph::sweep). 1000.
    ///
    /// A sweep unlinks what was not seen since the last one and takes away what was not seen since the one
    /// before, an eighth of all executors at most. While there are many executors, there are at least 16
    /// entries or cold exits for each between two sweeps; and there are twice as many while what was taken
    /// away turns out to be wanted.
    sweep_every: u64 = 1000, [];
    /// Early cold exits of one root before it is replaced, if less than a third of its entries went further
    /// meanwhile: a first guard that always fails makes its root worthless, a loop that declines its first
    /// iteration is worth having.
    useless_root: u32 = 1000, [];
    /// Count every exit taken, linked ones too (in code compiled from now on), rounds of loops, and the
    /// instructions that the plain interpreter executes, which then takes several times as long; keep what
    /// guards saw when they left to the interpreter. [Reports](crate::Interpreter::report) show all of it.
    profile: bool = false, ["OFFRAMP_PROFILE"];
    /// Run the optimiser on recorded traces. Off shows the recording as it is, for tests and for finding
    /// out whose fault a wrong result is.
    optimise: bool = true, ["OFFRAMP_OPTIMISE"];
    /// Run traces as machine code where the library was built with the feature `native`; otherwise, or off,
    /// the evaluator runs them.
    machine_code: bool = true, ["OFFRAMP_MACHINE_CODE"];
    /// Verify what the optimiser made, too. On where debug assertions are; what recorders make is verified
    /// always.
    verify: bool = cfg!(debug_assertions), [];
    /// Prove what the optimiser made. Off: a proof takes twice as long as optimising does. Tests refuse.
    prove: Prove = Prove::Off, ["OFFRAMP_PROVE"];
    /// Check each recorded root beside the interpreter, on the next eight iterations, before it is entered:
    /// an instruction that read host state past the machine is then named. Every other of these iterations
    /// takes the other of two ways where an instruction has a [general](crate::Machine::general) one. In
    /// these and in all recordings, helpers that do what they do not declare are named, too. For tests: it
    /// takes the feature `shadow`, without which [`Engine::interpreter`](crate::Engine::interpreter) refuses.
    shadow: bool = false, ["OFFRAMP_SHADOW"];
    /// Keep the code of executors as text, Cranelift IR and assembly, for dumps:
    /// [`ExecutorInfo::listing`](crate::inspect::ExecutorInfo).
    listings: bool = false, ["OFFRAMP_LISTINGS"];
    /// Bytes of the native stack that must be left when a run begins inside another one; with fewer it ends
    /// at once with [`Fault::NativeStack`](crate::Fault::NativeStack). 128 KiB: what an interpreter's loop,
    /// a recording and a few calls of the host's need in a build without optimisation. A host whose helpers
    /// need more before they return raises it; less than 64 KiB counts as 64.
    native_stack: usize = 128 << 10, ["OFFRAMP_NATIVE_STACK"];
    /// Seeds the jitter of backoffs.
    seed: u64 = 0x0ff2_a3b1_9d5c_7e41, [];
}

/// An environment variable that does not say what it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}={value}: expected {expected}")]
#[non_exhaustive]
pub struct ConfigError {
    /// The variable.
    pub name: &'static str,
    /// What it says.
    pub value: String,
    /// What it could say.
    pub expected: &'static str,
}

impl Config {
    /// Whether trees that lose are put to sleep: not where tests ask for every trace.
    pub(super) fn sleeps(&self) -> bool {
        self.hot_exit >= EAGER
    }

    /// The defaults, changed by the `OFFRAMP_` variables that are set.
    ///
    /// # Errors
    /// The first variable that cannot be read.
    pub fn from_env() -> Result<Config, ConfigError> {
        Config::from_variables(|name| std::env::var(name).ok())
    }
}

/// What a list of settings says of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SettingInfo {
    /// The field's name.
    pub name: &'static str,
    /// The default, as it is written in the source.
    pub default: &'static str,
    /// The environment variable that [`Config::from_env`] reads.
    pub variable: Option<&'static str>,
    /// What it is, in Markdown.
    pub text: &'static str,
}

/// What can be read from an environment variable.
trait Setting: Sized {
    /// What a variable could say.
    const EXPECTED: &'static str;

    fn parse(text: &str) -> Option<Self>;

    fn read(name: &'static str, value: String) -> Result<Self, ConfigError> {
        Self::parse(value.trim()).ok_or(ConfigError {
            name,
            expected: Self::EXPECTED,
            value,
        })
    }
}

macro_rules! numbers {
    ($($ty:ty),*) => { $(
        impl Setting for $ty {
            const EXPECTED: &'static str = "a number in range";

            fn parse(text: &str) -> Option<$ty> {
                text.parse().ok()
            }
        }
    )* };
}

numbers!(u16, u32);

impl Setting for usize {
    const EXPECTED: &'static str = u32::EXPECTED;

    /// A number of 32 bits on every machine.
    fn parse(text: &str) -> Option<usize> {
        u32::parse(text).map(|number| number as usize)
    }
}

impl Setting for bool {
    const EXPECTED: &'static str = "0, off, 1 or on";

    fn parse(text: &str) -> Option<bool> {
        match text {
            "1" | "on" => Some(true),
            "0" | "off" => Some(false),
            _ => None,
        }
    }
}

impl Setting for Prove {
    const EXPECTED: &'static str = "off, report or refuse";

    fn parse(text: &str) -> Option<Prove> {
        match text {
            "off" => Some(Prove::Off),
            "report" => Some(Prove::Report),
            "refuse" => Some(Prove::Refuse),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &'static str, value: &'static str) -> Result<Config, ConfigError> {
        Config::from_variables(|asked| (asked == name).then(|| value.to_string()))
    }

    #[test]
    fn without_variables_it_is_the_default() {
        assert_eq!(Config::from_variables(|_| None), Ok(Config::default()));
    }

    #[test]
    fn variables_change_one_thing_each() {
        assert_eq!(with("OFFRAMP_HOT_LOOP", "1").map(|c| c.hot_loop), Ok(1));
        assert_eq!(with("OFFRAMP_HOT_EXIT", " 2 ").map(|c| c.hot_exit), Ok(2));
        assert_eq!(with("OFFRAMP_JOINS", "0").map(|c| c.joins), Ok(0));
        let general = with("OFFRAMP_GENERAL_AFTER", "3").map(|c| c.general_after);
        assert_eq!(general, Ok(3));
        assert_eq!(with("OFFRAMP_JIT", "off").map(|c| c.enabled), Ok(false));
        assert_eq!(with("OFFRAMP_PROFILE", "1").map(|c| c.profile), Ok(true));
        let executors = with("OFFRAMP_EXECUTORS", "7").map(|c| c.executors);
        assert_eq!(executors, Ok(7));
        let refuse = with("OFFRAMP_PROVE", "refuse").map(|c| c.prove);
        assert_eq!(refuse, Ok(Prove::Refuse));
    }

    #[test]
    fn nonsense_is_an_error_that_names_the_variable() {
        let error = with("OFFRAMP_HOT_LOOP", "70000").expect_err("too large");
        assert_eq!(
            error.to_string(),
            "OFFRAMP_HOT_LOOP=70000: expected a number in range"
        );
        assert!(with("OFFRAMP_JIT", "perhaps").is_err());
        assert!(with("OFFRAMP_PROVE", "1").is_err());
        assert!(with("OFFRAMP_CODE_BYTES", "4294967296").is_err());
    }

    /// Each variable is read by one setting, and a setting says why its default is what it is or what it is.
    #[test]
    fn settings_are_listed_once() {
        let mut variables: Vec<&str> = Config::settings().filter_map(|it| it.variable).collect();
        assert_eq!(variables.len(), 18);
        variables.sort_unstable();
        variables.dedup();
        assert_eq!(variables.len(), 18);
        assert!(Config::settings().all(|it| it.text.len() > 20 && !it.default.is_empty()));
    }
}
