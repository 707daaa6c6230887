//! The C boundary: modules compiled with the stock headers answer alike on CPython and here, plain and under GC stress;
//! what cannot be loaded says why; crossings leave no memory behind and touch none that is not theirs.

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use common::{RIVET, answer, compare, cpython};

fn sources() -> PathBuf {
    xtask::root().join("crates/cli/tests/boundary")
}

/// The folder of the built modules; once per test run.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let out = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("boundary");
        std::fs::create_dir_all(&out).expect("a folder for the modules");
        let program = "import sysconfig; print(sysconfig.get_path('include'))";
        let include = answer(&cpython(), &["-c", program], &out);
        let include = include.lines().next().unwrap_or_default().to_owned();
        compile("shapes.c", &out.join("shapes.so"), &include, 0);
        for whole in 0..=5 {
            let folder = out.join(format!("wrong{whole}"));
            std::fs::create_dir_all(&folder).expect("a folder for a module");
            compile("wrong.c", &folder.join("wrong.so"), &include, whole);
        }
        let cut = out.join("cut");
        std::fs::create_dir_all(&cut).expect("a folder for a module");
        let whole = std::fs::read(out.join("shapes.so")).expect("the module was built");
        std::fs::write(cut.join("shapes.so"), &whole[..3000]).expect("room for a file");
        out
    })
}

fn compile(source: &str, out: &Path, include: &str, whole: usize) {
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-O1", "-g", "-w", "-fPIC", "-shared"])
        .arg(format!("-DWHOLE={whole}"))
        .args(["-I", include])
        .arg(sources().join(source))
        .arg("-o")
        .arg(out);
    let done = cc.output().expect("cc starts");
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// What a program prints here, with the modules of `folder` in reach.
fn here(folder: &Path, flags: &[&str], program: &str) -> String {
    let text = format!(
        "import sys; sys.path.insert(0, {:?})\n{program}",
        folder.display().to_string()
    );
    let mut args = flags.to_vec();
    args.extend(["-c", &text]);
    answer(Path::new(RIVET), &args, folder)
}

fn there(folder: &Path, program: &str) -> String {
    let text = format!(
        "import sys; sys.path.insert(0, {:?})\n{program}",
        folder.display().to_string()
    );
    answer(&cpython(), &["-c", &text], folder)
}

fn use_shapes() -> String {
    std::fs::read_to_string(sources().join("use_shapes.py")).expect("the program is there")
}

#[test]
fn shapes_answer_alike() {
    let program = use_shapes();
    let expected = there(built(), &program);
    for flags in [&[][..], &["-X", "gc=stress:100"], &["-X", "jit=off"]] {
        if let Err(diff) = compare(&expected, &here(built(), flags, &program)) {
            panic!("{flags:?}\n{diff}");
        }
    }
}

#[test]
fn what_cannot_be_loaded_says_why() {
    let program = "try:\n    import wrong\nexcept BaseException as e:\n    print(type(e).__name__, str(e).split(': ')[-1], type(e.__cause__).__name__)";
    for whole in [0, 1, 2, 4, 5] {
        let folder = built().join(format!("wrong{whole}"));
        if let Err(diff) = compare(&there(&folder, program), &here(&folder, &[], program)) {
            panic!("wrong{whole}\n{diff}");
        }
    }
    let missing = here(&built().join("wrong3"), &[], "import wrong");
    assert!(missing.contains("PyRivet_DoesNotExist"), "{missing}");
    let cut = "try:\n    import shapes\nexcept ImportError as e:\n    print('ImportError')";
    assert_eq!(
        there(&built().join("cut"), cut),
        here(&built().join("cut"), &[], cut)
    );
}

#[test]
fn crossings_leave_no_memory_behind() {
    let program = "
import resource, shapes
def run(n):
    same = shapes.same
    for i in range(n):
        same(i); same(i + 0.5); same(str(i)); same((i, 'x')); shapes.squares(3)
run(20000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run(200000)
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print('flat' if grown < 40000 else grown)
";
    let got = here(built(), &[], program);
    assert!(got.starts_with("flat\n"), "{got}");
}

#[test]
fn valgrind_finds_nothing() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("valgrind is not installed: skipped");
        return;
    }
    let program = "import sys; sys.path.insert(0, '.')\nimport shapes\nfor i in range(200):\n    shapes.squares(20); l = [1, [2], 'x']; shapes.rotate(l); shapes.rotate(l); t = shapes.Thing(i, [i]); t.other = (t,); shapes.invert({i: str(i)}); shapes.chars(str(i)); del t\nprint('done')";
    let mut command = Command::new("valgrind");
    command.args([
        "--error-exitcode=99",
        "--undef-value-errors=no",
        "--leak-check=no",
        "-q",
    ]);
    let done = command
        .arg(RIVET)
        .args(["-X", "jit=off", "-c", program])
        .current_dir(built())
        .output()
        .expect("valgrind starts");
    let errors = String::from_utf8_lossy(&done.stderr);
    assert_ne!(done.status.code(), Some(99), "{errors}");
    if !String::from_utf8_lossy(&done.stdout).contains("done") {
        println!("valgrind cannot run the program here: skipped\n{errors}");
    }
}
