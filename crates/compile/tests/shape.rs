//! The shape of the code for common statements: how many instructions, which, with what operands.

mod support;

use rivet_compile::{Code, Const, Mode, compile, dis};
use rivet_spec::{Insn, Op};
use support::{module, options};

/// The opcodes of a function's body, without `Resume` and the final `return None`.
fn body(source: &str) -> Vec<Op> {
    let code = module(source);
    let inner = support::nested(&code).next().expect("a function");
    let all = ops(inner);
    let from = all
        .iter()
        .position(|o| *o == Op::Resume)
        .map_or(0, |i| i + 1);
    all[from..].to_vec()
}

fn ops(code: &Code) -> Vec<Op> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < code.insns.len() {
        let op = Insn(code.insns[at]).op();
        out.push(op);
        at += 1 + op.cache_words();
    }
    out
}

const END: [Op; 2] = [Op::LoadSpecial, Op::Return];

#[track_caller]
fn assert_body(source: &str, want: &[Op]) {
    let got = body(source);
    let code = module(source);
    assert_eq!(got, want, "{}", dis(&code));
}

#[test]
fn results_go_straight_into_locals() {
    assert_body("def f(a, b):\n x = a + b\n", &[Op::Add, END[0], END[1]]);
    assert_body("def f(i):\n i += 1\n", &[Op::AddImm, END[0], END[1]]);
    assert_body("def f(a, b):\n return a * b\n", &[Op::Mul, Op::Return]);
    assert_body(
        "def f(a):\n return a.b[a]\n",
        &[Op::LoadAttr, Op::GetItem, Op::Return],
    );
    assert_body("def f(a):\n return a\n", &[Op::Return]);
    assert_body("def f(a, b):\n a.x = b\n", &[Op::StoreAttr, END[0], END[1]]);
}

#[test]
fn conditions_become_jumps() {
    let want = [
        Op::JumpCompare,
        Op::JumpIfNone,
        Op::LoadInt,
        Op::Return,
        Op::LoadSpecial,
        Op::Return,
    ];
    assert_body(
        "def f(a, b):\n if a < b and a is not None:\n  return 70000\n",
        &want,
    );
    let want = [Op::JumpIfTrue, Op::JumpIfTrue, Op::Return, END[0], END[1]];
    assert_body("def f(a, b):\n if not (a or b):\n  return a\n", &want);
}

#[test]
fn loops() {
    let want = [
        Op::GetIter,
        Op::ForIter,
        Op::Add,
        Op::JumpBack,
        END[0],
        END[1],
    ];
    assert_body("def f(a, s):\n for x in a:\n  s = s + x\n", &want);
    let want = [Op::JumpCompare, Op::SubImm, Op::JumpBack, END[0], END[1]];
    assert_body("def f(a, b):\n while a > b:\n  a = a - 1\n", &want);
}

#[test]
fn checks_only_where_a_local_may_be_unbound() {
    let count = |source: &str| {
        body(source)
            .iter()
            .filter(|o| **o == Op::CheckBound)
            .count()
    };
    assert_eq!(count("def f(a):\n if a:\n  x = 1\n return x\n"), 1);
    assert_eq!(
        count("def f(a):\n if a:\n  x = 1\n else:\n  x = 2\n return x\n"),
        0
    );
    assert_eq!(count("def f(a):\n for x in a: pass\n return x\n"), 1);
    assert_eq!(
        count("def f(a):\n try:\n  x = a()\n except E:\n  return x\n return x\n"),
        1
    );
    assert_eq!(
        count("def f(a):\n try:\n  x = 1\n  a()\n finally:\n  x\n return x\n"),
        1
    );
    assert_eq!(count("def f(a):\n del a\n return a\n"), 1);
    assert_eq!(
        count("def f(a):\n while 1:\n  x = a\n  if x: break\n return x\n"),
        0
    );
}

#[test]
fn operands_that_later_ones_rebind_are_copied() {
    assert_body(
        "def f(a):\n return a + (a := 2)\n",
        &[Op::Move, Op::LoadInt, Op::Add, Op::Return],
    );
    assert_body(
        "def f(a):\n a += (a := 2)\n",
        &[Op::Move, Op::LoadInt, Op::Add, END[0], END[1]],
    );
}

#[test]
fn constants_fold_with_limits() {
    let value = |source: &str| {
        let (code, _) = compile(source, &options(Mode::Eval)).expect(source);
        match ops(&code)[..] {
            [
                Op::Resume,
                Op::LoadConst | Op::LoadInt | Op::LoadSpecial,
                Op::Return,
            ] => code.consts.last().cloned(),
            _ => None,
        }
    };
    assert_eq!(value("2 ** 10 - 1"), Some(Const::Int(1023)));
    assert_eq!(value("-7 // 2"), Some(Const::Int(-4)));
    assert_eq!(value("-7 % 3"), Some(Const::Int(2)));
    assert_eq!(
        value("1 << 64"),
        Some(Const::BigInt(false, "18446744073709551616".to_owned()))
    );
    assert_eq!(
        value("0xffffffffffffffffff"),
        Some(Const::BigInt(false, "4722366482869645213695".to_owned()))
    );
    assert_eq!(value("(1, 'a')[1]"), Some(Const::Str(b"a".to_vec(), true)));
    assert_eq!(
        value("'\\ud800'"),
        Some(Const::Str(vec![0xed, 0xa0, 0x80], false))
    );
    assert_eq!(value("not 0"), Some(Const::Bool(true)));
    assert_eq!(value("2 ** 1000"), None);
    assert_eq!(value("'a' * 5000"), None);
    assert_eq!(value("1 / 0"), None);
}

#[test]
fn annotations_as_strings() {
    let source = "from __future__ import annotations\ndef f(a: x[1:2,  'b'], *b: (not  c)) -> lambda: 0: pass\n";
    let code = module(source);
    let texts: Vec<&str> = code
        .consts
        .iter()
        .filter_map(|c| match c {
            Const::Str(s, false) => std::str::from_utf8(s).ok(),
            _ => None,
        })
        .collect();
    assert_eq!(texts, ["x[1:2, 'b']", "not c", "lambda: 0"]);
}

#[test]
fn class_cell_and_qualified_names() {
    let code = module("class A:\n def f(self):\n  return super().f()\n");
    let class = support::find(&code, "A").expect("class");
    assert!(class.names.iter().any(|n| n == "__classcell__"));
    assert!(support::find(&code, "A.f").is_some());
    let code =
        module("def f():\n class A:\n  def g(self): return __class__\n  def __h(self): self.__x\n");
    let method = support::find(&code, "f.<locals>.A.__h").expect("method");
    assert_eq!(method.names, ["_A__x"]);
}

#[test]
fn symbol_tables() {
    let source = "x = 1\ndef f(a):\n  global x\n  return [a for b in x]\n";
    let top = rivet_compile::symbols(source, "<test>", Mode::Exec).expect("table");
    let f = &top.children[0];
    assert_eq!(
        (
            f.name.as_str(),
            f.lineno,
            f.varnames.len(),
            f.nested,
            f.optimized
        ),
        ("f", 2, 1, false, true)
    );
    let comp = &f.children[0];
    assert_eq!((comp.name.as_str(), comp.nested), ("listcomp", true));
    let flags =
        |t: &rivet_compile::SymbolTable, n: &str| t.symbols.iter().find(|s| s.0 == n).map(|s| s.1);
    // DEF_PARAM with scope CELL, DEF_GLOBAL with GLOBAL_EXPLICIT.
    assert_eq!(flags(f, "a"), Some(4 | 5 << 11));
    assert_eq!(
        flags(f, "x").map(|f| f & (1 | 0xf << 11)),
        Some(1 | 2 << 11)
    );
}
