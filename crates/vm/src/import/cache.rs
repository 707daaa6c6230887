//! A cache of compiled start-up modules, beside the user's other caches (the library's own directory may be
//! read-only). Validated by the source's length and hash.

use std::path::{Path, PathBuf};

fn place(path: &Path) -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".cache")))?;
    let key = crate::siphash::siphash13(1, 2, path.as_os_str().as_encoded_bytes());
    Some(base.join("rivet").join(format!("{key:016x}.rvc")))
}

fn stamp(source: &str) -> [u8; 8] {
    let version = env!("CARGO_PKG_VERSION");
    let build = option_env!("RIVET_BUILD_ID").unwrap_or(version);
    let key = crate::siphash::siphash13(3, 4, build.as_bytes());
    crate::siphash::siphash13(key, source.len() as u64, source.as_bytes()).to_le_bytes()
}

/// The cached code of this source, if there is a valid one.
pub fn read(path: &Path, source: &str) -> Option<rivet_compile::Packed> {
    let data = std::fs::read(place(path)?).ok()?;
    let (head, body) = data.split_at_checked(8)?;
    if head != stamp(source) {
        return None;
    }
    rivet_compile::Packed::from_file(body)
}

/// Writes the cache; failure only costs time.
pub fn write(path: &Path, source: &str, code: &rivet_compile::Packed) {
    let Some(place) = place(path) else { return };
    let Some(dir) = place.parent() else { return };
    let mut data = stamp(source).to_vec();
    data.extend(code.to_file());
    let tmp = place.with_extension(format!("{}.tmp", std::process::id()));
    if std::fs::create_dir_all(dir).is_ok() && std::fs::write(&tmp, data).is_ok() {
        let _ = std::fs::rename(&tmp, &place);
    }
}
