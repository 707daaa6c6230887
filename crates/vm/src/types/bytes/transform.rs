//! Case mappings and character classes of bytes (ASCII only).

/// ASCII white space, as `bytes.isspace` sees it.
pub fn space(b: u8) -> bool {
    matches!(b, b'\t'..=b'\r' | b' ')
}

/// `upper`
pub fn upper(d: &mut [u8]) {
    d.make_ascii_uppercase();
}

/// `lower`
pub fn lower(d: &mut [u8]) {
    d.make_ascii_lowercase();
}

/// `capitalize`
pub fn capitalize(d: &mut [u8]) {
    d.make_ascii_lowercase();
    if let Some(first) = d.first_mut() {
        first.make_ascii_uppercase();
    }
}

/// `swapcase`
pub fn swapcase(d: &mut [u8]) {
    for b in d {
        if b.is_ascii_alphabetic() {
            *b ^= 0x20;
        }
    }
}

/// `title`
pub fn title(d: &mut [u8]) {
    let mut inside = false;
    for b in d {
        if inside {
            b.make_ascii_lowercase();
        } else {
            b.make_ascii_uppercase();
        }
        inside = b.is_ascii_alphabetic();
    }
}

fn all(d: &[u8], f: impl Fn(&u8) -> bool) -> bool {
    !d.is_empty() && d.iter().all(f)
}

/// `isalnum`
pub fn is_alnum(d: &[u8]) -> bool {
    all(d, u8::is_ascii_alphanumeric)
}

/// `isalpha`
pub fn is_alpha(d: &[u8]) -> bool {
    all(d, u8::is_ascii_alphabetic)
}

/// `isdigit`
pub fn is_digit(d: &[u8]) -> bool {
    all(d, u8::is_ascii_digit)
}

/// `isspace`
pub fn is_space(d: &[u8]) -> bool {
    all(d, |&b| space(b))
}

/// `islower`
pub fn is_lower(d: &[u8]) -> bool {
    d.iter().any(u8::is_ascii_lowercase) && !d.iter().any(u8::is_ascii_uppercase)
}

/// `isupper`
pub fn is_upper(d: &[u8]) -> bool {
    d.iter().any(u8::is_ascii_uppercase) && !d.iter().any(u8::is_ascii_lowercase)
}

/// `istitle`
pub fn is_title(d: &[u8]) -> bool {
    let (mut any, mut inside) = (false, false);
    for b in d {
        let letter = b.is_ascii_alphabetic();
        if letter && inside == b.is_ascii_uppercase() {
            return false;
        }
        any |= letter;
        inside = letter;
    }
    any
}
