//! `cargo xtask pypy`: a PyPy that can load what PyO3 builds. Looks for one on the path; else takes Debian's packages
//! through apt, into the target folder and beside the system, and puts a wrapper in front that runs it with the C
//! library it came with, so that the distribution of this machine need not be as new.

use std::ffi::OsString;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use lexopt::prelude::*;

use crate::process::run;
use crate::runtimes::{self, PyPy};
use crate::{Failure, Outcome, write};

const HELP: &str = "\
usage: cargo xtask pypy [options]

Prints the path of a PyPy for Python 3.11 or later, with headers: $PYPY, the one on PATH, the one in the target folder. When
there is none, it is fetched from Debian (x86-64 Linux with apt-get; no rights of the superuser are needed).

  --no-fetch        only look
  --fetch           fetch although there is one
";

/// What one download may take.
const PATIENCE: Duration = Duration::from_secs(900);

/// The distribution whose packages these are.
const SUITE: &str = "trixie";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Package, version, SHA-256: PyPy with its library and headers, and the libraries it is linked with.
const PACKAGES: &[(&str, &str, &str)] = &[
    (
        "pypy3",
        "7.3.19+dfsg-2",
        "0a2d71deb9fc27bce9df2d3cb9352cb455a6cf0c28a2156214a4afb68ba3ac92",
    ),
    (
        "pypy3-lib",
        "7.3.19+dfsg-2",
        "aa1a7c07d200c63454846c6b378b0a972f87e9880693c699597bc5f0dcc74e65",
    ),
    (
        "pypy3-dev",
        "7.3.19+dfsg-2",
        "b1981fd37db0f67d53f5e095c631181b87a22e2e686a1ba6f864e80028ca705c",
    ),
    (
        "libc6",
        "2.41-12+deb13u4",
        "967aa62605721081c3eb2a17650611a792aa802d76a6511d1840242623d204c9",
    ),
    (
        "libgcc-s1",
        "14.2.0-19",
        "3c71917b490d1a17aed43196a2787a256ecf060526cdb20216a74bedc061b150",
    ),
    (
        "libffi8",
        "3.4.8-2",
        "0ebdc340de33333639c3c63874cd4b15ac2e83dfa1ef3053b7eefaf4919f4f68",
    ),
    (
        "libexpat1",
        "2.8.3-1~deb13u1",
        "38abe0e710a07688e9c149d74536e67cfee0364bdb64dd6d644c32a1cfad389f",
    ),
    (
        "zlib1g",
        "1:1.3.dfsg+really1.3.1-1+b1",
        "015be740d6236ad114582dea500c1d907f29e16d6db00566ca32fb68d71ac90d",
    ),
    (
        "libbz2-1.0",
        "1.0.8-6",
        "cba4cda04244b5e481bb15524bc3c983a7d1b6f330013b9b381706a2fcb65310",
    ),
    (
        "liblzma5",
        "5.8.1-1+deb13u1",
        "1cfcc6e0dc36f438a79b6e2189facdb9d150b08f57d190a60e01c98075c7f896",
    ),
    (
        "libzstd1",
        "1.5.7+dfsg-1",
        "2f6a2aeacfc925eba8b00ac9139bc4bfccf8cacb09eb93de067074b26948eef9",
    ),
    (
        "libncursesw6",
        "6.5+20250216-2",
        "47baa2e11579583654583a066b69bd5a5d2f22423081f707ed6c0c3ba6d538b7",
    ),
    (
        "libtinfo6",
        "6.5+20250216-2",
        "8b9f6a7983e9418564e48a627518de4c03917b56efe68d7f3e93bd8fffa1cc10",
    ),
    (
        "libssl3t64",
        "3.5.7-1~deb13u2",
        "916f7f40b34a06e6ebfaefcdab331bff458328411da672598f126a760472467d",
    ),
    (
        "libsqlite3-0",
        "3.46.1-7+deb13u2",
        "0a459adaffd901109f7811ab65f58e7a957b4907d05539cf3d1184efdcde0468",
    ),
    (
        "libgdbm6t64",
        "1.24-2",
        "e7b42c68c391e278733adb3c1efdacd24d660862bd7bac0efbc10a91e5696dfc",
    ),
];

/// The wrapper in the unpacked tree. PyPy looks for its library from there upwards.
const WRAPPER: &str = "usr/bin/pypy3.11";
const BINARY: &str = "usr/lib/pypy3/pypy3.11";
const LIBRARIES: &str = "usr/lib/x86_64-linux-gnu";
/// Lists what has been unpacked; written last.
const LIST: &str = "packages";

/// The command.
pub fn main(args: Vec<OsString>) -> Outcome {
    let (mut look, mut fetch) = (true, true);
    let mut parser = lexopt::Parser::from_args(args);
    while let Some(arg) = parser.next()? {
        match arg {
            Short('h') | Long("help") => {
                print!("{HELP}");
                return Ok(());
            }
            Long("no-fetch") => fetch = false,
            Long("fetch") => look = false,
            _ => return Err(arg.unexpected().into()),
        }
    }
    let found = if look { runtimes::pypy() } else { None };
    let pypy = match found {
        Some(pypy) => pypy,
        None if fetch => install().map_err(advice)?,
        None => return Err(advice(Failure::new("there is none"))),
    };
    eprintln!(
        "PyPy {} for Python {}.{}",
        pypy.release, pypy.version.0, pypy.version.1
    );
    println!("{}", pypy.exe.display());
    Ok(())
}

fn advice(reason: Failure) -> Failure {
    Failure::new(format!(
        "no PyPy for Python 3.11 or later: {reason}\n\
         Put one on PATH, with its headers, or name it in $PYPY (https://pypy.org/download.html has archives to unpack). \
         Tests and benchmarks that want it are left out until then, and say so."
    ))
}

/// The folder of the unpacked packages.
fn home() -> PathBuf {
    runtimes::target_dir().join("pypy")
}

/// Where the fetched one is, if it has been fetched.
pub fn fetched() -> PathBuf {
    home().join(WRAPPER)
}

fn install() -> Outcome<PyPy> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Err(Failure::new(
            "Debian's packages are fetched for x86-64 Linux only",
        ));
    }
    let folder = home();
    // Prepared beside the place and then moved there, so that one cut short is not taken for whole.
    let (work, tree) = (folder.with_extension("work"), folder.with_extension("new"));
    for old in [&work, &tree] {
        remove(old)?;
        std::fs::create_dir_all(old)?;
    }
    let names = download(&work)?;
    eprintln!("unpacking into {}", folder.display());
    for file in files(&work.join("debs"))? {
        must(Command::new("dpkg-deb").arg("-x").arg(&file).arg(&tree))?;
    }
    wrap(&tree, &folder)?;
    write(&tree.join(LIST), &(names.join("\n") + "\n"))?;
    remove(&folder)?;
    std::fs::rename(&tree, &folder)?;
    remove(&work)?;
    runtimes::ask_pypy(&fetched())
        .ok_or_else(|| Failure::new(format!("{} does not run", fetched().display())))
}

fn remove(folder: &Path) -> Outcome {
    match std::fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("{}: {e}", folder.display())))
        }
        _ => Ok(()),
    }
}

fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder)?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "deb"))
        .collect();
    all.sort();
    Ok(all)
}

/// Downloads every package by way of apt, which checks Debian's signature; what was taken, as lines for people.
fn download(work: &Path) -> Outcome<Vec<String>> {
    let apt = Apt::new(work)?;
    eprintln!("fetching PyPy from Debian {SUITE} ...");
    must(&mut apt.command("apt-get", &["update", "--quiet", "--quiet"]))?;
    let mut names = Vec::new();
    for (name, version, sum) in PACKAGES {
        names.push(apt.take(name, version, sum)?);
    }
    Ok(names)
}

/// apt-get with lists and settings of its own: the system's stay as they are.
struct Apt {
    settings: PathBuf,
    debs: PathBuf,
}

impl Apt {
    fn new(work: &Path) -> Outcome<Apt> {
        if !Path::new(KEYRING).is_file() {
            return Err(Failure::new(format!("Debian's keys are not in {KEYRING}")));
        }
        let (state, debs) = (work.join("apt"), work.join("debs"));
        for folder in [
            "lists/partial",
            "cache/archives/partial",
            "etc/apt.conf.d",
            "etc/preferences.d",
        ] {
            std::fs::create_dir_all(state.join(folder))?;
        }
        std::fs::create_dir_all(&debs)?;
        let sources = format!(
            "deb [signed-by={KEYRING}] http://deb.debian.org/debian {SUITE} main\n\
             deb [signed-by={KEYRING}] http://deb.debian.org/debian-security {SUITE}-security main\n"
        );
        write(&state.join("etc/sources.list"), &sources)?;
        let at = state.display();
        let settings = format!(
            "Dir::Etc \"{at}/etc\";\nDir::Etc::SourceList \"{at}/etc/sources.list\";\nDir::Etc::SourceParts \"/dev/null\";\n\
             Dir::State \"{at}\";\nDir::State::Lists \"{at}/lists\";\nDir::State::Status \"/dev/null\";\n\
             Dir::Cache \"{at}/cache\";\nAPT::Architecture \"amd64\";\nAPT::Architectures \"amd64\";\n\
             APT::Sandbox::User \"\";\nAPT::Update::Error-Mode \"any\";\nAcquire::Languages \"none\";\nAcquire::Retries \"2\";\n"
        );
        let file = state.join("settings");
        write(&file, &(settings + &proxies()))?;
        Ok(Apt {
            settings: file,
            debs,
        })
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(&self.debs)
            .env("APT_CONFIG", &self.settings);
        command
    }

    /// One package: the version listed above with its checksum, or the one that has replaced it in Debian since then.
    fn take(&self, name: &str, version: &str, sum: &str) -> Outcome<String> {
        let before = files(&self.debs)?;
        let listed = format!("{name}={version}");
        if must(&mut self.command("apt-get", &["download", "--quiet", "--quiet", &listed])).is_ok()
        {
            let got = self.sum_of_new(&before)?;
            return if got == sum {
                Ok(format!("{name} {version} {sum}"))
            } else {
                Err(Failure::new(format!(
                    "{listed} has the checksum {got}, not {sum}"
                )))
            };
        }
        must(&mut self.command("apt-get", &["download", "--quiet", "--quiet", name]))?;
        let got = self.sum_of_new(&before)?;
        eprintln!(
            "note: Debian has another {name} than {version}; it is signed, so it is taken (sha256 {got})"
        );
        Ok(format!("{name} replaced {got}"))
    }

    /// The checksum of the file that was not there before.
    fn sum_of_new(&self, before: &[PathBuf]) -> Outcome<String> {
        let new = files(&self.debs)?.into_iter().find(|f| !before.contains(f));
        let new = new.ok_or_else(|| Failure::new("apt-get left no file"))?;
        let said = must(Command::new("sha256sum").arg(&new))?;
        Ok(said
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_owned())
    }
}

/// The system's settings for the network, as lines of settings; nothing where apt cannot say.
fn proxies() -> String {
    let said = must(Command::new("apt-config").args(["dump", "Acquire"])).unwrap_or_default();
    said.lines()
        .filter(|l| l.starts_with("Acquire::http"))
        .map(|l| format!("{l}\n"))
        .collect()
}

/// Puts the wrapper where the binary was. `tree` will be moved to `place`.
fn wrap(tree: &Path, place: &Path) -> Outcome {
    let (wrapper, binary) = (tree.join(WRAPPER), tree.join(BINARY));
    if let Some(folder) = binary.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::rename(&wrapper, &binary)?;
    let libraries = place.join(LIBRARIES);
    let libraries = libraries.display();
    // By the name it was called: a virtual environment is a link to the wrapper, and found by its name.
    let text = format!(
        "#!/bin/sh\n# Written by `cargo xtask pypy`.\n\
         exec \"{libraries}/ld-linux-x86-64.so.2\" --library-path \"{libraries}\" --argv0 \"$0\" \"{}\" \"$@\"\n",
        place.join(BINARY).display()
    );
    write(&wrapper, &text)?;
    std::fs::set_permissions(&wrapper, std::fs::Permissions::from_mode(0o755))?;
    // Whoever asks for another name gets the same.
    let short = tree.join("usr/bin/pypy3");
    if !short.exists() {
        symlink("pypy3.11", short)?;
    }
    Ok(())
}

/// Runs a command to its end; its output, or what it complained of.
fn must(command: &mut Command) -> Outcome<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let done = run(command, PATIENCE).map_err(|e| Failure::new(format!("{program}: {e}")))?;
    if done.code() != 0 {
        let said = done.err_tail(5);
        return Err(Failure::new(format!("{program}: {}\n{said}", done.end())));
    }
    Ok(done.out())
}
