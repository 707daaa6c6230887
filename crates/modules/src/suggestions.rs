//! "Did you mean: …?" behind an uncaught AttributeError or NameError: the name among those in reach that is nearest to
//! the one that was not found. `sys.excepthook` adds it to what `traceback` prints.

use rivet_vm::exceptions::traceback::Traceback;
use rivet_vm::exceptions::{Exception, PyResult, exc};
use rivet_vm::name;
use rivet_vm::object::attr::{find_attr, get_attr, set_attr};
use rivet_vm::object::call::call;
use rivet_vm::object::protocol;
use rivet_vm::runtime;
use rivet_vm::types::frame::FrameObject;
use rivet_vm::types::str::{self, Str};
use rivet_vm::value::Value;

/// Above this many names none is looked for.
const MAX_NAMES: usize = 750;
/// Longer parts that differ are not compared.
const MAX_LENGTH: usize = 40;
/// Cost of inserting, deleting or replacing a character.
const MOVE: usize = 2;
/// Cost of a character in the other case.
const CASE: usize = 1;
/// Exceptions of a chain that are looked at.
const MAX_CHAIN: usize = 100;

/// Adds suggestions to a `traceback.TracebackException` and those it is chained to.
pub fn annotate(shown: Value, e: Value) -> PyResult<()> {
    let (mut shown, mut e) = (shown, e);
    for _ in 0..MAX_CHAIN {
        if let Some(name) = suggestion(e) {
            let text = protocol::str(get_attr(shown, name!("_str"))?)?;
            let text = format!("{}. Did you mean: '{name}'?", text.to_string_lossy());
            set_attr(shown, name!("_str"), Some(str::new(&text)?))?;
        }
        let Some(x) = e.cast::<Exception>() else {
            return Ok(());
        };
        let cause = get_attr(shown, name!("__cause__"))?;
        let context = get_attr(shown, name!("__context__"))?;
        let next = match (x.cause.get(), x.context.get()) {
            (Some(c), _) if !cause.is_none() => (cause, c),
            (_, Some(c)) if !context.is_none() => (context, c),
            _ => return Ok(()),
        };
        (shown, e) = next;
    }
    Ok(())
}

/// What the exception's name may have been meant to be. Whatever goes wrong on the way is nobody's concern here.
fn suggestion(e: Value) -> Option<String> {
    match find(e) {
        Ok(found) => found,
        Err(raised) => {
            rivet_vm::exceptions::take(raised);
            None
        }
    }
}

fn find(e: Value) -> PyResult<Option<String>> {
    let ty = e.type_of();
    let Some(name) = find_attr(e, name!("name"))?.and_then(|n| n.cast::<Str>()) else {
        return Ok(None);
    };
    let name = name.to_string_lossy().into_owned();
    if ty == exc().attribute_error {
        let Some(obj) = find_attr(e, name!("obj"))? else {
            return Ok(None);
        };
        let dir = runtime::builtins().get_str("dir").unwrap_or(Value::NONE);
        return nearest(call(dir, &[obj])?, &name);
    }
    if ty == exc().name_error {
        return in_frame(e, &name);
    }
    Ok(None)
}

/// Among the variables of the frame that raised, then its globals, then the builtins.
fn in_frame(e: Value, name: &str) -> PyResult<Option<String>> {
    let mut tb = e
        .cast::<Exception>()
        .and_then(|x| x.traceback.get_as::<Traceback>());
    while let Some(next) = tb.and_then(|t| t.next.get_as::<Traceback>()) {
        tb = Some(next);
    }
    let Some(frame) = tb.and_then(|t| t.frame.get_as::<FrameObject>()) else {
        return Ok(None);
    };
    let names = get_attr(frame.code().value(), name!("co_varnames"))?;
    for names in [names, frame.globals.value(), frame.builtins.value()] {
        if let Some(found) = nearest(names, name)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn nearest(names: Value, name: &str) -> PyResult<Option<String>> {
    let names = protocol::collect(names)?;
    if names.as_slice().len() >= MAX_NAMES {
        return Ok(None);
    }
    let wrong: Vec<char> = name.chars().collect();
    let mut best: Option<(usize, String)> = None;
    for &n in names.as_slice() {
        let Some(s) = n.cast::<Str>() else {
            return Ok(None);
        };
        let text = s.to_string_lossy();
        if text == name {
            continue;
        }
        let candidate: Vec<char> = text.chars().collect();
        let mut limit = (wrong.len() + candidate.len() + 3) * MOVE / 6;
        if let Some((d, _)) = &best {
            limit = limit.min(d.saturating_sub(1));
        }
        let d = distance(&wrong, &candidate, limit);
        if d <= limit && best.as_ref().is_none_or(|(b, _)| d < *b) {
            best = Some((d, text.into_owned()));
        }
    }
    Ok(best.map(|(_, text)| text))
}

fn substitution(a: char, b: char) -> usize {
    if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE
    } else {
        MOVE
    }
}

/// Weighted edit distance; more than `limit` if it is that or longer.
fn distance(a: &[char], b: &[char], limit: usize) -> usize {
    let common = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[common..], &b[common..]);
    let tail = a.iter().rev().zip(b.iter().rev());
    let common = tail.take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - common], &b[..b.len() - common]);
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) * MOVE;
    }
    if a.len() > MAX_LENGTH || b.len() > MAX_LENGTH {
        return limit + 1;
    }
    let (a, b) = if b.len() < a.len() { (b, a) } else { (a, b) };
    if (b.len() - a.len()) * MOVE > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|i| i * MOVE).collect();
    let mut last = 0;
    for (i, &y) in b.iter().enumerate() {
        let mut diagonal = i * MOVE;
        last = diagonal;
        let mut least = usize::MAX;
        for (slot, &x) in row.iter_mut().zip(a) {
            let replaced = diagonal + substitution(y, x);
            diagonal = *slot;
            last = replaced.min(last.min(diagonal) + MOVE);
            *slot = last;
            least = least.min(last);
        }
        if least > limit {
            return limit + 1;
        }
    }
    last
}
