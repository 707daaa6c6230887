//! SipHash-1-3, the string hash of CPython 3.11, so that equal seeds give equal hashes.
//! Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF".

#[derive(Clone, Copy)]
struct Sip([u64; 4]);

impl Sip {
    fn round(&mut self) {
        let [mut a, mut b, mut c, mut d] = self.0;
        a = a.wrapping_add(b);
        b = b.rotate_left(13) ^ a;
        a = a.rotate_left(32);
        c = c.wrapping_add(d);
        d = d.rotate_left(16) ^ c;
        a = a.wrapping_add(d);
        d = d.rotate_left(21) ^ a;
        c = c.wrapping_add(b);
        b = b.rotate_left(17) ^ c;
        c = c.rotate_left(32);
        self.0 = [a, b, c, d];
    }
}

/// The hash of `data` under the key.
pub fn siphash13(k0: u64, k1: u64, data: &[u8]) -> u64 {
    let mut s = Sip([
        k0 ^ 0x736f_6d65_7073_6575,
        k1 ^ 0x646f_7261_6e64_6f6d,
        k0 ^ 0x6c79_6765_6e65_7261,
        k1 ^ 0x7465_6462_7974_6573,
    ]);
    let mut block = |m: u64| {
        s.0[3] ^= m;
        s.round();
        s.0[0] ^= m;
    };
    let mut chunks = data.chunks_exact(8);
    for c in &mut chunks {
        block(u64::from_le_bytes(c.try_into().unwrap_or_default()));
    }
    let mut last = [0u8; 8];
    last[..chunks.remainder().len()].copy_from_slice(chunks.remainder());
    block(u64::from_le_bytes(last) | (data.len() as u64) << 56);
    s.0[2] ^= 0xff;
    for _ in 0..3 {
        s.round();
    }
    s.0.iter().fold(0, |h, x| h ^ x)
}

/// The key CPython derives from `PYTHONHASHSEED=n` (a linear congruential generator's bytes).
pub fn keys_from_seed(seed: u32) -> (u64, u64) {
    let mut x = seed;
    let mut bytes = [0u8; 16];
    for b in &mut bytes {
        x = x.wrapping_mul(214_013).wrapping_add(2_531_011);
        *b = (x >> 16) as u8;
    }
    let half = |i: usize| u64::from_le_bytes(bytes[i..i + 8].try_into().unwrap_or_default());
    (half(0), half(8))
}

#[cfg(test)]
mod tests {
    #[test]
    fn known_value() {
        // hash("a") of CPython 3.11 under PYTHONHASHSEED=0.
        assert_eq!(
            super::siphash13(0, 0, b"a") as i64,
            4_644_417_185_603_328_019
        );
    }
}
