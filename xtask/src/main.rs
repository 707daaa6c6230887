//! `cargo xtask <tool>`: the command line in front of the tools in the library.

use std::ffi::OsString;
use std::process::ExitCode;

use xtask::{Failure, abi, bench, conformance, pypy, tidy};

const HELP: &str = "\
The project's own tools.

usage: cargo xtask <tool> [options]      (each tool knows --help)

  tidy          source conventions: //! headers, crate directions, SAFETY lines, sizes
  abi-check     struct layouts in crates/capi/abi against the installed python3.11 headers
  conformance   CPython's own Lib/test files, unmodified, against the expectation tables
  bench         speed against CPython and PyPy: `bench pure`, `bench startup`, `bench calls`, `bench shapes`
  pypy          where a PyPy is that loads what PyO3 builds; fetches one if there is none
";

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let tool = args.next().unwrap_or_default();
    let rest: Vec<OsString> = args.collect();
    let result = match tool.to_str() {
        Some("tidy") => tidy::main(rest),
        Some("abi-check") => abi::main(rest),
        Some("conformance") => conformance::main(rest),
        Some("bench") => bench::main(rest),
        Some("pypy") => pypy::main(rest),
        Some("-h" | "--help" | "help" | "") => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(Failure::new(format!("unknown tool {tool:?}\n\n{HELP}"))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}
