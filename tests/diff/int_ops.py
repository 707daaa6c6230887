"""int: arithmetic, division signs, shifts, bit ops, conversions, methods, boundaries."""
import sys

M = 2 ** 62
for a in (7, -7, 0, 1, -1, M, -M, M - 1, 2 ** 63, -2 ** 63, 2 ** 64 + 1, 10 ** 30):
    row = []
    for b in (1, -1, 2, -2, 3, -3, M, 2 ** 63, -10 ** 20):
        row.append((a + b, a - b, a * b, a // b, a % b, divmod(a, b), a & b, a | b, a ^ b, a < b, a == b))
    print(a, hash(str(row)) is not None, row[2], row[5][:5], row[7][3:5], -a, ~a, abs(a))
print([x << 61 for x in (1, 2, 4, -1, -4)], [x >> 3 for x in (-1, -8, 9, 2 ** 70)], 1 << 0, 0 << 1000, -1 >> 200)
print(2 ** 10, (-2) ** 3, 2 ** -1, 0 ** 0, pow(3, 100, 7), pow(3, -1, 7), pow(-2, 5, 13), pow(2, 3, -5), 7 ** 50)
print(int("12"), int(" -0x1f ", 16), int("0b101", 0), int("z", 36), int("1_000"), int(3.99), int(-3.99), int(True), int("٣"), int(b"42"))
for bad in ("int('')", "int('1.5')", "int('0x1')", "int('1__0')", "int('9', 8)", "int(float('nan'))", "int(float('inf'))", "int([])", "int('5', 99)", "int(5, 10)", "1 // 0", "1 % 0", "1 / 0", "divmod(1, 0)", "pow(2, -1, 4)", "1 << -1", "1 >> -1", "0 ** -1", "pow(2, 2, 0)", "2 ** 3.5j" if 0 else "1 << 1.0", "int(None)", "10 ** 400 / 3", "int('1' * 5000)"):
    try:
        print(bad, "=", eval(bad))
    except Exception as e:
        print(bad, "->", type(e).__name__, e)
print((255).bit_length(), (-1).bit_length(), (0).bit_length(), (2 ** 100).bit_length(), (0b1011).bit_count(), (-7).bit_count())
print((1024).to_bytes(4, "big"), (-5).to_bytes(2, "little", signed=True), int.from_bytes(b"\x01\x00", "big"), int.from_bytes(b"\xff\xfe", "little", signed=True), (7).to_bytes())
print((5).as_integer_ratio(), (5).numerator, (5).real, (5).imag, (5).conjugate(), (5).is_integer() if hasattr(5, "is_integer") else "n/a")
print(hex(255), oct(8), bin(-5), hex(-2 ** 70), str(10 ** 40), repr(-10 ** 25), f"{2**100:,}", f"{-2**70:#x}")
print(round(15, -1), round(25, -1), round(-15, -1), round(12345, -2), round(5), round(10 ** 20 + 55, -2))
print(True + True, True * 5, -True, ~True, True & 3, True | False, True ^ True, isinstance(True, int), bool("0"), bool(0.0), True == 1, hash(True))
print(hash(0), hash(-1), hash(-2), hash(2 ** 61 - 1), hash(2 ** 61), hash(2 ** 100), hash(1) == hash(1.0) == hash(True), sys.hash_info.modulus)
print(3 == 3.0, 2 ** 53 == float(2 ** 53), 2 ** 53 + 1 == float(2 ** 53), 2 ** 53 + 1 > float(2 ** 53), 10 ** 400 > float("inf"), 10 ** 400 < float("inf"), 1 < float("nan"))
print(7 / 2, -7 / 2, 1 / 3, 10 ** 30 / 10 ** 10, (2 ** 100) / 3, 6 / 3, 0 / 5, -0 / 5)


class I(int):
    def __add__(self, o):
        return I(int.__add__(self, o))

    def __repr__(self):
        return f"I<{int(self)}>"


i = I(5)
print(i, i + 1, 1 + i, i * 2, type(i * 2).__name__, i == 5, hash(i) == hash(5), int(i), i.real, {i: 1}[5], I("77"), I.from_bytes(b"\1", "big"))


class Ix:
    def __index__(self):
        return 3


print([1, 2, 3, 4][Ix()], hex(Ix()), range(Ix()), int(Ix()), "ab" * Ix(), bytes(Ix()), 2 ** 3 if Ix() else 0, (5).__pow__(2), (5).__rsub__(10), (5).__add__(1.0))
