/* typed.hpp: a C++17 function as a Python function, from its own type.
 *
 *     static double add(double a, double b) noexcept { return a + b; }
 *
 *     static PyMethodDef methods[] = {
 *         typed::def<&add, typed::leaf | typed::pure>("add", "the sum"),
 *         {nullptr, nullptr, 0, nullptr},
 *     };
 *     TYPED_TABLE(mymodule, methods)
 *
 * `typed::def` picks the cheapest calling convention, takes exact ints, floats, bools and strings apart inline, gives
 * everything else to Python's own conversions, and turns C++ exceptions into Python's. `TYPED_TABLE` exports the typed
 * table of typed_method.h, which is data: nobody has to read it, and CPython does not. The methods go where methods go:
 * into a PyModuleDef, a type's tp_methods, or, in a pybind11 or nanobind module, PyModule_AddFunctions(m.ptr(), methods).
 *
 * Parameters: integers, double, float, bool, std::string_view (str), typed::bytes, PyObject * (any object, borrowed).
 * Results: the same and void, std::string, PyObject * (a new reference; null with an exception set is an error).
 * A function that is not noexcept may throw; typed::result<T> is a result or an error without throwing.
 * A member function of a struct that begins with PyObject_HEAD is a method.
 *
 * Header only; include after Python.h. License: MIT OR Apache-2.0.
 */
#ifndef PYTYPED_HPP
#define PYTYPED_HPP

#include "typed_method.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <exception>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace typed {

/* Effects: what a function does besides computing its result. */
inline constexpr unsigned leaf = PYTYPED_LEAF;
inline constexpr unsigned pure = PYTYPED_PURE | PYTYPED_TESTABLE;
inline constexpr unsigned nogil = PYTYPED_NOGIL;
inline constexpr unsigned reads = PYTYPED_READS;
inline constexpr unsigned testable = PYTYPED_TESTABLE;

/* The contents of a bytes object, borrowed for the call. */
struct bytes {
    const char *data;
    Py_ssize_t size;
};

/* Thrown by a function that has set a Python exception. */
struct error_already_set {};

/* A result, or an error that has been set as the Python exception: `return typed::fail(PyExc_ValueError, "no");` */
struct failure {};
inline failure fail(PyObject *type, const char *text) {
    PyErr_SetString(type, text);
    return {};
}
template <class T> struct result {
    T value;
    bool ok;
    result(T v) : value(std::move(v)), ok(true) {}
    result(failure) : value(), ok(false) {}
};
template <> struct result<void> {
    bool ok;
    result() : ok(true) {}
    result(failure) : ok(false) {}
};

/* How a receiver becomes a T; the default is a struct that begins with PyObject_HEAD. Specialise it for others. */
template <class T> struct receiver {
    static T *of(PyObject *self) noexcept { return reinterpret_cast<T *>(self); }
};

/* A parameter's name and default: def<&power>("power", "doc", typed::arg("base"), typed::arg("exponent") = 2). */
struct arg {
    const char *name;
    bool has_default = false;
    double as_double = 0;
    long long as_int = 0;
    explicit constexpr arg(const char *n) : name(n) {}
    template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>> constexpr arg operator=(T v) const {
        arg a(name);
        a.has_default = true;
        a.as_double = static_cast<double>(v);
        a.as_int = static_cast<long long>(v);
        return a;
    }
};

namespace detail {

/* ---- numbers and text out of objects and back -------------------------------------------------- */

/* Whether the layouts of CPython's objects are known. */
#if !defined(Py_LIMITED_API) && !defined(PYPY_VERSION) && !defined(Py_GIL_DISABLED)
#define PYTYPED_LAYOUT 1
#else
#define PYTYPED_LAYOUT 0
#endif

inline bool is(PyObject *o, PyTypeObject *t) noexcept { return Py_TYPE(o) == t; }

/* An exact int of few digits, inline; false: ask Python. */
inline bool small_int(PyObject *o, long long &out) noexcept {
#if PYTYPED_LAYOUT && PY_VERSION_HEX >= 0x030C0000
    if (PyUnstable_Long_IsCompact(reinterpret_cast<PyLongObject *>(o))) {
        out = PyUnstable_Long_CompactValue(reinterpret_cast<PyLongObject *>(o));
        return true;
    }
#elif PYTYPED_LAYOUT
    const digit *d = reinterpret_cast<PyLongObject *>(o)->ob_digit;
    switch (Py_SIZE(o)) {
    case 0: out = 0; return true;
    case 1: out = d[0]; return true;
    case -1: out = -static_cast<long long>(d[0]); return true;
    case 2: out = static_cast<long long>(d[0] | static_cast<unsigned long long>(d[1]) << PyLong_SHIFT); return true;
    case -2: out = -static_cast<long long>(d[0] | static_cast<unsigned long long>(d[1]) << PyLong_SHIFT); return true;
    }
#else
    (void)o, (void)out;
#endif
    return false;
}

inline bool raise_range(const char *type) {
    PyErr_Format(PyExc_OverflowError, "Python int too large to convert to C %s", type);
    return false;
}

template <class T> constexpr const char *int_name() {
    constexpr bool s = std::is_signed_v<T>;
    switch (sizeof(T)) {
    case 1: return s ? "int8_t" : "uint8_t";
    case 2: return s ? "int16_t" : "uint16_t";
    case 4: return s ? "int32_t" : "uint32_t";
    default: return s ? "int64_t" : "uint64_t";
    }
}

template <class T, class W> constexpr bool in_range(W v) {
    if constexpr (std::is_signed_v<T>) {
        return v >= static_cast<W>(std::numeric_limits<T>::min()) && v <= static_cast<W>(std::numeric_limits<T>::max());
    } else if constexpr (std::is_signed_v<W>) {
        return v >= 0 && static_cast<std::make_unsigned_t<W>>(v) <= std::numeric_limits<T>::max();
    } else {
        return v <= std::numeric_limits<T>::max();
    }
}

/* Any float, or what has __float__ or __index__. */
inline double any_float(PyObject *o) {
#ifdef PYPY_VERSION
    /* PyPy's function does not try __index__, as CPython's does. */
    PyNumberMethods *methods = Py_TYPE(o)->tp_as_number;
    if (methods != nullptr && methods->nb_float == nullptr && methods->nb_index != nullptr) {
        PyObject *number = PyNumber_Index(o);
        if (number == nullptr) return -1.0;
        double v = PyLong_AsDouble(number);
        Py_DECREF(number);
        return v;
    }
#endif
    return PyFloat_AsDouble(o);
}

/* Any int, or what has __index__. */
template <class T> inline bool any_int(PyObject *o, T &out) {
    PyObject *number = PyNumber_Index(o);
    if (number == nullptr) return false;
    bool fits;
    if constexpr (std::is_signed_v<T> || sizeof(T) < 8) {
        int overflow = 0;
        long long v = PyLong_AsLongLongAndOverflow(number, &overflow);
        Py_DECREF(number);
        if (v == -1 && overflow == 0 && PyErr_Occurred()) return false;
        fits = overflow == 0 && in_range<T>(v);
        out = static_cast<T>(v);
    } else {
        unsigned long long v = PyLong_AsUnsignedLongLong(number);
        Py_DECREF(number);
        if (v == static_cast<unsigned long long>(-1) && PyErr_Occurred()) return false;
        fits = true;
        out = static_cast<T>(v);
    }
    return fits || raise_range(int_name<T>());
}

template <class T, class = void> struct value; /* not a type that crosses */

template <class T> struct value<T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>>> {
    static constexpr bool number = true;
    static constexpr uint16_t code = static_cast<uint16_t>(
        std::is_signed_v<T> ? (sizeof(T) == 1 ? PYTYPED_I8 : sizeof(T) == 2 ? PYTYPED_I16 : sizeof(T) == 4 ? PYTYPED_I32 : PYTYPED_I64)
                            : (sizeof(T) == 1 ? PYTYPED_U8 : sizeof(T) == 2 ? PYTYPED_U16 : sizeof(T) == 4 ? PYTYPED_U32 : PYTYPED_U64));
    static constexpr T sentinel = static_cast<T>(std::is_signed_v<T> ? std::numeric_limits<T>::min() + 0x1e : 0x5e);
    static constexpr uint64_t sentinel_bits = static_cast<uint64_t>(
        std::is_signed_v<T> ? static_cast<int64_t>(sentinel) : static_cast<int64_t>(static_cast<uint64_t>(sentinel)));
    using native = T;
    static bool take(PyObject *o, T &out) {
        long long v;
        if (is(o, &PyLong_Type) && small_int(o, v) && in_range<T>(v)) {
            out = static_cast<T>(v);
            return true;
        }
        return any_int(o, out);
    }
    static PyObject *give(T v) {
        if constexpr (std::is_signed_v<T> || sizeof(T) < sizeof(long)) return PyLong_FromLongLong(static_cast<long long>(v));
        else return PyLong_FromUnsignedLongLong(v);
    }
    static uint64_t bits(const arg &a) { return static_cast<uint64_t>(static_cast<int64_t>(static_cast<T>(a.as_int))); }
    static T fallback(const arg &a) { return static_cast<T>(a.as_int); }
};

template <class T> struct value<T, std::enable_if_t<std::is_same_v<T, double> || std::is_same_v<T, float>>> {
    static constexpr bool number = true;
    static constexpr uint16_t code = std::is_same_v<T, double> ? PYTYPED_F64 : PYTYPED_F32;
    static constexpr uint64_t sentinel_bits = std::is_same_v<T, double> ? UINT64_C(0x7FF8DEAD5EED0BAD) : UINT64_C(0x7FDE5EED);
    using native = T;
    static T sentinel_value() {
        T v;
        std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t> b = static_cast<decltype(b)>(sentinel_bits);
        std::memcpy(&v, &b, sizeof v);
        return v;
    }
    static bool take(PyObject *o, T &out) {
#if PYTYPED_LAYOUT
        if (is(o, &PyFloat_Type)) {
            out = static_cast<T>(PyFloat_AS_DOUBLE(o));
            return true;
        }
#endif
        double v = any_float(o);
        if (v == -1.0 && PyErr_Occurred()) return false;
        out = static_cast<T>(v);
        return true;
    }
    static PyObject *give(T v) { return PyFloat_FromDouble(v); }
    static uint64_t bits(const arg &a) {
        T v = static_cast<T>(a.as_double);
        std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t> b;
        std::memcpy(&b, &v, sizeof v);
        return b;
    }
    static T fallback(const arg &a) { return static_cast<T>(a.as_double); }
};

inline bool raise_type(const char *wanted, PyObject *o) {
    PyErr_Format(PyExc_TypeError, "must be %s, not %.200s", wanted, Py_TYPE(o)->tp_name);
    return false;
}

template <> struct value<bool> {
    static constexpr bool number = true;
    static constexpr uint16_t code = PYTYPED_BOOL;
    static constexpr uint64_t sentinel_bits = 2;
    using native = unsigned char;
    static bool take(PyObject *o, bool &out) {
        if (o != Py_True && o != Py_False) return raise_type("bool", o);
        out = o == Py_True;
        return true;
    }
    static PyObject *give(bool v) { return PyBool_FromLong(v); }
    static uint64_t bits(const arg &a) { return a.as_int != 0; }
    static bool fallback(const arg &a) { return a.as_int != 0; }
};

template <> struct value<std::string_view> {
    static constexpr bool number = false;
    static constexpr uint16_t code = PYTYPED_UTF8;
    static bool take(PyObject *o, std::string_view &out) {
        if (!PyUnicode_Check(o)) return raise_type("str", o);
        Py_ssize_t size;
        const char *data = PyUnicode_AsUTF8AndSize(o, &size);
        if (data == nullptr) return false;
        out = std::string_view(data, static_cast<std::size_t>(size));
        return true;
    }
    static PyObject *give(std::string_view v) { return PyUnicode_FromStringAndSize(v.data(), static_cast<Py_ssize_t>(v.size())); }
};

template <> struct value<std::string> {
    static PyObject *give(const std::string &v) { return PyUnicode_FromStringAndSize(v.data(), static_cast<Py_ssize_t>(v.size())); }
};

template <> struct value<bytes> {
    static constexpr bool number = false;
    static constexpr uint16_t code = PYTYPED_BYTES;
    static bool take(PyObject *o, bytes &out) {
        if (!PyBytes_Check(o)) return raise_type("bytes", o);
        out = {PyBytes_AsString(o), PyBytes_Size(o)};
        return true;
    }
    static PyObject *give(bytes v) { return PyBytes_FromStringAndSize(v.data, v.size); }
};

template <> struct value<PyObject *> {
    static constexpr bool number = false;
    static constexpr uint16_t code = PYTYPED_OBJECT;
    using native = PyObject *;
    static bool take(PyObject *o, PyObject *&out) {
        out = o;
        return true;
    }
    static PyObject *give(PyObject *v) { return v; }
};

/* ---- what a function's type says --------------------------------------------------------------- */

template <class... A> struct list {
    static constexpr int count = sizeof...(A);
};

template <class F> struct shape;
template <class R, class... A> struct shape<R (*)(A...)> {
    using params = list<std::decay_t<A>...>;
    using returns = R;
    using self = void;
    static constexpr bool throws = true;
};
template <class R, class... A> struct shape<R (*)(A...) noexcept> : shape<R (*)(A...)> {
    static constexpr bool throws = false;
};
template <class R, class C, class... A> struct shape<R (C::*)(A...)> {
    using params = list<std::decay_t<A>...>;
    using returns = R;
    using self = C;
    static constexpr bool throws = true;
};
template <class R, class C, class... A> struct shape<R (C::*)(A...) noexcept> : shape<R (C::*)(A...)> {
    static constexpr bool throws = false;
};
template <class R, class C, class... A> struct shape<R (C::*)(A...) const> : shape<R (C::*)(A...)> {};
template <class R, class C, class... A> struct shape<R (C::*)(A...) const noexcept> : shape<R (C::*)(A...)> {
    static constexpr bool throws = false;
};

template <class R> struct returned {
    using type = R;
    static constexpr bool fallible = false;
};
template <class R> struct returned<result<R>> {
    using type = R;
    static constexpr bool fallible = true;
};

/* The exception in flight as a Python exception. */
inline void set_exception() noexcept {
    try {
        throw;
    } catch (const error_already_set &) {
        if (!PyErr_Occurred()) PyErr_SetString(PyExc_SystemError, "typed::error_already_set without an exception set");
    } catch (const std::bad_alloc &) {
        PyErr_NoMemory();
    } catch (const std::out_of_range &e) {
        PyErr_SetString(PyExc_IndexError, e.what());
    } catch (const std::invalid_argument &e) {
        PyErr_SetString(PyExc_ValueError, e.what());
    } catch (const std::domain_error &e) {
        PyErr_SetString(PyExc_ValueError, e.what());
    } catch (const std::overflow_error &e) {
        PyErr_SetString(PyExc_OverflowError, e.what());
    } catch (const std::exception &e) {
        PyErr_SetString(PyExc_RuntimeError, e.what());
    } catch (...) {
        PyErr_SetString(PyExc_RuntimeError, "unknown C++ exception");
    }
}

/* One entry of the table in the making, found by its wrapper's address. */
struct node {
    PyCFunction wrapper;
    bool (*fill)(PyTypedEntry &);
    node *next;
    static node *&first() {
        static node *head = nullptr;
        return head;
    }
};

/* Everything about one function. */
template <auto F, unsigned Effects, class P = typename shape<decltype(F)>::params> struct function;

template <auto F, unsigned Effects, class... A> struct function<F, Effects, list<A...>> {
    using S = shape<decltype(F)>;
    using Self = typename S::self;
    using R = typename returned<typename S::returns>::type;
    static constexpr bool method = !std::is_void_v<Self>;
    static constexpr bool fallible = returned<typename S::returns>::fallible;
    static constexpr bool object = std::is_same_v<R, PyObject *> || std::is_same_v<R, std::string> ||
                                   std::is_same_v<R, std::string_view> || std::is_same_v<R, bytes>;
    static constexpr bool may_fail = S::throws || fallible || object;
    static constexpr int count = sizeof...(A);
    static constexpr bool objects = (std::is_same_v<A, PyObject *> || ... || false);

    static_assert(!(Effects & leaf) || !fallible, "a leaf function cannot raise, but it returns a typed::result");
    static_assert(!(Effects & leaf) || !S::throws, "a leaf function cannot raise: declare it noexcept");
    static_assert(!(Effects & leaf) || !object, "a leaf function makes no objects, but its result has to become one");
    static_assert(!(Effects & PYTYPED_PURE) || !(Effects & reads), "a pure function cannot depend on memory that others write");
    static_assert(!(Effects & PYTYPED_PURE) || !std::is_void_v<R>, "a pure function without a result does nothing at all");
    static_assert(!(Effects & PYTYPED_PURE) || !method, "a method's result depends on its receiver: declare it typed::reads");
    static_assert(!(Effects & PYTYPED_PURE) || !objects, "a pure function cannot take objects, which can change");
    static_assert(!(Effects & nogil) || (!objects && !object && !method), "a nogil function cannot touch objects");

    inline static const char *name = nullptr;
    inline static arg *args = nullptr;        /* null: positional only */
    inline static PyObject **names = nullptr; /* interned, made when first needed */
    inline static int required = count;

    static typename S::returns call(PyObject *self, A... a) noexcept(!S::throws) {
        if constexpr (method) return (receiver<Self>::of(self)->*F)(a...);
        else return (void)self, F(a...);
    }

    /* Calls; false: an exception is pending. The result is stored by `store`. */
    template <class Store> static bool run(Store store, PyObject *self, A... a) noexcept {
        auto body = [&]() -> bool {
            if constexpr (fallible && std::is_void_v<R>) return call(self, a...).ok;
            else if constexpr (fallible) {
                auto r = call(self, a...);
                if (r.ok) store(std::move(r.value));
                return r.ok;
            } else if constexpr (std::is_void_v<R>) {
                call(self, a...);
                return true;
            } else {
                store(call(self, a...));
                return true;
            }
        };
        if constexpr (S::throws) {
            try {
                return body();
            } catch (...) {
                set_exception();
                return false;
            }
        } else {
            return body();
        }
    }

    static PyObject *boxed(PyObject *self, A... a) noexcept {
        if constexpr (std::is_void_v<R>) {
            if (!run([] {}, self, a...)) return nullptr;
            Py_INCREF(Py_None);
            return Py_None;
        } else {
            PyObject *out = nullptr;
            return run([&](R &&r) { out = value<std::decay_t<R>>::give(std::forward<R>(r)); }, self, a...) ? out : nullptr;
        }
    }

    /* ---- wrappers ---- */

    template <std::size_t... I> static PyObject *convert(PyObject *self, PyObject *const *objects, std::index_sequence<I...>) noexcept {
        std::tuple<A...> t{};
        (void)objects;
        if (!(take<I, A>(objects[I], std::get<I>(t)) && ... && true)) return nullptr;
        return boxed(self, std::get<I>(t)...);
    }

    template <std::size_t I, class T> static bool take(PyObject *o, T &out) {
        if constexpr (value<T>::number) {
            if (o == nullptr) {
                out = value<T>::fallback(args[I]);
                return true;
            }
        }
        return value<T>::take(o, out);
    }

    static PyObject *no_args(PyObject *self, PyObject *) noexcept { return convert(self, nullptr, std::index_sequence_for<A...>{}); }
    static PyObject *one(PyObject *self, PyObject *o) noexcept { return convert(self, &o, std::index_sequence_for<A...>{}); }
    static PyObject *fast(PyObject *self, PyObject *const *objects, Py_ssize_t n) noexcept {
        if (n != count)
            return PyErr_Format(PyExc_TypeError, "%s() takes %d positional argument%s but %zd %s given", name, count,
                                count == 1 ? "" : "s", n, n == 1 ? "was" : "were");
        return convert(self, objects, std::index_sequence_for<A...>{});
    }
    static PyObject *keywords(PyObject *self, PyObject *const *objects, Py_ssize_t n, PyObject *kwnames) noexcept {
        PyObject *slots[count + 1] = {};
        if (!bind(slots, objects, n, kwnames)) return nullptr;
        return convert(self, slots, std::index_sequence_for<A...>{});
    }

    static bool bind(PyObject **slots, PyObject *const *objects, Py_ssize_t n, PyObject *kwnames) noexcept {
        if (n > count) {
            if (required == count)
                PyErr_Format(PyExc_TypeError, "%s() takes %d positional argument%s but %zd %s given", name, count,
                             count == 1 ? "" : "s", n, n == 1 ? "was" : "were");
            else
                PyErr_Format(PyExc_TypeError, "%s() takes from %d to %d positional arguments but %zd %s given", name, required,
                             count, n, n == 1 ? "was" : "were");
            return false;
        }
        for (Py_ssize_t i = 0; i < n; i++) slots[i] = objects[i];
        Py_ssize_t given = kwnames == nullptr ? 0 : PyTuple_Size(kwnames);
        for (Py_ssize_t k = 0; k < given; k++) {
            PyObject *key = PyTuple_GetItem(kwnames, k);
            int at = find(key);
            if (at < 0) {
                PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U'", name, key);
                return false;
            }
            if (slots[at] != nullptr) {
                PyErr_Format(PyExc_TypeError, "%s() got multiple values for argument '%U'", name, key);
                return false;
            }
            slots[at] = objects[n + k];
        }
        for (int i = 0; i < required; i++) {
            if (slots[i] == nullptr) return missing(slots);
        }
        return true;
    }

    /* The parameter of this name: nearly always the very string that was interned. */
    static int find(PyObject *key) noexcept {
        for (int i = 0; names != nullptr && i < count; i++)
            if (names[i] == key) return i;
        if (names == nullptr) {
            static PyObject *interned[count + 1] = {};
            for (int i = 0; i < count; i++) {
                interned[i] = PyUnicode_InternFromString(args[i].name);
                if (interned[i] == nullptr) PyErr_Clear();
            }
            names = interned;
        }
        for (int i = 0; i < count; i++)
            if (PyUnicode_CompareWithASCIIString(key, args[i].name) == 0) return i;
        return -1;
    }

    static bool missing(PyObject **slots) noexcept {
        std::string text;
        int total = 0, seen = 0;
        for (int i = 0; i < required; i++) total += slots[i] == nullptr;
        for (int i = 0; i < required; i++) {
            if (slots[i] != nullptr) continue;
            if (seen++ > 0) text += seen < total ? ", " : total == 2 ? " and " : ", and ";
            text += std::string("'") + args[i].name + "'";
        }
        PyErr_Format(PyExc_TypeError, "%s() missing %d required positional argument%s: %s", name, total, total == 1 ? "" : "s",
                     text.c_str());
        return false;
    }

    /* ---- the native function ---- */

    template <class T> using crossing = std::conditional_t<
        std::is_same_v<T, std::string_view> || std::is_same_v<T, bytes>, std::tuple<const char *, Py_ssize_t>, std::tuple<T>>;
    using words = decltype(std::tuple_cat(std::declval<crossing<A>>()...));

    /* The C argument a parameter begins with. */
    static constexpr std::size_t offset(std::size_t i) {
        constexpr std::size_t sizes[] = {std::tuple_size_v<crossing<A>>..., 0};
        std::size_t at = 0;
        for (std::size_t k = 0; k < i; k++) at += sizes[k];
        return at;
    }

    template <std::size_t I, class T> static T from_words(const words &w) noexcept {
        constexpr std::size_t at = offset(I);
        if constexpr (std::is_same_v<T, std::string_view>)
            return std::string_view(std::get<at>(w), static_cast<std::size_t>(std::get<at + 1>(w)));
        else if constexpr (std::is_same_v<T, bytes>) return bytes{std::get<at>(w), std::get<at + 1>(w)};
        else return std::get<at>(w);
    }

    template <class T, class = void> struct raw { using type = PyObject *; };
    template <class T> struct raw<T, std::enable_if_t<std::is_void_v<T>>> { using type = std::conditional_t<may_fail, int, void>; };
    template <class T> struct raw<T, std::enable_if_t<std::is_arithmetic_v<T>>> { using type = typename value<T>::native; };
    using native_result = typename raw<R>::type;

    template <std::size_t... I> static native_result from_native(PyObject *self, const words &w, std::index_sequence<I...>) noexcept {
        (void)w;
        if constexpr (object) {
            return boxed(self, from_words<I, A>(w)...);
        } else if constexpr (std::is_void_v<R>) {
            bool ok = run([] {}, self, from_words<I, A>(w)...);
            if constexpr (may_fail) return ok ? 0 : -1;
            else return (void)ok;
        } else {
            native_result out{};
            if (!run([&](R &&r) { out = static_cast<native_result>(r); }, self, from_words<I, A>(w)...)) return sentinel();
            return out;
        }
    }

    static native_result sentinel() noexcept {
        if constexpr (std::is_floating_point_v<R>) return value<R>::sentinel_value();
        else if constexpr (std::is_same_v<R, bool>) return 2;
        else return value<R>::sentinel;
    }

    template <class W> struct native;
    template <class... W> struct native<std::tuple<W...>> {
        static native_result plain(W... w) noexcept { return from_native(nullptr, words(w...), std::index_sequence_for<A...>{}); }
        static native_result of_self(PyObject *self, W... w) noexcept {
            return from_native(self, words(w...), std::index_sequence_for<A...>{});
        }
    };

    /* ---- the entry ---- */

    static bool fill(PyTypedEntry &e) noexcept {
        constexpr int self = method ? 1 : 0;
        if (count + self > PYTYPED_MAX_PARAMS) return false;
        e.size = sizeof e;
        e.version = PYTYPED_ENTRY_VERSION;
        e.nparams = static_cast<uint16_t>(count + self);
        if constexpr (method) e.native = reinterpret_cast<PyTypedNative>(&native<words>::of_self);
        else e.native = reinterpret_cast<PyTypedNative>(&native<words>::plain);
        e.effects = Effects;
        const uint16_t codes[] = {value<A>::code..., 0};
        if (method) e.params[0] = PYTYPED_SELF;
        for (int i = 0; i < count; i++) e.params[i + self] = codes[i];
        if constexpr (object) {
            e.result = PYTYPED_OBJECT;
            e.error = PYTYPED_ERROR_SENTINEL;
        } else if constexpr (std::is_void_v<R>) {
            e.result = PYTYPED_VOID;
            e.error = may_fail ? PYTYPED_ERROR_NONZERO : PYTYPED_ERROR_NEVER;
        } else {
            e.result = value<R>::code;
            e.error = may_fail ? PYTYPED_ERROR_SENTINEL : PYTYPED_ERROR_NEVER;
            e.sentinel = may_fail ? value<R>::sentinel_bits : 0;
        }
        e.defaults_from = PYTYPED_MAX_PARAMS;
        if (args != nullptr) return fill_names(e, self, std::index_sequence_for<A...>{});
        return true;
    }

    template <std::size_t... I> static bool fill_names(PyTypedEntry &e, int self, std::index_sequence<I...>) noexcept {
        /* The text has to lie in the file or live for good: it is a static. */
        static char text[256];
        std::string joined;
        for (int i = 0; i < count; i++) joined += (i ? "," : "") + std::string(args[i].name);
        if (joined.size() >= sizeof text) return false;
        std::memcpy(text, joined.c_str(), joined.size() + 1);
        e.names = text;
        if (required < count) e.defaults_from = static_cast<uint32_t>(required + self);
        (fill_default<I, A>(e, self), ...);
        return true;
    }

    template <std::size_t I, class T> static void fill_default(PyTypedEntry &e, int self) noexcept {
        if constexpr (value<T>::number) {
            if (args[I].has_default) e.defaults[I + static_cast<std::size_t>(self)] = value<T>::bits(args[I]);
        }
        (void)e, (void)self;
    }
};

template <class F> PyCFunction c_function(F f) noexcept { return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)(void)>(f)); }

} // namespace detail

/* A method definition for a function; see the top of the file. With arguments given the function takes keywords. */
template <auto F, unsigned Effects = 0, class... Args> PyMethodDef def(const char *name, const char *doc, Args... given) {
    using Fn = detail::function<F, Effects>;
    static_assert((std::is_same_v<Args, arg> && ... && true), "after name and doc come typed::arg(...)");
    static_assert(sizeof...(Args) == 0 || sizeof...(Args) == Fn::count, "name all parameters or none");
    PyMethodDef method = {name, nullptr, 0, doc};
    Fn::name = name;
    if constexpr (sizeof...(Args) > 0) {
        static arg kept[] = {given...};
        Fn::args = kept;
        Fn::required = 0;
        for (const arg &a : kept) Fn::required += !a.has_default;
        method.ml_meth = detail::c_function(&Fn::keywords);
        method.ml_flags = METH_FASTCALL | METH_KEYWORDS;
    } else if constexpr (Fn::count == 0) {
        method.ml_meth = detail::c_function(&Fn::no_args);
        method.ml_flags = METH_NOARGS;
    } else if constexpr (Fn::count == 1) {
        method.ml_meth = detail::c_function(&Fn::one);
        method.ml_flags = METH_O;
    } else {
        method.ml_meth = detail::c_function(&Fn::fast);
        method.ml_flags = METH_FASTCALL;
    }
    static detail::node node;
    if (node.wrapper == nullptr) {
        node = {method.ml_meth, &Fn::fill, detail::node::first()};
        detail::node::first() = &node;
    }
    return method;
}
template <auto F, unsigned Effects = 0> PyMethodDef def(const char *name) { return def<F, Effects>(name, nullptr); }

/* The methods of a type; `type` is the address of a variable that holds it once the module has been executed. */
struct of_type {
    PyMethodDef *methods;
    PyTypeObject *const *type;
};

namespace detail {

/* The table of a module with room for N entries, filled when the shared object is loaded. */
template <std::size_t N> struct entries {
    PyTypedEntry all[N == 0 ? 1 : N] = {};
    uint32_t count = 0;

    void add(PyMethodDef *methods, PyTypeObject *const *type) noexcept {
        for (; methods->ml_name != nullptr && count < N; methods++) {
            for (node *n = node::first(); n != nullptr; n = n->next) {
                if (n->wrapper != methods->ml_meth) continue;
                PyTypedEntry e{};
                if (n->fill(e)) {
                    e.method = methods;
                    e.self_type = type;
                    all[count++] = e;
                }
                break;
            }
        }
    }
    void add(PyMethodDef *methods) noexcept { add(methods, nullptr); }
    void add(of_type t) noexcept { add(t.methods, t.type); }
};

template <class M> struct room { static constexpr std::size_t value = 32; };
template <std::size_t N> struct room<PyMethodDef (&)[N]> { static constexpr std::size_t value = N; };
template <class... M> struct rooms { static constexpr std::size_t value = (room<M>::value + ... + 0); };
template <class... M> rooms<M...> rooms_of(M &&...);

template <class E, class... M> uint32_t table_fill(E &entries, M &&...methods) noexcept {
    (entries.add(methods), ...);
    return entries.count;
}

} // namespace detail
} // namespace typed

/* Exports the table of a module: TYPED_TABLE(mymodule, methods, typed::of_type{scaler_methods, &scaler_type}). Stands behind
 * the arrays it names. A type's methods count up to 32. */
#define TYPED_TABLE(module, ...)                                                                                       \
    static typed::detail::entries<decltype(typed::detail::rooms_of(__VA_ARGS__))::value> pytyped_entries_##module;                               \
    PYTYPED_EXTERN PyTypedTable PyTyped_##module;                                                                        \
    PyTypedTable PyTyped_##module = {PYTYPED_TABLE_VERSION, typed::detail::table_fill(pytyped_entries_##module, __VA_ARGS__),      \
                                     pytyped_entries_##module.all};

#endif
