/* By nanobind. */
#include <nanobind/nanobind.h>
#include <nanobind/stl/string_view.h>

namespace nb = nanobind;
using namespace nb::literals;

struct Scaler {
    double factor;
    explicit Scaler(double f) : factor(f) {}
    double scale(double x) const { return x * factor; }
};

NB_MODULE(calls_nanobind, m) {
    m.def("noargs", [] {});
    m.def("noop", [](nb::handle) {});
    m.def("inc", [](long long x) { return static_cast<long long>(static_cast<unsigned long long>(x) + 1u); });
    m.def("add", [](double a, double b) { return a + b; });
    m.def("fma", [](double a, double b, double c) { return a * b + c; });
    m.def("keyword", [](double a, long long b) { return a * static_cast<double>(b); }, "a"_a, "b"_a = 2);
    m.def("text", [](std::string_view s) { return s.size(); });
    m.def("data", [](nb::bytes b) { return b.size(); });
    m.def("raises", [](long long x) {
        if (x == 13) throw nb::value_error("13 is not welcome");
        return x;
    });
    nb::class_<Scaler>(m, "Scaler").def(nb::init<double>()).def("scale", &Scaler::scale);
}
