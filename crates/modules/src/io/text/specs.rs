//! `TextIOWrapper` as a table.

use rivet_vm::name;
use rivet_vm::object::TypeFlags;
use rivet_vm::object::attr::get_attr;
use rivet_vm::object::spec::{GetSet, Member, Method, TypeSpec};
use rivet_vm::value::Value;

use super::{
    ERRORS, INIT, Text, any, attached, close, closed, detach, forward, init, newlines, read,
    reconfigure, repr, seek, set_chunk_size, write,
};
use crate::io::util::set_flag;
use crate::util::{alloc, nat};

pub(in crate::io) static SPEC: TypeSpec = TypeSpec {
    doc: "Text over a buffered binary stream: characters are encoded and decoded, line ends translated.",
    signature: INIT,
    flags: TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE,
    methods: &[
        Method::noargs("detach", detach, "Gives the binary stream and forgets it."),
        Method::bound(
            "reconfigure",
            "($self, /, *, encoding=None, errors=None, newline=None,\n            line_buffering=None, write_through=None)",
            reconfigure,
            "Changes parameters; what is not named stays.",
        ),
        Method::one(
            "write",
            "($self, text, /)",
            write::write,
            "Writes text; gives the number of characters.",
        ),
        Method::fast(
            "read",
            "($self, size=-1, /)",
            read::read,
            "At most so many characters; all if negative.",
        ),
        Method::fast("readline", "($self, size=-1, /)", read::read_line, ""),
        Method::noargs("flush", write::flush, ""),
        Method::noargs("close", close, ""),
        Method::noargs("fileno", |v| forward(v, name!("fileno")), ""),
        Method::noargs("seekable", |v| forward(v, name!("seekable")), ""),
        Method::noargs("readable", |v| forward(v, name!("readable")), ""),
        Method::noargs("writable", |v| forward(v, name!("writable")), ""),
        Method::noargs("isatty", |v| forward(v, name!("isatty")), ""),
        Method::fast(
            "seek",
            "($self, cookie, whence=os.SEEK_SET, /)",
            seek::seek,
            "",
        ),
        Method::noargs("tell", seek::tell, ""),
        Method::fast("truncate", "($self, pos=None, /)", seek::truncate, ""),
    ],
    members: &[
        Member {
            name: "encoding",
            word: 2,
            readonly: true,
            none: true,
        },
        Member {
            name: "buffer",
            word: 1,
            readonly: true,
            none: true,
        },
    ],
    getset: &[
        GetSet::new("line_buffering", |v| {
            Ok(Value::bool(any(v).t.line_buffering.get()))
        }),
        GetSet::new("write_through", |v| {
            Ok(Value::bool(any(v).t.write_through.get()))
        }),
        GetSet::settable(
            "_finalizing",
            |v| Ok(Value::bool(any(v).t.finalizing.get())),
            |v, x| set_flag(&any(v).t.finalizing, x),
        ),
        GetSet::new("name", |v| get_attr(attached(v)?.buffer()?, name!("name"))),
        GetSet::new("closed", closed),
        GetSet::new("newlines", newlines),
        GetSet::new("errors", |v| {
            let w = any(v);
            if !w.t.ok.get() {
                return Err(rivet_vm::exceptions::value_error(
                    "I/O operation on uninitialized object",
                ));
            }
            Ok(nat(v).get(ERRORS).unwrap_or(Value::NONE))
        }),
        GetSet::settable(
            "_CHUNK_SIZE",
            |v| Ok(Value::from_usize(attached(v)?.t.chunk_size.get())),
            set_chunk_size,
        ),
    ],
    slots: |s| {
        s.new = Some(|ty, _, _| {
            let n = alloc(ty)?;
            n.set_state(Text::new());
            Ok(n.value())
        });
        s.init = Some(init);
        s.repr = Some(repr);
        s.next = Some(read::next);
    },
    ..TypeSpec::named("_io.TextIOWrapper")
};
