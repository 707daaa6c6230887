/* Py_BuildValue, calls with variable arguments, and the functions that return structures. */
#include "shim.h"

typedef PyObject *(*maker)(void *);

static PyObject *value(const char **f, va_list *va);

static int separator(char c) { return c == ' ' || c == ',' || c == ':' || c == '\t'; }

/* Number of items up to the closing character; -1 with SystemError for unmatched parentheses. */
static Py_ssize_t count(const char *f, char end) {
    Py_ssize_t n = 0;
    int level = 0;
    while (level > 0 || *f != end) {
        switch (*f) {
        case 0: PyErr_SetString(PyExc_SystemError, "unmatched paren in format"); return -1;
        case '(': case '[': case '{': if (level == 0) n++; level++; break;
        case ')': case ']': case '}': level--; break;
        case '#': case '&': case ',': case ':': case ' ': case '\t': break;
        default: if (level == 0) n++;
        }
        f++;
    }
    return n;
}

/* Items are made even after a failure: `N` references must be taken over. */
static PyObject *fill(const char **f, va_list *va, char end, Py_ssize_t n, int tuple) {
    if (n < 0) return NULL;
    PyObject *r = tuple ? PyTuple_New(n) : PyList_New(n);
    int bad = r == NULL;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *v = value(f, va);
        if (!v) { bad = 1; v = NONE; Py_IncRef(v); }
        if (r) { if (tuple) PyTuple_SetItem(r, i, v); else PyList_SetItem(r, i, v); } else Py_DecRef(v);
    }
    if (bad) { if (r) Py_DecRef(r); return NULL; }
    while (separator(**f)) (*f)++;
    if (**f != end) { Py_DecRef(r); PyErr_SetString(PyExc_SystemError, "Unmatched paren in format"); return NULL; }
    if (end) (*f)++;
    return r;
}

static PyObject *mapping(const char **f, va_list *va, Py_ssize_t n) {
    if (n < 0) return NULL;
    if (n % 2) { PyErr_SetString(PyExc_SystemError, "Bad dict format"); return NULL; }
    PyObject *d = PyDict_New();
    int bad = d == NULL;
    for (Py_ssize_t i = 0; i < n; i += 2) {
        PyObject *k = value(f, va), *v = value(f, va);
        if (!k || !v || bad || PyDict_SetItem(d, k, v) < 0) bad = 1;
        if (k) Py_DecRef(k);
        if (v) Py_DecRef(v);
    }
    while (separator(**f)) (*f)++;
    if (**f == '}') (*f)++;
    if (bad) { if (d) Py_DecRef(d); return NULL; }
    return d;
}

static PyObject *string(char c, const char **f, va_list *va) {
    const char *s = va_arg(*va, const char *);
    Py_ssize_t n = -1;
    if (**f == '#') { (*f)++; n = va_arg(*va, Py_ssize_t); }
    if (!s) { Py_IncRef(NONE); return NONE; }
    if (n < 0) {
        size_t m = strlen(s);
        if (m > PTRDIFF_MAX) { PyErr_SetString(PyExc_OverflowError, "string too long for Python string"); return NULL; }
        n = (Py_ssize_t)m;
    }
    return c == 'y' ? PyBytes_FromStringAndSize(s, n) : PyUnicode_FromStringAndSize(s, n);
}

static PyObject *value(const char **f, va_list *va) {
    for (;;) {
        char c = *(*f)++;
        switch (c) {
        case '(': return fill(f, va, ')', count(*f, ')'), 1);
        case '[': return fill(f, va, ']', count(*f, ']'), 0);
        case '{': return mapping(f, va, count(*f, '}'));
        case 'b': case 'B': case 'h': case 'i': return PyLong_FromLong(va_arg(*va, int));
        case 'H': return PyLong_FromLong((long)va_arg(*va, unsigned));
        case 'I': return PyLong_FromUnsignedLong(va_arg(*va, unsigned));
        case 'n': return PyLong_FromSsize_t(va_arg(*va, Py_ssize_t));
        case 'l': return PyLong_FromLong(va_arg(*va, long));
        case 'k': return PyLong_FromUnsignedLong(va_arg(*va, unsigned long));
        case 'L': return PyLong_FromLongLong(va_arg(*va, long long));
        case 'K': return PyLong_FromUnsignedLongLong(va_arg(*va, unsigned long long));
        case 'f': case 'd': return PyFloat_FromDouble(va_arg(*va, double));
        case 'D': { Py_complex *z = va_arg(*va, Py_complex *); return PyComplex_FromDoubles(z->real, z->imag); }
        case 'c': { char b = (char)va_arg(*va, int); return PyBytes_FromStringAndSize(&b, 1); }
        case 'C': return PyUnicode_FromOrdinal(va_arg(*va, int));
        case 'u': {
            const void *s = va_arg(*va, const void *);
            Py_ssize_t n = -1;
            if (**f == '#') { (*f)++; n = va_arg(*va, Py_ssize_t); }
            if (!s) { Py_IncRef(NONE); return NONE; }
            return PyUnicode_FromWideChar(s, n);
        }
        case 's': case 'z': case 'U': case 'y': return string(c, f, va);
        case 'N': case 'S': case 'O':
            if (**f == '&') {
                (*f)++;
                maker m = va_arg(*va, maker);
                void *arg = va_arg(*va, void *);
                return m(arg);
            } else {
                PyObject *o = va_arg(*va, PyObject *);
                if (o) { if (c != 'N') Py_IncRef(o); }
                else if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "NULL object passed to Py_BuildValue");
                return o;
            }
        default:
            if (separator(c)) break;
            PyErr_SetString(PyExc_SystemError, "bad format char passed to Py_BuildValue");
            return NULL;
        }
    }
}

static PyObject *build(const char *format, va_list *va) {
    const char *f = format;
    Py_ssize_t n = count(f, 0);
    if (n < 0) return NULL;
    if (n == 0) { Py_IncRef(NONE); return NONE; }
    if (n == 1) return value(&f, va);
    return fill(&f, va, 0, n, 1);
}

PyObject *Py_VaBuildValue(const char *format, va_list va) {
    va_list copy;
    va_copy(copy, va);
    PyObject *r = build(format, &copy);
    va_end(copy);
    return r;
}

PyObject *_Py_VaBuildValue_SizeT(const char *format, va_list va) {
    return Py_VaBuildValue(format, va);
}

PyObject *Py_BuildValue(const char *format, ...) {
    va_list va;
    va_start(va, format);
    PyObject *r = build(format, &va);
    va_end(va);
    return r;
}

PyObject *_Py_BuildValue_SizeT(const char *format, ...) {
    va_list va;
    va_start(va, format);
    PyObject *r = build(format, &va);
    va_end(va);
    return r;
}

/* The arguments a format describes; a single tuple is the argument tuple itself. */
static PyObject *arguments(const char *format, va_list *va) {
    if (!format || !*format) return PyTuple_New(0);
    PyObject *v = build(format, va);
    if (!v || IS(v, PyTuple_Type)) return v;
    PyObject *t = rivet_tuple_of(&v, 1);
    Py_DecRef(v);
    return t;
}

static PyObject *call_format(PyObject *f, const char *format, va_list *va) {
    if (!f) { if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "null argument to internal routine"); return NULL; }
    PyObject *args = arguments(format, va);
    if (!args) return NULL;
    PyObject *r = PyObject_Call(f, args, NULL);
    Py_DecRef(args);
    return r;
}

static PyObject *call_method(PyObject *o, const char *name, const char *format, va_list *va) {
    if (!o || !name) { if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "null argument to internal routine"); return NULL; }
    PyObject *f = PyObject_GetAttrString(o, name);
    if (!f) return NULL;
    PyObject *r = call_format(f, format, va);
    Py_DecRef(f);
    return r;
}

#define CALL(name) \
    va_list va; \
    va_start(va, format); \
    PyObject *r = name; \
    va_end(va); \
    return r

PyObject *PyObject_CallFunction(PyObject *f, const char *format, ...) {
    CALL(call_format(f, format, &va));
}

PyObject *_PyObject_CallFunction_SizeT(PyObject *f, const char *format, ...) {
    CALL(call_format(f, format, &va));
}

PyObject *PyObject_CallMethod(PyObject *o, const char *name, const char *format, ...) {
    CALL(call_method(o, name, format, &va));
}

PyObject *_PyObject_CallMethod_SizeT(PyObject *o, const char *name, const char *format, ...) {
    CALL(call_method(o, name, format, &va));
}

PyObject *PyEval_CallFunction(PyObject *f, const char *format, ...) {
    CALL(call_format(f, format, &va));
}

PyObject *PyEval_CallMethod(PyObject *o, const char *name, const char *format, ...) {
    CALL(call_method(o, name, format, &va));
}

PyObject *_PyObject_CallMethod(PyObject *o, PyObject *name, const char *format, ...) {
    CALL(call_method(o, PyUnicode_AsUTF8(name), format, &va));
}

PyObject *_PyObject_CallMethodId(PyObject *o, const char **id, const char *format, ...) {
    CALL(call_method(o, *id, format, &va));
}

PyObject *_PyObject_CallMethodId_SizeT(PyObject *o, const char **id, const char *format, ...) {
    CALL(call_method(o, *id, format, &va));
}

/* Objects up to a null pointer. */
static Py_ssize_t gather(PyObject **a, Py_ssize_t room, va_list *va) {
    Py_ssize_t n = 0;
    PyObject *o;
    while ((o = va_arg(*va, PyObject *))) {
        if (n == room) { PyErr_SetString(PyExc_SystemError, "too many arguments of a call from C"); return -1; }
        a[n++] = o;
    }
    return n;
}

PyObject *PyObject_CallFunctionObjArgs(PyObject *f, ...) {
    PyObject *a[64];
    va_list va;
    if (!f) { if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "null argument to internal routine"); return NULL; }
    va_start(va, f);
    Py_ssize_t n = gather(a, 64, &va);
    va_end(va);
    return n < 0 ? NULL : PyObject_Vectorcall(f, a, (size_t)n, NULL);
}

PyObject *PyObject_CallMethodObjArgs(PyObject *o, PyObject *name, ...) {
    PyObject *a[64];
    va_list va;
    va_start(va, name);
    Py_ssize_t n = gather(a, 64, &va);
    va_end(va);
    return n < 0 ? NULL : rivet_call_method_object(o, name, a, n);
}

PyObject *_PyObject_CallMethodIdObjArgs(PyObject *o, const char **id, ...) {
    PyObject *a[64];
    va_list va;
    va_start(va, id);
    Py_ssize_t n = gather(a, 64, &va);
    va_end(va);
    return n < 0 ? NULL : rivet_call_method(o, *id, a, n);
}

PyObject *PyTuple_Pack(Py_ssize_t n, ...) {
    va_list va;
    PyObject *r = PyTuple_New(n);
    va_start(va, n);
    for (Py_ssize_t i = 0; r && i < n; i++) {
        PyObject *o = va_arg(va, PyObject *);
        /* The count is the first word of an object, a tuple's items lie behind its head of three. */
        ++*(Py_ssize_t *)o;
        ((PyObject **)r)[3 + i] = o;
    }
    va_end(va);
    return r;
}

int PySys_Audit(const char *event, const char *format, ...) {
    va_list va;
    va_start(va, format);
    PyObject *args = arguments(format, &va);
    va_end(va);
    if (!args) return -1;
    int r = rivet_audit(event, args);
    Py_DecRef(args);
    return r;
}

Py_complex PyComplex_AsCComplex(PyObject *o) {
    double p[2];
    Py_complex r = { -1.0, 0.0 };
    if (rivet_complex_parts(o, p) == 0) { r.real = p[0]; r.imag = p[1]; }
    return r;
}

PyObject *PyComplex_FromCComplex(Py_complex z) {
    return PyComplex_FromDoubles(z.real, z.imag);
}

Py_complex _Py_c_sum(Py_complex a, Py_complex b) {
    return (Py_complex){ a.real + b.real, a.imag + b.imag };
}

Py_complex _Py_c_diff(Py_complex a, Py_complex b) {
    return (Py_complex){ a.real - b.real, a.imag - b.imag };
}

Py_complex _Py_c_neg(Py_complex a) {
    return (Py_complex){ -a.real, -a.imag };
}

Py_complex _Py_c_prod(Py_complex a, Py_complex b) {
    return (Py_complex){ a.real * b.real - a.imag * b.imag, a.real * b.imag + a.imag * b.real };
}

/* Smith's method; a zero divisor is EDOM. */
Py_complex _Py_c_quot(Py_complex a, Py_complex b) {
    double re = b.real < 0 ? -b.real : b.real, im = b.imag < 0 ? -b.imag : b.imag;
    Py_complex r;
    if (re >= im) {
        if (re == 0.0) { errno = EDOM; return (Py_complex){ 0.0, 0.0 }; }
        double k = b.imag / b.real, d = b.real + b.imag * k;
        r.real = (a.real + a.imag * k) / d;
        r.imag = (a.imag - a.real * k) / d;
    } else if (im >= re) {
        double k = b.real / b.imag, d = b.real * k + b.imag;
        r.real = (a.real * k + a.imag) / d;
        r.imag = (a.imag * k - a.real) / d;
    } else {
        r.real = r.imag = __builtin_nan("");
    }
    return r;
}

double _Py_c_abs(Py_complex z) {
    double re = z.real, im = z.imag;
    if (__builtin_isinf(re) || __builtin_isinf(im)) { errno = 0; return __builtin_inf(); }
    if (__builtin_isnan(re) || __builtin_isnan(im)) { errno = 0; return __builtin_nan(""); }
    double r = __builtin_hypot(re, im);
    errno = __builtin_isinf(r) ? ERANGE : 0;
    return r;
}
