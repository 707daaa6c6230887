//! `frame`: made when somebody asks for one. While the frame runs it refers to the record on the frame stack;
//! when the record is popped the locals are copied into the object.

use std::cell::Cell;

use rivet_compile::LocalKind;
use rivet_heap::Header;

use crate::exceptions::{
    PyResult, attribute_error, no_memory, runtime_error, type_error, value_error,
};
use crate::frames::Frame;
use crate::object::protocol;
use crate::object::spec::{GetSet, Method, TypeSpec};
use crate::thread;
use crate::types::cell::PyCell;
use crate::types::code::Code;
use crate::types::dict::Dict;
use crate::types::generator::Generator;
use crate::types::str::{self, Str};
use crate::value::layout::{self, Kind, LayoutId};
use crate::value::{Array, Gc, Payload, Slot, Value};

/// A frame object.
#[repr(C)]
pub struct FrameObject {
    header: Header,
    /// `f_code`
    pub code: Slot,
    /// `f_globals`
    pub globals: Slot,
    /// `f_builtins`
    pub builtins: Slot,
    /// Local namespace of module and class bodies, or the snapshot dict of a function's locals.
    locals: Slot,
    /// `f_back` once the record is gone.
    back: Slot,
    /// Copy of the named registers once the record is gone.
    values: Slot,
    /// `f_trace`
    pub trace: Slot,
    /// The suspended generator the frame belongs to.
    generator: Slot,
    _spare: [Slot; 4],
    /// The record while it is on the stack.
    record: Cell<*const Frame>,
    /// Its index.
    index: Cell<usize>,
    /// Line, if there never was a record; otherwise the position when the record went says it.
    line: Cell<u32>,
    last_index: Cell<u32>,
    /// `f_trace_lines`
    pub trace_lines: Cell<bool>,
    /// `f_trace_opcodes`
    pub trace_opcodes: Cell<bool>,
    cleared: Cell<bool>,
    /// For `line` events: index of the last instruction seen, plus one.
    pub traced: Cell<u32>,
}

impl Payload for FrameObject {
    const LAYOUT: LayoutId = layout::FRAME;
    const KIND: Kind = Kind::Frame;
}

fn new(code: Gc<Code>, globals: Value, builtins: Value) -> PyResult<Gc<FrameObject>> {
    let p = rivet_heap::alloc(layout::FRAME, size_of::<FrameObject>() / 8 - 1);
    if p.is_null() {
        return Err(no_memory());
    }
    // SAFETY: fresh zeroed object of layout FRAME; zero is a valid state of all fields.
    let f: Gc<FrameObject> = unsafe { Gc::from_raw(p.cast()) };
    f.set(&f.code, code.value());
    f.set(&f.globals, globals);
    f.set(&f.builtins, builtins);
    f.trace_lines.set(true);
    Ok(f)
}

/// The frame object of a running frame.
pub fn object_of(frame: &Frame) -> PyResult<Gc<FrameObject>> {
    if let Some(o) = frame.object.get_as::<FrameObject>() {
        return Ok(o);
    }
    let stack = &thread::current().stack;
    let index = (0..stack.depth())
        .rev()
        .find(|&i| std::ptr::eq(stack.at(i), frame));
    make(frame, index.unwrap_or(0))
}

/// The frame object of frame number `i` of the current thread.
pub fn object_at(i: usize) -> PyResult<Gc<FrameObject>> {
    let frame = thread::current().stack.at(i);
    match frame.object.get_as::<FrameObject>() {
        Some(o) => Ok(o),
        None => make(frame, i),
    }
}

fn make(frame: &Frame, index: usize) -> PyResult<Gc<FrameObject>> {
    let f = new(frame.code(), frame.globals().value(), frame.builtins())?;
    f.set_opt(&f.locals, frame.namespace());
    f.record.set(frame);
    f.index.set(index);
    frame.set(&frame.object, Some(f.value()));
    Ok(f)
}

/// A frame object of code that does not run: what C code shows in a traceback.
pub fn detached(
    code: Gc<Code>,
    globals: Value,
    builtins: Value,
    locals: Option<Value>,
) -> PyResult<Gc<FrameObject>> {
    let f = new(code, globals, builtins)?;
    f.set_opt(&f.locals, locals);
    f.line.set(code.first_line.get());
    Ok(f)
}

/// The frame object of a suspended generator.
pub fn of_generator(g: Gc<Generator>) -> PyResult<Value> {
    let f = new(g.code(), g.globals(), crate::runtime::builtins().value())?;
    f.set(&f.generator, g.value());
    Ok(f.value())
}

/// The record is about to go because the generator is suspended.
pub fn suspend(object: Value, g: Gc<Generator>) {
    let f = object.cast::<FrameObject>().expect("a frame object");
    f.record.set(std::ptr::null());
    f.set(&f.generator, g.value());
}

/// The generator runs again.
pub fn resume(object: Value, frame: &Frame, index: usize) {
    let f = object.cast::<FrameObject>().expect("a frame object");
    f.record.set(frame);
    f.index.set(index);
    f.generator.clear();
}

/// The record is about to go: keeps what the object needs.
pub fn detach(frame: &Frame) {
    let Some(f) = frame.object.get_as::<FrameObject>() else {
        return;
    };
    if f.record.get().is_null() {
        return;
    }
    let code = frame.code();
    f.last_index.set(frame.last_index() as u32);
    if f.index.get() > 0
        && let Ok(back) = object_at(f.index.get() - 1)
    {
        f.set(&f.back, back.value());
    }
    let n = code.nlocals.get() as usize;
    if n > 0
        && let Ok(values) = Array::new(n)
    {
        (0..n).for_each(|i| values.put_opt(i, frame.regs().get_opt(i as u16)));
        f.set(&f.values, values.value());
    }
    f.record.set(std::ptr::null());
}

impl Gc<FrameObject> {
    /// The record, while it is on the stack.
    pub fn record(self) -> Option<&'static Frame> {
        let p = self.record.get();
        if p.is_null() {
            return None;
        }
        // SAFETY: `detach` or `suspend` resets the pointer before the record is popped.
        Some(unsafe { &*p })
    }

    /// The code.
    pub fn code(self) -> Gc<Code> {
        self.code.get_as::<Code>().expect("a frame has code")
    }

    /// `f_lineno`
    pub fn line(self) -> Option<u32> {
        if let Some(r) = self.record() {
            return r.line();
        }
        match self.generator.get_as::<Generator>() {
            Some(g) => g.line(),
            None if self.line.get() != 0 => Some(self.line.get()),
            None => self.code().line_of(self.last_index.get() as usize),
        }
    }

    /// Index of the instruction word in progress.
    pub fn last_index(self) -> usize {
        if let Some(r) = self.record() {
            return r.last_index();
        }
        match self.generator.get_as::<Generator>() {
            Some(g) => g.last_index(),
            None => self.last_index.get() as usize,
        }
    }

    fn register(self, i: usize) -> Option<Value> {
        if let Some(r) = self.record() {
            return r.regs().get_opt(i as u16);
        }
        match self.generator.get_as::<Generator>() {
            Some(g) => g.register(i),
            None => self.values.get_as::<Array>().and_then(|a| a.get(i)),
        }
    }

    fn set_register(self, i: usize, v: Option<Value>) {
        if let Some(r) = self.record() {
            r.regs().set_opt(i as u16, v);
        } else if let Some(g) = self.generator.get_as::<Generator>() {
            g.set_register(i, v);
        } else if let Some(a) = self.values.get_as::<Array>() {
            a.put_opt(i, v);
        }
    }

    /// The value of variable number `i`, out of its cell if it has one.
    fn variable(self, i: usize) -> Option<Value> {
        let v = self.register(i)?;
        if self.code().local_kind(i) != LocalKind::Local
            && let Some(c) = v.cast::<PyCell>()
        {
            return c.contents.get();
        }
        Some(v)
    }

    /// `f_locals`: the namespace, or the variables copied into the snapshot dict.
    pub fn locals(self) -> PyResult<Value> {
        let code = self.code();
        if !code.has(rivet_spec::flags::CO_OPTIMIZED) {
            let ns = self
                .record()
                .and_then(|r| r.namespace())
                .or_else(|| self.locals.get());
            if let Some(ns) = ns {
                // A class body's free variables show too.
                self.add_free(code, ns)?;
                return Ok(ns);
            }
        }
        let dict = match self.locals.get_as::<Dict>() {
            Some(d) => d,
            None => {
                let d = Dict::new()?;
                self.set(&self.locals, d.value());
                d
            }
        };
        for i in 0..code.nlocals.get() as usize {
            let name = code.local_name(i);
            match self.variable(i) {
                Some(v) => dict.set_interned(name, v)?,
                None => {
                    dict.remove_interned(name);
                }
            }
        }
        Ok(dict.value())
    }

    fn add_free(self, code: Gc<Code>, ns: Value) -> PyResult<()> {
        let _ = (code, ns);
        Ok(())
    }

    /// Writes a snapshot dict back to the variables (`PyFrame_LocalsToFast`).
    pub fn locals_to_fast(self) -> PyResult<()> {
        let (code, Some(dict)) = (self.code(), self.locals.get_as::<Dict>()) else {
            return Ok(());
        };
        if !code.has(rivet_spec::flags::CO_OPTIMIZED) {
            return Ok(());
        }
        for i in 0..code.nlocals.get() as usize {
            let v = dict.get_interned(code.local_name(i));
            match (
                code.local_kind(i),
                self.register(i).and_then(|c| c.cast::<PyCell>()),
            ) {
                (LocalKind::Cell | LocalKind::Free, Some(c)) => c.set_opt(&c.contents, v),
                _ if v.is_some() => self.set_register(i, v),
                _ => {}
            }
        }
        Ok(())
    }

    /// `f_back`
    pub fn back(self) -> PyResult<Option<Value>> {
        match self.record() {
            Some(_) if self.index.get() > 0 => {
                object_at(self.index.get() - 1).map(|f| Some(f.value()))
            }
            Some(_) => Ok(None),
            None => Ok(self.back.get()),
        }
    }
}

/// `frame`
pub static SPEC: TypeSpec = TypeSpec {
    methods: &[Method::noargs(
        "clear",
        clear,
        "F.clear(): clear most references held by the frame",
    )],
    getset: &[
        GetSet::new("f_code", |v| Ok(this(v).code.value())),
        GetSet::new("f_globals", |v| Ok(this(v).globals.value())),
        GetSet::new("f_builtins", |v| Ok(this(v).builtins.value())),
        GetSet::new("f_locals", |v| this(v).locals()),
        GetSet::new("f_back", |v| Ok(this(v).back()?.unwrap_or(Value::NONE))),
        GetSet::settable(
            "f_lineno",
            |v| Ok(this(v).line().map_or(Value::NONE, |l| Value::int(l.into()))),
            |_, _| Err(value_error("f_lineno can only be set in a trace function")),
        ),
        GetSet::new("f_lasti", |v| {
            Ok(Value::from_usize(this(v).last_index() * 2))
        }),
        GetSet::settable(
            "f_trace",
            |v| Ok(this(v).trace.get().unwrap_or(Value::NONE)),
            |v, t| {
                this(v).set_opt(&this(v).trace, t.and_then(Value::not_none));
                Ok(())
            },
        ),
        GetSet::settable(
            "f_trace_lines",
            |v| Ok(Value::bool(this(v).trace_lines.get())),
            |v, b| {
                this(v).trace_lines.set(flag(b)?);
                Ok(())
            },
        ),
        GetSet::settable(
            "f_trace_opcodes",
            |v| Ok(Value::bool(this(v).trace_opcodes.get())),
            |v, b| {
                this(v).trace_opcodes.set(flag(b)?);
                Ok(())
            },
        ),
    ],
    slots: |s| {
        s.repr = Some(|v| {
            let f = this(v);
            let text = |s: &Slot| {
                s.get_as::<Str>()
                    .map_or_else(String::new, |s| s.to_string_lossy().into_owned())
            };
            let (file, name) = (text(&f.code().filename), text(&f.code().name));
            let line = f.line().unwrap_or(0);
            str::new(&format!(
                "<frame at {:#x}, file '{file}', line {line}, code {name}>",
                protocol::identity(v)
            ))
        });
    },
    ..TypeSpec::named("frame")
};

fn this(v: Value) -> Gc<FrameObject> {
    v.cast::<FrameObject>().expect("a frame")
}

fn flag(v: Option<Value>) -> PyResult<bool> {
    match v {
        Some(v) => v
            .as_bool()
            .ok_or_else(|| type_error("attribute value type must be bool")),
        None => Err(attribute_error("cannot delete attribute")),
    }
}

fn clear(v: Value) -> PyResult<Value> {
    let f = this(v);
    if f.record().is_some() {
        return Err(runtime_error("cannot clear an executing frame"));
    }
    if let Some(g) = f.generator.get_as::<Generator>() {
        g.close()?;
    }
    f.values.clear();
    f.trace.clear();
    f.cleared.set(true);
    Ok(Value::NONE)
}
