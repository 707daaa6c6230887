//! The Unicode character database as `str` needs it: categories, numeric values, case mappings. Built on
//! crates that follow newer versions of Unicode than CPython 3.11's 14; what 14 does not assign is left out, and
//! numeric values are a generated table.

use unicode_properties::{GeneralCategory as Gc, UnicodeGeneralCategory};

use crate::unicode_numeric::RUNS;
use crate::unicode_unassigned::RANGES;

/// Whether Unicode 14 assigns the code point.
fn is_assigned(c: u32) -> bool {
    // Everything up to here has long been assigned, but for a few code points that still are not.
    if c < 0x530 {
        return true;
    }
    let i = RANGES.partition_point(|r| r.1 < c);
    RANGES.get(i).is_none_or(|r| c < r.0)
}

fn category(c: u32) -> Gc {
    match char::from_u32(c) {
        Some(_) if !is_assigned(c) => Gc::Unassigned,
        Some(ch) => ch.general_category(),
        None if c < 0x11_0000 => Gc::Surrogate,
        None => Gc::Unassigned,
    }
}

/// Two-letter name of the general category.
pub fn category_name(c: u32) -> &'static str {
    match category(c) {
        Gc::UppercaseLetter => "Lu",
        Gc::LowercaseLetter => "Ll",
        Gc::TitlecaseLetter => "Lt",
        Gc::ModifierLetter => "Lm",
        Gc::OtherLetter => "Lo",
        Gc::NonspacingMark => "Mn",
        Gc::SpacingMark => "Mc",
        Gc::EnclosingMark => "Me",
        Gc::DecimalNumber => "Nd",
        Gc::LetterNumber => "Nl",
        Gc::OtherNumber => "No",
        Gc::ConnectorPunctuation => "Pc",
        Gc::DashPunctuation => "Pd",
        Gc::OpenPunctuation => "Ps",
        Gc::ClosePunctuation => "Pe",
        Gc::InitialPunctuation => "Pi",
        Gc::FinalPunctuation => "Pf",
        Gc::OtherPunctuation => "Po",
        Gc::MathSymbol => "Sm",
        Gc::CurrencySymbol => "Sc",
        Gc::ModifierSymbol => "Sk",
        Gc::OtherSymbol => "So",
        Gc::SpaceSeparator => "Zs",
        Gc::LineSeparator => "Zl",
        Gc::ParagraphSeparator => "Zp",
        Gc::Control => "Cc",
        Gc::Format => "Cf",
        Gc::Surrogate => "Cs",
        Gc::PrivateUse => "Co",
        Gc::Unassigned => "Cn",
    }
}

/// `str.isalpha` of one character.
pub fn is_alpha(c: u32) -> bool {
    if c < 128 {
        return (c as u8).is_ascii_alphabetic();
    }
    matches!(
        category(c),
        Gc::UppercaseLetter
            | Gc::LowercaseLetter
            | Gc::TitlecaseLetter
            | Gc::ModifierLetter
            | Gc::OtherLetter
    )
}

/// The value of a decimal digit.
pub fn decimal(c: u32) -> Option<u32> {
    if c < 128 {
        return if (0x30..0x3a).contains(&c) {
            Some(c - 0x30)
        } else {
            None
        };
    }
    if category(c) != Gc::DecimalNumber {
        return None;
    }
    // Decimal digits come in runs of ten; the mathematical ones follow each other without a gap.
    if (0x1d7ce..=0x1d7ff).contains(&c) {
        return Some((c - 0x1d7ce) % 10);
    }
    let start =
        (c.saturating_sub(9)..=c).find(|&s| (s..=c).all(|d| category(d) == Gc::DecimalNumber))?;
    Some(c - start)
}

fn run(c: u32) -> Option<&'static crate::unicode_numeric::Run> {
    let i = RUNS.partition_point(|r| r.1 < c);
    RUNS.get(i).filter(|r| r.0 <= c)
}

/// The value of a digit (decimal or not, like superscripts).
pub fn digit(c: u32) -> Option<u32> {
    decimal(c).or_else(|| {
        let r = run(c).filter(|r| r.5)?;
        u32::try_from(r.2 + r.4 * i64::from(c - r.0)).ok()
    })
}

/// The numeric value.
pub fn numeric(c: u32) -> Option<f64> {
    if let Some(d) = decimal(c) {
        return Some(d.into());
    }
    let r = run(c)?;
    Some((r.2 + r.4 * i64::from(c - r.0)) as f64 / r.3 as f64)
}

/// `str.isdecimal` of one character.
pub fn is_decimal(c: u32) -> bool {
    decimal(c).is_some()
}

/// `str.isdigit` of one character.
pub fn is_digit(c: u32) -> bool {
    digit(c).is_some()
}

/// `str.isnumeric` of one character.
pub fn is_numeric(c: u32) -> bool {
    is_decimal(c) || run(c).is_some()
}

/// `str.isalnum` of one character.
pub fn is_alnum(c: u32) -> bool {
    is_alpha(c) || is_numeric(c)
}

/// `str.isspace` of one character.
pub fn is_space(c: u32) -> bool {
    matches!(c, 0x09..=0x0d | 0x1c..=0x20 | 0x85 | 0xa0 | 0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000)
}

/// Whether `str.splitlines` breaks at the character.
pub fn is_line_break(c: u32) -> bool {
    matches!(c, 0x0a..=0x0d | 0x1c..=0x1e | 0x85 | 0x2028 | 0x2029)
}

/// `str.isprintable` of one character.
pub fn is_printable(c: u32) -> bool {
    if c < 128 {
        return (0x20..0x7f).contains(&c);
    }
    !matches!(
        category(c),
        Gc::SpaceSeparator
            | Gc::LineSeparator
            | Gc::ParagraphSeparator
            | Gc::Control
            | Gc::Format
            | Gc::Surrogate
            | Gc::PrivateUse
            | Gc::Unassigned
    )
}

/// Whether the character is uppercase.
pub fn is_upper(c: u32) -> bool {
    char::from_u32(c).is_some_and(char::is_uppercase) && is_assigned(c)
}

/// Whether the character is lowercase.
pub fn is_lower(c: u32) -> bool {
    char::from_u32(c).is_some_and(char::is_lowercase) && is_assigned(c)
}

/// Whether the character is titlecase.
pub fn is_title(c: u32) -> bool {
    c >= 0x1c5 && category(c) == Gc::TitlecaseLetter
}

/// Whether the character has case.
pub fn is_cased(c: u32) -> bool {
    is_upper(c) || is_lower(c) || is_title(c)
}

/// Whether the character is skipped when looking for the context of a final sigma.
pub fn is_case_ignorable(c: u32) -> bool {
    if c < 128 {
        return matches!(c, 0x27 | 0x2e | 0x3a | 0x5e | 0x60);
    }
    matches!(
        c,
        0xb7 | 0x387
            | 0x55f
            | 0x5f4
            | 0x2018
            | 0x2019
            | 0x2024
            | 0x2027
            | 0xfe13
            | 0xfe52
            | 0xfe55
            | 0xff07
            | 0xff0e
            | 0xff1a
    ) || matches!(
        category(c),
        Gc::NonspacingMark
            | Gc::EnclosingMark
            | Gc::Format
            | Gc::ModifierLetter
            | Gc::ModifierSymbol
    )
}

/// Whether the character can begin an identifier.
pub fn is_id_start(c: u32) -> bool {
    c == 0x5f || (char::from_u32(c).is_some_and(unicode_ident::is_xid_start) && is_assigned(c))
}

/// Whether the character can continue an identifier.
pub fn is_id_continue(c: u32) -> bool {
    char::from_u32(c).is_some_and(unicode_ident::is_xid_continue) && is_assigned(c)
}

/// Appends what `c` is mapped to, unless Unicode 14 does not know either of them.
fn push_mapped(c: u32, mapped: impl Iterator<Item = char>, push: &mut impl FnMut(u32)) {
    let mut known = is_assigned(c);
    for u in mapped {
        let u = u32::from(u);
        known &= is_assigned(u);
        push(if known { u } else { c });
        if !known {
            return;
        }
    }
}

/// Appends the uppercase form.
pub fn to_upper(c: u32, push: &mut impl FnMut(u32)) {
    if c < 128 {
        return push((c as u8).to_ascii_uppercase().into());
    }
    match char::from_u32(c) {
        Some(ch) => push_mapped(c, ch.to_uppercase(), push),
        None => push(c),
    }
}

/// Appends the lowercase form (without regard to context).
pub fn to_lower(c: u32, push: &mut impl FnMut(u32)) {
    if c < 128 {
        return push((c as u8).to_ascii_lowercase().into());
    }
    match char::from_u32(c) {
        Some(ch) => push_mapped(c, ch.to_lowercase(), push),
        None => push(c),
    }
}

/// Appends the titlecase form.
pub fn to_title(c: u32, push: &mut impl FnMut(u32)) {
    match char::from_u32(c) {
        Some(ch) => {
            let mut n = 0;
            let mut first = c;
            unicode_casing::CharExt::to_titlecase(ch).for_each(|u| {
                first = if n == 0 { u.into() } else { first };
                n += 1;
                if n > 1 || first != c {
                    push(u.into());
                }
            });
            // The crate's table is older than the standard library's; letters it does not know are titlecased
            // as they are uppercased. Georgian letters and titlecase letters stay as they are.
            if n == 1 && first == c {
                let keep = (0x10d0..0x1100).contains(&c) || is_title(c);
                if keep { push(c) } else { to_upper(c, push) }
            }
        }
        None => push(c),
    }
}

/// Appends the case-folded form.
pub fn to_folded(c: u32, push: &mut impl FnMut(u32)) {
    use caseless::Caseless;
    match char::from_u32(c) {
        Some(ch) => push_mapped(c, std::iter::once(ch).default_case_fold(), push),
        None => push(c),
    }
}

fn simple(c: u32, map: impl FnOnce(u32, &mut dyn FnMut(u32))) -> u32 {
    let (mut first, mut n) = (c, 0);
    map(c, &mut |u| {
        if n == 0 {
            first = u;
        }
        n += 1;
    });
    if n == 1 { first } else { c }
}

/// The uppercase form, if it is one character.
pub fn simple_upper(c: u32) -> u32 {
    simple(c, |c, mut push| to_upper(c, &mut push))
}

/// The lowercase form, if it is one character.
pub fn simple_lower(c: u32) -> u32 {
    simple(c, |c, mut push| to_lower(c, &mut push))
}

/// The titlecase form, if it is one character.
pub fn simple_title(c: u32) -> u32 {
    simple(c, |c, mut push| to_title(c, &mut push))
}

/// The character with this name (as in `\N{...}`).
pub fn by_name(name: &str) -> Option<u32> {
    unicode_names2::character(name).map(u32::from)
}

/// The name of a character.
pub fn name_of(c: u32) -> Option<String> {
    unicode_names2::name(char::from_u32(c)?).map(|n| n.to_string())
}
