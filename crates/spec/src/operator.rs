//! The operators of the language: what binary and comparison instructions carry as their `d` field.

macro_rules! operators {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $value:literal, $symbol:literal, $method:literal;)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum $name { $(#[doc = $symbol] $variant = $value,)* }

        impl $name {
            /// All operators, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The operator with this number.
            pub const fn from_u8(n: u8) -> Option<Self> {
                match n { $($value => Some(Self::$variant),)* _ => None }
            }

            /// The operator as written in a program.
            pub const fn symbol(self) -> &'static str {
                match self { $(Self::$variant => $symbol,)* }
            }

            /// The special method behind it.
            pub const fn method(self) -> &'static str {
                match self { $(Self::$variant => $method,)* }
            }
        }
    };
}

operators! {
    /// Binary operators; the in-place forms use the same numbers with `Insn::INPLACE` set in `d`.
    BinaryOp {
        Add = 0, "+", "__add__";
        Sub = 1, "-", "__sub__";
        Mul = 2, "*", "__mul__";
        TrueDiv = 3, "/", "__truediv__";
        FloorDiv = 4, "//", "__floordiv__";
        Mod = 5, "%", "__mod__";
        Pow = 6, "**", "__pow__";
        LShift = 7, "<<", "__lshift__";
        RShift = 8, ">>", "__rshift__";
        And = 9, "&", "__and__";
        Or = 10, "|", "__or__";
        Xor = 11, "^", "__xor__";
        MatMul = 12, "@", "__matmul__";
    }
}

operators! {
    /// Rich comparisons, with CPython's numbers (`Py_LT` = 0 .. `Py_GE` = 5).
    CompareOp {
        Lt = 0, "<", "__lt__";
        Le = 1, "<=", "__le__";
        Eq = 2, "==", "__eq__";
        Ne = 3, "!=", "__ne__";
        Gt = 4, ">", "__gt__";
        Ge = 5, ">=", "__ge__";
    }
}

impl CompareOp {
    /// The operator that gives the same answer with the operands exchanged.
    pub const fn swapped(self) -> Self {
        match self {
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            same => same,
        }
    }
}

operators! {
    /// Unary operators.
    UnaryOp {
        Neg = 0, "-", "__neg__";
        Pos = 1, "+", "__pos__";
        Invert = 2, "~", "__invert__";
        Not = 3, "not ", "__bool__";
    }
}
