//! The slots of a type: the operations the runtime calls directly, and the special methods they stand
//! for. One table declares all of them; the struct, the numbering, inheritance and the generic
//! implementations that look a special method up all come from it.
//!
//! Source of the idea: `PyTypeObject` and `slotdefs` of CPython; our operands are values and results are
//! `PyResult`.

use rivet_spec::CompareOp;

use super::Type;
use super::wrappers as w;
use crate::exceptions::PyResult;
use crate::types::memoryview::BufferRequest;
use crate::types::str::Str;
use crate::types::str::intern::StaticName;
use crate::types::tuple::Tuple;
use crate::value::{Gc, Value};

/// One operand, a value out.
pub type Unary = fn(Value) -> PyResult<Value>;
/// Two operands, a value out (possibly `NotImplemented`).
pub type Binary = fn(Value, Value) -> PyResult<Value>;
/// Three operands.
pub type Ternary = fn(Value, Value, Value) -> PyResult<Value>;
/// A call: callee, positional arguments followed by the values of the keywords named in the tuple.
pub type CallFn = fn(Value, &[Value], Option<Gc<Tuple>>) -> PyResult<Value>;
/// `__init__`
pub type InitFn = fn(Value, &[Value], Option<Gc<Tuple>>) -> PyResult<()>;
/// `__new__`
pub type NewFn = fn(Gc<Type>, &[Value], Option<Gc<Tuple>>) -> PyResult<Value>;
/// `__hash__`
pub type HashFn = fn(Value) -> PyResult<i64>;
/// `__len__`
pub type LenFn = fn(Value) -> PyResult<usize>;
/// `__bool__`
pub type BoolFn = fn(Value) -> PyResult<bool>;
/// `__getattribute__`; the name is interned.
pub type GetAttrFn = fn(Value, Gc<Str>) -> PyResult<Value>;
/// `__setattr__` or, without a value, `__delattr__`; the name is interned.
pub type SetAttrFn = fn(Value, Gc<Str>, Option<Value>) -> PyResult<()>;
/// `__next__`; None when exhausted.
pub type NextFn = fn(Value) -> PyResult<Option<Value>>;
/// `__get__`: descriptor, instance, owner.
pub type DescrGetFn = fn(Value, Option<Value>, Value) -> PyResult<Value>;
/// `__set__` or, without a value, `__delete__`.
pub type DescrSetFn = fn(Value, Value, Option<Value>) -> PyResult<()>;
/// `__setitem__` or, without a value, `__delitem__`.
pub type SetItemFn = fn(Value, Value, Option<Value>) -> PyResult<()>;
/// `__contains__`
pub type ContainsFn = fn(Value, Value) -> PyResult<bool>;
/// `__lt__` and its kin.
pub type CompareFn = fn(Value, Value, CompareOp) -> PyResult<Value>;
/// Sequence repetition.
pub type RepeatFn = fn(Value, isize) -> PyResult<Value>;
/// `__del__`
pub type FinalizeFn = fn(Value) -> PyResult<()>;
/// The buffer protocol: fills in a request.
pub type BufferFn = fn(Value, &mut BufferRequest) -> PyResult<()>;

/// How a slot appears as a method: calls it with Python arguments.
pub type WrapFn = fn(&Slots, Value, &[Value], Option<Gc<Tuple>>) -> PyResult<Value>;

macro_rules! slots {
    ($( $id:ident $field:ident : $ty:ty = $generic:expr, [$($dunder:literal => $wrap:expr),*] ;)*) => {
        /// The slots of a type. `None`: not supported.
        #[derive(Clone, Copy, Default)]
        #[repr(C)]
        pub struct Slots {
            $(#[doc = concat!("`", stringify!($id), "`")] pub $field: Option<$ty>,)*
        }

        /// A slot's number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum SlotId { $(#[doc = stringify!($field)] $id,)* }

        impl SlotId {
            /// All slots.
            pub const ALL: &'static [SlotId] = &[$(SlotId::$id,)*];
        }

        /// One special method: its name, the slot it fills, how to call the slot as that method.
        pub struct Special {
            /// `__name__`
            pub name: &'static str,
            /// The same, interned.
            pub key: StaticName,
            /// The slot.
            pub slot: SlotId,
            /// Calls the slot with Python arguments.
            pub wrap: WrapFn,
        }

        /// All special methods that have slots. Those of one slot are adjacent.
        pub static SPECIALS: [Special; <[&str]>::len(&[$($($dunder,)*)*])] = [
            $($(Special { name: $dunder, key: StaticName::new($dunder), slot: SlotId::$id, wrap: $wrap },)*)*
        ];

        impl Slots {
            /// Whether the slot is filled.
            pub fn is_set(&self, id: SlotId) -> bool {
                match id { $(SlotId::$id => self.$field.is_some(),)* }
            }

            /// Whether both have the same function in the slot.
            pub fn same(&self, id: SlotId, other: &Slots) -> bool {
                match id { $(SlotId::$id => self.$field.map(|f| f as usize) == other.$field.map(|f| f as usize),)* }
            }

            /// Takes the slot from `from`.
            pub fn copy(&mut self, id: SlotId, from: &Slots) {
                match id { $(SlotId::$id => self.$field = from.$field,)* }
            }

            /// Empties the slot.
            pub fn clear(&mut self, id: SlotId) {
                match id { $(SlotId::$id => self.$field = None,)* }
            }

            /// Fills the slot with the implementation that looks the special method up.
            pub fn set_generic(&mut self, id: SlotId) {
                match id { $(SlotId::$id => self.$field = Some($generic),)* }
            }
        }
    };
}

slots! {
    Repr repr: Unary = w::slot_repr, ["__repr__" => w::wrap_repr];
    Hash hash: HashFn = w::slot_hash, ["__hash__" => w::wrap_hash];
    Call call: CallFn = w::slot_call, ["__call__" => w::wrap_call];
    Str str: Unary = w::slot_str, ["__str__" => w::wrap_str];
    GetAttr getattro: GetAttrFn = w::slot_getattr, ["__getattribute__" => w::wrap_getattr, "__getattr__" => w::wrap_getattr];
    SetAttr setattro: SetAttrFn = w::slot_setattr, ["__setattr__" => w::wrap_setattr, "__delattr__" => w::wrap_delattr];
    Compare compare: CompareFn = w::slot_compare, [
        "__lt__" => w::wrap_compare::<0>, "__le__" => w::wrap_compare::<1>, "__eq__" => w::wrap_compare::<2>,
        "__ne__" => w::wrap_compare::<3>, "__gt__" => w::wrap_compare::<4>, "__ge__" => w::wrap_compare::<5>];
    Iter iter: Unary = w::slot_iter, ["__iter__" => w::wrap_iter];
    Next next: NextFn = w::slot_next, ["__next__" => w::wrap_next];
    DescrGet descr_get: DescrGetFn = w::slot_get, ["__get__" => w::wrap_get];
    DescrSet descr_set: DescrSetFn = w::slot_set, ["__set__" => w::wrap_set, "__delete__" => w::wrap_delete];
    Init init: InitFn = w::slot_init, ["__init__" => w::wrap_init];
    New new: NewFn = w::slot_new, ["__new__" => w::wrap_new];
    Finalize finalize: FinalizeFn = w::slot_finalize, ["__del__" => w::wrap_finalize];
    Await am_await: Unary = w::slot_await, ["__await__" => w::wrap_await];
    Aiter am_aiter: Unary = w::slot_aiter, ["__aiter__" => w::wrap_aiter];
    Anext am_anext: Unary = w::slot_anext, ["__anext__" => w::wrap_anext];
    Add add: Binary = w::slot_binary::<0>, ["__add__" => w::wrap_binary::<0>, "__radd__" => w::wrap_reflected::<0>];
    Sub sub: Binary = w::slot_binary::<1>, ["__sub__" => w::wrap_binary::<1>, "__rsub__" => w::wrap_reflected::<1>];
    Mul mul: Binary = w::slot_binary::<2>, ["__mul__" => w::wrap_binary::<2>, "__rmul__" => w::wrap_reflected::<2>];
    TrueDiv truediv: Binary = w::slot_binary::<3>, ["__truediv__" => w::wrap_binary::<3>, "__rtruediv__" => w::wrap_reflected::<3>];
    FloorDiv floordiv: Binary = w::slot_binary::<4>, ["__floordiv__" => w::wrap_binary::<4>, "__rfloordiv__" => w::wrap_reflected::<4>];
    Mod modulo: Binary = w::slot_binary::<5>, ["__mod__" => w::wrap_binary::<5>, "__rmod__" => w::wrap_reflected::<5>];
    Pow pow: Ternary = w::slot_pow, ["__pow__" => w::wrap_pow, "__rpow__" => w::wrap_rpow];
    LShift lshift: Binary = w::slot_binary::<7>, ["__lshift__" => w::wrap_binary::<7>, "__rlshift__" => w::wrap_reflected::<7>];
    RShift rshift: Binary = w::slot_binary::<8>, ["__rshift__" => w::wrap_binary::<8>, "__rrshift__" => w::wrap_reflected::<8>];
    And and: Binary = w::slot_binary::<9>, ["__and__" => w::wrap_binary::<9>, "__rand__" => w::wrap_reflected::<9>];
    Or or: Binary = w::slot_binary::<10>, ["__or__" => w::wrap_binary::<10>, "__ror__" => w::wrap_reflected::<10>];
    Xor xor: Binary = w::slot_binary::<11>, ["__xor__" => w::wrap_binary::<11>, "__rxor__" => w::wrap_reflected::<11>];
    MatMul matmul: Binary = w::slot_binary::<12>, ["__matmul__" => w::wrap_binary::<12>, "__rmatmul__" => w::wrap_reflected::<12>];
    Divmod divmod: Binary = w::slot_divmod, ["__divmod__" => w::wrap_divmod, "__rdivmod__" => w::wrap_rdivmod];
    IAdd iadd: Binary = w::slot_inplace::<0>, ["__iadd__" => w::wrap_inplace::<0>];
    ISub isub: Binary = w::slot_inplace::<1>, ["__isub__" => w::wrap_inplace::<1>];
    IMul imul: Binary = w::slot_inplace::<2>, ["__imul__" => w::wrap_inplace::<2>];
    ITrueDiv itruediv: Binary = w::slot_inplace::<3>, ["__itruediv__" => w::wrap_inplace::<3>];
    IFloorDiv ifloordiv: Binary = w::slot_inplace::<4>, ["__ifloordiv__" => w::wrap_inplace::<4>];
    IMod imodulo: Binary = w::slot_inplace::<5>, ["__imod__" => w::wrap_inplace::<5>];
    IPow ipow: Binary = w::slot_inplace::<6>, ["__ipow__" => w::wrap_inplace::<6>];
    ILShift ilshift: Binary = w::slot_inplace::<7>, ["__ilshift__" => w::wrap_inplace::<7>];
    IRShift irshift: Binary = w::slot_inplace::<8>, ["__irshift__" => w::wrap_inplace::<8>];
    IAnd iand: Binary = w::slot_inplace::<9>, ["__iand__" => w::wrap_inplace::<9>];
    IOr ior: Binary = w::slot_inplace::<10>, ["__ior__" => w::wrap_inplace::<10>];
    IXor ixor: Binary = w::slot_inplace::<11>, ["__ixor__" => w::wrap_inplace::<11>];
    IMatMul imatmul: Binary = w::slot_inplace::<12>, ["__imatmul__" => w::wrap_inplace::<12>];
    Neg neg: Unary = w::slot_neg, ["__neg__" => w::wrap_neg];
    Pos pos: Unary = w::slot_pos, ["__pos__" => w::wrap_pos];
    Abs abs: Unary = w::slot_abs, ["__abs__" => w::wrap_abs];
    Bool bool: BoolFn = w::slot_bool, ["__bool__" => w::wrap_bool];
    Invert invert: Unary = w::slot_invert, ["__invert__" => w::wrap_invert];
    Int int: Unary = w::slot_int, ["__int__" => w::wrap_int];
    FloatSlot float: Unary = w::slot_float, ["__float__" => w::wrap_float];
    Index index: Unary = w::slot_index, ["__index__" => w::wrap_index];
    Len len: LenFn = w::slot_len, ["__len__" => w::wrap_len];
    GetItem getitem: Binary = w::slot_getitem, ["__getitem__" => w::wrap_getitem];
    SetItem setitem: SetItemFn = w::slot_setitem, ["__setitem__" => w::wrap_setitem, "__delitem__" => w::wrap_delitem];
    Contains contains: ContainsFn = w::slot_contains, ["__contains__" => w::wrap_contains];
    Concat concat: Binary = w::no_concat, [];
    Repeat repeat: RepeatFn = w::no_repeat, [];
    IConcat iconcat: Binary = w::no_concat, [];
    IRepeat irepeat: RepeatFn = w::no_repeat, [];
    Buffer buffer: BufferFn = w::no_buffer, [];
}

impl Slots {
    /// The slot of binary operator number `op` (`rivet_spec::BinaryOp`); power is not among them.
    #[inline(always)]
    pub fn binary(&self, op: u8) -> Option<Binary> {
        match op {
            0 => self.add,
            1 => self.sub,
            2 => self.mul,
            3 => self.truediv,
            4 => self.floordiv,
            5 => self.modulo,
            7 => self.lshift,
            8 => self.rshift,
            9 => self.and,
            10 => self.or,
            11 => self.xor,
            12 => self.matmul,
            _ => None,
        }
    }

    /// The in-place slot of binary operator number `op`.
    pub fn inplace(&self, op: u8) -> Option<Binary> {
        match op {
            0 => self.iadd,
            1 => self.isub,
            2 => self.imul,
            3 => self.itruediv,
            4 => self.ifloordiv,
            5 => self.imodulo,
            6 => self.ipow,
            7 => self.ilshift,
            8 => self.irshift,
            9 => self.iand,
            10 => self.ior,
            11 => self.ixor,
            12 => self.imatmul,
            _ => None,
        }
    }
}

/// The special methods that fill `slot`.
pub fn specials_of(slot: SlotId) -> impl Iterator<Item = &'static Special> {
    SPECIALS.iter().filter(move |s| s.slot == slot)
}
