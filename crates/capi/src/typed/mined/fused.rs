//! Fused functions as a whole: a call chooses one of the variants by the Python types of its arguments, and asks the
//! function's own dispatcher which, a C function that calls none of them. It is asked here once for every combination of
//! exact ints, floats and bools. The variants it gives are put into one chain of signatures, the first of which that the
//! arguments fit is called; what fits none takes the dispatcher's way, as ever.

use std::ptr;

use rivet_vm::exceptions::{Raised, take};
use rivet_vm::object::attr::find_attr;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::mapping_proxy::MappingProxy;
use rivet_vm::types::native::{TypeCode, TypedEntry};
use rivet_vm::types::str::intern::intern_str;
use rivet_vm::types::tuple;
use rivet_vm::value::{Gc, RVec, Value};

use super::proof::{Wrapper, is_cython_function};
use super::traceback;

/// The dispatcher is asked 3 to the power of this many times at most.
const MOST: usize = 4;

/// The variants of a fused function, by their types. Cython before 3.3 shows the dict itself.
pub fn variants(v: Value) -> Option<Gc<Dict>> {
    if !is_cython_function(v) {
        return None;
    }
    let shown = find_attr(v, intern_str("__signatures__")).ok()??;
    match shown.cast::<MappingProxy>() {
        Some(proxy) => proxy.mapping.get_as(),
        None => shown.cast(),
    }
}

/// The type of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Int,
    Float,
    Bool,
}

impl Kind {
    fn example(self) -> Value {
        match self {
            Kind::Int => Value::int(1),
            Kind::Float => Value::float(1.0),
            Kind::Bool => Value::TRUE,
        }
    }

    /// Whether such an argument is passed for such a parameter: it must be exactly of its type.
    fn fits(self, p: TypeCode) -> bool {
        match self {
            Kind::Int => p.int_range().is_some(),
            Kind::Float => p.is_float(),
            Kind::Bool => matches!(p, TypeCode::Bool | TypeCode::Truth),
        }
    }
}

/// A variant that can be called by its signature.
pub struct Variant {
    /// The place of its function in the dict: the dispatcher gives that very object.
    index: usize,
    entry: &'static TypedEntry,
    params: Vec<TypeCode>,
}

impl Variant {
    /// The variant at this place of the dict.
    pub fn new(index: usize, entry: &'static TypedEntry) -> Variant {
        let required = entry.signature.defaults_from as usize;
        let params = entry.signature.params()[..required].to_vec();
        Variant {
            index,
            entry,
            params,
        }
    }

    fn takes(&self, kinds: &[Kind]) -> bool {
        self.params.iter().zip(kinds).all(|(&p, k)| k.fits(p))
    }

    fn floats(&self) -> usize {
        self.params.iter().filter(|p| p.is_float()).count()
    }
}

/// What the dispatcher gives for arguments of such types: a place in the dict.
type Choice = (Vec<Kind>, Option<usize>);

/// The chain of signatures of the fused function `w`, or why it has none.
pub fn chain(
    w: &Wrapper,
    all: Gc<Dict>,
    variants: Vec<Variant>,
) -> Result<&'static TypedEntry, String> {
    let Some(count) = variants.first().map(|v| v.params.len()) else {
        return Err("none of its specialisations has a signature".into());
    };
    let found_out = "which of its specialisations is called is only found out for";
    if count == 0 || count > MOST || variants.iter().any(|v| v.params.len() != count) {
        return Err(format!("{found_out} one to {MOST} arguments"));
    }
    let plain = |p: &TypeCode| p.is_float() || p.int_range().is_some() || *p == TypeCode::Truth;
    if !variants.iter().all(|v| v.params.iter().all(plain)) {
        return Err(format!("{found_out} numbers and bools"));
    }
    let bools = variants.iter().any(|v| v.params.contains(&TypeCode::Truth));
    let choices = combinations(count, bools)
        .into_iter()
        .map(|kinds| {
            let choice = ask(w, all, &kinds);
            (kinds, choice)
        })
        .collect::<Vec<Choice>>();
    link(&agreeing(variants, &choices))
        .ok_or_else(|| "its dispatcher gives none of them for numbers of their types".into())
}

/// All combinations of so many kinds; bools only where a variant takes some.
fn combinations(count: usize, bools: bool) -> Vec<Vec<Kind>> {
    let kinds = [Kind::Int, Kind::Float, Kind::Bool];
    let kinds = if bools { &kinds[..] } else { &kinds[..2] };
    let mut all = vec![Vec::new()];
    for _ in 0..count {
        let longer = |start: &Vec<Kind>| {
            let start = start.clone();
            kinds.iter().map(move |k| [&start[..], &[*k]].concat())
        };
        all = all.iter().flat_map(longer).collect();
    }
    all
}

/// Asks the dispatcher as a call does. None: it raises, or gives what is not in the dict.
fn ask(w: &Wrapper, all: Gc<Dict>, kinds: &[Kind]) -> Option<usize> {
    let mut examples = RVec::with_capacity(kinds.len()).ok()?;
    for kind in kinds {
        examples.push(kind.example()).ok()?;
    }
    let args = tuple::new(examples.as_slice()).ok()?;
    let defaults = find_attr(w.value, intern_str("__defaults__")).ok()?;
    let words = [
        all.value(),
        args,
        Value::NONE,
        defaults.unwrap_or(Value::NONE),
    ];
    let (target, me) = (w.target, ptr::null_mut());
    // SAFETY: the record lives for good; the receiver and the arguments are values on this stack.
    let word = unsafe {
        let receiver = w.value.to_word();
        (target.call_any)(target, receiver, me, words.as_ptr().cast(), words.len())
    };
    let Some(chosen) = Value::from_word(word) else {
        // No variant is for them: the call will say so.
        let _ = take(Raised::pending());
        return None;
    };
    (0..all.positions()).find(|&i| all.value_at(i).is_some_and(|v| v.is(chosen)))
}

/// The variants in an order in which the first that fits is the one the dispatcher chooses; those for which there is none
/// are left out.
fn agreeing(mut variants: Vec<Variant>, choices: &[Choice]) -> Vec<Variant> {
    variants.sort_by_key(Variant::floats);
    variants.retain(|v| {
        let chosen = |(kinds, choice): &Choice| *choice == Some(v.index) && v.takes(kinds);
        choices.iter().any(chosen)
    });
    while let Some(wrong) = disagreement(&variants, choices) {
        variants.remove(wrong);
    }
    variants
}

/// A variant that would be called where the dispatcher gives another, or none.
fn disagreement(variants: &[Variant], choices: &[Choice]) -> Option<usize> {
    choices.iter().find_map(|(kinds, choice)| {
        let first = variants.iter().position(|v| v.takes(kinds))?;
        (*choice != Some(variants[first].index)).then_some(first)
    })
}

/// Copies of the entries, each with the next as its overload.
fn link(variants: &[Variant]) -> Option<&'static TypedEntry> {
    variants.iter().rev().fold(None, |next, v| {
        let entry: &'static TypedEntry = Box::leak(Box::new(TypedEntry {
            overload: next,
            ..TypedEntry::new(v.entry.function, v.entry.signature)
        }));
        traceback::note_as(entry, v.entry);
        Some(entry)
    })
}

#[cfg(test)]
mod tests {
    use rivet_vm::types::native::{Effects, ErrorConvention, MAX_PARAMS, Signature};

    use super::*;

    fn variant(index: usize, params: &[TypeCode]) -> Variant {
        Variant {
            index,
            entry: &ENTRY,
            params: params.to_vec(),
        }
    }

    static ENTRY: TypedEntry = TypedEntry::new(
        ptr::null(),
        Signature {
            params: [TypeCode::Void; MAX_PARAMS],
            count: 2,
            result: TypeCode::F64,
            error: ErrorConvention::Always,
            defaults_from: 1,
            effects: Effects(0),
            sentinel: 0,
            defaults: [0; MAX_PARAMS],
        },
    );

    fn kept(
        variants: Vec<Variant>,
        count: usize,
        give: fn(&[Kind]) -> Option<usize>,
    ) -> Vec<usize> {
        let choices: Vec<Choice> = combinations(count, true)
            .into_iter()
            .map(|k| (k.clone(), give(&k)))
            .collect();
        agreeing(variants, &choices)
            .iter()
            .map(|v| v.index)
            .collect()
    }

    use TypeCode::{F32, F64, I32, I64};

    #[test]
    fn ints_before_floats() {
        let give = |k: &[Kind]| Some(if k[0] == Kind::Float { 0 } else { 2 });
        let all = vec![variant(0, &[F64]), variant(1, &[I32]), variant(2, &[I64])];
        assert_eq!(kept(all, 1, give), [2, 0]);
    }

    #[test]
    fn ints_that_no_variant_takes_are_dispatched() {
        let give = |k: &[Kind]| (k[0] == Kind::Float).then_some(1);
        let all = vec![variant(0, &[F32]), variant(1, &[F64])];
        assert_eq!(kept(all, 1, give), [1]);
    }

    #[test]
    fn the_first_argument_chooses() {
        let give = |k: &[Kind]| Some(usize::from(k[0] == Kind::Float));
        let all = vec![variant(0, &[I64, I64]), variant(1, &[F64, F64])];
        assert_eq!(kept(all, 2, give), [0, 1]);
    }

    #[test]
    fn a_variant_that_is_chosen_otherwise_is_left_out() {
        // For ints alone the dispatcher gives what takes floats: the ints' own variant would be called instead.
        let give = |k: &[Kind]| Some(usize::from(k[0] == k[1]));
        let all = vec![
            variant(0, &[I64, F64]),
            variant(1, &[F64, F64]),
            variant(2, &[I64, I64]),
        ];
        assert_eq!(kept(all, 2, give), [0, 1]);
    }
}
