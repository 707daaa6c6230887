"""Codecs through the registry, error handlers, incremental codecs, subclasses of the builtin types."""
import codecs
def t(f,*a):
    print(getattr(f,'__qualname__','?'), ascii(a), end=' => ')
    try: print(ascii(f(*a)))
    except BaseException as e: print(type(e).__name__, ascii(str(e)), type(e.__cause__).__name__)
for enc in ['cp1252','koi8-r','iso8859-15','cp437','mac-roman','utf-8-sig','utf-16','utf-32','utf-7','punycode','unicode_escape','raw_unicode_escape','cp037','ascii','hp-roman8','tis-620','U8','UTF_8','Latin-1','L1','646','cp65001','utf8-sig','undefined','charmap','palmos','nope','rot13','utf_8_sig','mbcs','','a'*50,'\udc80','utf-8\x00']:
    for s in ['abc','h\xe9llo','\u20ac','\u0416','\U0001F600','\ud800','']:
        for e in ['strict','replace','ignore','xmlcharrefreplace','backslashreplace','nope']:
            t(s.encode,enc,e)
    for b in [b'abc',b'h\xe9llo',b'\x80\x81\x8d',b'\xff\xfe',b'',b'\xef\xbb\xbfx']:
        for e in ['strict','replace','ignore','backslashreplace','surrogateescape']:
            t(b.decode,enc,e)
t(codecs.encode,'abc','rot13'); t(codecs.encode,'abc'); t(codecs.decode,b'abc'); t(lambda: codecs.lookup('utf8').name)
d=codecs.getincrementaldecoder('utf-8')()
t(d.decode,b'\xe2'); t(d.decode,b'\x82'); t(d.decode,b'\xac',True); t(d.getstate); t(d.decode,b'\xe2',True)
d=codecs.getincrementaldecoder('utf-16')()
for b in b'\xff\xfea\x00\x3d\xd8\x00\xde': t(d.decode,bytes([b]))
e=codecs.getincrementalencoder('utf-16')(); t(e.encode,'a'); t(e.encode,'b')
d=codecs.getincrementaldecoder('utf-7')()
for b in b'a+IKw-b+AGEA': t(d.decode,bytes([b]))
def search(n):
    if n=='mine': return codecs.CodecInfo(lambda s,e='strict':(5,1), lambda b,e='strict':(b'x',1), name='mine')
    if n=='bad': return 5
    if n=='raises': return codecs.CodecInfo(lambda s,e='strict':1/0, lambda b,e='strict':int('x'), name='raises')
    if n=='notuple': return codecs.CodecInfo(lambda s,e='strict':1, lambda b,e='strict':1, name='notuple')
codecs.register(search)
for n in ['mine','bad','raises','notuple','MINE']:
    t('x'.encode,n); t(b'x'.decode,n); t(codecs.encode,'x',n); t(codecs.decode,b'x',n)
codecs.unregister(search)
t('x'.encode,'mine')
class S(str): pass
class B(bytes): pass
class I(int): pass
class F(float): pass
class C(complex): pass
class BA(bytearray): pass
for v in [S('abc'),B(b'abc'),I(5),I(2**70),F(1.5),C(1,2),BA(b'abc')]:
    v.attr=1
    print(type(v).__name__, v, repr(v), v.attr, v.__dict__, v==eval(repr(v)) if not isinstance(v,BA) else '', type(v+v if not isinstance(v,(S,)) else v*1).__name__)
print(S('abc').upper(), type(S('abc')[:]).__name__, type(S('abc').strip()).__name__, hash(S('abc'))==hash('abc'), {S('a'):1}['a'], S(b'x','ascii'), str(S('q')) , type(str(S('q'))).__name__)
print(B([1,2]), bytes(B(b'x')).__class__.__name__, B.fromhex('00ff').__class__.__name__, type(BA.fromhex('01')).__name__, I.from_bytes(b'\x01\x00','big').__class__.__name__, F.fromhex('0x1p1').__class__.__name__)
print(I('0x10',16), I(True), F('1e3'), C('1+2j'), I(3.7))
class Idx:
    def __index__(self): return 3
class Fl:
    def __float__(self): return 2.5
class Cx:
    def __complex__(self): return 1+1j
class By:
    def __bytes__(self): return b'by'
print(int(Idx()), float(Idx()), float(Fl()), complex(Fl()), complex(Cx()), complex(Idx()), bytes(By()), bytes(Idx()), 'abcdef'[Idx()], b'abc'*Idx(), '%d' % Idx() if 0 else '', '%x' % Idx(), '%c' % Idx(), '%f' % Fl(), '{:d}'.format(I(7)), hex(Idx()), round(2.34567, Idx()))
class Fm:
    def __format__(self, s): return 'F<'+s+'>'
    def __repr__(self): return 'R'
    def __str__(self): return 'S'
print('{:abc} {!r} {!s} {!a:>3}'.format(Fm(),Fm(),Fm(),Fm()), f'{Fm():x}', format(Fm()), '%s %r' % (Fm(),Fm()))
class BadRepr:
    def __repr__(self): return 5
    def __format__(self,s): return 5
t(lambda: repr(BadRepr())); t(lambda: format(BadRepr())); t(lambda: '{}'.format(BadRepr()))
t(str.__new__,S,'x'); t(int.__new__,I,'12'); t(bytes.__new__,B,b'x')
x=memoryview(bytearray(b'abcdef'))
with x as y: print(y[0], y is x)
t(lambda: x[0])
ba=bytearray(b'abc'); m=memoryview(ba)
t(ba.append,1); t(ba.clear); t(lambda: ba.__setitem__(0,65)); m.release(); ba.append(1); print(ba)
m=memoryview(ba); s=m[1:]; m.release(); t(ba.append,1); s.release(); ba.append(2); print(ba)
print(repr('\n\t\r\\\'"\x00\x7f\x80\xa0\xad\u200b\ue000\U0010ffff\ud800'.encode('ascii','backslashreplace')), ascii('é\u20ac'))
import io
print(io.StringIO('héllo').read(), io.BytesIO(b'abc').getbuffer().tolist())
