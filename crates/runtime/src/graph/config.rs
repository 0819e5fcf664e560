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
    /// Each is proved; one that is not runs all the same, and [`Stats::unproved`](crate::Stats::unproved)
    /// tells of it.
    Report,
    /// Each is proved; one that is not is compiled as it was recorded.
    Refuse,
}

/// Thresholds, limits and budgets of one interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// Whether anything is recorded or entered at all. `OFFRAMP_JIT` (`0` or `off`).
    pub enabled: bool,
    /// Times a loop edge is taken before its loop is recorded. 50: a loop that ran so often is
    /// likely to run on, and a trace pays for itself within a few hundred iterations.
    /// `OFFRAMP_HOT_LOOP`.
    pub hot_loop: u16,
    /// Calls of a function before it is recorded. 100: twice the loop's, so that loops inside
    /// become roots first. `OFFRAMP_HOT_FUNCTION`.
    pub hot_function: u16,
    /// Cold exits before a side trace is recorded. 100 and not 10: a side trace costs 50 µs and
    /// more, a cold exit far less. `OFFRAMP_HOT_EXIT`.
    pub hot_exit: u16,
    /// Failed recordings before an exit or anchor is given up (a long backoff, not for ever).
    pub failures: u8,
    /// How many side traces may hang on one another. Each link of the chain is a place where the
    /// program turned out different; a longer chain is a site that does not settle. An entry in the middle begins a chain of its own.
    pub chain_depth: u16,
    /// Tests of one instruction that may follow one another, each in a trace of its own, where the
    /// instruction has a [general way](crate::Machine::general). If one more would be needed, traces
    /// take that way. 8: a test that fails costs 1 to 2 ns, so eight of them cost as much as a look-up
    /// by a helper; most sites have one to three. 0 takes general ways from the start, for tests.
    /// `OFFRAMP_GENERAL_AFTER`.
    pub general_after: u16,
    /// Entries in the middle that may start where paths join, each for other types of what is
    /// pending; a trace that meets none of them stores everything and goes by one more. 4: most places have
    /// one or two. 0 ends no trace at a join. `OFFRAMP_JOINS`.
    pub joins: usize,
    /// Instructions that a side trace records after the first join it comes to. If it comes to an end
    /// within these, it has them for itself, otherwise it ends at the join. 20: code grows by so
    /// much per path and not by the rest of the program, and a short rest needs no jump.
    pub join_tail: usize,
    /// Cold exits at the end of a trace that ends at a join before what follows is recorded. 2: the
    /// trace itself has become hot before. At most [`hot_exit`](Config::hot_exit).
    pub hot_join: u16,
    /// Microseconds' worth of traces that are free. What is spent beyond has to be covered by a tenth of
    /// what was interpreted and by what traces have saved; until then nothing is recorded, and trees
    /// that lose are not entered. It
    /// is counted by arrivals, exits, instructions and uops and not by a clock, so the same program has the
    /// same counts on every machine. With thresholds below 10 nothing is refused: tests ask for every trace.
    /// 5000: the first trace, which takes a millisecond, and some fifteen more of 40 uops. `u32::MAX` keeps
    /// no account. `OFFRAMP_COMPILE_BURST`.
    pub compile_burst: u32,
    /// Uops a recorded trace may have. Recorders end or abandon there. `OFFRAMP_TRACE_LENGTH`.
    pub trace_length: usize,
    /// Exits a trace may have, re-checked when it is installed. Recorders end before they have more; where
    /// the optimiser's copy of a loop's iteration would bring more, it makes none. `OFFRAMP_TRACE_EXITS`.
    pub trace_exits: usize,
    /// Calls a trace may have inlined within one another.
    pub inlining_depth: u32,
    /// Frames below its first that a trace follows returns into, each under a guard on the place
    /// it returns to. The return after that ends the trace wherever it leads, through the call
    /// site's return point. 2: the callers of a helper function are few. Recursion unwinds deeper,
    /// but every way of unwinding that is followed becomes a trace of its own.
    pub return_depth: u32,
    /// Executors that may exist at once, retired ones included. `OFFRAMP_EXECUTORS`.
    ///
    /// Recordings may use 15 sixteenths of it, the rest is for adapters. See
    /// [`code_bytes`](Config::code_bytes) for what happens at the limit.
    pub executors: usize,
    /// Bytes of code that may exist at once, as the back end counts them.
    /// `OFFRAMP_CODE_BYTES`.
    ///
    /// Recordings may use 15 sixteenths of it. Whether there is room is asked before something is
    /// recorded and, by its uops, before it is compiled. If there is none, the trees go that have run
    /// longest ago, unless they have run since the newcomer began to ask; then nothing is recorded and
    /// the newcomer is interpreted. So a program that goes round through more code than fits keeps
    /// what it has compiled, and the rest of it runs as without traces.
    pub code_bytes: usize,
    /// How often executors cool that do not run, in units of 64 entries and cold exits; 0 never does
    /// but when [asked](crate::ExecutorGraph::sweep). 1000.
    ///
    /// A sweep unlinks what was not seen since the last one and takes away what was not seen since the
    /// one before, an eighth of all executors at most. While there are many executors, there are at
    /// least 16 entries or cold exits for each between two sweeps; and there are twice as many while
    /// what was taken away turns out to be wanted.
    pub sweep_every: u64,
    /// Early cold exits of one root before it is replaced, if less than a third of its entries
    /// went further meanwhile: a first guard that always fails makes its root worthless, a loop
    /// that declines its first iteration is worth having.
    pub useless_root: u32,
    /// Count every exit taken, linked ones too (in code compiled from now on), rounds of loops, and
    /// the instructions that the plain interpreter executes; keep what guards saw when they left to
    /// the interpreter. [Reports](crate::Interpreter::report) show all of it. `OFFRAMP_PROFILE` (`1`).
    pub profile: bool,
    /// Run the optimiser on recorded traces. Off shows the recording as it is, for tests and for
    /// finding out whose fault a wrong result is. `OFFRAMP_OPTIMISE` (`0` or `off`).
    pub optimise: bool,
    /// Run traces as machine code where the library was built with the feature `native`;
    /// otherwise, or off, the evaluator runs them. `OFFRAMP_MACHINE_CODE` (`0` or `off`).
    pub machine_code: bool,
    /// Verify what the optimiser made, too. On where debug assertions are; what recorders make
    /// is verified always.
    pub verify: bool,
    /// Prove what the optimiser made. Off: a proof takes twice as long as optimising does. Tests refuse.
    /// `OFFRAMP_PROVE` (`off`, `report` or `refuse`).
    pub prove: Prove,
    /// Check each recorded root beside the interpreter, on the next eight iterations, before it is
    /// entered: an instruction that read host state past the machine is then named. Every other of these
    /// iterations takes the other of two ways where an instruction has a
    /// [general](crate::Machine::general) one. In these and in all
    /// recordings, helpers that do what they do not declare are named, too. For tests.
    /// `OFFRAMP_SHADOW` (`1`).
    pub shadow: bool,
    /// Keep the code of executors as text, Cranelift IR and assembly, for dumps:
    /// [`ExecutorInfo::listing`](crate::graph::ExecutorInfo). `OFFRAMP_LISTINGS` (`1`).
    pub listings: bool,
    /// Bytes of the native stack that must be left when a run begins inside another one; with fewer
    /// it ends at once with [`Fault::NativeStack`](crate::Fault::NativeStack). 128 KiB: what an
    /// interpreter's loop, a recording and a few calls of the host's need in a build without
    /// optimisation. A host whose helpers need more before they return raises it; less than 64 KiB
    /// counts as 64.
    /// `OFFRAMP_NATIVE_STACK`.
    pub native_stack: usize,
    /// Seeds the jitter of backoffs.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            enabled: true,
            hot_loop: 50,
            hot_function: 100,
            hot_exit: 100,
            failures: 3,
            chain_depth: 32,
            general_after: 8,
            joins: 4,
            join_tail: 20,
            hot_join: 2,
            compile_burst: 5000,
            trace_length: 4000,
            trace_exits: 1000,
            inlining_depth: 8,
            return_depth: 2,
            executors: 20_000,
            code_bytes: 64 << 20,
            sweep_every: 1000,
            useless_root: 1000,
            profile: false,
            optimise: true,
            machine_code: true,
            verify: cfg!(debug_assertions),
            prove: Prove::Off,
            shadow: false,
            listings: false,
            native_stack: 128 << 10,
            seed: 0x0ff2_a3b1_9d5c_7e41,
        }
    }
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

    fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let mut config = Config::default();
        let variable = |name| get(name).map(|value| Variable { name, value });
        if let Some(variable) = variable("OFFRAMP_JIT") {
            config.enabled = variable.switch()?;
        }
        if let Some(variable) = variable("OFFRAMP_HOT_LOOP") {
            config.hot_loop = variable.number(u16::MAX.into())? as u16;
        }
        if let Some(variable) = variable("OFFRAMP_HOT_FUNCTION") {
            config.hot_function = variable.number(u16::MAX.into())? as u16;
        }
        if let Some(variable) = variable("OFFRAMP_HOT_EXIT") {
            config.hot_exit = variable.number(u16::MAX.into())? as u16;
        }
        if let Some(variable) = variable("OFFRAMP_GENERAL_AFTER") {
            config.general_after = variable.number(u16::MAX.into())? as u16;
        }
        if let Some(variable) = variable("OFFRAMP_JOINS") {
            config.joins = variable.number(u16::MAX.into())? as usize;
        }
        if let Some(variable) = variable("OFFRAMP_COMPILE_BURST") {
            config.compile_burst = variable.number(u32::MAX.into())? as u32;
        }
        if let Some(variable) = variable("OFFRAMP_TRACE_LENGTH") {
            config.trace_length = variable.number(u32::MAX.into())? as usize;
        }
        if let Some(variable) = variable("OFFRAMP_TRACE_EXITS") {
            config.trace_exits = variable.number(u32::MAX.into())? as usize;
        }
        if let Some(variable) = variable("OFFRAMP_EXECUTORS") {
            config.executors = variable.number(u32::MAX.into())? as usize;
        }
        if let Some(variable) = variable("OFFRAMP_CODE_BYTES") {
            config.code_bytes = variable.number(u32::MAX.into())? as usize;
        }
        if let Some(variable) = variable("OFFRAMP_PROFILE") {
            config.profile = variable.switch()?;
        }
        if let Some(variable) = variable("OFFRAMP_SHADOW") {
            config.shadow = variable.switch()?;
        }
        if let Some(variable) = variable("OFFRAMP_LISTINGS") {
            config.listings = variable.switch()?;
        }
        if let Some(variable) = variable("OFFRAMP_OPTIMISE") {
            config.optimise = variable.switch()?;
        }
        if let Some(variable) = variable("OFFRAMP_PROVE") {
            config.prove = variable.prove()?;
        }
        if let Some(variable) = variable("OFFRAMP_MACHINE_CODE") {
            config.machine_code = variable.switch()?;
        }
        if let Some(variable) = variable("OFFRAMP_NATIVE_STACK") {
            config.native_stack = variable.number(u32::MAX.into())? as usize;
        }
        Ok(config)
    }
}

struct Variable {
    name: &'static str,
    value: String,
}

impl Variable {
    fn number(self, most: u64) -> Result<u64, ConfigError> {
        match self.value.trim().parse() {
            Ok(number) if number <= most => Ok(number),
            _ => Err(self.error("a number in range")),
        }
    }

    fn switch(self) -> Result<bool, ConfigError> {
        match self.value.trim() {
            "1" | "on" => Ok(true),
            "0" | "off" => Ok(false),
            _ => Err(self.error("0, off, 1 or on")),
        }
    }

    fn prove(self) -> Result<Prove, ConfigError> {
        match self.value.trim() {
            "off" => Ok(Prove::Off),
            "report" => Ok(Prove::Report),
            "refuse" => Ok(Prove::Refuse),
            _ => Err(self.error("off, report or refuse")),
        }
    }

    fn error(self, expected: &'static str) -> ConfigError {
        ConfigError {
            name: self.name,
            value: self.value,
            expected,
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
    }
}
