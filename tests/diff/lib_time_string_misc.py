"""time formatting, string module, textual helpers, base64, hashlib, zlib, binascii, uuid, calendar."""
import base64
import binascii
import calendar
import hashlib
import string
import time
import uuid
import zlib

t = time.gmtime(1700000000)
print(tuple(t), t.tm_year, t.tm_wday, time.strftime("%a %d %b %Y %H:%M:%S %j %U %%", t), calendar.timegm(t), time.strptime("2020-02-29", "%Y-%m-%d")[:6], time.asctime(t), repr(t)[:40])
print(time.time() > 1.6e9, time.time_ns() > 10 ** 18, time.process_time() >= 0, time.perf_counter_ns() > 0, time.get_clock_info("monotonic").monotonic, isinstance(time.timezone, int))
for f in (lambda: time.strptime("x", "%Y"), lambda: time.sleep(-1), lambda: time.strftime("%Y", (1,)), lambda: time.gmtime("a"), lambda: time.sleep("x")):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
print(string.digits, string.hexdigits, string.punctuation, repr(string.whitespace), string.Template("${a}b").substitute(a=1))
print(base64.b64encode(b"hello?>"), base64.urlsafe_b64encode(b"\xff\xfe"), base64.b64decode("aGk="), base64.b32encode(b"hi"), base64.b16encode(b"hi"), base64.b85encode(b"hello"))
print(hashlib.md5(b"x").hexdigest(), hashlib.sha256(b"").hexdigest()[:16], hashlib.sha1(b"a" * 1000).hexdigest(), zlib.crc32(b"abc"), zlib.adler32(b"abc"), zlib.decompress(zlib.compress(b"z" * 100)) == b"z" * 100)
print(binascii.hexlify(b"\x01\xab"), binascii.unhexlify("01ab"), binascii.b2a_base64(b"q"), binascii.crc32(b"x"))
for f in (lambda: base64.b64decode("a"), lambda: binascii.unhexlify("0"), lambda: zlib.decompress(b"junk"), lambda: hashlib.new("nope")):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, str(e)[:50])
print(uuid.UUID(int=5), uuid.uuid5(uuid.NAMESPACE_DNS, "x.org"), uuid.UUID("12345678123456781234567812345678").hex)
print(calendar.monthrange(2024, 2), calendar.isleap(1900), calendar.month(2023, 2))
