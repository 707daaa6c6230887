//! Code objects that C code makes: they carry names, numbers and a place in a file, which tracebacks and `inspect` show.
//! Their instructions are another machine's, or none, so running one raises an exception that says so.

use std::fmt::Write as _;
use std::rc::Rc;

use rivet_compile as rc;
use rivet_spec::flags;

use crate::exceptions::{PyResult, value_error};
use crate::types::bytes::Bytes;
use crate::types::code::Code;
use crate::types::int;
use crate::types::str::Str;
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

/// What is known of the code.
#[derive(Default)]
pub struct Made {
    /// `co_filename`
    pub filename: String,
    /// `co_name`
    pub name: String,
    /// `co_qualname`
    pub qualname: String,
    /// `co_firstlineno`
    pub first_line: u32,
    /// `co_argcount`
    pub argcount: usize,
    /// `co_posonlyargcount`
    pub posonly: usize,
    /// `co_kwonlyargcount`
    pub kwonly: usize,
    /// `co_flags`
    pub flags: u32,
    /// `co_varnames`
    pub names: Vec<String>,
}

fn store<T>(place: &mut T, v: Option<T>) -> bool {
    v.map(|v| *place = v).is_some()
}

impl Made {
    /// Takes a field of `code.replace()`; false if the value is not of its type. Fields that say how the instructions
    /// run are not kept.
    pub fn set(&mut self, field: &str, v: Value) -> bool {
        let text = || v.cast::<Str>().map(|s| s.to_string_lossy().into_owned());
        let number = || int::to_i64(v).and_then(|n| u32::try_from(n).ok());
        let names = || {
            let all = v.cast::<Tuple>()?;
            let text = |v: &Value| Some(v.cast::<Str>()?.to_string_lossy().into_owned());
            all.items().iter().map(text).collect::<Option<Vec<_>>>()
        };
        let size = || number().map(|n| n as usize);
        match field {
            "co_name" => store(&mut self.name, text()),
            "co_qualname" => store(&mut self.qualname, text()),
            "co_filename" => store(&mut self.filename, text()),
            "co_flags" => store(&mut self.flags, number()),
            "co_firstlineno" => store(&mut self.first_line, number()),
            "co_argcount" => store(&mut self.argcount, size()),
            "co_posonlyargcount" => store(&mut self.posonly, size()),
            "co_kwonlyargcount" => store(&mut self.kwonly, size()),
            "co_varnames" => store(&mut self.names, names()),
            "co_names" | "co_freevars" | "co_cellvars" => names().is_some(),
            "co_nlocals" | "co_stacksize" => number().is_some(),
            "co_consts" => v.cast::<Tuple>().is_some(),
            "co_code" | "co_linetable" | "co_exceptiontable" => v.cast::<Bytes>().is_some(),
            _ => false,
        }
    }

    /// The code object.
    pub fn build(self) -> PyResult<Gc<Code>> {
        let stars = [flags::CO_VARARGS, flags::CO_VARKEYWORDS];
        let starred = stars.iter().filter(|&&f| self.flags & f != 0).count();
        if self.posonly > self.argcount || self.argcount + self.kwonly + starred > self.names.len()
        {
            return Err(value_error("code: varnames is too small"));
        }
        let options = rc::Options {
            mode: rc::Mode::Exec,
            filename: self.filename.clone(),
            optimize: 0,
            future_flags: 0,
            allow_top_level_await: false,
            input: Default::default(),
        };
        let outer = match rc::compile(&self.source(), &options) {
            Ok((code, _)) => code,
            Err(e) => return Err(value_error(e.message)),
        };
        let inner = outer.consts.into_iter().find_map(|c| match c {
            rc::Const::Code(c) => Some(c),
            _ => None,
        });
        let inner = inner.ok_or_else(|| value_error("code: no body"))?;
        let mut code = Rc::unwrap_or_clone(inner);
        let wanted = self.flags;
        self.name_parts(&mut code);
        let made = Code::new(&code)?;
        // Kinds of functions that the body is not (generators) are for looking at only.
        made.flags.set(wanted);
        Ok(made)
    }

    /// A function with as many variables of each kind, which raises.
    fn source(&self) -> String {
        let mut head = String::new();
        let mut at = 0;
        let mut more = |head: &mut String, stars: &str| {
            let _ = write!(head, "{stars}v{at}, ");
            at += 1;
        };
        for i in 0..self.argcount {
            more(&mut head, "");
            if i + 1 == self.posonly {
                head.push_str("/, ");
            }
        }
        // Their place among the names is behind the keyword-only ones; all names are put in afterwards.
        if self.flags & flags::CO_VARARGS != 0 {
            more(&mut head, "*");
        } else if self.kwonly > 0 {
            head.push_str("*, ");
        }
        for _ in 0..self.kwonly {
            more(&mut head, "");
        }
        if self.flags & flags::CO_VARKEYWORDS != 0 {
            more(&mut head, "**");
        }
        let mut text = format!(
            "def f({head}):\n raise NotImplementedError('code made by an extension cannot be run')\n"
        );
        for i in at..self.names.len() {
            let _ = writeln!(text, " v{i} = None");
        }
        text
    }

    fn name_parts(self, code: &mut rc::Code) {
        for (local, name) in code.locals.iter_mut().zip(self.names) {
            local.name = name;
        }
        code.name = self.name;
        code.qualname = self.qualname;
        code.first_line = self.first_line;
        let here = rc::Position {
            line: self.first_line,
            end_line: 0,
            col: -1,
            end_col: -1,
        };
        code.positions.iter_mut().for_each(|p| p.1 = here);
    }
}
