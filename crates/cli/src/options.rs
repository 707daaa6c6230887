//! The command line: CPython's flags, and ours behind `-X`.

use std::ffi::OsString;

/// What the program is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Program {
    /// `-c`
    Command(String),
    /// `-m`
    Module(String),
    /// A script, directory or zip file.
    Script(String),
    /// `-`, or no argument.
    #[default]
    Stdin,
    /// `rivet typed`
    Typed(crate::typed::Request),
}

/// A parsed command line.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Options {
    pub program: Program,
    pub args: Vec<String>,
    pub orig_argv: Vec<String>,
    /// The command line as it was given, which need not be text.
    pub raw_argv: Vec<OsString>,
    pub inspect: bool,
    pub interactive: bool,
    pub unbuffered: bool,
    pub optimize: u8,
    pub dont_write_bytecode: bool,
    pub ignore_environment: bool,
    pub isolated: bool,
    pub no_user_site: bool,
    pub no_site: bool,
    pub verbose: u8,
    pub quiet: bool,
    pub bytes_warning: u8,
    pub debug: u8,
    pub safe_path: bool,
    pub warnings: Vec<String>,
    pub x: Vec<(String, Option<String>)>,
    pub hash_randomization: bool,
}

/// What the command line asks for.
pub enum Command {
    /// Run a program.
    Run(Box<Options>),
    /// Print a text and stop.
    Print(String),
}

/// `rivet -V`
pub const VERSION: &str = "Python 3.11.7 (Rivet 0.1.0)";

const USAGE: &str = "usage: rivet [option] ... [-c cmd | -m mod | file | -] [arg] ...";

/// Commands of ours, behind the options in the help.
const COMMANDS: &str = "
Commands (unless a file of that name exists):
rivet demo            : measure the seed extension against C, CPython and PyPy
rivet typed module    : list which of an extension's functions have native signatures, and why
         the others have none; stubs, checks (rivet typed --help)
rivet cythonize-typed module.pyx ...
         make Cython modules export what it takes to call their functions by C types";

/// `rivet -h`
const HELP: &str = "\
Options and arguments (and corresponding environment variables):
-b     : issue warnings about str(bytes_instance), str(bytearray_instance)
         and comparing bytes/bytearray with str. (-bb: issue errors)
-B     : don't write .pyc files on import; also PYTHONDONTWRITEBYTECODE=x
-c cmd : program passed in as string (terminates option list)
-E     : ignore PYTHON* environment variables (such as PYTHONPATH)
-h     : print this help message and exit (also -? or --help)
-i     : inspect interactively after running script; forces a prompt even
         if stdin does not appear to be a terminal; also PYTHONINSPECT=x
-I     : isolate Rivet from the user's environment (implies -E and -s)
-m mod : run library module as a script (terminates option list)
-O     : remove assert and __debug__-dependent statements; also PYTHONOPTIMIZE=x
-OO    : do -O changes and also discard docstrings
-P     : don't prepend a potentially unsafe path to sys.path; also PYTHONSAFEPATH
-q     : don't print version and copyright messages on interactive startup
-s     : don't add user site directory to sys.path; also PYTHONNOUSERSITE
-S     : don't imply 'import site' on initialization
-u     : force the stdout and stderr streams to be unbuffered; also PYTHONUNBUFFERED=x
-v     : verbose (trace import statements); also PYTHONVERBOSE=x
-V     : print the Python version number and exit (also --version)
-W arg : warning control; arg is action:message:category:module:lineno
         also PYTHONWARNINGS=arg
-X opt : set implementation-specific option. Rivet's own:
         -X jit=off|on|eager|bail:N  how to compile hot code (default: on)
         -X jit=stats                print counters of the compiler at exit
         -X jit=dump:hir|clif|asm    print what is compiled
         -X gc=stress:N              collect at every Nth allocation
         -X gc=verify                check the heap around each collection
         -X gc=nursery:BYTES         size of the young generation
         -X capi=check               check every call of the C interface
         -X typed=off|on|check       whether native signatures of extensions are used; check
                                     compares them with the wrappers and reports differences
file   : program read from script file
-      : program read from stdin (default; interactive mode if a tty)
arg ...: arguments passed to program in sys.argv[1:]";

/// `rivet --help-env`
const HELP_ENV: &str = "\
Environment variables that change behaviour:
PYTHONSTARTUP   : file run at the start of the interactive mode
PYTHONPATH      : folders, separated by ':', put in front of sys.path
PYTHONSAFEPATH  : as -P
PYTHONHOME      : where the standard library is; RIVET_HOME comes first
PYTHONNOUSERSITE: as -s
PYTHONUSERBASE  : the user's base folder, for site-packages
PYTHONOPTIMIZE  : a number: as that many -O; any other text: as -O
PYTHONDEBUG     : as -d
PYTHONVERBOSE   : a number: as that many -v; any other text: as -v
PYTHONINSPECT   : as -i
PYTHONUNBUFFERED: as -u
PYTHONDONTWRITEBYTECODE: as -B
PYTHONPYCACHEPREFIX    : as -X pycache_prefix=
PYTHONHASHSEED  : 'random', or the number that str hashes are made from
PYTHONIOENCODING: encoding[:errors] of the standard streams
PYTHONUTF8      : as -X utf8
PYTHONCOERCECLOCALE    : 0: the locale C is left as it is; 'warn': it is told
PYTHONWARNINGS  : as -W, separated by commas
PYTHONDEVMODE   : as -X dev
PYTHONBREAKPOINT: what breakpoint() calls; 0: nothing
PYTHONWARNDEFAULTENCODING: as -X warn_default_encoding
PYTHONINTMAXSTRDIGITS  : as -X int_max_str_digits=";

/// `rivet --help-xoptions`
const HELP_X: &str = "\
Options of -X, beside Rivet's own (see -h):
-X dev: development mode: warnings and checks that are off by default
-X int_max_str_digits=N: the most digits of an int made from or into text; 0: any number
-X pycache_prefix=PATH : keep bytecode in a tree there and not in __pycache__
-X utf8[=0|1]          : texts of the system are UTF-8 whatever the locale says
-X warn_default_encoding: warn where a file is opened without an encoding";

/// Parses the command line. Errors are texts for stderr, with exit code 2.
pub fn parse(given: &[OsString]) -> Result<Command, String> {
    let argv: Vec<String> = given
        .iter()
        .map(|a| a.to_string_lossy().into_owned())
        .collect();
    let mut o = Options {
        orig_argv: argv.clone(),
        raw_argv: given.to_vec(),
        ..Options::default()
    };
    let mut i = 1;
    while i < argv.len() {
        let arg = &argv[i];
        if arg == "-" || !arg.starts_with('-') {
            break;
        }
        i += 1;
        if let Some(long) = arg.strip_prefix("--") {
            match long {
                "" => break,
                "help" => return Ok(Command::Print(format!("{USAGE}\n{HELP}{COMMANDS}"))),
                "help-env" => return Ok(Command::Print(HELP_ENV.into())),
                "help-xoptions" => return Ok(Command::Print(HELP_X.into())),
                "help-all" => {
                    let all = format!("{USAGE}\n{HELP}{COMMANDS}\n\n{HELP_ENV}\n\n{HELP_X}");
                    return Ok(Command::Print(all));
                }
                "version" => return Ok(Command::Print(VERSION.into())),
                "check-hash-based-pycs" => {
                    i += 1;
                    continue;
                }
                _ => {
                    return Err(format!(
                        "unknown option --{long}\n{USAGE}\nTry `rivet -h' for more information.\n"
                    ));
                }
            }
        }
        if let Some(done) = short_options(&mut o, arg, &argv, &mut i)? {
            return Ok(done);
        }
        if !o.args.is_empty() {
            return Ok(Command::Run(Box::new(finish(o))));
        }
    }
    match argv.get(i) {
        None => o.args = vec![String::new()],
        Some(a) => {
            o.program = if a == "-" {
                Program::Stdin
            } else {
                Program::Script(a.clone())
            };
            o.args = argv[i..].to_vec();
        }
    }
    Ok(Command::Run(Box::new(finish(o))))
}

/// One argument of bundled short options. `-c` and `-m` set `o.args` and so end the options.
fn short_options(
    o: &mut Options,
    arg: &str,
    argv: &[String],
    i: &mut usize,
) -> Result<Option<Command>, String> {
    let chars: Vec<char> = arg.chars().collect();
    let mut at = 1;
    while at < chars.len() {
        let c = chars[at];
        at += 1;
        let value = |i: &mut usize| -> Result<String, String> {
            let rest: String = chars[at..].iter().collect();
            if !rest.is_empty() {
                return Ok(rest);
            }
            *i += 1;
            argv.get(*i - 1).cloned().ok_or_else(|| {
                format!("Argument expected for the -{c} option\n{USAGE}\nTry `rivet -h' for more information.\n")
            })
        };
        match c {
            'b' => o.bytes_warning += 1,
            'B' => o.dont_write_bytecode = true,
            'd' => o.debug += 1,
            'E' => o.ignore_environment = true,
            'h' | '?' => return Ok(Some(Command::Print(format!("{USAGE}\n{HELP}{COMMANDS}")))),
            'i' => {
                o.inspect = true;
                o.interactive = true;
            }
            'I' => o.isolated = true,
            'O' => o.optimize += 1,
            'P' => o.safe_path = true,
            'q' => o.quiet = true,
            'R' => o.hash_randomization = true,
            's' => o.no_user_site = true,
            'S' => o.no_site = true,
            'u' => o.unbuffered = true,
            'v' => o.verbose += 1,
            'V' => return Ok(Some(Command::Print(VERSION.into()))),
            'x' | 't' => {}
            'W' => {
                o.warnings.push(value(i)?);
                return Ok(None);
            }
            'X' => {
                let v = value(i)?;
                let (k, v) = match v.split_once('=') {
                    Some((k, v)) => (k.to_owned(), Some(v.to_owned())),
                    None => (v, None),
                };
                o.x.push((k, v));
                return Ok(None);
            }
            'c' => {
                o.program = Program::Command(value(i)?);
                o.args = vec!["-c".into()];
                o.args.extend_from_slice(&argv[(*i).min(argv.len())..]);
                return Ok(None);
            }
            'm' => {
                o.program = Program::Module(value(i)?);
                o.args = vec!["-m".into()];
                o.args.extend_from_slice(&argv[(*i).min(argv.len())..]);
                return Ok(None);
            }
            _ => {
                return Err(format!(
                    "Unknown option: -{c}\n{USAGE}\nTry `rivet -h' for more information.\n"
                ));
            }
        }
    }
    Ok(None)
}

/// Applies the environment variables and the options that imply others.
fn finish(mut o: Options) -> Options {
    if o.isolated {
        o.ignore_environment = true;
        o.no_user_site = true;
        o.safe_path = true;
    }
    let set = |o: &Options, name: &str| o.env(name).is_some();
    let level = |o: &Options, name: &str| o.env(name).map_or(0, |v| v.parse::<u8>().unwrap_or(1));
    o.inspect |= set(&o, "PYTHONINSPECT");
    o.unbuffered |= set(&o, "PYTHONUNBUFFERED");
    o.dont_write_bytecode |= set(&o, "PYTHONDONTWRITEBYTECODE");
    o.no_user_site |= set(&o, "PYTHONNOUSERSITE");
    o.safe_path |= set(&o, "PYTHONSAFEPATH");
    o.optimize = o.optimize.max(level(&o, "PYTHONOPTIMIZE"));
    o.verbose = o.verbose.max(level(&o, "PYTHONVERBOSE"));
    o.debug = o.debug.max(level(&o, "PYTHONDEBUG"));
    if let Some(w) = o.env("PYTHONWARNINGS") {
        let mut all: Vec<String> = w
            .split(',')
            .map(|s| s.trim().to_owned())
            .filter(|s| !s.is_empty())
            .collect();
        all.append(&mut o.warnings);
        o.warnings = all;
    }
    o
}

impl Options {
    /// An environment variable, unless `-E`; empty ones count as unset.
    pub fn env(&self, name: &str) -> Option<String> {
        if self.ignore_environment {
            return None;
        }
        std::env::var(name).ok().filter(|v| !v.is_empty())
    }

    /// `sys.argv`: the arguments behind the options, whose first may stand for them.
    pub fn argv(&self) -> Vec<OsString> {
        let behind = self.raw_argv.len() - self.args.len().min(self.raw_argv.len());
        let mut argv: Vec<OsString> = self.args.iter().map(OsString::from).collect();
        let first = usize::from(!matches!(self.program, Program::Script(_)));
        for (i, a) in argv.iter_mut().enumerate().skip(first) {
            if let Some(raw) = self.raw_argv.get(behind + i) {
                a.clone_from(raw);
            }
        }
        argv
    }

    /// The development mode: `-X dev` or `PYTHONDEVMODE`.
    pub fn dev_mode(&self) -> bool {
        self.xopt("dev").is_some() || self.env("PYTHONDEVMODE").is_some()
    }

    /// The value of `-X name=value`; the last one wins.
    pub fn xopt(&self, name: &str) -> Option<&str> {
        self.x
            .iter()
            .rev()
            .find(|o| o.0 == name)
            .map(|o| o.1.as_deref().unwrap_or(""))
    }

    /// All values of `-X name=value`.
    pub fn xopts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.x
            .iter()
            .filter(move |o| o.0 == name)
            .map(|o| o.1.as_deref().unwrap_or(""))
    }
}
