use offramp_uop::evaluate::Hardware;

fn built(known: Hardware) -> Hardware {
    Hardware {
        frame: 0x1000 as *mut u64,
        ..known
    }
}

fn main() {}
