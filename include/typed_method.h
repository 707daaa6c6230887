/* typed_method.h: tell a Python runtime the machine signature of a C extension function.
 *
 * An extension function is nearly always a wrapper around one that works on machine values. A runtime
 * that knows the inner function's types can call it directly, without boxing. This header lets an
 * extension say so, in data only: it adds no code, needs no library, and the same binary runs at full
 * speed on a runtime that has never heard of it (CPython, PyPy), which does not look at the symbol.
 *
 *     static long inc(long x) { return x + 1; }                      // the native function
 *     static PyObject *inc_wrapper(PyObject *m, PyObject *x) {...}   // the ordinary wrapper stays
 *     static PyMethodDef methods[] = {{"inc", inc_wrapper, METH_O, NULL}, {NULL, NULL, 0, NULL}};
 *
 *     PYTYPED_TABLE(mymodule,
 *         PYTYPED_FUNCTION(&methods[0], inc, PYTYPED_LONG, PYTYPED_NEVER,
 *                          PYTYPED_LEAF | PYTYPED_PURE, PYTYPED_LONG))
 *
 * The promise an entry makes: for arguments that are exactly of the declared types (an `int` in range,
 * a `float`, ...) the native function gives what the wrapper gives. For everything else the runtime
 * calls the wrapper, so type errors, big ints and conversions stay the wrapper's business.
 *
 * C11 and C++17. Include after Python.h. License: MIT OR Apache-2.0.
 */
#ifndef PYTYPED_METHOD_H
#define PYTYPED_METHOD_H

#include <Python.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- 1. The table carrier -------------------------------------------------------------------- */

/* Version of the table's own layout. A reader ignores a table whose version it does not know. */
#define PYTYPED_TABLE_VERSION 1u

/* Version of one entry's layout and meaning. A reader skips an entry whose version it does not know;
 * a later version only appends fields (see PyTypedEntry.size), so that the step to the next is known. */
#define PYTYPED_ENTRY_VERSION 1u

/* The most parameters an entry describes, a receiver included. */
#define PYTYPED_MAX_PARAMS 8

/* Types of parameters and results. A reader skips an entry with a code it does not know. */
enum {
    PYTYPED_VOID = 0,    /* result only: the call gives None */
    PYTYPED_I8 = 1,      /* int8_t   <- int in range */
    PYTYPED_I16 = 2,     /* int16_t  <- int in range */
    PYTYPED_I32 = 3,     /* int32_t  <- int in range */
    PYTYPED_I64 = 4,     /* int64_t  <- int in range */
    PYTYPED_U8 = 5,      /* uint8_t  <- int in range */
    PYTYPED_U16 = 6,     /* uint16_t <- int in range */
    PYTYPED_U32 = 7,     /* uint32_t <- int in range */
    PYTYPED_U64 = 8,     /* uint64_t <- int in range */
    PYTYPED_F32 = 9,     /* float    <- float, rounded */
    PYTYPED_F64 = 10,    /* double   <- float */
    PYTYPED_BOOL = 11,   /* bool, one byte holding 0 or 1 <- True or False */
    PYTYPED_OBJECT = 12, /* PyObject *: borrowed as a parameter, a new reference as a result */
    PYTYPED_SELF = 13,   /* the receiver as PyObject *, borrowed; first parameter only */
    PYTYPED_SELF_STRUCT = 14, /* the receiver as the address just behind its PyObject header */
    /* Of the next two no terminating NUL is promised: use the length. */
    PYTYPED_UTF8 = 15,   /* two C arguments, const char * and Py_ssize_t, borrowed for the call <- str */
    PYTYPED_BYTES = 16,  /* two C arguments, const char * and Py_ssize_t, borrowed for the call <- bytes */
    PYTYPED_BUFFER_ = 0x40,  /* see PYTYPED_BUFFER */
    PYTYPED_WBUFFER_ = 0x80  /* see PYTYPED_WBUFFER */
};

/* A contiguous one-dimensional buffer of the element type, read-only or writable:
 * two C arguments, the address of the first element and a Py_ssize_t count of elements. */
#define PYTYPED_BUFFER(element) (PYTYPED_BUFFER_ | (element))
#define PYTYPED_WBUFFER(element) (PYTYPED_WBUFFER_ | (element))

/* The codes of C's own integer types on the platform the extension is compiled for. */
#define PYTYPED_INT (sizeof(int) == 8 ? PYTYPED_I64 : PYTYPED_I32)
#define PYTYPED_LONG (sizeof(long) == 8 ? PYTYPED_I64 : PYTYPED_I32)
#define PYTYPED_LONG_LONG PYTYPED_I64
#define PYTYPED_SSIZE (sizeof(Py_ssize_t) == 8 ? PYTYPED_I64 : PYTYPED_I32)
#define PYTYPED_DOUBLE PYTYPED_F64
#define PYTYPED_FLOAT PYTYPED_F32

/* How the native function reports an error. Each macro fills the fields `error` and `sentinel`. */
enum {
    PYTYPED_ERROR_NEVER = 0,    /* it cannot fail */
    PYTYPED_ERROR_SENTINEL = 1, /* a result equal to `sentinel` bit for bit *may* be an error: look at
                                   PyErr_Occurred(); with nothing pending the value is a result */
    PYTYPED_ERROR_ALWAYS = 2,   /* look at PyErr_Occurred() after every call */
    PYTYPED_ERROR_NONZERO = 3   /* the C result is an int status: 0 is success and the call gives None,
                                   anything else is an error with an exception pending */
};
#define PYTYPED_NEVER PYTYPED_ERROR_NEVER, 0u
#define PYTYPED_SENTINEL(value) PYTYPED_ERROR_SENTINEL, (uint64_t)(int64_t)(value)
#define PYTYPED_SENTINEL_BITS(bits) PYTYPED_ERROR_SENTINEL, (uint64_t)(bits)
#define PYTYPED_ALWAYS_CHECK PYTYPED_ERROR_ALWAYS, 0u
#define PYTYPED_NONZERO PYTYPED_ERROR_NONZERO, 0u

/* Bits of doubles that serve as sentinels, for PYTYPED_SENTINEL_BITS. An F32 uses its 32 bits. */
#define PYTYPED_F64_MINUS_ONE UINT64_C(0xBFF0000000000000)
#define PYTYPED_F64_MINUS_ZERO UINT64_C(0x8000000000000000)
#define PYTYPED_F64_NAN UINT64_C(0x7FF8000000000000)

/* What the native function does besides computing its result. Pessimistic: 0 promises nothing. */
enum {
    PYTYPED_LEAF = 1u << 0,     /* calls no Python API: cannot re-enter, make objects, or raise */
    PYTYPED_PURE = 1u << 1,     /* same arguments, same result, no effect: may be merged, hoisted, dropped */
    PYTYPED_NOGIL = 1u << 2,    /* may run while the GIL is released */
    PYTYPED_READS = 1u << 3,    /* its result depends on memory that other code may write (not PURE) */
    PYTYPED_TESTABLE = 1u << 4  /* may be called twice with the same arguments by a checking mode */
};

typedef void (*PyTypedNative)(void);

/* One signature of one callable. Readers take the fields in this order and step `size` bytes on. */
typedef struct PyTypedEntry {
    uint32_t size;             /* sizeof(PyTypedEntry) when the extension was compiled */
    uint16_t version;          /* PYTYPED_ENTRY_VERSION */
    uint16_t nparams;          /* number of types in `params`, a receiver included */
    const PyMethodDef *method; /* the definition whose callable this describes; its ml_meth is the wrapper */
    PyTypedNative native;      /* the native function, called with the platform's C convention */
    uint16_t result;           /* a type code */
    uint16_t reserved;         /* 0 */
    uint32_t effects;          /* PYTYPED_LEAF | ... */
    uint32_t error;            /* PYTYPED_ERROR_... */
    uint64_t sentinel;         /* PYTYPED_ERROR_SENTINEL: the result's bits, extended to 64 as its type is signed or not */
    uint16_t params[PYTYPED_MAX_PARAMS]; /* type codes in order; the rest is 0 */
    const char *names;         /* names after the receiver, "base,exponent"; NULL: positional only */
    uint32_t defaults_from;    /* parameters from this index on (a receiver counts) have a default;
                                  nparams or more: none has */
    uint32_t reserved2;        /* 0 */
    uint64_t defaults[PYTYPED_MAX_PARAMS]; /* bits of the defaults, by parameter index; integers
                                  sign-extended; only for number and bool types */
    PyTypeObject *const *self_type; /* address of a variable that holds the receiver's type once the
                                  module is loaded (works for static and heap types); NULL: a module
                                  function without a receiver */
    const struct PyTypedEntry *overload; /* the signature to try when the arguments do not fit this
                                  one; NULL: take the wrapper. Chained entries are not in the table. */
} PyTypedEntry;

/* What the symbol PyTyped_<module> is. */
typedef struct PyTypedTable {
    uint32_t version;            /* PYTYPED_TABLE_VERSION */
    uint32_t count;              /* number of entries */
    const PyTypedEntry *entries; /* the first; the next lies entries[0].size bytes on, and so forth */
} PyTypedTable;

#if defined(_WIN32)
#define PYTYPED_VISIBLE __declspec(dllexport)
#elif defined(__GNUC__)
#define PYTYPED_VISIBLE __attribute__((visibility("default")))
#else
#define PYTYPED_VISIBLE
#endif
#ifdef __cplusplus
#define PYTYPED_EXTERN extern "C" PYTYPED_VISIBLE
#else
#define PYTYPED_EXTERN extern PYTYPED_VISIBLE
#endif

/* Number of macro arguments, 1 to 8. */
#define PYTYPED_COUNT_(...) PYTYPED_PICK_(__VA_ARGS__, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define PYTYPED_PICK_(a, b, c, d, e, f, g, h, n, ...) n

/* In the macros below `error` is one of PYTYPED_NEVER ... and fills two fields. */

/* A module function: PYTYPED_FUNCTION(&methods[0], native, result, error, effects, types...). */
#define PYTYPED_FUNCTION(method, native, result, error, effects, ...)                               \
    {(uint32_t)sizeof(PyTypedEntry), PYTYPED_ENTRY_VERSION, PYTYPED_COUNT_(__VA_ARGS__), (method),   \
     (PyTypedNative)(native), (uint16_t)(result), 0, (uint32_t)(effects), error, {__VA_ARGS__},      \
     NULL, PYTYPED_MAX_PARAMS, 0, {0, 0, 0, 0, 0, 0, 0, 0}, NULL, NULL}

/* A module function without parameters. */
#define PYTYPED_FUNCTION0(method, native, result, error, effects)                                   \
    {(uint32_t)sizeof(PyTypedEntry), PYTYPED_ENTRY_VERSION, 0, (method), (PyTypedNative)(native),    \
     (uint16_t)(result), 0, (uint32_t)(effects), error, {0, 0, 0, 0, 0, 0, 0, 0}, NULL,              \
     PYTYPED_MAX_PARAMS, 0, {0, 0, 0, 0, 0, 0, 0, 0}, NULL, NULL}

/* A method. `self_type` is the address of a `PyTypeObject *` variable; the first type is PYTYPED_SELF or
 * PYTYPED_SELF_STRUCT. */
#define PYTYPED_METHOD(self_type, method, native, result, error, effects, ...)                      \
    {(uint32_t)sizeof(PyTypedEntry), PYTYPED_ENTRY_VERSION, PYTYPED_COUNT_(__VA_ARGS__), (method),   \
     (PyTypedNative)(native), (uint16_t)(result), 0, (uint32_t)(effects), error, {__VA_ARGS__},      \
     NULL, PYTYPED_MAX_PARAMS, 0, {0, 0, 0, 0, 0, 0, 0, 0}, (self_type), NULL}

/* With names and defaults: `names` is "a,b"; `defaults` is PYTYPED_DEFAULTS(first index, bits of
 * parameter 0, of parameter 1, ...) or PYTYPED_NO_DEFAULTS. */
#define PYTYPED_FUNCTION_KW(method, native, result, error, effects, names, defaults, ...)           \
    {(uint32_t)sizeof(PyTypedEntry), PYTYPED_ENTRY_VERSION, PYTYPED_COUNT_(__VA_ARGS__), (method),   \
     (PyTypedNative)(native), (uint16_t)(result), 0, (uint32_t)(effects), error, {__VA_ARGS__},      \
     (names), defaults, NULL, NULL}
#define PYTYPED_DEFAULTS(from, ...) (from), 0, {__VA_ARGS__}
#define PYTYPED_NO_DEFAULTS PYTYPED_MAX_PARAMS, 0, {0, 0, 0, 0, 0, 0, 0, 0}

/* A module function that falls back to another signature: `next` is the address of a static
 * PyTypedEntry, itself initialised with one of these macros. */
#define PYTYPED_OVERLOAD(next, method, native, result, error, effects, ...)                         \
    {(uint32_t)sizeof(PyTypedEntry), PYTYPED_ENTRY_VERSION, PYTYPED_COUNT_(__VA_ARGS__), (method),   \
     (PyTypedNative)(native), (uint16_t)(result), 0, (uint32_t)(effects), error, {__VA_ARGS__},      \
     NULL, PYTYPED_MAX_PARAMS, 0, {0, 0, 0, 0, 0, 0, 0, 0}, NULL, (next)}

/* Exports the table of a module, once per shared object and module:
 * PYTYPED_TABLE(name, PYTYPED_FUNCTION(...), PYTYPED_METHOD(...), ...) without a semicolon after it. */
#define PYTYPED_TABLE(module, ...)                                                                   \
    static const PyTypedEntry pytyped_entries_##module[] = {__VA_ARGS__};                             \
    PYTYPED_EXTERN const PyTypedTable PyTyped_##module;                                               \
    const PyTypedTable PyTyped_##module = {                                                           \
        PYTYPED_TABLE_VERSION,                                                                        \
        (uint32_t)(sizeof pytyped_entries_##module / sizeof pytyped_entries_##module[0]),             \
        pytyped_entries_##module};

/* ---- 2. The published prototype: a flag and a prefix before the method's name ------------------- */

/* ml_flags bit. Stock CPython compares ml_flags exactly when it specialises calls, so the bit costs
 * every caller on CPython its fast path: prefer the table. */
#define METH_TYPED 0x1000

/* Type codes of the prototype; a negative ret_type means "may raise" and the value in brackets is the
 * result that asks for a look at the pending exception. */
enum {
    PYTYPED_T_LONG = 1,   /* C long, -1 */
    PYTYPED_T_DOUBLE = 2, /* C double, -0.0 */
    PYTYPED_T_OBJECT = 3  /* PyObject *, NULL */
};

/* v1, what METH_TYPED means: ml_name of the PyMethodDef points at the field `ml_name` of this struct, so
 * a reader finds the struct at ml_name - offsetof(PyTypedPrefix, ml_name). */
typedef struct PyTypedPrefix {
    const int *arg_types;          /* type codes, ended by -1 */
    int ret_type;                  /* a type code, negative: may raise */
    PyTypedNative underlying_func; /* (void *) in the publication; the same bits */
    char ml_name[100];             /* the method's name */
} PyTypedPrefix;

/* v0, the first draft, one argument: cannot be told from v1 by its content, so readers accept it only
 * from extensions built with RIVET_TYPED_V0. */
typedef struct PyTypedPrefixV0 {
    int arg_type;
    int ret_type;
    PyTypedNative underlying_func;
    char ml_name[100];
} PyTypedPrefixV0;

/* Defines `static const PyTypedPrefix <variable>`; use <variable>.ml_name as ml_name. */
#define PYTYPED_PREFIX(variable, name, native, ret, ...)                                            \
    static const int variable##_types[] = {__VA_ARGS__, -1};                                          \
    static const PyTypedPrefix variable = {variable##_types, (ret), (PyTypedNative)(native), name};

#ifdef __cplusplus
}
#endif

#endif /* PYTYPED_METHOD_H */
