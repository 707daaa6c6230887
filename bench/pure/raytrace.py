"""Spheres over a chequered floor with shadows and reflections, traced into a small picture."""
from math import sqrt

from harness import main

EPS = 1e-6


class Vector:
    __slots__ = ("x", "y", "z")

    def __init__(self, x, y, z):
        self.x, self.y, self.z = x, y, z

    def __add__(self, o):
        return Vector(self.x + o.x, self.y + o.y, self.z + o.z)

    def __sub__(self, o):
        return Vector(self.x - o.x, self.y - o.y, self.z - o.z)

    def __mul__(self, k):
        return Vector(self.x * k, self.y * k, self.z * k)

    def dot(self, o):
        return self.x * o.x + self.y * o.y + self.z * o.z

    def unit(self):
        return self * (1.0 / sqrt(self.dot(self)))

    def reflect(self, n):
        return self - n * (2.0 * self.dot(n))


class Ray:
    def __init__(self, origin, direction):
        self.origin = origin
        self.direction = direction.unit()

    def at(self, t):
        return self.origin + self.direction * t


class Sphere:
    def __init__(self, centre, radius, colour, shine):
        self.centre, self.radius, self.colour, self.shine = centre, radius, colour, shine

    def hit(self, ray):
        to = self.centre - ray.origin
        along = to.dot(ray.direction)
        disc = self.radius * self.radius - to.dot(to) + along * along
        if disc < 0:
            return None
        root = sqrt(disc)
        t = along - root
        if t > EPS:
            return t
        t = along + root
        return t if t > EPS else None

    def normal(self, p):
        return (p - self.centre).unit()

    def colour_at(self, p):
        return self.colour


class Floor:
    shine = 0.1

    def __init__(self, y, size):
        self.y, self.size = y, size
        self.up = Vector(0.0, 1.0, 0.0)

    def hit(self, ray):
        if abs(ray.direction.y) < EPS:
            return None
        t = (self.y - ray.origin.y) / ray.direction.y
        return t if EPS < t < 1e4 else None

    def normal(self, p):
        return self.up

    def colour_at(self, p):
        dark = (int(abs(p.x) / self.size) + int(abs(p.z) / self.size) + (p.x < 0) + (p.z < 0)) % 2
        return (0.1, 0.1, 0.1) if dark else (0.9, 0.9, 0.8)


class Scene:
    def __init__(self, things, lights):
        self.things, self.lights = things, lights

    def nearest(self, ray):
        best, found = None, None
        for thing in self.things:
            t = thing.hit(ray)
            if t is not None and (best is None or t < best):
                best, found = t, thing
        return best, found

    def visible(self, p, light):
        ray = Ray(p, light - p)
        for thing in self.things:
            if thing.hit(ray) is not None:
                return False
        return True

    def colour(self, ray, depth):
        t, thing = self.nearest(ray)
        if thing is None:
            sky = 0.5 * (ray.direction.y + 1.0)
            return (0.3 * sky, 0.5 * sky, sky)
        p = ray.at(t)
        n = thing.normal(p)
        r, g, b = thing.colour_at(p)
        lit = 0.15
        for light in self.lights:
            if self.visible(p + n * EPS, light):
                lit += max(0.0, n.dot((light - p).unit())) * 0.7
        r, g, b = r * lit, g * lit, b * lit
        if thing.shine and depth:
            mr, mg, mb = self.colour(Ray(p + n * EPS, ray.direction.reflect(n)), depth - 1)
            k = thing.shine
            r, g, b = r + mr * k, g + mg * k, b + mb * k
        return r, g, b


def kernel(width=112, height=84):
    scene = Scene(
        [Sphere(Vector(i * 1.3 - 2.6, 0.3 * (i % 3), 6.0 + i % 2), 0.8, (0.2 * i, 0.9 - 0.15 * i, 0.4), 0.3) for i in range(5)] + [Floor(-1.0, 1.0)],
        [Vector(5.0, 8.0, 0.0), Vector(-6.0, 5.0, 2.0)],
    )
    eye = Vector(0.0, 0.6, -1.0)
    h = 0
    for y in range(height):
        for x in range(width):
            d = Vector((x - width / 2) / height, (height / 2 - y) / height, 1.0)
            for c in scene.colour(Ray(eye, d), 3):
                h = (h * 31 + int(min(c, 1.0) * 255.0)) & 0xFFFFFFFF
    return h


if __name__ == "__main__":
    main(kernel)
