//! What a loaded module's callables look like to the runtime: for `rivet typed`.

use std::collections::HashSet;

use rivet_vm::name;
use rivet_vm::object::attr::find_attr;
use rivet_vm::object::call::is_callable;
use rivet_vm::object::member::{ClassMethodDescr, MethodDescr};
use rivet_vm::object::protocol::identity;
use rivet_vm::object::spec::{Binding, Method};
use rivet_vm::object::{Type, TypeFlags};
use rivet_vm::runtime;
use rivet_vm::types::builtin::text_signature;
use rivet_vm::types::descr::Wrapped;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::method::Builtin;
use rivet_vm::types::module::Module;
use rivet_vm::types::native::{
    Convention, Effects, ErrorConvention, Signature, Target, TypeCode, TypedEntry,
};
use rivet_vm::types::native_check::{Tally, tally};
use rivet_vm::types::str::Str;
use rivet_vm::value::{Gc, Value};

use super::mined::Row;
use super::{Carrier, Problem, carrier_of, mined_rows, problems};

/// A function or method of a module.
#[derive(Clone)]
pub struct Callable {
    /// The class it is a method of.
    pub class: Option<String>,
    /// Its own name.
    pub name: String,
    /// `function`, `method`, `classmethod` or `staticmethod`
    pub kind: &'static str,
    /// The calling convention of its wrapper; the class of a callable that no `PyMethodDef` leads to.
    pub convention: String,
    /// `__text_signature__`
    pub text_signature: Option<String>,
    /// Its native signatures, in the order in which they are tried.
    pub signatures: Vec<Described>,
    /// Where they were declared; None: not typed.
    pub carrier: Option<Carrier>,
    /// Why it is not typed.
    pub reason: Option<String>,
    /// A signature is declared and contradicts itself or the method.
    pub wrong: bool,
}

impl Callable {
    /// `function` or `Class.method`
    pub fn full_name(&self) -> String {
        match &self.class {
            Some(class) => format!("{class}.{}", self.name),
            None => self.name.clone(),
        }
    }
}

/// A native signature in words.
#[derive(Clone)]
pub struct Described {
    /// `(i64) -> i64`
    pub signature: String,
    /// The parameters, the receiver included.
    pub params: Vec<Param>,
    /// The type of the result.
    pub result: &'static str,
    /// How an error is reported: `never`, `sentinel`, `always` or `nonzero`.
    pub error: &'static str,
    /// The result that asks for a look at the pending exception.
    pub sentinel: Option<String>,
    /// Names of the effects.
    pub effects: Vec<&'static str>,
    /// What the checking mode has seen of it.
    pub tally: Tally,
}

impl Described {
    /// The error convention in words.
    pub fn error_words(&self) -> String {
        match (self.error, &self.sentinel) {
            ("always", _) => "always checked".into(),
            ("nonzero", _) => "nonzero status".into(),
            (_, Some(value)) => format!("sentinel {value}"),
            _ => self.error.into(),
        }
    }
}

/// A parameter in words.
#[derive(Clone, Debug)]
pub struct Param {
    /// The name keyword calls use.
    pub name: Option<&'static str>,
    /// `i64`, `self`
    pub ty: &'static str,
    /// The default as Python writes it.
    pub default: Option<String>,
}

/// Everything about a module.
#[derive(Clone, Default)]
pub struct Report {
    /// In the order of the module's namespace.
    pub callables: Vec<Callable>,
    /// What is wrong with its declarations and belongs to none of the callables.
    pub problems: Vec<Problem>,
}

impl Report {
    /// The callables with a native signature.
    pub fn typed(&self) -> impl Iterator<Item = &Callable> {
        self.callables.iter().filter(|c| c.carrier.is_some())
    }
}

/// The callables that C defines in this module. What is taken from another module is listed there.
pub fn describe(module: Gc<Module>, name: &str) -> Report {
    let mut all = Collector {
        module,
        open: problems(name),
        mined: mined_rows(name),
        seen: HashSet::new(),
        callables: Vec::new(),
    };
    all.refusals();
    each(module.dict(), |key, v| all.global(key, v));
    all.of_row(|_| true);
    Report {
        problems: all.open,
        callables: all.callables,
    }
}

/// What has been found in a module.
struct Collector {
    module: Gc<Module>,
    /// Problems that belong to no callable found so far.
    open: Vec<Problem>,
    /// What became of the module's functions when they were looked up in Cython's exports.
    mined: Vec<Row>,
    /// Definitions and identities that are listed.
    seen: HashSet<u64>,
    callables: Vec<Callable>,
}

impl Collector {
    fn global(&mut self, key: &str, v: Value) {
        if let Some(b) = v.cast::<Builtin>() {
            let of_another = b.receiver.value().cast::<Module>();
            if of_another.is_none_or(|m| m == self.module) {
                self.function(None, key, b.method());
            }
        } else if let Some(t) = v.cast::<Type>() {
            if self.is_home(t) && self.seen.insert(identity(v)) {
                self.class(t);
            }
        } else if is_foreign(v.type_of()) && is_callable(v) && self.seen.insert(identity(v)) {
            self.object(None, key, v);
        }
    }

    fn class(&mut self, t: Gc<Type>) {
        let class = t.short_name();
        each(t.namespace(), |key, v| {
            let v = wrapped(v).unwrap_or(v);
            if let Some(m) = method_of(v) {
                self.function(Some(&class), key, m);
            } else if v.cast::<Type>().is_none() && is_foreign(v.type_of()) && is_callable(v) {
                self.object(Some(&class), key, v);
            }
        });
    }

    /// Whether a class belongs here: it says so, or C has made it and no other extension module has it.
    fn is_home(&self, t: Gc<Type>) -> bool {
        let home = find_attr(t.value(), name!("__module__"))
            .ok()
            .flatten()
            .and_then(|v| runtime::modules().get(v).ok().flatten())
            .and_then(|v| v.cast::<Module>());
        if home == Some(self.module) {
            return true;
        }
        is_foreign(t)
            && home.is_none_or(|m| {
                !is_extension(m) || m.dict().get_str(&t.short_name()) != Some(t.value())
            })
    }

    /// A function or method with a definition in C, which may be known here by another name than its own.
    fn function(&mut self, class: Option<&str>, name: &str, m: &'static Method) {
        let Some(target) = m.native else { return };
        if !self.seen.insert(std::ptr::from_ref(target) as u64) {
            return;
        }
        let signatures: Vec<Described> = target
            .typed
            .get()
            .map(|first| first.chain().map(|e| words(target, e)).collect())
            .unwrap_or_default();
        let own = |p: &Problem| p.method.as_deref() == Some(m.name);
        let mut wrong = false;
        let mut texts = Vec::new();
        if signatures.is_empty() {
            for p in self.open.extract_if(.., |p| own(p)) {
                wrong |= p.wrong;
                texts.push(p.text);
            }
            if texts.is_empty() {
                texts.push("no signature declared".into());
            }
        }
        self.callables.push(Callable {
            class: class.map(str::to_owned),
            name: name.to_owned(),
            kind: kind(class, m),
            convention: convention(target.convention).to_owned(),
            text_signature: text_signature(m)
                .ok()
                .and_then(|v| v.cast::<Str>())
                .map(|s| s.to_string_lossy().into_owned()),
            carrier: (!signatures.is_empty()).then(|| carrier_of(target)),
            reason: signatures.is_empty().then(|| texts.join("; ")),
            signatures,
            wrong,
        });
    }

    /// Why functions of the module's table have no mined signature.
    fn refusals(&mut self) {
        for row in self.mined.extract_if(.., |r| r.builtin) {
            if let Err(text) = row.entry {
                self.open.push(Problem {
                    method: Some(row.name),
                    text,
                    wrong: false,
                });
            }
        }
    }

    /// Lists what the exports tell of callables that this holds for; whether there were any.
    fn of_row(&mut self, which: impl Fn(&Row) -> bool) -> bool {
        let before = self.callables.len();
        for row in self.mined.extract_if(.., |r| which(r)) {
            let kind = match (&row.class, row.target) {
                (_, None) => "C function",
                (Some(_), _) => "method",
                (None, _) => "function",
            };
            let signature = row.target.zip(row.entry.as_ref().ok());
            self.callables.push(Callable {
                class: row.class,
                name: row.name,
                kind,
                convention: row
                    .target
                    .map_or("-", |t| convention(t.convention))
                    .to_owned(),
                text_signature: None,
                signatures: signature
                    .iter()
                    .flat_map(|(t, first)| first.chain().map(|e| words(t, e)))
                    .collect(),
                carrier: signature.map(|_| Carrier::Mined),
                reason: row.entry.err(),
                wrong: false,
            });
        }
        self.callables.len() > before
    }

    /// A callable object of a C type: what it calls is that type's business.
    fn object(&mut self, class: Option<&str>, name: &str, v: Value) {
        let variants = format!("{name}[");
        if self.of_row(|r| {
            let own = r.name == name || r.name.starts_with(&variants);
            own && r.class.as_deref() == class && r.target.is_some()
        }) {
            return;
        }
        let ty = v.type_of().name_string();
        self.callables.push(Callable {
            class: class.map(str::to_owned),
            name: name.to_owned(),
            kind: if class.is_some() {
                "method"
            } else {
                "function"
            },
            reason: Some(format!("a {ty} object: no PyMethodDef leads to it")),
            convention: ty,
            text_signature: None,
            signatures: Vec::new(),
            carrier: None,
            wrong: false,
        });
    }
}

/// What a classmethod or staticmethod object wraps.
fn wrapped(v: Value) -> Option<Value> {
    v.cast::<Wrapped>().and_then(|w| w.callable.get())
}

fn is_foreign(t: Gc<Type>) -> bool {
    t.has(TypeFlags::FOREIGN)
}

/// Whether the import system has loaded the module from a shared object.
fn is_extension(m: Gc<Module>) -> bool {
    let loader = m
        .dict()
        .get_str("__spec__")
        .and_then(|spec| find_attr(spec, name!("loader")).ok().flatten());
    loader.is_some_and(|l| l.type_of().short_name() == "ExtensionFileLoader")
}

fn each(d: Gc<Dict>, mut f: impl FnMut(&str, Value)) {
    let mut i = 0;
    while let Some((k, v)) = d.next_entry(&mut i) {
        if let Some(k) = k.cast::<Str>() {
            f(&k.to_string_lossy(), v);
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

fn kind(class: Option<&str>, m: &Method) -> &'static str {
    match (class, m.binding) {
        (None, _) => "function",
        (_, Binding::Instance) => "method",
        (_, Binding::Class) => "classmethod",
        (_, Binding::Static) => "staticmethod",
    }
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

fn words(target: &Target, entry: &'static TypedEntry) -> Described {
    let s = &entry.signature;
    let skip = usize::from(s.has_self());
    let params = s.visible().iter().enumerate().map(|(i, &p)| Param {
        name: i
            .checked_sub(skip)
            .and_then(|n| entry.names.get(n).copied()),
        ty: match p {
            TypeCode::ExactObject => "object",
            TypeCode::Truth => "bool",
            _ => p.name(),
        },
        default: (i >= s.defaults_from as usize).then(|| s.default_text(i)),
    });
    Described {
        signature: shown(s),
        params: params.collect(),
        result: match s.result {
            TypeCode::Truth => "bool",
            other => other.name(),
        },
        error: error(s),
        sentinel: (s.error == ErrorConvention::Sentinel).then(|| sentinel(s)),
        effects: Effects::NAMES
            .iter()
            .filter(|(bit, _)| s.effects.has(*bit))
            .map(|e| e.1)
            .collect(),
        tally: tally(target, entry),
    }
}

/// The signature, with the names of types where only their instances fit.
fn shown(s: &Signature) -> String {
    let mut text = s.to_string();
    for (p, at) in s.params().iter().zip(s.defaults) {
        if *p == TypeCode::ExactObject {
            // SAFETY: such a parameter has the address of a type with a C half, which lives for good.
            let ty: Gc<Type> = unsafe { Gc::from_raw(at as *mut Type) };
            text = text.replacen(p.name(), &ty.short_name(), 1);
        }
    }
    text
}

fn error(s: &Signature) -> &'static str {
    match s.error {
        ErrorConvention::Never => "never",
        ErrorConvention::Always => "always",
        ErrorConvention::Nonzero => "nonzero",
        ErrorConvention::Sentinel => "sentinel",
    }
}

fn sentinel(s: &Signature) -> String {
    match s.result {
        TypeCode::F64 => format!("{:?}", f64::from_bits(s.sentinel)),
        TypeCode::F32 => format!("{:?}", f32::from_bits(s.sentinel as u32)),
        TypeCode::Object => "NULL".into(),
        _ => (s.sentinel as i64).to_string(),
    }
}
