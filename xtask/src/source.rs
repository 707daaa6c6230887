//! A Rust source file split into code and comments line by line, enough of a lexer for tidy.

/// One line: its code with the contents of string literals blanked, and its comment text.
#[derive(Debug, Default, Clone)]
pub struct Line {
    /// Code only.
    pub code: String,
    /// Text of comments on this line.
    pub comment: String,
}

enum State {
    Code,
    Block(u32),
    Str,
    Raw(usize),
}

/// Splits a file into lines of code and comment.
pub fn split(text: &str) -> Vec<Line> {
    let mut state = State::Code;
    text.lines().map(|line| scan(line, &mut state)).collect()
}

fn scan(line: &str, state: &mut State) -> Line {
    let chars: Vec<char> = line.chars().collect();
    let mut out = Line::default();
    let mut i = 0;
    while i < chars.len() {
        i = match *state {
            State::Code => scan_code(&chars, i, state, &mut out),
            State::Block(depth) => scan_block(&chars, i, depth, state, &mut out),
            State::Str => scan_str(&chars, i, state),
            State::Raw(hashes) => scan_raw(&chars, i, hashes, state),
        };
    }
    out
}

fn scan_code(chars: &[char], i: usize, state: &mut State, out: &mut Line) -> usize {
    let next = chars.get(i + 1).copied();
    match chars[i] {
        '/' if next == Some('/') => {
            out.comment.extend(&chars[i..]);
            chars.len()
        }
        '/' if next == Some('*') => {
            *state = State::Block(1);
            i + 2
        }
        '"' => {
            *state = match raw_hashes(&out.code) {
                Some(hashes) => State::Raw(hashes),
                None => State::Str,
            };
            out.code.push('"');
            i + 1
        }
        '\'' => skip_char_literal(chars, i, out),
        c => {
            out.code.push(c);
            i + 1
        }
    }
}

/// The number of `#` when the code so far ends in `r`, `br` or `cr` and hashes: a raw string opens.
fn raw_hashes(code: &str) -> Option<usize> {
    let bare = code.trim_end_matches('#');
    let prefix = bare.strip_suffix('r')?;
    let prefix = prefix.strip_suffix(['b', 'c']).unwrap_or(prefix);
    let boundary = !prefix.ends_with(|c: char| c.is_alphanumeric() || c == '_');
    boundary.then_some(code.len() - bare.len())
}

/// Steps over `'x'` and `'\n'`; a lifetime is left as it is.
fn skip_char_literal(chars: &[char], i: usize, out: &mut Line) -> usize {
    out.code.push('\'');
    if chars.get(i + 1) == Some(&'\\') {
        let close = chars.iter().skip(i + 3).position(|&c| c == '\'');
        return close.map_or(chars.len(), |n| i + 3 + n + 1);
    }
    if chars.get(i + 2) == Some(&'\'') {
        i + 3
    } else {
        i + 1
    }
}

fn scan_block(chars: &[char], i: usize, depth: u32, state: &mut State, out: &mut Line) -> usize {
    match (chars[i], chars.get(i + 1)) {
        ('*', Some('/')) => {
            *state = if depth == 1 {
                State::Code
            } else {
                State::Block(depth - 1)
            };
            i + 2
        }
        ('/', Some('*')) => {
            *state = State::Block(depth + 1);
            i + 2
        }
        (c, _) => {
            out.comment.push(c);
            i + 1
        }
    }
}

fn scan_str(chars: &[char], i: usize, state: &mut State) -> usize {
    match chars[i] {
        '\\' => i + 2,
        '"' => {
            *state = State::Code;
            i + 1
        }
        _ => i + 1,
    }
}

fn scan_raw(chars: &[char], i: usize, hashes: usize, state: &mut State) -> usize {
    let closes = chars[i] == '"' && (1..=hashes).all(|n| chars.get(i + n) == Some(&'#'));
    if closes {
        *state = State::Code;
        return i + 1 + hashes;
    }
    i + 1
}

/// Whether `code` holds `word` as a whole word.
pub fn has_word(code: &str, word: &str) -> bool {
    words(code, word).next().is_some()
}

/// What follows each whole-word occurrence of `word` in `code`.
pub fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).filter_map(move |(at, _)| {
        let after = &code[at + word.len()..];
        (!code[..at].ends_with(part) && !after.starts_with(part)).then_some(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_told_apart() {
        let lines =
            split("let a = \"// not unsafe\"; // yes\nlet r = r#\"un\"safe\"#; /* b\nc */ x");
        assert_eq!(lines[0].code, "let a = \"; ");
        assert_eq!(lines[0].comment, "// yes");
        assert!(!has_word(&lines[1].code, "safe"));
        assert_eq!(lines[2].code, " x");
    }

    #[test]
    fn chars_and_lifetimes() {
        let lines = split("fn f<'a>(c: char) -> bool { c == '\"' || c == '\\'' } // end");
        assert!(lines[0].code.contains("bool"));
        assert_eq!(lines[0].comment, "// end");
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("unsafe {", "unsafe"));
        assert!(!has_word("unsafe_op", "unsafe"));
    }
}
