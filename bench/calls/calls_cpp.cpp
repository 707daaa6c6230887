/* By typed.hpp. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "typed.hpp"

namespace {

void noargs() noexcept {}
void noop(PyObject *) noexcept {}
long long inc(long long x) noexcept { return static_cast<long long>(static_cast<unsigned long long>(x) + 1u); }
double add(double a, double b) noexcept { return a + b; }
double fma3(double a, double b, double c) noexcept { return a * b + c; }
double keyword(double a, long long b) noexcept { return a * static_cast<double>(b); }
std::size_t text(std::string_view s) noexcept { return s.size(); }
Py_ssize_t data(typed::bytes b) noexcept { return b.size; }
typed::result<long long> raises(long long x) noexcept {
    if (x == 13) return typed::fail(PyExc_ValueError, "13 is not welcome");
    return x;
}

struct Scaler {
    PyObject_HEAD
    double factor;
    double scale(double x) noexcept { return x * factor; }
};

int scaler_init(PyObject *self, PyObject *args, PyObject *) {
    return PyArg_ParseTuple(args, "d:Scaler", &reinterpret_cast<Scaler *>(self)->factor) ? 0 : -1;
}

PyMethodDef methods[] = {
    typed::def<&noargs, typed::leaf>("noargs"),
    typed::def<&noop, typed::leaf>("noop"),
    typed::def<&inc, typed::leaf>("inc"),
    typed::def<&add, typed::leaf>("add"),
    typed::def<&fma3, typed::leaf>("fma"),
    typed::def<&keyword, typed::leaf>("keyword", nullptr, typed::arg("a"), typed::arg("b") = 2),
    typed::def<&text, typed::leaf>("text"),
    typed::def<&data, typed::leaf>("data"),
    typed::def<&raises>("raises"),
    {nullptr, nullptr, 0, nullptr},
};
PyMethodDef scaler_methods[] = {typed::def<&Scaler::scale, typed::leaf>("scale"), {nullptr, nullptr, 0, nullptr}};
PyType_Slot scaler_slots[] = {{Py_tp_methods, scaler_methods},
                              {Py_tp_init, reinterpret_cast<void *>(scaler_init)},
                              {Py_tp_new, reinterpret_cast<void *>(PyType_GenericNew)},
                              {0, nullptr}};
PyType_Spec scaler_spec = {"calls_cpp.Scaler", sizeof(Scaler), 0, Py_TPFLAGS_DEFAULT, scaler_slots};
PyTypeObject *scaler_type;
PyModuleDef def = {PyModuleDef_HEAD_INIT, "calls_cpp", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

} // namespace

TYPED_TABLE(calls_cpp, methods, typed::of_type{scaler_methods, &scaler_type})

PyMODINIT_FUNC PyInit_calls_cpp() {
    PyObject *module = PyModule_Create(&def);
    PyObject *type = PyType_FromSpec(&scaler_spec);
    if (module == nullptr || type == nullptr) return nullptr;
    scaler_type = reinterpret_cast<PyTypeObject *>(type);
    return PyModule_AddObject(module, "Scaler", type) < 0 ? nullptr : module;
}
