use offramp_uop::evaluate::Hardware;

static CALM: u64 = 0;

fn made() -> Hardware {
    Hardware::new(0x1000 as *mut u64, 0..=10, &raw const CALM)
}

fn main() {}
