"""Pancake flips over all permutations of nine elements."""
from harness import main


def flips(n):
    perm1 = list(range(n))
    count = [0] * n
    checksum = most = sign = 0
    r = n
    while True:
        while r != 1:
            count[r - 1] = r
            r -= 1
        if perm1[0]:
            perm = perm1[:]
            f = 0
            k = perm[0]
            while k:
                perm[:k + 1] = perm[k::-1]
                f += 1
                k = perm[0]
            if f > most:
                most = f
            checksum += -f if sign else f
        sign ^= 1
        while True:
            if r == n:
                return checksum, most
            first = perm1[0]
            for i in range(r):
                perm1[i] = perm1[i + 1]
            perm1[r] = first
            count[r] -= 1
            if count[r] > 0:
                break
            r += 1


if __name__ == "__main__":
    main(lambda: flips(8))
