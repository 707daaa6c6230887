//! What native functions need beside the rest: borrowed text and bytes, defaults as bits.

use crate::convert::Scope;

/// Text as a native function gets it.
///
/// # Safety
/// `size` bytes of UTF-8 lie at `data` as long as the scope lasts.
#[inline(always)]
pub unsafe fn native_text(scope: &Scope, data: *const u8, size: isize) -> &str {
    // SAFETY: by contract.
    unsafe { std::str::from_utf8_unchecked(native_bytes(scope, data, size)) }
}

/// Bytes as a native function gets them.
///
/// # Safety
/// `size` bytes lie at `data` as long as the scope lasts.
#[inline(always)]
pub unsafe fn native_bytes(_: &Scope, data: *const u8, size: isize) -> &[u8] {
    // SAFETY: by contract.
    unsafe { std::slice::from_raw_parts(data, size as usize) }
}

/// A default, for its bits in a constant.
pub struct Bits<T>(pub T);

macro_rules! bits {
    ($($t:ty => |$v:ident| $bits:expr;)*) => {$(
        impl Bits<$t> {
            /// As the table has it.
            pub const fn bits(self) -> u64 {
                let $v = self.0;
                $bits
            }
        }
    )*};
}

bits! {
    i8 => |v| v as i64 as u64;
    i16 => |v| v as i64 as u64;
    i32 => |v| v as i64 as u64;
    i64 => |v| v as u64;
    isize => |v| v as i64 as u64;
    u8 => |v| v as u64;
    u16 => |v| v as u64;
    u32 => |v| v as u64;
    u64 => |v| v;
    usize => |v| v as u64;
    f32 => |v| v.to_bits() as u64;
    f64 => |v| v.to_bits();
    bool => |v| v as u64;
}
