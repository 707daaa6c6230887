"""Huffman coding of a text bit by bit: encode with a table, decode by walking, check the round trip."""
import heapq

from harness import main


def text(n):
    words = ["the", "moving", "collector", "walks", "over", "every", "frame", "and", "leaves", "nothing", "behind"]
    x = 7
    out = []
    for _ in range(n):
        x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(words[(x >> 16) % len(words)])
    return " ".join(out).encode()


def codes(data):
    freq = {}
    for b in data:
        freq[b] = freq.get(b, 0) + 1
    heap = [(n, b, b) for b, n in sorted(freq.items())]
    heapq.heapify(heap)
    serial = 256
    while len(heap) > 1:
        n1, _, a = heapq.heappop(heap)
        n2, _, b = heapq.heappop(heap)
        heapq.heappush(heap, (n1 + n2, serial, (a, b)))
        serial += 1
    table = {}

    def walk(node, code, length):
        if isinstance(node, tuple):
            walk(node[0], code << 1, length + 1)
            walk(node[1], code << 1 | 1, length + 1)
        else:
            table[node] = (code, length)
    walk(heap[0][2], 0, 0)
    return table, heap[0][2]


class BitWriter:
    def __init__(self):
        self.out = bytearray()
        self.acc = 0
        self.bits = 0

    def put(self, code, length):
        self.acc = self.acc << length | code
        self.bits += length
        while self.bits >= 8:
            self.bits -= 8
            self.out.append(self.acc >> self.bits & 0xFF)
            self.acc &= (1 << self.bits) - 1

    def close(self):
        if self.bits:
            self.out.append(self.acc << (8 - self.bits) & 0xFF)
        return bytes(self.out)


def decode(packed, root, n):
    out = bytearray()
    node = root
    for byte in packed:
        for shift in range(7, -1, -1):
            node = node[byte >> shift & 1]
            if not isinstance(node, tuple):
                out.append(node)
                node = root
                if len(out) == n:
                    return bytes(out)
    return bytes(out)


def kernel():
    data = text(16000)
    table, root = codes(data)
    w = BitWriter()
    for b in data:
        code, length = table[b]
        w.put(code, length)
    packed = w.close()
    assert decode(packed, root, len(data)) == data
    a, b = 1, 0
    for byte in packed:
        a = (a + byte) % 65521
        b = (b + a) % 65521
    return len(data), len(packed), b << 16 | a


if __name__ == "__main__":
    main(kernel)
