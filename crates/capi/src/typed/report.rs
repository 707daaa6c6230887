//! What a loaded module's callables look like to the runtime: for `rivet typed`.

use rivet_vm::object::Type;
use rivet_vm::object::TypeFlags;
use rivet_vm::object::member::{ClassMethodDescr, MethodDescr};
use rivet_vm::object::spec::Method;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::method::Builtin;
use rivet_vm::types::module::Module;
use rivet_vm::types::native::{Convention, Effects, ErrorConvention, Signature, TypeCode};
use rivet_vm::types::str::Str;
use rivet_vm::value::{Gc, Value};

use super::{Carrier, Problem, carrier_of, mined_rows, problems};

/// A function or method of a module.
#[derive(Clone, Debug)]
pub struct Callable {
    /// `function` or `Class.method`
    pub name: String,
    /// The calling convention of its wrapper.
    pub convention: &'static str,
    /// Its native signatures, in the order in which they are tried.
    pub signatures: Vec<Described>,
    /// Where they were declared; None: not typed.
    pub carrier: Option<Carrier>,
    /// Why it is not typed.
    pub reason: Option<String>,
}

/// A native signature in words.
#[derive(Clone, Debug)]
pub struct Described {
    /// `(i64) -> i64`
    pub signature: String,
    /// How an error is reported.
    pub error: String,
    /// Names of the effects.
    pub effects: Vec<&'static str>,
}

/// Everything about a module.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// In the order of the module's namespace.
    pub callables: Vec<Callable>,
    /// What is wrong with its declarations and belongs to none of the callables.
    pub problems: Vec<String>,
}

/// The callables that C defines in this module.
pub fn describe(module: Gc<Module>, name: &str) -> Report {
    let mut open = problems(name);
    let mut callables = Vec::new();
    for row in mined_rows(name) {
        match row.reason {
            Some(text) if row.builtin => open.push(Problem {
                method: Some(row.name),
                text,
            }),
            _ if row.builtin => {}
            reason => callables.push(Callable {
                name: row.name,
                convention: row.convention.map_or("-", convention),
                carrier: row.signature.is_some().then_some(Carrier::Mined),
                signatures: row.signature.iter().map(words).collect(),
                reason,
            }),
        }
    }
    each(module.dict(), |_, v| {
        if let Some(b) = v.cast::<Builtin>() {
            callables.extend(callable("", b.method(), &mut open));
        } else if let Some(t) = v.cast::<Type>().filter(|t| t.has(TypeFlags::FOREIGN)) {
            let class = format!("{}.", t.short_name());
            each(t.namespace(), |_, v| {
                callables.extend(method_of(v).and_then(|m| callable(&class, m, &mut open)));
            });
        }
    });
    let problems = open
        .into_iter()
        .map(|p| match p.method {
            Some(m) => format!("{m}: {}", p.text),
            None => p.text,
        })
        .collect();
    Report {
        callables,
        problems,
    }
}

fn each(d: Gc<Dict>, mut f: impl FnMut(Gc<Str>, Value)) {
    let mut i = 0;
    while let Some((k, v)) = d.next_entry(&mut i) {
        if let Some(k) = k.cast::<Str>() {
            f(k, v);
        }
    }
}

fn method_of(v: Value) -> Option<&'static Method> {
    let class = || v.cast::<ClassMethodDescr>().map(|d| d.method.get());
    let bound = || v.cast::<Builtin>().map(|b| b.method());
    v.cast::<MethodDescr>()
        .map(|d| d.method.get())
        .or_else(class)
        .or_else(bound)
}

/// One callable; its problems are taken from `open`.
fn callable(class: &str, m: &'static Method, open: &mut Vec<Problem>) -> Option<Callable> {
    let target = m.native?;
    let signatures: Vec<Described> = target
        .typed
        .get()
        .map(|first| first.chain().map(|e| words(&e.signature)).collect())
        .unwrap_or_default();
    let own = |p: &Problem| p.method.as_deref() == Some(m.name);
    let reason = if signatures.is_empty() {
        let texts: Vec<String> = open.extract_if(.., |p| own(p)).map(|p| p.text).collect();
        Some(if texts.is_empty() {
            "no signature declared".to_owned()
        } else {
            texts.join("; ")
        })
    } else {
        None
    };
    Some(Callable {
        name: format!("{class}{}", m.name),
        convention: convention(target.convention),
        carrier: (!signatures.is_empty()).then(|| carrier_of(target)),
        signatures,
        reason,
    })
}

fn convention(c: Convention) -> &'static str {
    match c {
        Convention::NoArgs => "METH_NOARGS",
        Convention::One => "METH_O",
        Convention::Fast => "METH_FASTCALL",
        Convention::FastKeywords => "METH_FASTCALL|METH_KEYWORDS",
        Convention::VarArgs => "METH_VARARGS",
        Convention::VarArgsKeywords => "METH_VARARGS|METH_KEYWORDS",
        Convention::Method => "METH_METHOD|METH_FASTCALL|METH_KEYWORDS",
    }
}

fn words(s: &Signature) -> Described {
    let mut signature = s.to_string();
    for (p, at) in s.params().iter().zip(s.defaults) {
        if *p == TypeCode::ExactObject {
            // SAFETY: such a parameter has the address of a type with a C half, which lives for good.
            let ty: Gc<Type> = unsafe { Gc::from_raw(at as *mut Type) };
            signature = signature.replacen(p.name(), &ty.short_name(), 1);
        }
    }
    Described {
        signature,
        error: error(s),
        effects: Effects::NAMES
            .iter()
            .filter(|(bit, _)| s.effects.has(*bit))
            .map(|e| e.1)
            .collect(),
    }
}

fn error(s: &Signature) -> String {
    match s.error {
        ErrorConvention::Never => "never".into(),
        ErrorConvention::Always => "always checked".into(),
        ErrorConvention::Nonzero => "nonzero status".into(),
        ErrorConvention::Sentinel => match s.result {
            TypeCode::F64 => format!("sentinel {:?}", f64::from_bits(s.sentinel)),
            TypeCode::F32 => format!("sentinel {:?}", f32::from_bits(s.sentinel as u32)),
            TypeCode::Object => "sentinel NULL".into(),
            _ => format!("sentinel {}", s.sentinel as i64),
        },
    }
}
