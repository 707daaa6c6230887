//! `_ast`: the node classes, made from a table by a few lines of Python (nothing here is hot).

use rivet_vm::exceptions::PyResult;
use rivet_vm::types::dict::Dict;
use rivet_vm::types::module::Module;
use rivet_vm::types::str::Str;
use rivet_vm::value::{Gc, Value};

/// `name;base;fields;attributes;optional fields;doc` (`~` for line ends), one class a line, bases first.
const TABLE: &str = "\
alias;AST;name asname;lineno col_offset end_lineno end_col_offset;asname end_lineno end_col_offset;alias(identifier name, identifier? asname)\n\
arg;AST;arg annotation type_comment;lineno col_offset end_lineno end_col_offset;annotation type_comment end_lineno end_col_offset;arg(identifier arg, expr? annotation, string? type_comment)\n\
arguments;AST;posonlyargs args vararg kwonlyargs kw_defaults kwarg defaults;;vararg kwarg;arguments(arg* posonlyargs, arg* args, arg? vararg, arg* kwonlyargs, expr* kw_defaults, arg? kwarg, expr* defaults)\n\
boolop;AST;;;;boolop = And | Or\n\
cmpop;AST;;;;cmpop = Eq | NotEq | Lt | LtE | Gt | GtE | Is | IsNot | In | NotIn\n\
comprehension;AST;target iter ifs is_async;;;comprehension(expr target, expr iter, expr* ifs, int is_async)\n\
excepthandler;AST;;lineno col_offset end_lineno end_col_offset;end_lineno end_col_offset;excepthandler = ExceptHandler(expr? type, identifier? name, stmt* body)\n\
expr;AST;;lineno col_offset end_lineno end_col_offset;end_lineno end_col_offset;expr = BoolOp(boolop op, expr* values)~     | NamedExpr(expr target, expr value)~     | BinOp(expr left, operator op, expr right)~     | UnaryOp(unaryop op, expr operand)~     | Lambda(arguments args, expr body)~     | IfExp(expr test, expr body, expr orelse)~     | Dict(expr* keys, expr* values)~     | Set(expr* elts)~     | ListComp(expr elt, comprehension* generators)~     | SetComp(expr elt, comprehension* generators)~     | DictComp(expr key, expr value, comprehension* generators)~     | GeneratorExp(expr elt, comprehension* generators)~     | Await(expr value)~     | Yield(expr? value)~     | YieldFrom(expr value)~     | Compare(expr left, cmpop* ops, expr* comparators)~     | Call(expr func, expr* args, keyword* keywords)~     | FormattedValue(expr value, int conversion, expr? format_spec)~     | JoinedStr(expr* values)~     | Constant(constant value, string? kind)~     | Attribute(expr value, identifier attr, expr_context ctx)~     | Subscript(expr value, expr slice, expr_context ctx)~     | Starred(expr value, expr_context ctx)~     | Name(identifier id, expr_context ctx)~     | List(expr* elts, expr_context ctx)~     | Tuple(expr* elts, expr_context ctx)~     | Slice(expr? lower, expr? upper, expr? step)\n\
expr_context;AST;;;;expr_context = Load | Store | Del\n\
keyword;AST;arg value;lineno col_offset end_lineno end_col_offset;arg end_lineno end_col_offset;keyword(identifier? arg, expr value)\n\
match_case;AST;pattern guard body;;guard;match_case(pattern pattern, expr? guard, stmt* body)\n\
mod;AST;;;;mod = Module(stmt* body, type_ignore* type_ignores)~    | Interactive(stmt* body)~    | Expression(expr body)~    | FunctionType(expr* argtypes, expr returns)\n\
operator;AST;;;;operator = Add | Sub | Mult | MatMult | Div | Mod | Pow | LShift | RShift | BitOr | BitXor | BitAnd | FloorDiv\n\
pattern;AST;;lineno col_offset end_lineno end_col_offset;;pattern = MatchValue(expr value)~        | MatchSingleton(constant value)~        | MatchSequence(pattern* patterns)~        | MatchMapping(expr* keys, pattern* patterns, identifier? rest)~        | MatchClass(expr cls, pattern* patterns, identifier* kwd_attrs, pattern* kwd_patterns)~        | MatchStar(identifier? name)~        | MatchAs(pattern? pattern, identifier? name)~        | MatchOr(pattern* patterns)\n\
stmt;AST;;lineno col_offset end_lineno end_col_offset;end_lineno end_col_offset;stmt = FunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment)~     | AsyncFunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment)~     | ClassDef(identifier name, expr* bases, keyword* keywords, stmt* body, expr* decorator_list)~     | Return(expr? value)~     | Delete(expr* targets)~     | Assign(expr* targets, expr value, string? type_comment)~     | AugAssign(expr target, operator op, expr value)~     | AnnAssign(expr target, expr annotation, expr? value, int simple)~     | For(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment)~     | AsyncFor(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment)~     | While(expr test, stmt* body, stmt* orelse)~     | If(expr test, stmt* body, stmt* orelse)~     | With(withitem* items, stmt* body, string? type_comment)~     | AsyncWith(withitem* items, stmt* body, string? type_comment)~     | Match(expr subject, match_case* cases)~     | Raise(expr? exc, expr? cause)~     | Try(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody)~     | TryStar(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody)~     | Assert(expr test, expr? msg)~     | Import(alias* names)~     | ImportFrom(identifier? module, alias* names, int? level)~     | Global(identifier* names)~     | Nonlocal(identifier* names)~     | Expr(expr value)~     | Pass~     | Break~     | Continue\n\
type_ignore;AST;;;;type_ignore = TypeIgnore(int lineno, string tag)\n\
unaryop;AST;;;;unaryop = Invert | Not | UAdd | USub\n\
withitem;AST;context_expr optional_vars;;optional_vars;withitem(expr context_expr, expr? optional_vars)\n\
Add;operator;;;;Add\n\
And;boolop;;;;And\n\
AnnAssign;stmt;target annotation value simple;lineno col_offset end_lineno end_col_offset;value;AnnAssign(expr target, expr annotation, expr? value, int simple)\n\
Assert;stmt;test msg;lineno col_offset end_lineno end_col_offset;msg;Assert(expr test, expr? msg)\n\
Assign;stmt;targets value type_comment;lineno col_offset end_lineno end_col_offset;type_comment;Assign(expr* targets, expr value, string? type_comment)\n\
AsyncFor;stmt;target iter body orelse type_comment;lineno col_offset end_lineno end_col_offset;type_comment;AsyncFor(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment)\n\
AsyncFunctionDef;stmt;name args body decorator_list returns type_comment;lineno col_offset end_lineno end_col_offset;returns type_comment;AsyncFunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment)\n\
AsyncWith;stmt;items body type_comment;lineno col_offset end_lineno end_col_offset;type_comment;AsyncWith(withitem* items, stmt* body, string? type_comment)\n\
Attribute;expr;value attr ctx;lineno col_offset end_lineno end_col_offset;;Attribute(expr value, identifier attr, expr_context ctx)\n\
AugAssign;stmt;target op value;lineno col_offset end_lineno end_col_offset;;AugAssign(expr target, operator op, expr value)\n\
Await;expr;value;lineno col_offset end_lineno end_col_offset;;Await(expr value)\n\
BinOp;expr;left op right;lineno col_offset end_lineno end_col_offset;;BinOp(expr left, operator op, expr right)\n\
BitAnd;operator;;;;BitAnd\n\
BitOr;operator;;;;BitOr\n\
BitXor;operator;;;;BitXor\n\
BoolOp;expr;op values;lineno col_offset end_lineno end_col_offset;;BoolOp(boolop op, expr* values)\n\
Break;stmt;;lineno col_offset end_lineno end_col_offset;;Break\n\
Call;expr;func args keywords;lineno col_offset end_lineno end_col_offset;;Call(expr func, expr* args, keyword* keywords)\n\
ClassDef;stmt;name bases keywords body decorator_list;lineno col_offset end_lineno end_col_offset;;ClassDef(identifier name, expr* bases, keyword* keywords, stmt* body, expr* decorator_list)\n\
Compare;expr;left ops comparators;lineno col_offset end_lineno end_col_offset;;Compare(expr left, cmpop* ops, expr* comparators)\n\
Constant;expr;value kind;lineno col_offset end_lineno end_col_offset;kind;Constant(constant value, string? kind)\n\
Continue;stmt;;lineno col_offset end_lineno end_col_offset;;Continue\n\
Del;expr_context;;;;Del\n\
Delete;stmt;targets;lineno col_offset end_lineno end_col_offset;;Delete(expr* targets)\n\
Dict;expr;keys values;lineno col_offset end_lineno end_col_offset;;Dict(expr* keys, expr* values)\n\
DictComp;expr;key value generators;lineno col_offset end_lineno end_col_offset;;DictComp(expr key, expr value, comprehension* generators)\n\
Div;operator;;;;Div\n\
Eq;cmpop;;;;Eq\n\
ExceptHandler;excepthandler;type name body;lineno col_offset end_lineno end_col_offset;type name;ExceptHandler(expr? type, identifier? name, stmt* body)\n\
Expr;stmt;value;lineno col_offset end_lineno end_col_offset;;Expr(expr value)\n\
Expression;mod;body;;;Expression(expr body)\n\
FloorDiv;operator;;;;FloorDiv\n\
For;stmt;target iter body orelse type_comment;lineno col_offset end_lineno end_col_offset;type_comment;For(expr target, expr iter, stmt* body, stmt* orelse, string? type_comment)\n\
FormattedValue;expr;value conversion format_spec;lineno col_offset end_lineno end_col_offset;format_spec;FormattedValue(expr value, int conversion, expr? format_spec)\n\
FunctionDef;stmt;name args body decorator_list returns type_comment;lineno col_offset end_lineno end_col_offset;returns type_comment;FunctionDef(identifier name, arguments args, stmt* body, expr* decorator_list, expr? returns, string? type_comment)\n\
FunctionType;mod;argtypes returns;;;FunctionType(expr* argtypes, expr returns)\n\
GeneratorExp;expr;elt generators;lineno col_offset end_lineno end_col_offset;;GeneratorExp(expr elt, comprehension* generators)\n\
Global;stmt;names;lineno col_offset end_lineno end_col_offset;;Global(identifier* names)\n\
Gt;cmpop;;;;Gt\n\
GtE;cmpop;;;;GtE\n\
If;stmt;test body orelse;lineno col_offset end_lineno end_col_offset;;If(expr test, stmt* body, stmt* orelse)\n\
IfExp;expr;test body orelse;lineno col_offset end_lineno end_col_offset;;IfExp(expr test, expr body, expr orelse)\n\
Import;stmt;names;lineno col_offset end_lineno end_col_offset;;Import(alias* names)\n\
ImportFrom;stmt;module names level;lineno col_offset end_lineno end_col_offset;module level;ImportFrom(identifier? module, alias* names, int? level)\n\
In;cmpop;;;;In\n\
Interactive;mod;body;;;Interactive(stmt* body)\n\
Invert;unaryop;;;;Invert\n\
Is;cmpop;;;;Is\n\
IsNot;cmpop;;;;IsNot\n\
JoinedStr;expr;values;lineno col_offset end_lineno end_col_offset;;JoinedStr(expr* values)\n\
LShift;operator;;;;LShift\n\
Lambda;expr;args body;lineno col_offset end_lineno end_col_offset;;Lambda(arguments args, expr body)\n\
List;expr;elts ctx;lineno col_offset end_lineno end_col_offset;;List(expr* elts, expr_context ctx)\n\
ListComp;expr;elt generators;lineno col_offset end_lineno end_col_offset;;ListComp(expr elt, comprehension* generators)\n\
Load;expr_context;;;;Load\n\
Lt;cmpop;;;;Lt\n\
LtE;cmpop;;;;LtE\n\
MatMult;operator;;;;MatMult\n\
Match;stmt;subject cases;lineno col_offset end_lineno end_col_offset;;Match(expr subject, match_case* cases)\n\
MatchAs;pattern;pattern name;lineno col_offset end_lineno end_col_offset;pattern name;MatchAs(pattern? pattern, identifier? name)\n\
MatchClass;pattern;cls patterns kwd_attrs kwd_patterns;lineno col_offset end_lineno end_col_offset;;MatchClass(expr cls, pattern* patterns, identifier* kwd_attrs, pattern* kwd_patterns)\n\
MatchMapping;pattern;keys patterns rest;lineno col_offset end_lineno end_col_offset;rest;MatchMapping(expr* keys, pattern* patterns, identifier? rest)\n\
MatchOr;pattern;patterns;lineno col_offset end_lineno end_col_offset;;MatchOr(pattern* patterns)\n\
MatchSequence;pattern;patterns;lineno col_offset end_lineno end_col_offset;;MatchSequence(pattern* patterns)\n\
MatchSingleton;pattern;value;lineno col_offset end_lineno end_col_offset;;MatchSingleton(constant value)\n\
MatchStar;pattern;name;lineno col_offset end_lineno end_col_offset;name;MatchStar(identifier? name)\n\
MatchValue;pattern;value;lineno col_offset end_lineno end_col_offset;;MatchValue(expr value)\n\
Mod;operator;;;;Mod\n\
Module;mod;body type_ignores;;;Module(stmt* body, type_ignore* type_ignores)\n\
Mult;operator;;;;Mult\n\
Name;expr;id ctx;lineno col_offset end_lineno end_col_offset;;Name(identifier id, expr_context ctx)\n\
NamedExpr;expr;target value;lineno col_offset end_lineno end_col_offset;;NamedExpr(expr target, expr value)\n\
Nonlocal;stmt;names;lineno col_offset end_lineno end_col_offset;;Nonlocal(identifier* names)\n\
Not;unaryop;;;;Not\n\
NotEq;cmpop;;;;NotEq\n\
NotIn;cmpop;;;;NotIn\n\
Or;boolop;;;;Or\n\
Pass;stmt;;lineno col_offset end_lineno end_col_offset;;Pass\n\
Pow;operator;;;;Pow\n\
RShift;operator;;;;RShift\n\
Raise;stmt;exc cause;lineno col_offset end_lineno end_col_offset;exc cause;Raise(expr? exc, expr? cause)\n\
Return;stmt;value;lineno col_offset end_lineno end_col_offset;value;Return(expr? value)\n\
Set;expr;elts;lineno col_offset end_lineno end_col_offset;;Set(expr* elts)\n\
SetComp;expr;elt generators;lineno col_offset end_lineno end_col_offset;;SetComp(expr elt, comprehension* generators)\n\
Slice;expr;lower upper step;lineno col_offset end_lineno end_col_offset;lower upper step;Slice(expr? lower, expr? upper, expr? step)\n\
Starred;expr;value ctx;lineno col_offset end_lineno end_col_offset;;Starred(expr value, expr_context ctx)\n\
Store;expr_context;;;;Store\n\
Sub;operator;;;;Sub\n\
Subscript;expr;value slice ctx;lineno col_offset end_lineno end_col_offset;;Subscript(expr value, expr slice, expr_context ctx)\n\
Try;stmt;body handlers orelse finalbody;lineno col_offset end_lineno end_col_offset;;Try(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody)\n\
TryStar;stmt;body handlers orelse finalbody;lineno col_offset end_lineno end_col_offset;;TryStar(stmt* body, excepthandler* handlers, stmt* orelse, stmt* finalbody)\n\
Tuple;expr;elts ctx;lineno col_offset end_lineno end_col_offset;;Tuple(expr* elts, expr_context ctx)\n\
TypeIgnore;type_ignore;lineno tag;;;TypeIgnore(int lineno, string tag)\n\
UAdd;unaryop;;;;UAdd\n\
USub;unaryop;;;;USub\n\
UnaryOp;expr;op operand;lineno col_offset end_lineno end_col_offset;;UnaryOp(unaryop op, expr operand)\n\
While;stmt;test body orelse;lineno col_offset end_lineno end_col_offset;;While(expr test, stmt* body, stmt* orelse)\n\
With;stmt;items body type_comment;lineno col_offset end_lineno end_col_offset;type_comment;With(withitem* items, stmt* body, string? type_comment)\n\
Yield;expr;value;lineno col_offset end_lineno end_col_offset;value;Yield(expr? value)\n\
YieldFrom;expr;value;lineno col_offset end_lineno end_col_offset;;YieldFrom(expr value)\n\
";

const SOURCE: &str = r#"
class AST:
    _fields = ()
    _attributes = ()
    __match_args__ = ()
    def __init__(self, /, *args, **kwargs):
        fields = self._fields
        if len(args) > len(fields):
            raise TypeError(f"{type(self).__name__} constructor takes at most {len(fields)} positional argument{'' if len(fields) == 1 else 's'}")
        for name, value in zip(fields, args):
            setattr(self, name, value)
        for name, value in kwargs.items():
            if name in fields and fields.index(name) < len(args):
                raise TypeError(f"{type(self).__name__} got multiple values for argument {name!r}")
            setattr(self, name, value)
    def __reduce__(self):
        return type(self), (), dict(self.__dict__)
AST.__module__ = 'ast'
AST.__doc__ = None

def make(table, out):
    out['AST'] = AST
    for line in table.splitlines():
        name, base, fields, attributes, optional, doc = line.split(';', 5)
        base = out[base]
        fields = tuple(fields.split())
        ns = {'__module__': 'ast', '_fields': fields, '__match_args__': fields, '__doc__': doc.replace('~', chr(10))}
        attributes = tuple(attributes.split())
        if attributes != base._attributes:
            ns['_attributes'] = attributes
        for o in optional.split():
            ns[o] = None
        out[name] = type(name, (base,), ns)
"#;

/// Fills the module.
pub fn init(m: Gc<Module>) -> PyResult<()> {
    let ns = Dict::new()?;
    ns.set_str("__name__", rivet_vm::types::str::new("ast")?)?;
    rivet_vm::import::start::run_source(SOURCE, "<_ast>", ns)?;
    let make = ns.get_str("make").unwrap_or(Value::NONE);
    rivet_vm::object::call::call(make, &[Str::new(TABLE)?.value(), m.dict().value()])?;
    crate::ast_objects::set_classes(m.dict())?;
    m.add("PyCF_ONLY_AST", Value::int(0x400))?;
    m.add("PyCF_TYPE_COMMENTS", Value::int(0x1000))?;
    m.add("PyCF_ALLOW_TOP_LEVEL_AWAIT", Value::int(0x2000))
}

/// How often a field's value occurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Many {
    /// Exactly once.
    One,
    /// At most once (`?`).
    Maybe,
    /// Any number of times (`*`).
    List,
}

/// A field as the grammar declares it.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// Its name.
    pub name: &'static str,
    /// A class, or `identifier`, `string`, `int`, `constant`.
    pub kind: &'static str,
    /// How often.
    pub many: Many,
}

/// A class as the table declares it.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// Its name.
    pub name: &'static str,
    /// The class above it.
    pub base: &'static str,
    attributes: &'static str,
    grammar: &'static str,
}

impl Class {
    /// Whether nodes have `lineno` and the like.
    pub fn has_position(&self) -> bool {
        let of = if self.base == "AST" {
            Some(*self)
        } else {
            class_of(self.base)
        };
        !self.attributes.is_empty() || of.is_some_and(|c| !c.attributes.is_empty())
    }

    /// The fields, from the grammar's `Name(kind field, …)`.
    pub fn fields(&self) -> impl Iterator<Item = FieldSpec> {
        let inside = self
            .grammar
            .strip_prefix(self.name)
            .and_then(|g| g.strip_prefix('('))
            .and_then(|g| g.strip_suffix(')'))
            .unwrap_or("");
        inside.split(", ").filter_map(|f| {
            let (kind, name) = f.split_once(' ')?;
            let (kind, many) = match kind.as_bytes().last() {
                Some(b'*') => (&kind[..kind.len() - 1], Many::List),
                Some(b'?') => (&kind[..kind.len() - 1], Many::Maybe),
                _ => (kind, Many::One),
            };
            Some(FieldSpec { name, kind, many })
        })
    }
}

/// The declaration of a class.
pub fn class_of(name: &str) -> Option<Class> {
    TABLE.lines().find_map(|line| {
        let mut parts = line.splitn(6, ';');
        let found = parts.next().filter(|n| *n == name)?;
        let base = parts.next()?;
        let _fields = parts.next()?;
        let attributes = parts.next()?;
        let _optional = parts.next()?;
        Some(Class {
            name: found,
            base,
            attributes,
            grammar: parts.next()?,
        })
    })
}
