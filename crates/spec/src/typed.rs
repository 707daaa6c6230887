//! Signatures of native functions: what an extension says about the machine values its functions take and
//! give (`include/typed_method.h`). Data only: the boundary reads them from extensions, the interpreter and
//! the compiler call by them.

/// The most parameters a signature has, a receiver included: as many as the C convention passes in registers
/// whatever their types are.
pub const MAX_PARAMS: usize = 6;

/// The type of a parameter or of a result. The numbers are those of `include/typed_method.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum TypeCode {
    /// Result only: the call gives None.
    #[default]
    Void = 0,
    /// `int8_t`
    I8 = 1,
    /// `int16_t`
    I16 = 2,
    /// `int32_t`
    I32 = 3,
    /// `int64_t`
    I64 = 4,
    /// `uint8_t`
    U8 = 5,
    /// `uint16_t`
    U16 = 6,
    /// `uint32_t`
    U32 = 7,
    /// `uint64_t`
    U64 = 8,
    /// `float`
    F32 = 9,
    /// `double`
    F64 = 10,
    /// `bool`: one byte, 0 or 1
    Bool = 11,
    /// `PyObject *`: borrowed as a parameter, a new reference as a result.
    Object = 12,
    /// The receiver as `PyObject *`, borrowed; first parameter only.
    SelfObject = 13,
    /// The receiver as the address just behind its `PyObject` head; first parameter only.
    SelfStruct = 14,
    /// `const char *, Py_ssize_t`: the UTF-8 form of a str, borrowed for the call; parameters only.
    Utf8 = 15,
    /// `const char *, Py_ssize_t`: the contents of a bytes object, borrowed for the call; parameters only.
    Bytes = 16,
    /// `const int8_t *, Py_ssize_t`: the elements of a contiguous buffer of one dimension; parameters only.
    BufferI8 = 0x41,
    /// `const int16_t *, Py_ssize_t`: the elements of a contiguous buffer of one dimension; parameters only.
    BufferI16 = 0x42,
    /// `const int32_t *, Py_ssize_t`: the elements of a contiguous buffer of one dimension; parameters only.
    BufferI32 = 0x43,
    /// `const int64_t *, Py_ssize_t`: the elements of a contiguous buffer of one dimension; parameters only.
    BufferI64 = 0x44,
    /// `const uint8_t *, Py_ssize_t`: the elements of a contiguous buffer of one dimension; parameters only.
    BufferU8 = 0x45,
    /// `const uint16_t *, Py_ssize_t`: the elements of a contiguous buffer of one dimension; parameters only.
    BufferU16 = 0x46,
    /// `const uint32_t *, Py_ssize_t`: the elements of a contiguous buffer of one dimension; parameters only.
    BufferU32 = 0x47,
    /// `const uint64_t *, Py_ssize_t`: the elements of a contiguous buffer of one dimension; parameters only.
    BufferU64 = 0x48,
    /// `const float *, Py_ssize_t`: the elements of a contiguous buffer of one dimension; parameters only.
    BufferF32 = 0x49,
    /// `const double *, Py_ssize_t`: the elements of a contiguous buffer of one dimension; parameters only.
    BufferF64 = 0x4a,
    /// `const bool *, Py_ssize_t`: the elements of a contiguous buffer of one dimension; parameters only.
    BufferBool = 0x4b,
    /// The same, to be written to.
    WritableI8 = 0x81,
    /// The same, to be written to.
    WritableI16 = 0x82,
    /// The same, to be written to.
    WritableI32 = 0x83,
    /// The same, to be written to.
    WritableI64 = 0x84,
    /// The same, to be written to.
    WritableU8 = 0x85,
    /// The same, to be written to.
    WritableU16 = 0x86,
    /// The same, to be written to.
    WritableU32 = 0x87,
    /// The same, to be written to.
    WritableU64 = 0x88,
    /// The same, to be written to.
    WritableF32 = 0x89,
    /// The same, to be written to.
    WritableF64 = 0x8a,
    /// The same, to be written to.
    WritableBool = 0x8b,
    /// `PyObject *` of exactly the type whose address is in the parameter's place among the defaults. In no table.
    ExactObject = 0xfd,
    /// A C `int` that means a truth value: 0 or 1 as a parameter, anything as a result. In no table.
    Truth = 0xfe,
    /// A parameter that no argument becomes: a constant word, found among the defaults. In no table.
    Constant = 0xff,
}

impl TypeCode {
    /// The codes of single values, by number.
    pub const ALL: [TypeCode; 17] = [
        TypeCode::Void,
        TypeCode::I8,
        TypeCode::I16,
        TypeCode::I32,
        TypeCode::I64,
        TypeCode::U8,
        TypeCode::U16,
        TypeCode::U32,
        TypeCode::U64,
        TypeCode::F32,
        TypeCode::F64,
        TypeCode::Bool,
        TypeCode::Object,
        TypeCode::SelfObject,
        TypeCode::SelfStruct,
        TypeCode::Utf8,
        TypeCode::Bytes,
    ];

    /// Buffers, in the order of their elements' numbers.
    const BUFFERS: [TypeCode; 11] = [
        TypeCode::BufferI8,
        TypeCode::BufferI16,
        TypeCode::BufferI32,
        TypeCode::BufferI64,
        TypeCode::BufferU8,
        TypeCode::BufferU16,
        TypeCode::BufferU32,
        TypeCode::BufferU64,
        TypeCode::BufferF32,
        TypeCode::BufferF64,
        TypeCode::BufferBool,
    ];

    /// Buffers that are written to, likewise.
    const WRITABLE: [TypeCode; 11] = [
        TypeCode::WritableI8,
        TypeCode::WritableI16,
        TypeCode::WritableI32,
        TypeCode::WritableI64,
        TypeCode::WritableU8,
        TypeCode::WritableU16,
        TypeCode::WritableU32,
        TypeCode::WritableU64,
        TypeCode::WritableF32,
        TypeCode::WritableF64,
        TypeCode::WritableBool,
    ];

    /// The element of a buffer, and whether it is written to.
    pub fn element(self) -> Option<(TypeCode, bool)> {
        const WRITABLE: u16 = 0x80;
        const ELEMENT: u16 = 0x3f;
        let n = self as u16;
        let element = TypeCode::from_number(n & ELEMENT)?;
        (n > ELEMENT).then_some((element, n & WRITABLE != 0))
    }

    /// Size of a number or bool in memory; 0 for other types.
    pub const fn size(self) -> usize {
        match self {
            TypeCode::I8 | TypeCode::U8 | TypeCode::Bool => 1,
            TypeCode::I16 | TypeCode::U16 => 2,
            TypeCode::I32 | TypeCode::U32 | TypeCode::F32 => 4,
            TypeCode::I64 | TypeCode::U64 | TypeCode::F64 => 8,
            _ => 0,
        }
    }

    /// The type of this number; None for numbers this version does not know.
    pub fn from_number(n: u16) -> Option<TypeCode> {
        const FIRST: u16 = TypeCode::BufferI8 as u16;
        const FIRST_WRITABLE: u16 = TypeCode::WritableI8 as u16;
        let of = |all: [TypeCode; 11], first: u16| all.get(n.checked_sub(first)? as usize).copied();
        let single = TypeCode::ALL.get(n as usize).copied();
        single
            .or_else(|| of(TypeCode::BUFFERS, FIRST))
            .or_else(|| of(TypeCode::WRITABLE, FIRST_WRITABLE))
    }

    /// Its name in listings.
    pub const fn name(self) -> &'static str {
        match self {
            TypeCode::Void => "void",
            TypeCode::I8 => "i8",
            TypeCode::I16 => "i16",
            TypeCode::I32 => "i32",
            TypeCode::I64 => "i64",
            TypeCode::U8 => "u8",
            TypeCode::U16 => "u16",
            TypeCode::U32 => "u32",
            TypeCode::U64 => "u64",
            TypeCode::F32 => "f32",
            TypeCode::F64 => "f64",
            TypeCode::Bool => "bool",
            TypeCode::Object => "object",
            TypeCode::SelfObject => "self",
            TypeCode::SelfStruct => "self struct",
            TypeCode::Utf8 => "utf8",
            TypeCode::Bytes => "bytes",
            TypeCode::BufferI8 => "buffer<i8>",
            TypeCode::BufferI16 => "buffer<i16>",
            TypeCode::BufferI32 => "buffer<i32>",
            TypeCode::BufferI64 => "buffer<i64>",
            TypeCode::BufferU8 => "buffer<u8>",
            TypeCode::BufferU16 => "buffer<u16>",
            TypeCode::BufferU32 => "buffer<u32>",
            TypeCode::BufferU64 => "buffer<u64>",
            TypeCode::BufferF32 => "buffer<f32>",
            TypeCode::BufferF64 => "buffer<f64>",
            TypeCode::BufferBool => "buffer<bool>",
            TypeCode::WritableI8 => "wbuffer<i8>",
            TypeCode::WritableI16 => "wbuffer<i16>",
            TypeCode::WritableI32 => "wbuffer<i32>",
            TypeCode::WritableI64 => "wbuffer<i64>",
            TypeCode::WritableU8 => "wbuffer<u8>",
            TypeCode::WritableU16 => "wbuffer<u16>",
            TypeCode::WritableU32 => "wbuffer<u32>",
            TypeCode::WritableU64 => "wbuffer<u64>",
            TypeCode::WritableF32 => "wbuffer<f32>",
            TypeCode::WritableF64 => "wbuffer<f64>",
            TypeCode::WritableBool => "wbuffer<bool>",
            TypeCode::ExactObject => "exact object",
            TypeCode::Truth => "bint",
            TypeCode::Constant => "constant",
        }
    }

    /// The least and greatest int a parameter of an integer type takes; None for other types.
    pub const fn int_range(self) -> Option<(i128, i128)> {
        Some(match self {
            TypeCode::I8 => (i8::MIN as i128, i8::MAX as i128),
            TypeCode::I16 => (i16::MIN as i128, i16::MAX as i128),
            TypeCode::I32 => (i32::MIN as i128, i32::MAX as i128),
            TypeCode::I64 => (i64::MIN as i128, i64::MAX as i128),
            TypeCode::U8 => (0, u8::MAX as i128),
            TypeCode::U16 => (0, u16::MAX as i128),
            TypeCode::U32 => (0, u32::MAX as i128),
            TypeCode::U64 => (0, u64::MAX as i128),
            _ => return None,
        })
    }

    /// Whether values of the type travel in floating-point registers.
    pub const fn is_float(self) -> bool {
        matches!(self, TypeCode::F32 | TypeCode::F64)
    }

    /// Whether values of the type are passed as address and length, two C arguments.
    pub const fn is_span(self) -> bool {
        let n = self as u8;
        TypeCode::Utf8 as u8 <= n && n < TypeCode::ExactObject as u8
    }

    /// The bits of a result of this type: what a C function leaves above a narrow one is not defined, they are
    /// extended as the type says.
    #[inline(always)]
    pub const fn extend(self, bits: u64) -> u64 {
        match self {
            TypeCode::I8 => bits as i8 as u64,
            TypeCode::I16 => bits as i16 as u64,
            TypeCode::I32 => bits as i32 as u64,
            TypeCode::U8 | TypeCode::Bool => bits as u8 as u64,
            TypeCode::U16 => bits as u16 as u64,
            TypeCode::U32 | TypeCode::F32 | TypeCode::Truth => bits as u32 as u64,
            _ => bits,
        }
    }

    /// Whether values of the type are elements of a buffer.
    pub const fn is_buffer(self) -> bool {
        self.is_span() && !matches!(self, TypeCode::Utf8 | TypeCode::Bytes)
    }

    /// Whether it is the receiver.
    pub const fn is_self(self) -> bool {
        matches!(self, TypeCode::SelfObject | TypeCode::SelfStruct)
    }
}

/// How a native function reports an error. The numbers are those of `include/typed_method.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum ErrorConvention {
    /// It cannot fail.
    #[default]
    Never = 0,
    /// A result that equals the sentinel bit for bit may be an error: it is one if an exception is pending.
    Sentinel = 1,
    /// An exception may be pending after any call.
    Always = 2,
    /// The C result is an int: 0 is success and the call gives None, anything else is an error.
    Nonzero = 3,
}

impl ErrorConvention {
    /// The convention of this number, if there is one.
    pub fn from_number(n: u32) -> Option<ErrorConvention> {
        [
            ErrorConvention::Never,
            ErrorConvention::Sentinel,
            ErrorConvention::Always,
            ErrorConvention::Nonzero,
        ]
        .get(n as usize)
        .copied()
    }
}

/// What a native function does besides computing its result: a set of the bits below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[repr(transparent)]
pub struct Effects(pub u32);

impl Effects {
    /// Calls no Python API: cannot re-enter the runtime, make objects, or raise.
    pub const LEAF: u32 = 1;
    /// Same arguments, same result, no effect: calls may be merged, hoisted, dropped.
    pub const PURE: u32 = 1 << 1;
    /// May run while the GIL is released.
    pub const NOGIL: u32 = 1 << 2;
    /// The result depends on memory that other code may write.
    pub const READS: u32 = 1 << 3;
    /// May be called twice with the same arguments by a checking mode.
    pub const TESTABLE: u32 = 1 << 4;

    /// Names of the bits, for listings.
    pub const NAMES: [(u32, &'static str); 5] = [
        (Effects::LEAF, "leaf"),
        (Effects::PURE, "pure"),
        (Effects::NOGIL, "nogil"),
        (Effects::READS, "reads"),
        (Effects::TESTABLE, "testable"),
    ];

    /// Whether all of these bits are set.
    #[inline(always)]
    pub const fn has(self, bits: u32) -> bool {
        self.0 & bits == bits
    }
}

/// Parameters, result, error convention and effects of a native function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Signature {
    /// Types of the parameters; the first `count` are in use. A receiver can only be the first.
    pub params: [TypeCode; MAX_PARAMS],
    /// Number of parameters.
    pub count: u8,
    /// Type of the result.
    pub result: TypeCode,
    /// How an error is reported.
    pub error: ErrorConvention,
    /// Index of the first parameter with a default; `count` if none has one.
    pub defaults_from: u8,
    /// What else the function does.
    pub effects: Effects,
    /// The result that may mean an error: its bits, integers sign-extended, an `f32` in the low half.
    pub sentinel: u64,
    /// Bits of the defaults by parameter; integers sign-extended.
    pub defaults: [u64; MAX_PARAMS],
}

impl Signature {
    /// The parameters in use.
    #[inline(always)]
    pub fn params(&self) -> &[TypeCode] {
        &self.params[..self.count as usize]
    }

    /// The parameters that are a receiver or arguments: constants come after these.
    pub fn visible(&self) -> &[TypeCode] {
        let all = self.params();
        let end = all.iter().position(|&p| p == TypeCode::Constant);
        &all[..end.unwrap_or(all.len())]
    }

    /// Whether the first parameter is the receiver.
    #[inline(always)]
    pub fn has_self(&self) -> bool {
        self.params().first().is_some_and(|p| p.is_self())
    }

    /// Integer registers that the parameters need.
    pub fn int_words(&self) -> usize {
        let words = |p: &TypeCode| match p {
            p if p.is_float() => 0,
            p if p.is_span() => 2,
            _ => 1,
        };
        self.params().iter().map(words).sum()
    }

    /// The default of parameter `i` as Python writes it.
    pub fn default_text(&self, i: usize) -> String {
        let bits = self.defaults[i];
        match self.params[i] {
            TypeCode::F64 => format!("{:?}", f64::from_bits(bits)),
            TypeCode::F32 => format!("{:?}", f32::from_bits(bits as u32)),
            TypeCode::U64 => bits.to_string(),
            TypeCode::Bool => if bits != 0 { "True" } else { "False" }.to_owned(),
            _ => (bits as i64).to_string(),
        }
    }

    /// Whether a result with these bits can be an error, so that the pending exception has to be looked at.
    #[inline(always)]
    pub fn may_be_error(&self, bits: u64) -> bool {
        match self.error {
            ErrorConvention::Never => false,
            ErrorConvention::Sentinel => bits == self.sentinel,
            ErrorConvention::Always => true,
            ErrorConvention::Nonzero => bits as u32 != 0,
        }
    }
}

impl std::fmt::Display for Signature {
    /// `(f64, i64 = 2) -> f64`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(")?;
        for (i, p) in self.visible().iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            f.write_str(p.name())?;
            if i >= self.defaults_from as usize {
                write!(f, " = {}", self.default_text(i))?;
            }
        }
        write!(f, ") -> {}", self.result.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_codes_agree() {
        for (n, code) in TypeCode::ALL.iter().enumerate() {
            assert_eq!(*code as usize, n);
        }
        for n in [17, 0x40, 0x4c, 0x80, 0x8c, 0xc1, 0x141] {
            assert_eq!(TypeCode::from_number(n), None);
        }
        for (i, element) in TypeCode::ALL[1..12].iter().enumerate() {
            let (read, write) = (0x41 + i as u16, 0x81 + i as u16);
            let code = TypeCode::from_number(read).expect("a buffer");
            assert_eq!(code as u16, read);
            assert_eq!(code.element(), Some((*element, false)));
            assert!(code.is_span() && element.size() > 0);
            let code = TypeCode::from_number(write).expect("a buffer");
            assert_eq!(code as u16, write);
            assert_eq!(code.element(), Some((*element, true)));
            assert_eq!(code.name(), format!("wbuffer<{}>", element.name()));
        }
        assert_eq!(TypeCode::Bytes.element(), None);
        for n in 0..4 {
            assert_eq!(ErrorConvention::from_number(n).map(|e| e as u32), Some(n));
        }
        assert_eq!(ErrorConvention::from_number(4), None);
    }

    #[test]
    fn signatures_read_well() {
        let mut s = Signature {
            params: [TypeCode::Void; MAX_PARAMS],
            count: 2,
            result: TypeCode::F64,
            error: ErrorConvention::Sentinel,
            defaults_from: 1,
            effects: Effects(Effects::LEAF),
            sentinel: (-1.0f64).to_bits(),
            defaults: [0; MAX_PARAMS],
        };
        s.params[0] = TypeCode::F64;
        s.params[1] = TypeCode::I64;
        s.defaults[1] = -2i64 as u64;
        assert_eq!(s.to_string(), "(f64, i64 = -2) -> f64");
        assert_eq!(s.int_words(), 1);
        s.params[0] = TypeCode::Utf8;
        assert_eq!(s.int_words(), 3);
        assert!(s.may_be_error((-1.0f64).to_bits()) && !s.may_be_error(1));
    }
}
