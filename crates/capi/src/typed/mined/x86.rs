//! Instructions of x86-64, as far as it takes to know where each ends and what it refers to.

/// What an instruction refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refers {
    /// Nothing at a fixed address.
    Nothing,
    /// Goes there and comes back.
    Call(usize),
    /// Goes there.
    Jump(usize),
    /// May go there.
    Branch(usize),
    /// Takes the address.
    Address(usize),
    /// Calls or goes to what the word there says.
    Through(usize),
    /// Reads, writes or compares what is there.
    Memory(usize),
}

/// The length of the instruction that lies at address `at`, and what it refers to. None: it is not known.
pub fn decode(code: &[u8], at: usize) -> Option<(usize, Refers)> {
    let mut d = Decoder {
        code,
        pos: 0,
        wide: false,
        short: false,
        small_address: false,
    };
    let op = d.prefixes()?;
    let shape = match op {
        0xc4 | 0xc5 | 0x62 => d.vex(op)?,
        0x0f => d.two_bytes()?,
        _ => d.one_byte(op)?,
    };
    d.finish(shape, at)
}

/// What follows an opcode.
#[derive(Clone, Copy)]
struct Shape {
    modrm: bool,
    immediate: usize,
    /// How a memory operand, or the immediate as a distance, is meant.
    meant: Meant,
}

#[derive(Clone, Copy, PartialEq)]
enum Meant {
    Plain,
    Lea,
    /// `FF`: what it does depends on the middle field.
    Group5,
    /// `F6`, `F7`: an immediate of this size if the middle field says so.
    Group3(usize),
    Call,
    Jump,
    Branch,
}

const fn shape(modrm: bool, immediate: usize) -> Shape {
    Shape {
        modrm,
        immediate,
        meant: Meant::Plain,
    }
}

struct Decoder<'a> {
    code: &'a [u8],
    pos: usize,
    wide: bool,
    short: bool,
    small_address: bool,
}

impl Decoder<'_> {
    fn byte(&mut self) -> Option<u8> {
        let b = *self.code.get(self.pos)?;
        self.pos += 1;
        Some(b)
    }

    /// The opcode behind the prefixes.
    fn prefixes(&mut self) -> Option<u8> {
        loop {
            match self.byte()? {
                0x66 => self.short = true,
                0x67 => self.small_address = true,
                0xf0 | 0xf2 | 0xf3 | 0x2e | 0x36 | 0x3e | 0x26 | 0x64 | 0x65 => {}
                rex @ 0x40..=0x4f => {
                    self.wide = rex & 8 != 0;
                    return self.byte();
                }
                op => return Some(op),
            }
        }
    }

    /// Size of an immediate that follows the operand size.
    fn full(&self) -> usize {
        if self.short && !self.wide { 2 } else { 4 }
    }

    fn one_byte(&mut self, op: u8) -> Option<Shape> {
        let full = self.full();
        let jump = |immediate, meant| Shape {
            modrm: false,
            immediate,
            meant,
        };
        let group = |meant| Shape {
            modrm: true,
            immediate: 0,
            meant,
        };
        Some(match op {
            0x00..=0x3f => match op & 7 {
                0..=3 => shape(true, 0),
                4 => shape(false, 1),
                5 => shape(false, full),
                _ => return None,
            },
            0x50..=0x5f | 0x6c..=0x6f | 0x90..=0x99 | 0x9b..=0x9f | 0xa4..=0xa7 => shape(false, 0),
            0x63 | 0x84..=0x8c | 0x8e | 0x8f | 0xd0..=0xd3 | 0xd8..=0xdf | 0xfe => shape(true, 0),
            0x8d => group(Meant::Lea),
            0x68 | 0xa9 => shape(false, full),
            0x69 | 0x81 | 0xc7 => shape(true, full),
            0x6a | 0xa8 | 0xb0..=0xb7 | 0xcd | 0xe4..=0xe7 => shape(false, 1),
            0x6b | 0x80 | 0x83 | 0xc0 | 0xc1 | 0xc6 => shape(true, 1),
            0x70..=0x7f | 0xe0..=0xe3 => jump(1, Meant::Branch),
            0xa0..=0xa3 => shape(false, if self.small_address { 4 } else { 8 }),
            0xaa..=0xaf
            | 0xc3
            | 0xc9
            | 0xcb
            | 0xcc
            | 0xcf
            | 0xd7
            | 0xec..=0xef
            | 0xf1
            | 0xf4
            | 0xf5
            | 0xf8..=0xfd => shape(false, 0),
            0xb8..=0xbf => shape(false, if self.wide { 8 } else { full }),
            0xc2 | 0xca => shape(false, 2),
            0xc8 => shape(false, 3),
            0xe8 => jump(4, Meant::Call),
            0xe9 => jump(4, Meant::Jump),
            0xeb => jump(1, Meant::Jump),
            0xf6 => group(Meant::Group3(1)),
            0xf7 => group(Meant::Group3(full)),
            0xff => group(Meant::Group5),
            _ => return None,
        })
    }

    fn two_bytes(&mut self) -> Option<Shape> {
        let op = self.byte()?;
        Some(match op {
            0x05..=0x09 | 0x0b | 0x30..=0x37 | 0x77 | 0xa0..=0xa2 | 0xa8..=0xaa | 0xc8..=0xcf => {
                shape(false, 0)
            }
            0x38 => {
                self.byte()?;
                shape(true, 0)
            }
            0x3a => {
                self.byte()?;
                shape(true, 1)
            }
            0x0f | 0x04 | 0x0a | 0x0c => return None,
            0x80..=0x8f => Shape {
                modrm: false,
                immediate: 4,
                meant: Meant::Branch,
            },
            _ => shape(true, immediate_of_map_1(op)),
        })
    }

    /// Instructions of the vector extensions with their own prefixes.
    fn vex(&mut self, op: u8) -> Option<Shape> {
        let first = self.byte()?;
        let map = match op {
            0xc5 => 1,
            0xc4 => {
                self.byte()?;
                first & 0x1f
            }
            _ => {
                self.byte()?;
                self.byte()?;
                first & 7
            }
        };
        let op = self.byte()?;
        Some(match map {
            1 if op == 0x77 => shape(false, 0),
            1 => shape(true, immediate_of_map_1(op)),
            2 | 5 | 6 => shape(true, 0),
            3 => shape(true, 1),
            _ => return None,
        })
    }

    /// Reads the operands.
    fn finish(mut self, s: Shape, at: usize) -> Option<(usize, Refers)> {
        let (mut immediate, mut memory, mut middle) = (s.immediate, None, 0);
        if s.modrm {
            let modrm = self.byte()?;
            middle = modrm >> 3 & 7;
            memory = self.operand(modrm)?;
            if let Meant::Group3(size) = s.meant
                && middle < 2
            {
                immediate = size;
            }
        }
        let value = self.number(immediate)?;
        let end = at.wrapping_add(self.pos);
        let there = end.wrapping_add(value as usize);
        let target = |d: i64| end.wrapping_add(d as usize);
        let refers = match (s.meant, memory) {
            (Meant::Call, _) => Refers::Call(there),
            (Meant::Jump, _) => Refers::Jump(there),
            (Meant::Branch, _) => Refers::Branch(there),
            (Meant::Lea, Some(d)) => Refers::Address(target(d)),
            (Meant::Group5, Some(d)) if matches!(middle, 2 | 4) => Refers::Through(target(d)),
            (_, Some(d)) => Refers::Memory(target(d)),
            _ => Refers::Nothing,
        };
        Some((self.pos, refers))
    }

    /// The distance of a memory operand from the instruction's end, if that is how it is given.
    fn operand(&mut self, modrm: u8) -> Option<Option<i64>> {
        let (kind, rm) = (modrm >> 6, modrm & 7);
        if kind == 3 {
            return Some(None);
        }
        let base = if rm == 4 { self.byte()? & 7 } else { rm };
        match (kind, rm, base) {
            (0, 5, _) => return Some(Some(self.number(4)?)),
            (0, 4, 5) | (2, ..) => self.number(4)?,
            (1, ..) => self.number(1)?,
            _ => 0,
        };
        Some(None)
    }

    /// A signed number of so many bytes.
    fn number(&mut self, size: usize) -> Option<i64> {
        let bytes = self.code.get(self.pos..self.pos + size)?;
        self.pos += size;
        let mut all = [0u8; 8];
        let used = size.min(8);
        all[..used].copy_from_slice(&bytes[..used]);
        let unused = 64 - 8 * used as u32;
        Some(if used == 0 {
            0
        } else {
            i64::from_le_bytes(all) << unused >> unused
        })
    }
}

fn immediate_of_map_1(op: u8) -> usize {
    matches!(op, 0x70..=0x73 | 0xa4 | 0xac | 0xba | 0xc2 | 0xc4..=0xc6).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(code: &[u8], refers: Refers) {
        let mut padded = code.to_vec();
        padded.extend([0; 16]);
        assert_eq!(decode(&padded, 0x1000), Some((code.len(), refers)));
    }

    #[test]
    fn lengths_and_references() {
        is(&[0xf3, 0x0f, 0x1e, 0xfa], Refers::Nothing); // endbr64
        is(&[0x41, 0x54], Refers::Nothing); // push r12
        is(
            &[0x48, 0x8d, 0x05, 0x10, 0, 0, 0],
            Refers::Address(0x1000 + 7 + 16),
        );
        is(&[0xe8, 0xfb, 0xff, 0xff, 0xff], Refers::Call(0x1000));
        is(&[0xff, 0x25, 0, 0, 0, 0], Refers::Through(0x1006)); // jmp [rip]
        is(&[0xf2, 0xff, 0x25, 0, 0, 0, 0], Refers::Through(0x1007)); // bnd jmp [rip]
        is(&[0x0f, 0x84, 0, 1, 0, 0], Refers::Branch(0x1106));
        is(&[0x74, 0xfe], Refers::Branch(0x1000));
        is(&[0xeb, 0x00], Refers::Jump(0x1002));
        is(&[0x83, 0x3d, 0, 0, 0, 0, 0x2a], Refers::Memory(0x1007)); // cmp dword [rip], 42
        is(
            &[0xf7, 0x05, 0, 0, 0, 0, 1, 0, 0, 0],
            Refers::Memory(0x100a),
        ); // test dword [rip], 1
        is(&[0xf7, 0xd8], Refers::Nothing); // neg eax
        is(&[0x48, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8], Refers::Nothing); // mov rax, imm64
        is(&[0x66, 0xc7, 0x44, 0x24, 8, 1, 0], Refers::Nothing); // mov word [rsp+8], 1
        is(
            &[0x42, 0x8b, 0x84, 0xa5, 0, 1, 0, 0],
            Refers::Nothing, // mov eax, [rbp + r12*4 + 256]
        );
        is(&[0xf6, 0x80, 0xab, 0, 0, 0, 4], Refers::Nothing); // test byte [rax+171], 4
        is(&[0xc5, 0xf8, 0x77], Refers::Nothing); // vzeroupper
        is(
            &[0xc5, 0xfb, 0x10, 0x05, 0, 0, 0, 0],
            Refers::Memory(0x1008),
        ); // vmovsd xmm0, [rip]
        is(
            &[0xc4, 0xe3, 0x79, 0x0f, 0xc1, 8],
            Refers::Nothing, // vpalignr
        );
        is(&[0x66, 0x0f, 0x3a, 0x0f, 0xc1, 8], Refers::Nothing); // palignr
        is(
            &[0x66, 0x0f, 0x6e, 0x05, 0, 0, 0, 0],
            Refers::Memory(0x1008),
        );
        assert_eq!(decode(&[0x06], 0), None);
        assert_eq!(decode(&[0x48], 0), None);
        assert_eq!(decode(&[0xe8, 0], 0), None);
    }
}
