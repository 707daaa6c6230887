/* The functions of inc_common.h as an ordinary extension: it says nothing about native signatures. */
#include "inc_common.h"

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

static PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT, "inc_plain", "ordinary wrappers only", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_inc_plain(void) {
    return inc_init(&module_def, "inc_plain.Scaler", scaler_methods);
}
