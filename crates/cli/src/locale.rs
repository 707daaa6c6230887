//! The locale of the process and UTF-8 mode, decided before anything is decoded.

use rivet_modules::locale_of_process;

use crate::options::Options;

/// Locales that take any bytes: with them the standard streams let undecodable bytes through.
const PLAIN: &[&str] = &["C", "POSIX", "C.UTF-8", "C.utf8", "UTF-8"];

/// The message if UTF-8 mode is asked for in a wrong way.
pub fn check(o: &Options) -> Result<(), String> {
    let wrong = |what: &str| {
        Err(format!(
            "Fatal Python error: preconfig_init_utf8_mode: invalid {what}\nPython runtime state: preinitialized\n"
        ))
    };
    match o.xopt("utf8") {
        None | Some("" | "0" | "1") => {}
        Some(_) => return wrong("-X utf8 option value"),
    }
    if o.xopt("utf8").is_some() {
        return Ok(());
    }
    match o.env("PYTHONUTF8").as_deref() {
        None | Some("" | "0" | "1") => Ok(()),
        Some(_) => wrong("PYTHONUTF8 environment variable value"),
    }
}

/// Takes the locale over from the environment. The C locale is replaced by one with UTF-8 unless the environment insists
/// on it; programs that are started are told, too.
pub fn init(o: &Options) {
    let name = locale_of_process::adopt();
    FIRST.with(|f| f.replace(name.clone()));
    let insists = std::env::var_os("LC_ALL").is_some_and(|v| !v.is_empty());
    let off = o.env("PYTHONCOERCECLOCALE").as_deref() == Some("0");
    if name == "C" && !insists && !off {
        locale_of_process::coerce();
    }
}

thread_local! {
    /// The locale that the environment names.
    static FIRST: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

/// Whether text is UTF-8 whatever the locale says.
pub fn utf8_mode(o: &Options) -> bool {
    if let Some(v) = o.xopt("utf8") {
        return v != "0";
    }
    match o.env("PYTHONUTF8").as_deref() {
        Some("1") => return true,
        Some("0") => return false,
        _ => {}
    }
    FIRST.with(|f| matches!(f.borrow().as_str(), "C" | "POSIX"))
}

/// Whether the standard streams let undecodable bytes through.
pub fn passes_bytes(utf8_mode: bool) -> bool {
    utf8_mode || PLAIN.contains(&locale_of_process::current().as_str())
}
