# Which message struct.pack gives for which number out of range.
import struct
for o in '@<>=':
  for c in 'bBhHiIlL':
    for v in (2**63,2**64,-1,-2**63-1,2**70,2**40,-2**40):
        try: struct.pack(o+c,v)
        except Exception as e: print(o+c,v,type(e).__name__,e)
for f in ('q','<q','>q','=q','!q','Q','<Q','>Q','l','<l','>l','L','n','N'):
    for v in (2**63,2**64,-1,-2**63-1,2**70):
        try: r=struct.pack(f,v); 
        except Exception as e: print(f,v,type(e).__name__,e)
