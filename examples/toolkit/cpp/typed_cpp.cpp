/* The shapes of typed functions by typed.hpp, in a plain extension module. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "typed.hpp"

namespace {

void noop() noexcept {}
void noop_o(PyObject *) noexcept {}
long long inc(long long x) noexcept { return static_cast<long long>(static_cast<unsigned long long>(x) + 1u); }
double add(double a, double b) noexcept { return a + b; }
double add_plain(double a, double b) { return a + b; }
double fma(double a, double b, double c) noexcept { return a * b + c; }

typed::result<long long> checked(long long x) noexcept {
    if (x == 13) return typed::fail(PyExc_ValueError, "checked: 13 is not welcome");
    return static_cast<long long>(static_cast<unsigned long long>(x) - 1u);
}

typed::result<void> guard(long long x) noexcept {
    if (x == 13) return typed::fail(PyExc_ValueError, "guard");
    return {};
}

long long panicky(long long x) {
    if (x == 13) throw std::out_of_range("thirteen");
    return x;
}

bool less(long long a, long long b) {
    if (a == b) throw std::invalid_argument("equal");
    return a < b;
}

bool invert(bool x) noexcept { return !x; }

template <class T> T same(T x) noexcept { return x; }

std::size_t length(std::string_view text) noexcept { return text.size(); }

unsigned long long total(typed::bytes data) noexcept {
    unsigned long long sum = 0;
    for (Py_ssize_t i = 0; i < data.size; i++) sum += static_cast<unsigned char>(data.data[i]);
    return sum;
}

std::string first(std::string_view text) { return std::string(text.substr(0, text.find(' '))); }

long long both(std::string_view text, typed::bytes data, long long n) noexcept {
    return static_cast<long long>(static_cast<unsigned long long>(n) + text.size() + static_cast<unsigned long long>(data.size));
}

double power(double base, int exponent) noexcept {
    double result = 1.0;
    for (int i = 0; i < exponent; i++) result *= base;
    return result;
}

PyObject *shown(PyObject *x) { return PyObject_Repr(x); }

struct Scaler {
    PyObject_HEAD
    double factor;

    double scale(double x) noexcept { return x * factor; }
    void nothing() noexcept {}
};

int scaler_init(PyObject *self, PyObject *args, PyObject *) {
    return PyArg_ParseTuple(args, "d:Scaler", &reinterpret_cast<Scaler *>(self)->factor) ? 0 : -1;
}

PyMethodDef methods[] = {
    typed::def<&noop, typed::leaf>("noop", "nothing"),
    typed::def<&noop_o, typed::leaf>("noop_o"),
    typed::def<&inc, typed::leaf | typed::pure | typed::nogil>("inc"),
    typed::def<&add, typed::leaf | typed::pure | typed::nogil>("add", "the sum"),
    typed::def<&add_plain>("add_plain"),
    typed::def<&fma, typed::leaf | typed::pure>("fma"),
    typed::def<&checked>("checked"),
    typed::def<&guard>("guard"),
    typed::def<&panicky>("panicky"),
    typed::def<&less>("less"),
    typed::def<&invert, typed::leaf | typed::pure>("invert"),
    typed::def<&same<signed char>, typed::testable>("same_i8"),
    typed::def<&same<short>>("same_i16"),
    typed::def<&same<int>>("same_i32"),
    typed::def<&same<long long>>("same_i64"),
    typed::def<&same<unsigned char>>("same_u8"),
    typed::def<&same<unsigned short>>("same_u16"),
    typed::def<&same<unsigned>>("same_u32"),
    typed::def<&same<unsigned long long>>("same_u64"),
    typed::def<&same<float>>("same_f32"),
    typed::def<&same<double>>("same_f64"),
    typed::def<&length, typed::leaf>("length"),
    typed::def<&total, typed::leaf | typed::pure>("total"),
    typed::def<&first>("first"),
    typed::def<&both>("both"),
    typed::def<&power, typed::leaf | typed::pure>("power", nullptr, typed::arg("base"), typed::arg("exponent") = 2),
    typed::def<&shown>("shown"),
    {nullptr, nullptr, 0, nullptr},
};

PyMethodDef scaler_methods[] = {
    typed::def<&Scaler::scale, typed::leaf>("scale"),
    typed::def<&Scaler::nothing>("nothing"),
    {nullptr, nullptr, 0, nullptr},
};

PyTypeObject *scaler_type;

PyType_Slot scaler_slots[] = {
    {Py_tp_methods, scaler_methods},
    {Py_tp_init, reinterpret_cast<void *>(scaler_init)},
    {Py_tp_new, reinterpret_cast<void *>(PyType_GenericNew)},
    {0, nullptr},
};
PyType_Spec scaler_spec = {"typed_cpp.Scaler", sizeof(Scaler), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, scaler_slots};

PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "typed_cpp", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

} // namespace

TYPED_TABLE(typed_cpp, methods, typed::of_type{scaler_methods, &scaler_type})

PyMODINIT_FUNC PyInit_typed_cpp() {
    PyObject *module = PyModule_Create(&module_def);
    if (module == nullptr) return nullptr;
    scaler_type = reinterpret_cast<PyTypeObject *>(PyType_FromSpec(&scaler_spec));
    if (scaler_type == nullptr || PyModule_AddObjectRef(module, "Scaler", reinterpret_cast<PyObject *>(scaler_type)) < 0) {
        Py_DECREF(module);
        return nullptr;
    }
    return module;
}
