//! Why recordings end without an executor: a table of names, sentences and penalties.

macro_rules! aborts {
    ($( $name:ident $text:literal $penalty:literal $sentence:literal )*) => {
        /// Why a recording was abandoned.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Abort {
            $( #[doc = $sentence] $name, )*
        }

        impl Abort {
            /// Every reason, in table order.
            pub const ALL: &[Abort] = &[$(Abort::$name),*];

            /// Its name in events and statistics.
            pub fn name(self) -> &'static str {
                match self { $(Abort::$name => $text),* }
            }

            /// What happened, as a sentence.
            pub fn sentence(self) -> &'static str {
                match self { $(Abort::$name => $sentence),* }
            }

            /// By how many doublings the next attempt is put off. 0 asks again as soon as the
            /// threshold is reached once more.
            pub fn penalty(self) -> u8 {
                match self { $(Abort::$name => $penalty),* }
            }
        }
    };
}

aborts! {
    Length "length" 1 "The trace grew longer than the limit before an instruction boundary it could end at."
    ExitLimit "exit-limit" 1 "The trace has more exits than a trace may have."
    InnerLoop "inner-loop" 0 "An inner loop without a root was reached; it should get hot first."
    LeftStartFrame "left-start-frame" 1 "The program left the frame the recording started in too far downwards."
    Recursion "recursion" 1 "The recording ran into a recursion deeper than the inlining limit."
    InliningDepth "inlining-depth" 1 "Calls were nested deeper than the inlining limit."
    Transferred "transferred" 1 "A helper moved the program elsewhere in the middle of an instruction."
    Error "error" 1 "The program failed while it was recorded."
    Finished "finished" 1 "The program ended while it was recorded."
    NestedRun "nested-run" 1 "A helper ran the program; what it did cannot be part of the trace."
    Interrupt "interrupt" 1 "An interrupt was pending."
    Unrecordable "unrecordable" 1 "The instruction cannot be recorded."
    UnprovenRoom "unproven-room" 2 "A frame was entered, or moved up, without asking whether there is room for it."
    NoProgress "no-progress" 1 "The trace can leave only before it has done anything."
    Malformed "malformed" 2 "The verifier refused the trace."
    Unproved "unproved" 2 "The trace could not be proved to do what its recording does, not even as it was recorded."
    Compile "compile" 1 "The back end could not make the trace runnable."
    Capacity "capacity" 2 "There is no room for another executor."
    ParentGone "parent-gone" 0 "The executor whose exit was recorded was invalidated meanwhile."
    Stale "stale" 0 "Something the recording depends on was invalidated meanwhile."
    Disagrees "disagrees" 2 "The finished trace does not fit the exit that asked for it."
    Unsteady "unsteady" 1 "It depends on what keeps being invalidated."
    Memory "memory" 1 "There was not enough memory left to record or to compile."
    Cost "cost" 0 "The trace is long, and what the program has done so far does not cover what compiling it costs."
    Dropped "dropped" 1 "The recording was dropped, neither finished nor abandoned."
    Switched "switched-off" 0 "Recording was switched off meanwhile."
}

impl std::fmt::Display for Abort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_sentences_end() {
        let names: std::collections::BTreeSet<_> = Abort::ALL.iter().map(|a| a.name()).collect();
        assert_eq!(names.len(), Abort::ALL.len());
        assert!(Abort::ALL.iter().all(|a| a.sentence().ends_with('.')));
    }
}
