//! C signatures as Cython writes them into the names of its `__pyx_capi__` capsules:
//! `double (double, int __pyx_skip_dispatch)`.

use rivet_vm::types::native::TypeCode;

/// The type of a parameter or a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CType {
    /// A type whose conversions its name settles.
    Plain(TypeCode),
    /// `int`: what Cython calls `int`, or what it calls `bint`, which converts otherwise.
    IntOrBint,
    /// `PyObject *`: any object, or instances of some builtin type only, which the wrapper sees to.
    Object,
    /// An instance of an extension type: the name of its struct.
    Instance(String),
    /// Result only.
    Void,
    /// What cannot be passed, or whose size the name does not tell.
    Other(String),
}

/// A signature taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CSignature {
    /// The result.
    pub result: CType,
    /// What the Python function's required arguments become.
    pub params: Vec<CType>,
    /// Whether there is an `int __pyx_skip_dispatch`, which only functions have that Python sees too.
    pub overridable: bool,
    /// Whether the last parameter points to the optional arguments.
    pub optional: bool,
}

const SKIP_DISPATCH: &str = "int __pyx_skip_dispatch";
const OPTIONAL: &str = "__pyx_optional_args";

/// Reads a capsule's name; None: it is no signature.
pub fn parse(text: &str) -> Option<CSignature> {
    let open = text.find('(')?;
    let inner = text[open + 1..].trim_end().strip_suffix(')')?;
    let result = text[..open].trim();
    if result.is_empty() {
        return None;
    }
    let mut out = CSignature {
        result: match result {
            "void" => CType::Void,
            other => c_type(other),
        },
        params: Vec::new(),
        overridable: false,
        optional: false,
    };
    for p in split(inner)? {
        if p == SKIP_DISPATCH && !out.overridable {
            out.overridable = true;
        } else if p.ends_with(OPTIONAL) && out.overridable && !out.optional {
            out.optional = true;
        } else if out.overridable {
            return None;
        } else if !(p == "void" && out.params.is_empty()) {
            out.params.push(c_type(p));
        }
    }
    Some(out)
}

/// The parameters: what lies between commas that are in no parentheses.
fn split(text: &str) -> Option<Vec<&str>> {
    let (mut out, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (i, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            ',' if depth == 0 => {
                out.push(text[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !(last.is_empty() && out.is_empty()) {
        out.push(last);
    }
    (depth == 0 && out.iter().all(|p| !p.is_empty())).then_some(out)
}

/// The type of this name. Names from the standard headers mean what they mean there: a module that defined them
/// otherwise would not compile together with `Python.h`.
fn c_type(name: &str) -> CType {
    const CHAR: TypeCode = if std::ffi::c_char::MIN < 0 {
        TypeCode::I8
    } else {
        TypeCode::U8
    };
    let code = match name {
        "int" => return CType::IntOrBint,
        "PyObject *" => return CType::Object,
        "char" => CHAR,
        "signed char" | "int8_t" => TypeCode::I8,
        "unsigned char" | "uint8_t" => TypeCode::U8,
        "short" | "signed short" | "int16_t" => TypeCode::I16,
        "unsigned short" | "uint16_t" => TypeCode::U16,
        "signed int" | "int32_t" => TypeCode::I32,
        "unsigned int" | "uint32_t" => TypeCode::U32,
        "long"
        | "signed long"
        | "PY_LONG_LONG"
        | "signed PY_LONG_LONG"
        | "long long"
        | "int64_t"
        | "ssize_t"
        | "Py_ssize_t"
        | "Py_hash_t"
        | "ptrdiff_t"
        | "intptr_t" => TypeCode::I64,
        "unsigned long"
        | "unsigned PY_LONG_LONG"
        | "unsigned long long"
        | "uint64_t"
        | "size_t"
        | "uintptr_t" => TypeCode::U64,
        "float" => TypeCode::F32,
        "double" => TypeCode::F64,
        "bool" => TypeCode::Bool,
        _ if name.starts_with("struct __pyx_obj_") && name.ends_with(" *") => {
            return CType::Instance(name["struct ".len()..name.len() - 2].to_owned());
        }
        _ => return CType::Other(name.to_owned()),
    };
    CType::Plain(code)
}

/// Why a type that cannot be passed cannot be.
pub fn reason(name: &str) -> String {
    let what = if name.ends_with('*') {
        "a pointer"
    } else if name == "long double" || name.contains("complex") {
        "not passed in one register"
    } else {
        "a C type whose definition is not known"
    };
    format!("`{name}` is {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cython_writes_signatures_so() {
        let s = parse("double (double, double, int __pyx_skip_dispatch)").unwrap();
        assert_eq!(s.params, vec![CType::Plain(TypeCode::F64); 2]);
        assert_eq!(s.result, CType::Plain(TypeCode::F64));
        assert!(s.overridable && !s.optional);
        let s = parse("PyObject *(PyObject *, int __pyx_skip_dispatch)").unwrap();
        assert_eq!((s.result, s.params), (CType::Object, vec![CType::Object]));
        let s = parse(
            "void (int, int __pyx_skip_dispatch, struct __pyx_opt_args_1m_f *__pyx_optional_args)",
        )
        .unwrap();
        assert_eq!((s.result, s.optional), (CType::Void, true));
        assert_eq!(s.params, vec![CType::IntOrBint]);
        let s = parse("int (void)").unwrap();
        assert!(s.params.is_empty() && !s.overridable);
        let s = parse("int (int __pyx_skip_dispatch)").unwrap();
        assert!(s.params.is_empty() && s.overridable);
        let s = parse("unsigned PY_LONG_LONG (void (*)(int, int), myint)").unwrap();
        assert_eq!(s.result, CType::Plain(TypeCode::U64));
        assert_eq!(s.params.len(), 2);
        for bad in ["", "double", "(int)", "int (int", "int (,)", "int (int))"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        let bad = "int (int, int __pyx_skip_dispatch, int)";
        assert_eq!(parse(bad), None);
    }

    #[test]
    fn reasons_name_the_type() {
        assert_eq!(
            reason("long double"),
            "`long double` is not passed in one register"
        );
        assert_eq!(
            c_type("struct __pyx_obj_1m_Box *"),
            CType::Instance("__pyx_obj_1m_Box".into())
        );
        assert_eq!(reason("char *"), "`char *` is a pointer");
        assert_eq!(
            reason("myint"),
            "`myint` is a C type whose definition is not known"
        );
    }
}
