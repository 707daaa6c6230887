/* The functions of inc_common.h in the published prototype's form: METH_TYPED, and the signature in front
 * of the method's name. The prototype knows long, double and object, and functions without a receiver that
 * take their arguments positionally; the rest stays ordinary. */
#include "inc_common.h"

#include "typed_method.h"

PYTYPED_PREFIX(sig_inc, "inc", inc_native, PYTYPED_T_LONG, PYTYPED_T_LONG)
PYTYPED_PREFIX(sig_add, "add", add_native, PYTYPED_T_DOUBLE, PYTYPED_T_DOUBLE, PYTYPED_T_DOUBLE)
PYTYPED_PREFIX(sig_checked, "checked", checked_native, -PYTYPED_T_LONG, PYTYPED_T_LONG)
PYTYPED_PREFIX(sig_wide, "wide", wide_native, PYTYPED_T_LONG, PYTYPED_T_LONG)
PYTYPED_PREFIX(sig_mix, "mix", mix_native, PYTYPED_T_LONG, PYTYPED_T_LONG)

static PyMethodDef methods[] = {
    {sig_inc.ml_name, inc, METH_O | METH_TYPED, "inc(x): x + 1 as a C long"},
    {sig_add.ml_name, INC_METHOD(add), METH_FASTCALL | METH_TYPED, "add(a, b) as C doubles"},
    {sig_checked.ml_name, checked, METH_O | METH_TYPED, "checked(x): x - 1, but 13 is a ValueError"},
    {sig_wide.ml_name, wide, METH_O | METH_TYPED, "wide(x): x ^ 1, for ints of any size"},
    {"noop", noop, METH_NOARGS, "noop(): None"},
    {"noop_o", noop_o, METH_O, "noop_o(x): None"},
    {"noop_fast", INC_METHOD(noop_fast), METH_FASTCALL, "noop_fast(*args): None"},
    {"noop_fastkw", INC_METHOD(noop_fastkw), METH_FASTCALL | METH_KEYWORDS, "noop_fastkw(*args, **kw): None"},
    {"noop_varargs", noop_varargs, METH_VARARGS, "noop_varargs(*args): None"},
    {sig_mix.ml_name, mix, METH_O | METH_TYPED, "mix(x): scrambled bits; pure and leaf"},
    {"power", INC_METHOD(power), METH_VARARGS | METH_KEYWORDS, "power(base, exponent=2)"},
    {NULL, NULL, 0, NULL},
};

static PyMethodDef scaler_methods[] = {
    {"scale", scaler_scale, METH_O, "scale(x): x * factor"},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT, "inc_flag", "with METH_TYPED prefixes", -1, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit_inc_flag(void) {
    return inc_init(&module_def, "inc_flag.Scaler", scaler_methods);
}
