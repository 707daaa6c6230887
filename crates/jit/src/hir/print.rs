//! The text form of a unit, for `-X jit=dump:hir` and tests.

use std::fmt::Write;

use super::{Blk, Edge, Func, Op, Rep, SnapVal, Term, Val};
use crate::opt::dominators::Dominators;

/// The whole unit.
pub fn print(f: &Func) -> String {
    let mut out = String::new();
    for (i, c) in f.ctxs.iter().enumerate() {
        let _ = writeln!(out, "frame {i}: {} at register {}", c.name, c.base);
    }
    let loops = Dominators::new(f).loops();
    for (i, b) in f.blocks.iter().enumerate() {
        if matches!(b.term, Term::None) {
            continue;
        }
        let params: Vec<String> = b
            .params
            .iter()
            .map(|&p| format!("{}: {}", name(p), rep(f.rep(p))))
            .collect();
        let depth = loops
            .iter()
            .filter(|l| l.blocks.contains(&Blk(i as u32)))
            .count();
        let mark = match depth {
            0 => String::new(),
            n => format!(" loop {n}"),
        };
        let _ = writeln!(out, "b{i}({}):{mark}", params.join(", "));
        for &v in &b.insts {
            let _ = writeln!(out, "    {}", inst(f, v));
        }
        let _ = writeln!(out, "    {}", term(&b.term));
    }
    for (i, s) in f.snaps.iter().enumerate() {
        let _ = write!(out, "s{i}:");
        for fr in &s.frames {
            let push = if fr.push { " push" } else { "" };
            let _ = write!(out, " [frame {}{push}", fr.ctx);
            for (r, v) in &fr.stores {
                let _ = write!(out, " r{r}={}", snap_value(v));
            }
            out.push(']');
        }
        out.push('\n');
    }
    out
}

fn name(v: Val) -> String {
    format!("v{}", v.0)
}

fn rep(r: Rep) -> &'static str {
    match r {
        Rep::Int => "int",
        Rep::Float => "float",
        Rep::Bool => "bool",
        Rep::Any => "any",
    }
}

fn list(values: &[Val]) -> String {
    let names: Vec<String> = values.iter().map(|&v| name(v)).collect();
    names.join(", ")
}

/// One instruction.
pub fn inst(f: &Func, v: Val) -> String {
    let i = f.inst(v);
    let mut out = String::new();
    if let Some(r) = i.rep {
        let _ = write!(out, "{}: {} = ", name(v), rep(r));
    }
    match i.op {
        Op::Float(bits) => {
            let _ = write!(out, "Float({:?})", f64::from_bits(bits));
        }
        Op::Word(w) => {
            let _ = write!(out, "Word({w:#x})");
        }
        Op::SavePc(depth, _) => {
            let _ = write!(out, "SavePc({depth})");
        }
        Op::Step(depth, _) => {
            let _ = write!(out, "Step({depth})");
        }
        Op::PushFrame(ctx, _) => {
            let _ = write!(out, "PushFrame({ctx})");
        }
        Op::GuardAt(_, n) => {
            let _ = write!(out, "GuardVersion({n})");
        }
        op => {
            let _ = write!(out, "{op:?}");
        }
    }
    if !i.args.is_empty() {
        let _ = write!(out, " {}", list(&i.args));
    }
    if let Some((s, e)) = i.exit {
        let _ = write!(out, " else s{} (exit {})", s.0, e.0);
    }
    out
}

fn edge(e: &Edge) -> String {
    format!("b{}({})", e.to.0, list(&e.args))
}

fn term(t: &Term) -> String {
    match t {
        Term::None => "unreachable".into(),
        Term::Jump(e) => format!("jump {}", edge(e)),
        Term::Branch(c, t, e) => format!("branch {} {} {}", name(*c), edge(t), edge(e)),
        Term::Exit(s, e) => format!("exit s{} (exit {})", s.0, e.0),
        Term::Return(v) => format!("return {}", name(*v)),
    }
}

fn snap_value(v: &SnapVal) -> String {
    match v {
        SnapVal::Val(v) => name(*v),
        SnapVal::RangeIter(_, n, l, s) => {
            format!(
                "range_iterator(next {}, end {}, step {s})",
                name(*n),
                name(*l)
            )
        }
        SnapVal::Range(a, b, s) => format!("range({}, {}, {s})", name(*a), name(*b)),
    }
}
