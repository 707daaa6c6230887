//! Character classes of the matching engine, and sets.

use rivet_vm::unicode;

use super::op;

/// `\n`
#[inline(always)]
pub fn is_line_break(c: u32) -> bool {
    c == 10
}

/// Lower case of ASCII letters.
#[inline(always)]
pub fn lower_ascii(c: u32) -> u32 {
    if (65..=90).contains(&c) { c + 32 } else { c }
}

/// Upper case of ASCII letters.
#[inline(always)]
pub fn upper_ascii(c: u32) -> u32 {
    if (97..=122).contains(&c) { c - 32 } else { c }
}

/// Simple lower case.
#[inline]
pub fn lower(c: u32) -> u32 {
    if c < 128 {
        lower_ascii(c)
    } else {
        unicode::simple_lower(c)
    }
}

/// Simple upper case.
#[inline]
pub fn upper(c: u32) -> u32 {
    if c < 128 {
        upper_ascii(c)
    } else {
        unicode::simple_upper(c)
    }
}

/// Whether a pattern's character equals a subject's without regard to (the C locale's) case.
pub fn locale_equal(pattern: u32, c: u32) -> bool {
    c == pattern || lower_ascii(c) == pattern || upper_ascii(c) == pattern
}

/// `[A-Za-z0-9_]`
#[inline(always)]
pub fn is_word_ascii(c: u32) -> bool {
    c < 128 && ((c as u8).is_ascii_alphanumeric() || c == 95)
}

/// `\w`
#[inline]
pub fn is_word(c: u32) -> bool {
    if c < 128 {
        is_word_ascii(c)
    } else {
        unicode::is_alnum(c)
    }
}

fn is_space_ascii(c: u32) -> bool {
    c == 32 || (9..=13).contains(&c)
}

/// Whether the character is of the category.
pub fn at_category(category: u32, c: u32) -> bool {
    let digit = || (48..=57).contains(&c);
    match category {
        0 => digit(),
        1 => !digit(),
        2 => is_space_ascii(c),
        3 => !is_space_ascii(c),
        4 | 8 => is_word_ascii(c),
        5 | 9 => !is_word_ascii(c),
        6 => is_line_break(c),
        7 => !is_line_break(c),
        10 => {
            if c < 128 {
                digit()
            } else {
                unicode::is_decimal(c)
            }
        }
        11 => {
            !if c < 128 {
                digit()
            } else {
                unicode::is_decimal(c)
            }
        }
        12 => unicode::is_space(c),
        13 => !unicode::is_space(c),
        14 => is_word(c),
        15 => !is_word(c),
        16 => unicode::is_line_break(c),
        17 => !unicode::is_line_break(c),
        _ => false,
    }
}

/// Whether the set whose code starts at `pc` contains the character.
#[inline]
pub fn in_set(code: &[u32], mut pc: usize, c: u32) -> bool {
    let word = |i: usize| code.get(i).copied().unwrap_or(0);
    let mut yes = true;
    loop {
        match word(pc) {
            op::LITERAL => {
                if c == word(pc + 1) {
                    return yes;
                }
                pc += 2;
            }
            op::RANGE => {
                if word(pc + 1) <= c && c <= word(pc + 2) {
                    return yes;
                }
                pc += 3;
            }
            op::RANGE_UNI_IGNORE => {
                let (lo, hi) = (word(pc + 1), word(pc + 2));
                let up = upper(c);
                if (lo <= c && c <= hi) || (lo <= up && up <= hi) {
                    return yes;
                }
                pc += 3;
            }
            op::CATEGORY => {
                if at_category(word(pc + 1), c) {
                    return yes;
                }
                pc += 2;
            }
            op::CHARSET => {
                if c < 256 && word(pc + 1 + (c as usize >> 5)) >> (c & 31) & 1 == 1 {
                    return yes;
                }
                pc += 9;
            }
            op::BIGCHARSET => {
                let count = word(pc + 1) as usize;
                let table = pc + 2;
                if c < 65536 {
                    let b = c as usize >> 8;
                    let block = (word(table + (b >> 2)) >> ((b & 3) * 8) & 255) as usize;
                    let at = table + 64 + block * 8 + ((c as usize & 255) >> 5);
                    if word(at) >> (c & 31) & 1 == 1 {
                        return yes;
                    }
                }
                pc = table + 64 + count * 8;
            }
            op::NEGATE => {
                yes = !yes;
                pc += 1;
            }
            _ => return !yes,
        }
    }
}
