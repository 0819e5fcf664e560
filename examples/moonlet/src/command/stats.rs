//! `--stats`: what the library did.

use offramp_moonlet::vm::Vm;

/// For people.
pub(super) fn text(vm: &mut Vm) -> String {
    let stats = vm.interpreter().graph().stats();
    let links: u64 = stats.links.values().sum();
    let aborts: u64 = stats.aborts.values().sum();
    format!(
        "{} traces, {} adapters, {} bytes; {} recordings, {aborts} abandoned; \
         {} entries, {} cold exits, {links} links\n",
        stats.compiled,
        stats.adapters,
        stats.code_bytes,
        stats.recordings,
        stats.entries,
        stats.cold_exits,
    )
}

/// One JSON object.
pub(super) fn json(vm: &mut Vm) -> String {
    let stats = vm.interpreter().graph().stats();
    let links: u64 = stats.links.values().sum();
    format!(
        "{{\"recordings_started\": {}, \"exits_taken_cold\": {}, \"exits_linked\": {links}, \"entries\": {}}}",
        stats.recordings, stats.cold_exits, stats.entries
    )
}
