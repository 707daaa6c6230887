//! The three classes as tables.

use rivet_vm::name;
use rivet_vm::object::TypeFlags;
use rivet_vm::object::spec::{GetSet, Member, Method, TypeSpec};
use rivet_vm::value::Value;

use super::{
    Abilities, Buffered, INIT, any, close, closed, dealloc_warn, detach, forward, init, raw_attr,
    read, repr, seek, size_of, write,
};
use crate::io::util::set_flag;
use crate::util::alloc;

const FLAGS: u64 = TypeFlags::BASETYPE | TypeFlags::WEAKREFABLE;

const MEMBERS: &[Member] = &[Member {
    name: "raw",
    word: 1,
    readonly: true,
    none: true,
}];

const GETSET: &[GetSet] = &[
    GetSet::new("closed", closed),
    GetSet::new("name", |v| raw_attr(v, name!("name"))),
    GetSet::new("mode", |v| raw_attr(v, name!("mode"))),
    GetSet::settable(
        "_finalizing",
        |v| Ok(Value::bool(any(v).s.finalizing.get())),
        |v, x| set_flag(&any(v).s.finalizing, x),
    ),
];

const DETACH: Method =
    Method::noargs("detach", detach, "Gives the raw stream and forgets it.").unsigned();
const FLUSH_RAW: Method = Method::noargs("flush", |v| forward(v, name!("flush")), "").unsigned();
const FLUSH: Method =
    Method::noargs("flush", write::flush, "Writes out what is buffered.").unsigned();
const CLOSE: Method = Method::noargs("close", close, "").unsigned();
const SEEKABLE: Method =
    Method::noargs("seekable", |v| forward(v, name!("seekable")), "").unsigned();
const READABLE: Method =
    Method::noargs("readable", |v| forward(v, name!("readable")), "").unsigned();
const WRITABLE: Method =
    Method::noargs("writable", |v| forward(v, name!("writable")), "").unsigned();
const FILENO: Method = Method::noargs("fileno", |v| forward(v, name!("fileno")), "").unsigned();
const ISATTY: Method = Method::noargs("isatty", |v| forward(v, name!("isatty")), "").unsigned();
const WARN: Method = Method::one("_dealloc_warn", "", dealloc_warn, "");
const SIZEOF: Method = Method::noargs("__sizeof__", size_of, "").unsigned();
const READ: Method = Method::fast(
    "read",
    "($self, size=-1, /)",
    read::read,
    "Exactly so many bytes unless the file ends; all if negative. None if there is nothing yet.",
);
const PEEK: Method = Method::fast("peek", "($self, size=0, /)", read::peek, "");
const READ1: Method = Method::fast(
    "read1",
    "($self, size=-1, /)",
    read::read1,
    "What is buffered, or the result of one read of the raw stream.",
);
const READINTO: Method = Method::one(
    "readinto",
    "($self, buffer, /)",
    |v, b| read::read_into(v, b, false),
    "",
);
const READINTO1: Method = Method::one(
    "readinto1",
    "($self, buffer, /)",
    |v, b| read::read_into(v, b, true),
    "",
);
const READLINE: Method = Method::fast("readline", "($self, size=-1, /)", read::read_line, "");
const SEEK: Method = Method::fast("seek", "($self, target, whence=0, /)", seek::seek, "");
const TELL: Method = Method::noargs("tell", seek::tell, "").unsigned();
const TRUNCATE: Method = Method::fast("truncate", "($self, pos=None, /)", seek::truncate, "");
const WRITE: Method = Method::one(
    "write",
    "($self, buffer, /)",
    write::write,
    "Writes bytes, as far as there is room into the buffer; gives their number.",
);

pub(in crate::io) static READER_SPEC: TypeSpec = TypeSpec {
    doc: "A buffer for reading from a raw stream.",
    signature: INIT,
    flags: FLAGS,
    methods: &[
        DETACH, FLUSH_RAW, CLOSE, SEEKABLE, READABLE, FILENO, ISATTY, WARN, READ, PEEK, READ1,
        READINTO, READINTO1, READLINE, SEEK, TELL, TRUNCATE, SIZEOF,
    ],
    getset: GETSET,
    members: MEMBERS,
    slots: |s| {
        s.new = Some(new);
        s.init = Some(|v, a, k| {
            let can = Abilities {
                readable: true,
                writable: false,
            };
            init(v, a, k, can)
        });
        s.repr = Some(repr);
        s.next = Some(read::next);
    },
    ..TypeSpec::named("_io.BufferedReader")
};

pub(in crate::io) static WRITER_SPEC: TypeSpec = TypeSpec {
    doc: "A buffer for writing to a raw stream.",
    signature: INIT,
    flags: FLAGS,
    methods: &[
        CLOSE, DETACH, SEEKABLE, WRITABLE, FILENO, ISATTY, WARN, WRITE, TRUNCATE, FLUSH, SEEK,
        TELL, SIZEOF,
    ],
    getset: GETSET,
    members: MEMBERS,
    slots: |s| {
        s.new = Some(new);
        s.init = Some(|v, a, k| {
            let can = Abilities {
                readable: false,
                writable: true,
            };
            init(v, a, k, can)
        });
        s.repr = Some(repr);
    },
    ..TypeSpec::named("_io.BufferedWriter")
};

pub(in crate::io) static RANDOM_SPEC: TypeSpec = TypeSpec {
    doc: "A buffer for reading from and writing to a seekable raw stream.",
    signature: INIT,
    flags: FLAGS,
    methods: &[
        CLOSE, DETACH, SEEKABLE, READABLE, WRITABLE, FILENO, ISATTY, WARN, FLUSH, SEEK, TELL,
        TRUNCATE, READ, READ1, READINTO, READINTO1, READLINE, PEEK, WRITE, SIZEOF,
    ],
    getset: GETSET,
    members: MEMBERS,
    slots: |s| {
        s.new = Some(new);
        s.init = Some(|v, a, k| {
            let can = Abilities {
                readable: true,
                writable: true,
            };
            init(v, a, k, can)
        });
        s.repr = Some(repr);
        s.next = Some(read::next);
    },
    ..TypeSpec::named("_io.BufferedRandom")
};

fn new(
    ty: rivet_vm::value::Gc<rivet_vm::object::Type>,
    _args: &[Value],
    _kw: Option<rivet_vm::value::Gc<rivet_vm::types::tuple::Tuple>>,
) -> rivet_vm::exceptions::PyResult<Value> {
    let n = alloc(ty)?;
    n.set_state(Buffered::new());
    Ok(n.value())
}
