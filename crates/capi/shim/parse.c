/* PyArg_Parse*: taking argument tuples apart by format strings. */
#include "shim.h"

#define MAXITEMS 64
#define CONVERTER_CLEANUP 0x20000

typedef int (*converter)(PyObject *, void *);

/* What must be undone if a later argument is wrong. */
typedef struct { enum { BUFFER, MEMORY, CONVERTED } kind; void *what; converter f; } undo;
typedef struct { undo items[MAXITEMS]; int n; } undo_list;

static void note(undo_list *u, int kind, void *what, converter f) {
    if (u->n < MAXITEMS) { u->items[u->n].kind = kind; u->items[u->n].what = what; u->items[u->n].f = f; u->n++; }
}

static int finish(undo_list *u, int ok) {
    if (!ok) {
        for (int i = 0; i < u->n; i++) {
            undo *x = &u->items[i];
            if (x->kind == BUFFER) PyBuffer_Release(x->what);
            else if (x->kind == MEMORY) { PyMem_Free(*(void **)x->what); *(void **)x->what = NULL; }
            else x->f(NULL, x->what);
        }
    }
    return ok;
}

/* Where an argument stands, for messages. */
typedef struct { const char *fname, *message; int number; int levels[32]; int depth; const char *keyword; } place;

static const char *type_name(PyObject *o) { return o == NONE ? "None" : rivet_type_name(o); }

static void complain(place *p, const char *what) {
    if (PyErr_Occurred()) return;
    if (p->message) { PyErr_SetString(PyExc_TypeError, p->message); return; }
    char b[512];
    size_t n = 0;
    b[0] = 0;
    if (p->fname) n += (size_t)snprintf(b + n, sizeof b - n, "%.200s() ", p->fname);
    if (p->number) {
        n += (size_t)snprintf(b + n, sizeof b - n, "argument %d", p->number);
        for (int i = 0; i < p->depth && n < 400; i++) n += (size_t)snprintf(b + n, sizeof b - n, ", item %d", p->levels[i]);
    } else {
        n += (size_t)snprintf(b + n, sizeof b - n, "argument");
    }
    snprintf(b + n, sizeof b - n, " %.256s", what);
    PyErr_SetString(what[0] == '(' ? PyExc_SystemError : PyExc_TypeError, b);
}

static int wrong(place *p, const char *expected, PyObject *o) {
    char b[300];
    if (expected[0] == '(') { complain(p, expected); return 0; }
    snprintf(b, sizeof b, "must be %.50s, not %.50s", expected, type_name(o));
    complain(p, b);
    return 0;
}

static int range(const char *what) { PyErr_SetString(PyExc_OverflowError, what); return 0; }

/* Integers: `__index__` objects are taken, floats are not. */
static int number(PyObject *o, long *out) { *out = PyLong_AsLong(o); return !(*out == -1 && PyErr_Occurred()); }

static int one_integer(char c, PyObject *o, void *to, place *p) {
    long l;
    (void)p;
    switch (c) {
    case 'b':
        if (!number(o, &l)) return 0;
        if (l < 0) return range("unsigned byte integer is less than minimum");
        if (l > UCHAR_MAX) return range("unsigned byte integer is greater than maximum");
        *(unsigned char *)to = (unsigned char)l;
        return 1;
    case 'h':
        if (!number(o, &l)) return 0;
        if (l < SHRT_MIN) return range("signed short integer is less than minimum");
        if (l > SHRT_MAX) return range("signed short integer is greater than maximum");
        *(short *)to = (short)l;
        return 1;
    case 'i':
        if (!number(o, &l)) return 0;
        if (l > INT_MAX) return range("signed integer is greater than maximum");
        if (l < INT_MIN) return range("signed integer is less than minimum");
        *(int *)to = (int)l;
        return 1;
    case 'l':
        if (!number(o, &l)) return 0;
        *(long *)to = l;
        return 1;
    case 'L': {
        long long v = PyLong_AsLongLong(o);
        if (v == -1 && PyErr_Occurred()) return 0;
        *(long long *)to = v;
        return 1;
    }
    case 'n': {
        PyObject *i = PyNumber_Index(o);
        if (!i) return 0;
        Py_ssize_t v = PyLong_AsSsize_t(i);
        Py_DecRef(i);
        if (v == -1 && PyErr_Occurred()) return 0;
        *(Py_ssize_t *)to = v;
        return 1;
    }
    case 'B': case 'H': case 'I': {
        unsigned long v = PyLong_AsUnsignedLongMask(o);
        if (v == (unsigned long)-1 && PyErr_Occurred()) return 0;
        if (c == 'B') *(unsigned char *)to = (unsigned char)v;
        else if (c == 'H') *(unsigned short *)to = (unsigned short)v;
        else *(unsigned *)to = (unsigned)v;
        return 1;
    }
    case 'k':
        if (!IS(o, PyLong_Type)) return wrong(p, "int", o);
        *(unsigned long *)to = PyLong_AsUnsignedLongMask(o);
        return 1;
    default:
        if (!IS(o, PyLong_Type)) return wrong(p, "int", o);
        *(unsigned long long *)to = PyLong_AsUnsignedLongLongMask(o);
        return 1;
    }
}

/* A contiguous buffer; what is wrong with an object that has none says the exception of PyObject_GetBuffer. */
static int contiguous_buffer(PyObject *o, Py_buffer *view, place *p) {
    if (PyObject_GetBuffer(o, view, 0) != 0) return 0;
    if (PyBuffer_IsContiguous(view, 'C')) return 1;
    PyBuffer_Release(view);
    return wrong(p, "contiguous buffer", o);
}

/* Whether the buffers of an object have to be given back. */
static int has_release(PyObject *o) {
    const void *type = ((void **)o)[1];
    void *const *buffer = *(void *const *const *)((const char *)type + 160);
    return buffer && buffer[1];
}

/* `s`, `z`, `y` and their forms with `*` and `#`. */
static int text(char c, const char **f, PyObject *o, va_list *va, place *p, undo_list *u) {
    const char *expected = c == 'y' ? "bytes-like object" : c == 'z' ? "str or None" : "str";
    if (**f == '*') {
        (*f)++;
        Py_buffer *view = va_arg(*va, Py_buffer *);
        if (c == 'z' && o == NONE) { memset(view, 0, sizeof *view); view->readonly = 1; view->itemsize = 1; view->ndim = 1; return 1; }
        if (c != 'y' && IS(o, PyUnicode_Type)) {
            Py_ssize_t n;
            const char *s = PyUnicode_AsUTF8AndSize(o, &n);
            if (!s) return 0;
            Py_IncRef(o);
            *view = (Py_buffer){ (void *)s, o, n, 1, 1, 1, NULL, NULL, NULL, NULL, NULL };
            note(u, BUFFER, view, NULL);
            return 1;
        }
        if (!contiguous_buffer(o, view, p)) return 0;
        note(u, BUFFER, view, NULL);
        return 1;
    }
    if (**f == '#') {
        (*f)++;
        const char **out = va_arg(*va, const char **);
        Py_ssize_t *n = va_arg(*va, Py_ssize_t *);
        if (c == 'z' && o == NONE) { *out = NULL; *n = 0; return 1; }
        if (c != 'y' && IS(o, PyUnicode_Type)) {
            *out = PyUnicode_AsUTF8AndSize(o, n);
            return *out != NULL;
        }
        if (IS(o, PyBytes_Type)) { *out = PyBytes_AsString(o); *n = PyBytes_Size(o); return 1; }
        if (has_release(o)) return wrong(p, "read-only bytes-like object", o);
        Py_buffer view;
        if (!contiguous_buffer(o, &view, p)) return 0;
        *out = view.buf;
        *n = view.len;
        PyBuffer_Release(&view);
        return 1;
    }
    const char **out = va_arg(*va, const char **);
    Py_ssize_t n;
    if (c == 'z' && o == NONE) { *out = NULL; return 1; }
    if (c == 'y') {
        if (!IS(o, PyBytes_Type)) return wrong(p, "bytes", o);
        *out = PyBytes_AsString(o);
        if ((Py_ssize_t)strlen(*out) != PyBytes_Size(o)) { PyErr_SetString(PyExc_ValueError, "embedded null byte"); return 0; }
        return 1;
    }
    if (!IS(o, PyUnicode_Type)) return wrong(p, expected, o);
    *out = PyUnicode_AsUTF8AndSize(o, &n);
    if (!*out) return 0;
    if ((Py_ssize_t)strlen(*out) != n) { PyErr_SetString(PyExc_ValueError, "embedded null character"); return 0; }
    return 1;
}

/* `es`, `et` and their forms with `#`. */
static int encoded(const char **f, PyObject *o, va_list *va, place *p, undo_list *u) {
    char kind = *(*f)++;
    const char *encoding = va_arg(*va, const char *);
    char **out = va_arg(*va, char **);
    Py_ssize_t *len = NULL;
    if (**f == '#') { (*f)++; len = va_arg(*va, Py_ssize_t *); }
    if (!out) return wrong(p, "(buffer is NULL)", o);
    PyObject *s;
    if (kind == 't' && (IS(o, PyBytes_Type) || IS(o, PyByteArray_Type))) { s = o; Py_IncRef(s); }
    else if (IS(o, PyUnicode_Type)) {
        s = PyUnicode_AsEncodedString(o, encoding ? encoding : "utf-8", NULL);
        if (!s) return 0;
    } else {
        return wrong(p, kind == 's' ? "str" : "str, bytes or bytearray", o);
    }
    const char *data = IS(s, PyByteArray_Type) ? PyByteArray_AsString(s) : PyBytes_AsString(s);
    Py_ssize_t n = IS(s, PyByteArray_Type) ? PyByteArray_Size(s) : PyBytes_Size(s);
    if (!len && (Py_ssize_t)strlen(data) != n) {
        Py_DecRef(s);
        PyErr_SetString(PyExc_ValueError, "embedded null byte");
        return 0;
    }
    if (len && *out) {
        if (n + 1 > *len) {
            PyErr_Format(PyExc_ValueError, "encoded string too long (%zd, maximum length %zd)", n, *len - 1);
            Py_DecRef(s);
            return 0;
        }
    } else {
        *out = PyMem_Malloc((size_t)n + 1);
        if (!*out) { Py_DecRef(s); PyErr_NoMemory(); return 0; }
        note(u, MEMORY, out, NULL);
    }
    memcpy(*out, data, (size_t)n);
    (*out)[n] = 0;
    if (len) *len = n;
    Py_DecRef(s);
    return 1;
}

static int object(const char **f, PyObject *o, va_list *va, place *p, undo_list *u) {
    if (**f == '!') {
        (*f)++;
        void *type = va_arg(*va, void *);
        PyObject **out = va_arg(*va, PyObject **);
        if (!IS(o, type)) return wrong(p, *(const char **)((char *)type + 24), o);
        *out = o;
        return 1;
    }
    if (**f == '&') {
        (*f)++;
        converter c = va_arg(*va, converter);
        void *out = va_arg(*va, void *);
        int r = c(o, out);
        if (!r) { if (!PyErr_Occurred()) wrong(p, "(unspecified)", o); return 0; }
        if (r == CONVERTER_CLEANUP) note(u, CONVERTED, out, c);
        return 1;
    }
    *va_arg(*va, PyObject **) = o;
    return 1;
}

static int item(const char **f, PyObject *o, va_list *va, place *p, undo_list *u);

static int sequence(const char **f, PyObject *o, va_list *va, place *p, undo_list *u) {
    const char *start = *f;
    int n = 0, depth = 0;
    for (const char *q = start; *q; q++) {
        if (*q == '(') { if (!depth) n++; depth++; }
        else if (*q == ')') { if (!depth) break; depth--; }
        else if (*q == ':' || *q == ';') break;
        else if (!depth && ((*q >= 'a' && *q <= 'z') || (*q >= 'A' && *q <= 'Z')) && !(q > start && q[-1] == 'e' && (*q == 's' || *q == 't'))) n++;
    }
    if (!PySequence_Check(o) || IS(o, PyBytes_Type) || IS(o, PyUnicode_Type)) {
        char b[80];
        snprintf(b, sizeof b, "must be %d-item sequence, not %.50s", n, type_name(o));
        complain(p, b);
        return 0;
    }
    Py_ssize_t have = PySequence_Size(o);
    if (have != n) {
        char b[120];
        if (have < 0) return 0;
        snprintf(b, sizeof b, "must be sequence of length %d, not %zd", n, have);
        complain(p, b);
        return 0;
    }
    int level = p->depth < 31 ? p->depth++ : 31;
    for (int i = 0; i < n; i++) {
        PyObject *x = PySequence_GetItem(o, i);
        if (!x) { PyErr_Clear(); p->levels[level] = i + 1; complain(p, "is not retrievable"); return 0; }
        p->levels[level] = i + 1;
        int ok = item(f, x, va, p, u);
        Py_DecRef(x);
        if (!ok) return 0;
    }
    p->depth = level;
    if (**f == ')') (*f)++;
    return 1;
}

static int item(const char **f, PyObject *o, va_list *va, place *p, undo_list *u) {
    char c = *(*f)++;
    switch (c) {
    case '(': return sequence(f, o, va, p, u);
    case 'b': case 'B': case 'h': case 'H': case 'i': case 'I': case 'l': case 'k': case 'L': case 'K': case 'n':
        return one_integer(c, o, va_arg(*va, void *), p);
    case 'f': case 'd': {
        double d = PyFloat_AsDouble(o);
        void *out = va_arg(*va, void *);
        if (d == -1.0 && PyErr_Occurred()) return 0;
        if (c == 'f') *(float *)out = (float)d; else *(double *)out = d;
        return 1;
    }
    case 'D': {
        Py_complex *out = va_arg(*va, Py_complex *);
        double parts[2];
        if (rivet_complex_parts(o, parts) < 0) return 0;
        out->real = parts[0];
        out->imag = parts[1];
        return 1;
    }
    case 'c': {
        char *out = va_arg(*va, char *);
        if (IS(o, PyBytes_Type) && PyBytes_Size(o) == 1) *out = PyBytes_AsString(o)[0];
        else if (IS(o, PyByteArray_Type) && PyByteArray_Size(o) == 1) *out = PyByteArray_AsString(o)[0];
        else return wrong(p, "a byte string of length 1", o);
        return 1;
    }
    case 'C': {
        int *out = va_arg(*va, int *);
        if (!IS(o, PyUnicode_Type) || PyUnicode_GetLength(o) != 1) return wrong(p, "a unicode character", o);
        *out = (int)PyUnicode_ReadChar(o, 0);
        return 1;
    }
    case 'p': {
        int *out = va_arg(*va, int *);
        int v = PyObject_IsTrue(o);
        if (v < 0) return 0;
        *out = v > 0;
        return 1;
    }
    case 's': case 'z': case 'y': return text(c, f, o, va, p, u);
    case 'e': return encoded(f, o, va, p, u);
    case 'S': case 'U': case 'Y': {
        void *type = c == 'S' ? (void *)PyBytes_Type : c == 'U' ? (void *)PyUnicode_Type : (void *)PyByteArray_Type;
        PyObject **out = va_arg(*va, PyObject **);
        if (!IS(o, type)) return wrong(p, c == 'S' ? "bytes" : c == 'U' ? "str" : "bytearray", o);
        *out = o;
        return 1;
    }
    case 'O': return object(f, o, va, p, u);
    case 'w': {
        if (**f != '*') { complain(p, "(invalid use of 'w' format character)"); return 0; }
        (*f)++;
        Py_buffer *view = va_arg(*va, Py_buffer *);
        if (PyObject_GetBuffer(o, view, 1) < 0) { PyErr_Clear(); return wrong(p, "read-write bytes-like object", o); }
        if (!PyBuffer_IsContiguous(view, 'C')) { PyBuffer_Release(view); return wrong(p, "contiguous buffer", o); }
        note(u, BUFFER, view, NULL);
        return 1;
    }
    default:
        complain(p, "(impossible<bad format char>)");
        return 0;
    }
}

/* Skips one item of a format and its places. */
static void skip(const char **f, va_list *va) {
    char c = *(*f)++;
    if (c == '(') { while (**f && **f != ')') skip(f, va); if (**f) (*f)++; return; }
    if (c == 'e') { (*f)++; (void)va_arg(*va, void *); (void)va_arg(*va, void *); if (**f == '#') { (*f)++; (void)va_arg(*va, void *); } return; }
    (void)va_arg(*va, void *);
    if (c == 'O' && (**f == '!' || **f == '&')) { (*f)++; (void)va_arg(*va, void *); return; }
    if (**f == '*') (*f)++;
    else if (**f == '#') { (*f)++; (void)va_arg(*va, void *); }
}

/* Number of items: required, all, positional ones; and where the name or message begins. */
static void measure(const char *f, int *min, int *max, int *positional, const char **fname, const char **message) {
    int n = 0, depth = 0;
    *min = -1; *positional = -1; *fname = *message = NULL;
    for (; *f; f++) {
        if (*f == '(') { if (!depth) n++; depth++; }
        else if (*f == ')') depth--;
        else if (depth) continue;
        else if (*f == '|') *min = n;
        else if (*f == '$') *positional = n;
        else if (*f == ':') { *fname = f + 1; break; }
        else if (*f == ';') { *message = f + 1; break; }
        else if (*f == 'e') { n++; f++; }
        else if ((*f >= 'a' && *f <= 'z') || (*f >= 'A' && *f <= 'Z')) n++;
    }
    if (*min < 0) *min = n;
    if (*positional < 0) *positional = n;
    *max = n;
}

static int parse_array(PyObject *const *args, Py_ssize_t n, const char *format, va_list *va) {
    int min, max, positional;
    place p = { 0 };
    measure(format, &min, &max, &positional, &p.fname, &p.message);
    if (n < min || n > max) {
        if (p.message) { PyErr_SetString(PyExc_TypeError, p.message); return 0; }
        const char *name = p.fname ? p.fname : "function", *call = p.fname ? "()" : "";
        if (max == 0) PyErr_Format(PyExc_TypeError, "%.150s%s takes no arguments", name, call);
        else PyErr_Format(PyExc_TypeError, "%.150s%s takes %s %d argument%s (%zd given)", name, call, min == max ? "exactly" : n < min ? "at least" : "at most", n < min ? min : max, (n < min ? min : max) == 1 ? "" : "s", n);
        return 0;
    }
    undo_list u = { .n = 0 };
    for (Py_ssize_t i = 0; i < n; i++) {
        if (*format == '|') format++;
        p.number = (int)i + 1;
        p.depth = 0;
        if (!item(&format, args[i], va, &p, &u)) return finish(&u, 0);
    }
    int letter = (*format >= 'a' && *format <= 'z') || (*format >= 'A' && *format <= 'Z');
    if (*format && !letter && !strchr("|():;$", *format)) {
        PyErr_Format(PyExc_SystemError, "bad format string: %.200s", format);
        return finish(&u, 0);
    }
    return 1;
}

static int parse_tuple(PyObject *args, const char *format, va_list *va) {
    if (!args || !IS(args, PyTuple_Type)) { PyErr_SetString(PyExc_SystemError, "new style getargs format but argument is not a tuple"); return 0; }
    return parse_array((PyObject *const *)((char *)args + 24), PyTuple_Size(args), format, va);
}

/* PyArg_Parse: the argument is one object, or a tuple if the format has several items. */
static int parse_object(PyObject *args, const char *format, va_list *va) {
    int min, max, positional;
    place p = { 0 };
    measure(format, &min, &max, &positional, &p.fname, &p.message);
    if (max == 0) {
        if (!args) return 1;
        PyErr_Format(PyExc_TypeError, "%.200s%s takes no arguments", p.fname ? p.fname : "function", p.fname ? "()" : "");
        return 0;
    }
    if (max != 1) return parse_tuple(args, format, va);
    if (!args) { PyErr_Format(PyExc_TypeError, "%.200s%s takes at least one argument", p.fname ? p.fname : "function", p.fname ? "()" : ""); return 0; }
    undo_list u = { .n = 0 };
    if (*format == '|') format++;
    return finish(&u, item(&format, args, va, &p, &u));
}

static int parse_keywords(PyObject *args, PyObject *kw, const char *format, const char *const *names, va_list *va) {
    int min, max, positional;
    place p = { 0 };
    measure(format, &min, &max, &positional, &p.fname, &p.message);
    Py_ssize_t n = args ? PyTuple_Size(args) : 0, nkw = kw ? PyDict_Size(kw) : 0;
    int len = 0, only = 0;
    while (names[len]) { if (!*names[len]) only++; len++; }
    const char *name = p.fname ? p.fname : "function", *call = p.fname ? "()" : "";
    if (n + nkw > len) {
        PyErr_Format(PyExc_TypeError, "%.200s%s takes at most %d %sargument%s (%zd given)", name, call, len, n == 0 ? "keyword " : "", len == 1 ? "" : "s", n + nkw);
        return 0;
    }
    undo_list u = { .n = 0 };
    Py_ssize_t left = nkw;
    int skipped = 0;
    const char *f = format;
    for (int i = 0; i < len; i++) {
        if (*f == '|') f++;
        if (*f == '$') f++;
        if (i == positional && n > positional) {
            if (positional == 0) PyErr_Format(PyExc_TypeError, "%.200s%s takes no positional arguments", name, call);
            else PyErr_Format(PyExc_TypeError, "%.200s%s takes %s %d positional argument%s (%zd given)", name, call, min < positional ? "at most" : "exactly", positional, positional == 1 ? "" : "s", n);
            return finish(&u, 0);
        }
        if (i == only && n < only && n < min) {
            int need = only < min ? only : min;
            PyErr_Format(PyExc_TypeError, "%.200s%s takes %s %d positional argument%s (%zd given)", name, call, need < (positional < only ? positional : only) || only < max ? "at least" : "exactly", need, need == 1 ? "" : "s", n);
            return finish(&u, 0);
        }
        PyObject *o = NULL;
        if (i < n) {
            o = PyTuple_GetItem(args, i);
            if (nkw && i >= only && *names[i] && PyDict_GetItemString(kw, names[i])) {
                PyErr_Format(PyExc_TypeError, "argument for %.200s%s given by name ('%s') and position (%d)", name, call, names[i], i + 1);
                return finish(&u, 0);
            }
        } else if (left && i >= only) {
            o = _PyDict_GetItemStringWithError(kw, names[i]);
            if (o) left--;
            else if (PyErr_Occurred()) return finish(&u, 0);
        }
        if (o) {
            p.number = i + 1;
            p.depth = 0;
            if (!item(&f, o, va, &p, &u)) return finish(&u, 0);
            continue;
        }
        if (i < min) {
            if (i < only) { skipped = 1; skip(&f, va); continue; }
            PyErr_Format(PyExc_TypeError, "%.200s%s missing required argument '%s' (pos %d)", name, call, names[i], i + 1);
            return finish(&u, 0);
        }
        skip(&f, va);
    }
    if (skipped) {
        int need = only < min ? only : min;
        PyErr_Format(PyExc_TypeError, "%.200s%s takes %s %d positional argument%s (%zd given)", name, call, "at least", need, need == 1 ? "" : "s", n);
        return finish(&u, 0);
    }
    if (left && !rivet_check_keywords(kw, names, p.fname)) return finish(&u, 0);
    return 1;
}

int PyArg_VaParse(PyObject *args, const char *format, va_list va) {
    va_list copy;
    va_copy(copy, va);
    int r = parse_tuple(args, format, &copy);
    va_end(copy);
    return r;
}

int PyArg_ParseTuple(PyObject *args, const char *format, ...) {
    va_list va;
    va_start(va, format);
    int r = parse_tuple(args, format, &va);
    va_end(va);
    return r;
}

int _PyArg_ParseTuple_SizeT(PyObject *args, const char *format, ...) {
    va_list va;
    va_start(va, format);
    int r = parse_tuple(args, format, &va);
    va_end(va);
    return r;
}

int PyArg_Parse(PyObject *args, const char *format, ...) {
    va_list va;
    va_start(va, format);
    int r = parse_object(args, format, &va);
    va_end(va);
    return r;
}

int _PyArg_Parse_SizeT(PyObject *args, const char *format, ...) {
    va_list va;
    va_start(va, format);
    int r = parse_object(args, format, &va);
    va_end(va);
    return r;
}

int _PyArg_ParseStack(PyObject *const *args, Py_ssize_t n, const char *format, ...) {
    va_list va;
    va_start(va, format);
    int r = parse_array(args, n, format, &va);
    va_end(va);
    return r;
}

int _PyArg_ParseStack_SizeT(PyObject *const *args, Py_ssize_t n, const char *format, ...) {
    va_list va;
    va_start(va, format);
    int r = parse_array(args, n, format, &va);
    va_end(va);
    return r;
}

int PyArg_VaParseTupleAndKeywords(PyObject *args, PyObject *kw, const char *format, char **names, va_list va) {
    va_list copy;
    va_copy(copy, va);
    int r = parse_keywords(args, kw, format, (const char *const *)names, &copy);
    va_end(copy);
    return r;
}

int PyArg_ParseTupleAndKeywords(PyObject *args, PyObject *kw, const char *format, char **names, ...) {
    va_list va;
    va_start(va, names);
    int r = parse_keywords(args, kw, format, (const char *const *)names, &va);
    va_end(va);
    return r;
}

int _PyArg_ParseTupleAndKeywords_SizeT(PyObject *args, PyObject *kw, const char *format, char **names, ...) {
    va_list va;
    va_start(va, names);
    int r = parse_keywords(args, kw, format, (const char *const *)names, &va);
    va_end(va);
    return r;
}

int PyArg_UnpackTuple(PyObject *args, const char *name, Py_ssize_t min, Py_ssize_t max, ...) {
    va_list va;
    Py_ssize_t n = PyTuple_Size(args);
    if (n < min || n > max) {
        const char *how = min == max ? "" : n < min ? "at least " : "at most ";
        Py_ssize_t limit = n < min ? min : max;
        if (name) PyErr_Format(PyExc_TypeError, "%.200s expected %s%zd argument%s, got %zd", name, how, limit, limit == 1 ? "" : "s", n);
        else PyErr_Format(PyExc_TypeError, "unpacked tuple should have %s%zd element%s, but has %zd", how, limit, limit == 1 ? "" : "s", n);
        return 0;
    }
    va_start(va, max);
    for (Py_ssize_t i = 0; i < n; i++) *va_arg(va, PyObject **) = PyTuple_GetItem(args, i);
    va_end(va);
    return 1;
}

int _PyArg_UnpackStack(PyObject *const *args, Py_ssize_t n, const char *name, Py_ssize_t min, Py_ssize_t max, ...) {
    va_list va;
    if (n < min || n > max) {
        const char *how = min == max ? "" : n < min ? "at least " : "at most ";
        Py_ssize_t limit = n < min ? min : max;
        PyErr_Format(PyExc_TypeError, "%.200s expected %s%zd argument%s, got %zd", name ? name : "unpacked tuple", how, limit, limit == 1 ? "" : "s", n);
        return 0;
    }
    va_start(va, max);
    for (Py_ssize_t i = 0; i < n; i++) *va_arg(va, PyObject **) = args[i];
    va_end(va);
    return 1;
}

int _PyArg_VaParse_SizeT(PyObject *args, const char *format, va_list va) {
    return PyArg_VaParse(args, format, va);
}

int _PyArg_VaParseTupleAndKeywords_SizeT(PyObject *args, PyObject *kw, const char *format, char **names, va_list va) {
    return PyArg_VaParseTupleAndKeywords(args, kw, format, names, va);
}
