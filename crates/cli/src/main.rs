//! The `rivet` command: reads the command line, brings the runtime up, runs the program.
#![forbid(unsafe_code)]

mod demo;
mod options;
mod paths;
mod repl;
mod run;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    if args.len() == 2 && args[1] == "demo" && !std::path::Path::new("demo").exists() {
        return ExitCode::from(demo::run());
    }
    match options::parse(&args) {
        Ok(options::Command::Run(options)) => run::main(&options),
        Ok(options::Command::Print(text)) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprint!("{message}");
            ExitCode::from(2)
        }
    }
}
