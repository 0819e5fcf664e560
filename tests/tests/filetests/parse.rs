//! `test parse`: the file as the printer writes it, or why it cannot be read.

use crate::case::Case;
use offramp_uop::text::{parse_file, print_file};

pub(crate) fn run(case: &Case) -> Result<String, String> {
    let (interface, traces) = match parse_file(&case.input) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(format!("{error}\n")),
    };
    let printed = print_file(&interface, &traces);
    let (interface, traces) = parse_file(&printed).map_err(|error| error.to_string())?;
    if print_file(&interface, &traces) != printed {
        return Err("what is printed does not read back as itself".into());
    }
    Ok(printed)
}
