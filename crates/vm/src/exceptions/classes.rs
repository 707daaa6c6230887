//! The exception classes: one table declares names, bases and extra fields.

use crate::object::spec::{Member, TypeSpec};
use crate::object::{Type, TypeFlags, build};
use crate::types::dict::Dict;
use crate::value::{Gc, Value};

macro_rules! classes {
    ($base_exception:ident; $($field:ident $name:literal : $base:ident, $nfields:literal, $doc:literal;)*) => {
        /// The exception classes.
        pub struct ExceptionTypes {
            #[doc = "BaseException"]
            pub $base_exception: Gc<Type>,
            $(#[doc = $doc] pub $field: Gc<Type>,)*
        }

        /// Makes all classes.
        pub fn create(object: Gc<Type>) -> ExceptionTypes {
            let $base_exception = build::exception_type("BaseException", "Common base class for all exceptions", object, 0);
            $(let $field = build::exception_type($name, $doc, $base, $nfields);)*
            ExceptionTypes { $base_exception, $($field,)* }
        }

        impl ExceptionTypes {
            /// All classes.
            pub fn all(&self) -> Vec<Gc<Type>> { // ROOTED: types do not move and these live for good
                vec![self.$base_exception, $(self.$field,)*]
            }
        }
    };
}

classes! {
    base_exception;
    exception "Exception": base_exception, 0, "Common base class for all non-exit exceptions.";
    base_exception_group "BaseExceptionGroup": base_exception, 2, "A combination of multiple unrelated exceptions.";
    generator_exit "GeneratorExit": base_exception, 0, "Request that a generator exit.";
    keyboard_interrupt "KeyboardInterrupt": base_exception, 0, "Program interrupted by user.";
    system_exit "SystemExit": base_exception, 1, "Request to exit from the interpreter.";
    arithmetic_error "ArithmeticError": exception, 0, "Base class for arithmetic errors.";
    floating_point_error "FloatingPointError": arithmetic_error, 0, "Floating point operation failed.";
    overflow_error "OverflowError": arithmetic_error, 0, "Result too large to be represented.";
    zero_division_error "ZeroDivisionError": arithmetic_error, 0, "Second argument to a division or modulo operation was zero.";
    assertion_error "AssertionError": exception, 0, "Assertion failed.";
    attribute_error "AttributeError": exception, 2, "Attribute not found.";
    buffer_error "BufferError": exception, 0, "Buffer error.";
    eof_error "EOFError": exception, 0, "Read beyond end of file.";
    import_error "ImportError": exception, 3, "Import can't find module, or can't find name in module.";
    module_not_found_error "ModuleNotFoundError": import_error, 0, "Module not found.";
    lookup_error "LookupError": exception, 0, "Base class for lookup errors.";
    index_error "IndexError": lookup_error, 0, "Sequence index out of range.";
    key_error "KeyError": lookup_error, 0, "Mapping key not found.";
    memory_error "MemoryError": exception, 0, "Out of memory.";
    name_error "NameError": exception, 1, "Name not found globally.";
    unbound_local_error "UnboundLocalError": name_error, 0, "Local name referenced but not bound to a value.";
    os_error "OSError": exception, 5, "Base class for I/O related errors.";
    blocking_io_error "BlockingIOError": os_error, 0, "I/O operation would block.";
    child_process_error "ChildProcessError": os_error, 0, "Child process error.";
    connection_error "ConnectionError": os_error, 0, "Connection error.";
    broken_pipe_error "BrokenPipeError": connection_error, 0, "Broken pipe.";
    connection_aborted_error "ConnectionAbortedError": connection_error, 0, "Connection aborted.";
    connection_refused_error "ConnectionRefusedError": connection_error, 0, "Connection refused.";
    connection_reset_error "ConnectionResetError": connection_error, 0, "Connection reset.";
    file_exists_error "FileExistsError": os_error, 0, "File already exists.";
    file_not_found_error "FileNotFoundError": os_error, 0, "File not found.";
    interrupted_error "InterruptedError": os_error, 0, "Interrupted by signal.";
    is_a_directory_error "IsADirectoryError": os_error, 0, "Operation doesn't work on directories.";
    not_a_directory_error "NotADirectoryError": os_error, 0, "Operation only works on directories.";
    permission_error "PermissionError": os_error, 0, "Not enough permissions.";
    process_lookup_error "ProcessLookupError": os_error, 0, "Process not found.";
    timeout_error "TimeoutError": os_error, 0, "Timeout expired.";
    reference_error "ReferenceError": exception, 0, "Weak ref proxy used after referent went away.";
    runtime_error "RuntimeError": exception, 0, "Unspecified run-time error.";
    not_implemented_error "NotImplementedError": runtime_error, 0, "Method or function hasn't been implemented yet.";
    recursion_error "RecursionError": runtime_error, 0, "Recursion limit exceeded.";
    stop_iteration "StopIteration": exception, 1, "Signal the end from iterator.__next__().";
    stop_async_iteration "StopAsyncIteration": exception, 0, "Signal the end from iterator.__anext__().";
    syntax_error "SyntaxError": exception, 8, "Invalid syntax.";
    indentation_error "IndentationError": syntax_error, 0, "Improper indentation.";
    tab_error "TabError": indentation_error, 0, "Improper mixture of spaces and tabs.";
    system_error "SystemError": exception, 0, "Internal error in the Python interpreter.\n\nPlease report this to the Python maintainer, along with the traceback,\nthe Python version, and the hardware/OS platform and version.";
    type_error "TypeError": exception, 0, "Inappropriate argument type.";
    value_error "ValueError": exception, 0, "Inappropriate argument value (of correct type).";
    unicode_error "UnicodeError": value_error, 0, "Unicode related error.";
    unicode_decode_error "UnicodeDecodeError": unicode_error, 5, "Unicode decoding error.";
    unicode_encode_error "UnicodeEncodeError": unicode_error, 5, "Unicode encoding error.";
    unicode_translate_error "UnicodeTranslateError": unicode_error, 5, "Unicode translation error.";
    warning "Warning": exception, 0, "Base class for warning categories.";
    bytes_warning "BytesWarning": warning, 0, "Base class for warnings about bytes and buffer related problems, mostly\nrelated to conversion from str or comparing to str.";
    deprecation_warning "DeprecationWarning": warning, 0, "Base class for warnings about deprecated features.";
    encoding_warning "EncodingWarning": warning, 0, "Base class for warnings about encodings.";
    future_warning "FutureWarning": warning, 0, "Base class for warnings about constructs that will change semantically\nin the future.";
    import_warning "ImportWarning": warning, 0, "Base class for warnings about probable mistakes in module imports";
    pending_deprecation_warning "PendingDeprecationWarning": warning, 0, "Base class for warnings about features which will be deprecated\nin the future.";
    resource_warning "ResourceWarning": warning, 0, "Base class for warnings about resource usage.";
    runtime_warning "RuntimeWarning": warning, 0, "Base class for warnings about dubious runtime behavior.";
    syntax_warning "SyntaxWarning": warning, 0, "Base class for warnings about dubious syntax.";
    unicode_warning "UnicodeWarning": warning, 0, "Base class for warnings about Unicode related problems, mostly\nrelated to conversion problems.";
    user_warning "UserWarning": warning, 0, "Base class for warnings generated by user code.";
}

/// The exception classes.
#[inline(always)]
pub fn exc() -> &'static ExceptionTypes {
    crate::runtime::exception_types()
}

/// `ExceptionGroup`, whose bases are BaseExceptionGroup and Exception, is made by a class statement's rules.
pub fn install(namespace: Gc<Dict>) {
    for ty in exc().all() {
        let name = ty.name();
        namespace
            .set_interned(name.intern(), ty.value())
            .expect("memory for the builtins");
    }
    let group = super::group::make_exception_group().expect("memory for the exception classes");
    namespace
        .set_str("ExceptionGroup", group.value())
        .expect("memory for the builtins");
    for alias in ["EnvironmentError", "IOError"] {
        namespace
            .set_str(alias, exc().os_error.value())
            .expect("memory for the builtins");
    }
}

/// Flags of exception classes.
pub const FLAGS: u64 = TypeFlags::BASETYPE | TypeFlags::BASE_EXC_SUBCLASS | TypeFlags::WEAKREFABLE;

/// Declares the members of a class: field `i` by name.
pub const fn member(name: &'static str, field: u32) -> Member {
    Member {
        name,
        word: super::object::WORDS + field,
        readonly: false,
        none: true,
    }
}

/// The declaration of a class: what its base does not give it.
pub fn spec(name: &'static str, doc: &'static str) -> TypeSpec {
    let plain = TypeSpec {
        doc,
        flags: FLAGS,
        ..TypeSpec::named(name)
    };
    match name {
        "BaseException" => super::methods::base(plain),
        "BaseExceptionGroup" => super::group::spec(plain),
        "OSError" => super::os::spec(plain),
        "UnicodeDecodeError" | "UnicodeEncodeError" | "UnicodeTranslateError" => {
            super::unicode::spec(plain)
        }
        _ => super::special::spec(plain),
    }
}

/// Whether the value is an exception class.
pub fn is_exception_class(v: Value) -> bool {
    v.cast::<Type>()
        .is_some_and(|t| t.has(TypeFlags::BASE_EXC_SUBCLASS))
}
