//! The `rivet` command: reads the command line, brings the runtime up, runs the program.
#![forbid(unsafe_code)]

mod cythonize;
mod demo;
mod locale;
mod options;
mod paths;
mod repl;
mod run;
mod typed;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<std::ffi::OsString> = std::env::args_os().collect();
    if args.len() == 2 && args[1] == "demo" && !std::path::Path::new("demo").exists() {
        return ExitCode::from(demo::run());
    }
    if args.len() >= 2 && args[1] == "typed" && !std::path::Path::new("typed").exists() {
        return run_typed(&args[2..]);
    }
    if args.len() >= 2
        && args[1] == "cythonize-typed"
        && !std::path::Path::new("cythonize-typed").exists()
    {
        return cythonize::run(&texts(&args[2..]));
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

fn texts(args: &[std::ffi::OsString]) -> Vec<String> {
    args.iter()
        .map(|a| a.to_string_lossy().into_owned())
        .collect()
}

fn run_typed(args: &[std::ffi::OsString]) -> ExitCode {
    match typed::parse(&texts(args)) {
        Ok(Some(request)) => {
            let mut options = options::Options::default();
            if let typed::Action::Check(_) = request.action {
                options.x.push(("typed".into(), Some("check".into())));
            }
            options.program = options::Program::Typed(request);
            run::main(&options)
        }
        Ok(None) => {
            println!("{}", typed::HELP);
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
