"""Five bodies under gravity, leapfrog steps in plain float arithmetic."""
from harness import main

PI = 3.141592653589793
SOLAR = 4 * PI * PI
DAYS = 365.24


def system():
    v = DAYS
    return [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, SOLAR],
        [4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694 * v, 0.00769901118419740425 * v, -0.0000690460016972063023 * v, 0.000954791938424326609 * SOLAR],
        [8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411542 * v, 0.00499852801234917238 * v, 0.0000230417297573763929 * v, 0.000285885980666130812 * SOLAR],
        [12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618 * v, 0.00237847173959480950 * v, -0.0000296589568540237556 * v, 0.0000436624404335156298 * SOLAR],
        [15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322 * v, 0.00162824170038242295 * v, -0.0000951592254519715870 * v, 0.0000515138902046611451 * SOLAR],
    ]


def advance(bodies, dt, steps):
    pairs = [(a, b) for i, a in enumerate(bodies) for b in bodies[i + 1:]]
    for _ in range(steps):
        for a, b in pairs:
            dx = a[0] - b[0]
            dy = a[1] - b[1]
            dz = a[2] - b[2]
            d2 = dx * dx + dy * dy + dz * dz
            mag = dt / (d2 * d2 ** 0.5)
            am = a[6] * mag
            bm = b[6] * mag
            a[3] -= dx * bm
            a[4] -= dy * bm
            a[5] -= dz * bm
            b[3] += dx * am
            b[4] += dy * am
            b[5] += dz * am
        for body in bodies:
            body[0] += dt * body[3]
            body[1] += dt * body[4]
            body[2] += dt * body[5]


def energy(bodies):
    e = 0.0
    for i, b in enumerate(bodies):
        e += 0.5 * b[6] * (b[3] * b[3] + b[4] * b[4] + b[5] * b[5])
        for c in bodies[i + 1:]:
            dx, dy, dz = b[0] - c[0], b[1] - c[1], b[2] - c[2]
            e -= b[6] * c[6] / (dx * dx + dy * dy + dz * dz) ** 0.5
    return e


def kernel():
    bodies = system()
    px = sum(b[3] * b[6] for b in bodies)
    py = sum(b[4] * b[6] for b in bodies)
    pz = sum(b[5] * b[6] for b in bodies)
    bodies[0][3:6] = [-px / SOLAR, -py / SOLAR, -pz / SOLAR]
    before = energy(bodies)
    advance(bodies, 0.01, 20000)
    return "%.9f %.9f" % (before, energy(bodies))


if __name__ == "__main__":
    main(kernel)
