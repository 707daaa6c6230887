//! The functions extensions import, in one table: the linker keeps what the table names, and `-rdynamic` exports it.

use std::ffi::c_void;

/// A function's address.
struct Address(*const c_void);

// SAFETY: an address of code.
unsafe impl Sync for Address {}

unsafe extern "C" {
    static rivet_shim_symbols: [*mut c_void; 12];
}

static FUNCTIONS: &[Address] = &[
    Address(crate::errors::PyErr_BadArgument as *const c_void),
    Address(crate::errors::PyErr_BadInternalCall as *const c_void),
    Address(crate::errors::PyErr_Clear as *const c_void),
    Address(crate::errors::PyErr_ExceptionMatches as *const c_void),
    Address(crate::errors::PyErr_Fetch as *const c_void),
    Address(crate::errors::PyErr_NoMemory as *const c_void),
    Address(crate::errors::PyErr_NormalizeException as *const c_void),
    Address(crate::errors::PyErr_Occurred as *const c_void),
    Address(crate::errors::PyErr_Restore as *const c_void),
    Address(crate::errors::PyErr_SetNone as *const c_void),
    Address(crate::errors::PyErr_SetObject as *const c_void),
    Address(crate::errors::PyErr_SetString as *const c_void),
    Address(crate::memory::PyMem_Calloc as *const c_void),
    Address(crate::memory::PyMem_Free as *const c_void),
    Address(crate::memory::PyMem_Malloc as *const c_void),
    Address(crate::memory::PyMem_Realloc as *const c_void),
    Address(crate::memory::PyObject_Calloc as *const c_void),
    Address(crate::memory::PyObject_Free as *const c_void),
    Address(crate::memory::PyObject_Malloc as *const c_void),
    Address(crate::memory::PyObject_Realloc as *const c_void),
    Address(crate::module::PyModuleDef_Init as *const c_void),
    Address(crate::module::PyModule_AddIntConstant as *const c_void),
    Address(crate::module::PyModule_AddObject as *const c_void),
    Address(crate::module::PyModule_AddObjectRef as *const c_void),
    Address(crate::module::PyModule_AddStringConstant as *const c_void),
    Address(crate::module::PyModule_AddType as *const c_void),
    Address(crate::module::PyModule_Create2 as *const c_void),
    Address(crate::module::PyModule_GetDef as *const c_void),
    Address(crate::module::PyModule_GetDict as *const c_void),
    Address(crate::module::PyModule_GetState as *const c_void),
    Address(crate::numbers::PyBool_FromLong as *const c_void),
    Address(crate::numbers::PyFloat_AsDouble as *const c_void),
    Address(crate::numbers::PyFloat_FromDouble as *const c_void),
    Address(crate::numbers::PyLong_AsLong as *const c_void),
    Address(crate::numbers::PyLong_AsLongAndOverflow as *const c_void),
    Address(crate::numbers::PyLong_AsLongLong as *const c_void),
    Address(crate::numbers::PyLong_AsSsize_t as *const c_void),
    Address(crate::numbers::PyLong_AsUnsignedLong as *const c_void),
    Address(crate::numbers::PyLong_FromLong as *const c_void),
    Address(crate::numbers::PyLong_FromLongLong as *const c_void),
    Address(crate::numbers::PyLong_FromSize_t as *const c_void),
    Address(crate::numbers::PyLong_FromSsize_t as *const c_void),
    Address(crate::numbers::PyLong_FromUnsignedLong as *const c_void),
    Address(crate::numbers::PyNumber_Add as *const c_void),
    Address(crate::numbers::PyNumber_And as *const c_void),
    Address(crate::numbers::PyNumber_AsSsize_t as *const c_void),
    Address(crate::numbers::PyNumber_FloorDivide as *const c_void),
    Address(crate::numbers::PyNumber_Index as *const c_void),
    Address(crate::numbers::PyNumber_Lshift as *const c_void),
    Address(crate::numbers::PyNumber_Multiply as *const c_void),
    Address(crate::numbers::PyNumber_Or as *const c_void),
    Address(crate::numbers::PyNumber_Remainder as *const c_void),
    Address(crate::numbers::PyNumber_Rshift as *const c_void),
    Address(crate::numbers::PyNumber_Subtract as *const c_void),
    Address(crate::numbers::PyNumber_TrueDivide as *const c_void),
    Address(crate::numbers::PyNumber_Xor as *const c_void),
    Address(crate::numbers::_PyLong_AsInt as *const c_void),
    Address(crate::objects::PyBytes_AsStringAndSize as *const c_void),
    Address(crate::objects::PyBytes_FromStringAndSize as *const c_void),
    Address(crate::objects::PyDict_GetItemString as *const c_void),
    Address(crate::objects::PyDict_New as *const c_void),
    Address(crate::objects::PyDict_SetItem as *const c_void),
    Address(crate::objects::PyDict_SetItemString as *const c_void),
    Address(crate::objects::PyDict_Size as *const c_void),
    Address(crate::objects::PyImport_ImportModule as *const c_void),
    Address(crate::objects::PyList_Append as *const c_void),
    Address(crate::objects::PyList_New as *const c_void),
    Address(crate::objects::PyList_SetItem as *const c_void),
    Address(crate::objects::PyList_Size as *const c_void),
    Address(crate::objects::PyObject_Call as *const c_void),
    Address(crate::objects::PyObject_CallNoArgs as *const c_void),
    Address(crate::objects::PyObject_CallOneArg as *const c_void),
    Address(crate::objects::PyObject_GetAttr as *const c_void),
    Address(crate::objects::PyObject_GetAttrString as *const c_void),
    Address(crate::objects::PyObject_GetItem as *const c_void),
    Address(crate::objects::PyObject_GetIter as *const c_void),
    Address(crate::objects::PyObject_Hash as *const c_void),
    Address(crate::objects::PyObject_IsInstance as *const c_void),
    Address(crate::objects::PyObject_IsTrue as *const c_void),
    Address(crate::objects::PyObject_Repr as *const c_void),
    Address(crate::objects::PyObject_RichCompare as *const c_void),
    Address(crate::objects::PyObject_SetAttrString as *const c_void),
    Address(crate::objects::PyObject_Size as *const c_void),
    Address(crate::objects::PyObject_Str as *const c_void),
    Address(crate::objects::PyObject_Type as *const c_void),
    Address(crate::objects::PySequence_List as *const c_void),
    Address(crate::objects::PySequence_Tuple as *const c_void),
    Address(crate::objects::PyTuple_GetItem as *const c_void),
    Address(crate::objects::PyTuple_New as *const c_void),
    Address(crate::objects::PyTuple_SetItem as *const c_void),
    Address(crate::objects::PyTuple_Size as *const c_void),
    Address(crate::objects::PyUnicode_AsUTF8 as *const c_void),
    Address(crate::objects::PyUnicode_AsUTF8AndSize as *const c_void),
    Address(crate::objects::PyUnicode_FromString as *const c_void),
    Address(crate::objects::PyUnicode_FromStringAndSize as *const c_void),
    Address(crate::objects::Py_DecRef as *const c_void),
    Address(crate::objects::Py_IncRef as *const c_void),
    Address(crate::objects::_Py_Dealloc as *const c_void),
    Address(crate::objects::rivet_object_text as *const c_void),
    Address(crate::objects::rivet_unknown_keyword as *const c_void),
    Address(crate::types::PyType_GenericAlloc as *const c_void),
    Address(crate::types::PyType_GenericNew as *const c_void),
    Address(crate::types::PyType_IsSubtype as *const c_void),
    Address(crate::types::PyType_Ready as *const c_void),
    Address(crate::types::rivet_is_instance_of as *const c_void),
    Address(crate::types::rivet_none as *const c_void),
    Address(crate::types::rivet_type_name as *const c_void),
];

/// Refers to everything exported, so that the linker cannot drop it.
pub fn keep() {
    std::hint::black_box(
        FUNCTIONS
            .iter()
            .map(|f| f.0 as usize)
            .fold(0usize, usize::wrapping_add),
    );
    std::hint::black_box(crate::types::STATIC_TYPES.as_ptr());
    std::hint::black_box(crate::types::EXCEPTIONS.as_ptr());
    let objects = [
        crate::types::none(),
        crate::types::truth(true),
        crate::types::truth(false),
    ];
    std::hint::black_box((
        objects,
        crate::types::ellipsis(),
        crate::types::not_implemented(),
    ));
    // SAFETY: the C table has twelve entries.
    std::hint::black_box(unsafe { rivet_shim_symbols[0] });
}
