"""A chaos game between spline control points, drawn into a picture and summed up."""
import random

from harness import main


class Vec:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vec(self.x + other.x, self.y + other.y)

    def __sub__(self, other):
        return Vec(self.x - other.x, self.y - other.y)

    def scaled(self, k):
        return Vec(self.x * k, self.y * k)

    def mag(self):
        return (self.x * self.x + self.y * self.y) ** 0.5

    def mix(self, other, t):
        return Vec(self.x + (other.x - self.x) * t, self.y + (other.y - self.y) * t)


class Spline:
    def __init__(self, points):
        self.points = points

    def __call__(self, u):
        level = self.points
        while len(level) > 1:
            level = [a.mix(b, u) for a, b in zip(level, level[1:])]
        return level[0]

    def length(self, steps=60):
        total = 0.0
        last = self(0.0)
        for i in range(1, steps + 1):
            p = self(i / steps)
            total += (p - last).mag()
            last = p
        return total


class Game:
    def __init__(self, splines, width=90, height=90):
        self.splines = splines
        self.lengths = [s.length() for s in splines]
        self.total = sum(self.lengths)
        self.picture = [[0] * width for _ in range(height)]
        self.width, self.height = width, height
        self.rng = random.Random(1234)

    def transform(self, p):
        pick = self.rng.random() * self.total
        k = 0
        while k < len(self.lengths) - 1 and pick >= self.lengths[k]:
            pick -= self.lengths[k]
            k += 1
        base = self.splines[k](p.x)
        ahead = self.splines[k](min(p.x + 0.01, 1.0))
        d = ahead - base
        m = d.mag() or 1.0
        normal = Vec(-d.y / m, d.x / m).scaled((p.y - 0.5) * 0.2)
        q = base + normal
        return Vec(min(max(q.x, 0.0), 1.0), min(max(q.y, 0.0), 1.0))

    def run(self, n):
        p = Vec(0.5, 0.5)
        for _ in range(n):
            p = self.transform(p)
            x = min(int(p.x * self.width), self.width - 1)
            y = min(int(p.y * self.height), self.height - 1)
            self.picture[y][x] += 1


def kernel():
    splines = [
        Spline([Vec(0.1, 0.2), Vec(0.4, 0.9), Vec(0.7, 0.1), Vec(0.9, 0.6)]),
        Spline([Vec(0.2, 0.8), Vec(0.5, 0.3), Vec(0.8, 0.9)]),
        Spline([Vec(0.9, 0.1), Vec(0.6, 0.5), Vec(0.1, 0.5), Vec(0.3, 0.95)]),
    ]
    game = Game(splines)
    game.run(9000)
    h = 0
    for row in game.picture:
        for v in row:
            h = (h * 31 + v) & 0xFFFFFFFF
    return h, max(map(max, game.picture))


if __name__ == "__main__":
    main(kernel)
