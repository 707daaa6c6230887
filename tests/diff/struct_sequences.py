import os,time,sys
r=os.stat('/')
print(repr(time.gmtime(0)), type(r).__reduce__(r)[1][1].keys())
for a in [(), (1,), ((1,)*9,), ((1,)*9,{}), ((1,)*12,), (5,), ((1,)*9,5), ([1]*11,)]:
    try: print(time.struct_time(*a), time.struct_time(*a).tm_zone)
    except Exception as e: print(type(e), e)
try: print(time.struct_time(sequence=(1,)*9, dict={'tm_zone':'x'}).tm_zone)
except Exception as e: print(e)
for a in [((1,)*9,), ((1,)*10,{'st_atime':3})]:
    try: x=os.stat_result(*a); print(x, x.st_atime, x.st_blocks, hasattr(x,'__dict__'))
    except Exception as e: print(type(e), e)
print(type(r).n_fields, type(r).n_sequence_fields, type(r).n_unnamed_fields, type(r).__match_args__)
import pickle,copy
print(pickle.loads(pickle.dumps(time.gmtime(0)))==time.gmtime(0), copy.copy(r)==r, copy.copy(r).st_blksize==r.st_blksize)
print(sorted(k for k in type(r).__dict__))
try: sys.version_info.__class__((1,)*5)
except Exception as e: print(type(e), e)
print(sys.version_info.__class__.__mro__, type(type(r).st_mode))
print(sys.flags)
try: type(sys.flags)((1,)*18)
except Exception as e: print(type(e), e)
