//! The disassembler: readable text for a code object and those nested in it.

use crate::code::{Code, Const};
use rivet_spec::opcode::Operand;
use rivet_spec::{BinaryOp, CompareOp, Insn, Op};
use std::fmt::Write;

/// Disassembles a code object, then the code objects among its constants.
pub fn dis(code: &Code) -> String {
    let mut out = String::new();
    one(code, &mut out);
    for constant in &code.consts {
        if let Const::Code(inner) = constant {
            out.push('\n');
            out.push_str(&dis(inner));
        }
    }
    out
}

fn one(code: &Code, out: &mut String) {
    let _ = writeln!(
        out,
        "code {} (line {}, args {}/{}/{}, flags {:#x}, registers {})",
        code.qualname,
        code.first_line,
        code.argcount,
        code.posonlyargcount,
        code.kwonlyargcount,
        code.flags,
        code.nregs
    );
    for (i, local) in code.locals.iter().enumerate() {
        let _ = writeln!(out, "  r{i} = {} ({:?})", local.name, local.kind);
    }
    let mut at = 0;
    let mut line = 0;
    while at < code.insns.len() {
        let Some(op) = Op::from_u8(code.insns[at] as u8) else {
            let _ = writeln!(out, "  {at:5} ?? {:#x}", code.insns[at]);
            at += 1;
            continue;
        };
        let here = position_line(code, at as u32);
        let shown = if here == line {
            String::new()
        } else {
            here.to_string()
        };
        line = here;
        let _ = writeln!(
            out,
            "{shown:>5} {at:5} {:<18} {}",
            op.name(),
            operands(code, at, op)
        );
        at += 1 + op.cache_words();
    }
    for h in &code.exceptions {
        let _ = writeln!(
            out,
            "  {}..{} -> {} ({})",
            h.start,
            h.end,
            h.target,
            register(code, h.exc)
        );
    }
}

fn position_line(code: &Code, at: u32) -> u32 {
    let i = code.positions.partition_point(|p| p.0 <= at);
    i.checked_sub(1).map_or(0, |i| code.positions[i].1.line)
}

fn register(code: &Code, r: u16) -> String {
    match code.locals.get(usize::from(r)) {
        Some(l) => l.name.clone(),
        None => format!("t{}", usize::from(r) - code.locals.len()),
    }
}

fn operands(code: &Code, at: usize, op: Op) -> String {
    let insn = Insn(code.insns[at]);
    if op == Op::LoadInt {
        return format!("{}, {}", register(code, insn.a()), insn.sbc());
    }
    let mut parts = Vec::new();
    let next = at as i64 + 1 + op.cache_words() as i64;
    for (kind, value) in op
        .operands()
        .into_iter()
        .zip([insn.a(), insn.b(), insn.c()])
    {
        parts.push(match kind {
            Operand::None => continue,
            Operand::Def | Operand::Use | Operand::UseDef | Operand::Base => register(code, value),
            Operand::Const => code
                .consts
                .get(usize::from(value))
                .map_or("?".to_owned(), constant),
            Operand::Name => code
                .names
                .get(usize::from(value))
                .map_or("?".to_owned(), |n| format!(".{n}")),
            Operand::Imm if matches!(op, Op::AddImm | Op::SubImm) => (value as i16).to_string(),
            Operand::Imm => value.to_string(),
            Operand::Jump16 => format!("-> {}", next + i64::from(insn.sc())),
            Operand::Jump32 => format!("-> {}", next + i64::from(insn.sbc())),
        });
    }
    let flags = flags(op, insn.d());
    if !flags.is_empty() {
        parts.push(flags);
    }
    parts.join(", ")
}

fn flags(op: Op, d: u8) -> String {
    match op {
        Op::Compare => CompareOp::from_u8(d & 7).map_or(String::new(), |c| c.symbol().to_owned()),
        Op::JumpCompare => {
            let symbol = CompareOp::from_u8(d & 7).map_or("?", CompareOp::symbol);
            format!("{}{symbol}", if d & 8 != 0 { "not " } else { "" })
        }
        _ if op as u8 >= Op::Add as u8
            && (op as u8) < Op::Add as u8 + BinaryOp::ALL.len() as u8
            && d & 1 != 0 =>
        {
            "in place".to_owned()
        }
        _ if d != 0 => format!("#{d}"),
        _ => String::new(),
    }
}

/// A constant as it would be written.
fn constant(c: &Const) -> String {
    match c {
        Const::Code(code) => format!("<code {}>", code.qualname),
        c => crate::unparse::repr_const(c),
    }
}
