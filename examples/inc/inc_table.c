/* The functions of inc_common.h with a typed table: the same methods, flags and speed on CPython, and
 * one data symbol that says what the native functions take and give. */
#include "inc_common.h"

#include "typed_method.h"

enum { M_INC, M_ADD, M_CHECKED, M_WIDE, M_NOOP, M_NOOP_O, M_NOOP_FAST, M_NOOP_FASTKW, M_NOOP_VARARGS, M_MIX, M_POWER };

static PyMethodDef methods[] = {
    {"inc", inc, METH_O, "inc(x): x + 1 as a C long"},
    {"add", INC_METHOD(add), METH_FASTCALL, "add(a, b) as C doubles"},
    {"checked", checked, METH_O, "checked(x): x - 1, but 13 is a ValueError"},
    {"wide", wide, METH_O, "wide(x): x ^ 1, for ints of any size"},
    {"noop", noop, METH_NOARGS, "noop(): None"},
    {"noop_o", noop_o, METH_O, "noop_o(x): None"},
    {"noop_fast", INC_METHOD(noop_fast), METH_FASTCALL, "noop_fast(*args): None"},
    {"noop_fastkw", INC_METHOD(noop_fastkw), METH_FASTCALL | METH_KEYWORDS, "noop_fastkw(*args, **kw): None"},
    {"noop_varargs", noop_varargs, METH_VARARGS, "noop_varargs(*args): None"},
    {"mix", mix, METH_O, "mix(x): scrambled bits; pure and leaf"},
    {"power", INC_METHOD(power), METH_VARARGS | METH_KEYWORDS, "power(base, exponent=2)"},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef scaler_methods[] = {
    {"scale", scaler_scale, METH_O, "scale(x): x * factor"},
    {NULL, NULL, 0, NULL},
};

#define PURE_LEAF (PYTYPED_LEAF | PYTYPED_PURE | PYTYPED_NOGIL)

PYTYPED_TABLE(inc_table,
    PYTYPED_FUNCTION(&methods[M_INC], inc_native, PYTYPED_LONG, PYTYPED_NEVER, PURE_LEAF, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[M_ADD], add_native, PYTYPED_F64, PYTYPED_NEVER, PURE_LEAF, PYTYPED_F64, PYTYPED_F64),
    PYTYPED_FUNCTION(&methods[M_CHECKED], checked_native, PYTYPED_LONG, PYTYPED_SENTINEL(-1), PYTYPED_TESTABLE, PYTYPED_LONG),
    PYTYPED_FUNCTION(&methods[M_WIDE], wide_native, PYTYPED_LONG, PYTYPED_NEVER, PURE_LEAF, PYTYPED_LONG),
    PYTYPED_FUNCTION0(&methods[M_NOOP], noop_native, PYTYPED_VOID, PYTYPED_NEVER, PYTYPED_LEAF),
    PYTYPED_FUNCTION(&methods[M_MIX], mix_native, PYTYPED_LONG, PYTYPED_NEVER, PURE_LEAF, PYTYPED_LONG),
    PYTYPED_FUNCTION_KW(&methods[M_POWER], power_native, PYTYPED_F64, PYTYPED_NEVER, PURE_LEAF,
                        "base,exponent", PYTYPED_DEFAULTS(1, 0, 2), PYTYPED_F64, PYTYPED_LONG),
    PYTYPED_METHOD(&scaler_type, &scaler_methods[0], scale_native, PYTYPED_F64, PYTYPED_NEVER,
                   PYTYPED_LEAF, PYTYPED_SELF, PYTYPED_F64))

static PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT, "inc_table", "with a typed table", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_inc_table(void) {
    return inc_init(&module_def, "inc_table.Scaler", scaler_methods);
}
