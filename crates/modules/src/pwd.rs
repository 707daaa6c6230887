//! `pwd`: the password database.

use rivet_vm::exceptions::{PyResult, exc, raise_text, type_error};
use rivet_vm::object::protocol;
use rivet_vm::object::spec::Method;
use rivet_vm::types::int;
use rivet_vm::types::list::List;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::{self, Str};
use rivet_vm::value::{Gc, Root, Value};

use crate::structseq;
use crate::sysdep::signals::{Account, account_by_id, account_by_name, accounts};

static ENTRY: Root = Root::new();

static METHODS: &[Method] = &[
    Method::one(
        "getpwuid",
        "($module, uidobj, /)",
        |_, v| {
            let i = protocol::index(v)?;
            let found = int::to_i64(i)
                .and_then(|i| {
                    if i == -1 {
                        Some(u32::MAX)
                    } else {
                        u32::try_from(i).ok()
                    }
                })
                .and_then(account_by_id);
            match found {
                Some(a) => entry(a),
                None => Err(raise_text(
                    exc().key_error,
                    &format!("getpwuid(): uid not found: {}", int::to_decimal(i)),
                )),
            }
        },
        "Return the password database entry for the given numeric user ID.\n\nSee `help(pwd)` for more on password database entries.",
    ),
    Method::one(
        "getpwnam",
        "($module, name, /)",
        |_, v| {
            let Some(s) = v.cast::<Str>() else {
                let t = v.type_of().name_string();
                return Err(type_error(format!(
                    "getpwnam() argument must be str, not {t}"
                )));
            };
            match account_by_name(s.to_string_lossy().as_bytes()) {
                Some(a) => entry(a),
                None => {
                    let r = protocol::repr_string(v)?;
                    Err(raise_text(
                        exc().key_error,
                        &format!("getpwnam(): name not found: {r}"),
                    ))
                }
            }
        },
        "Return the password database entry for the given user name.\n\nSee `help(pwd)` for more on password database entries.",
    ),
    Method::noargs(
        "getpwall",
        |_| {
            let out = List::new()?;
            for a in accounts() {
                out.append(entry(a)?)?;
            }
            Ok(out.value())
        },
        "Return a list of all available password database entries, in arbitrary order.\n\nSee help(pwd) for more on password database entries.",
    ),
];

fn entry(a: Account) -> PyResult<Value> {
    let text = |b: &[u8]| str::new(&String::from_utf8_lossy(b));
    let fields = [
        text(&a.0)?,
        text(&a.1)?,
        Value::int(a.2.into()),
        Value::int(a.3.into()),
        text(&a.4)?,
        text(&a.5)?,
        text(&a.6)?,
    ];
    structseq::new(&ENTRY, &fields)
}

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    let t = structseq::make(
        "pwd.struct_passwd",
        &[
            "pw_name",
            "pw_passwd",
            "pw_uid",
            "pw_gid",
            "pw_gecos",
            "pw_dir",
            "pw_shell",
        ],
        7,
    )?;
    ENTRY.set(t.value());
    m.add("struct_passwd", t.value())?;
    m.add_functions(METHODS)
}
