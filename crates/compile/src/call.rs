//! Calls: windows of consecutive temporaries (callable, receiver, arguments), keyword and unpacking
//! calls, method calls; and f-strings, which are calls of `format` in disguise.

use crate::code::Const;
use crate::compiler::{Compiler, Res};
use crate::emit::Reg;
use rivet_spec::Op;
use ruff_python_ast::{self as ast, Expr};
use ruff_text_size::{Ranged, TextRange};

/// More arguments than this go through a tuple or dict, as in CPython.
const MAX_DIRECT: usize = 200;

impl<'a> Compiler<'a> {
    pub(crate) fn call(&mut self, c: &'a ast::ExprCall, dst: Option<Reg>) -> Res<Reg> {
        let range = c.range();
        self.check_keywords(&c.arguments.keywords)?;
        let d = self.dest(dst);
        let mark = self.mark();
        if let (Expr::Attribute(a), true) = (&*c.func, self.is_method_call(c)) {
            self.method_call(c, a, d, range)?;
        } else {
            self.warn_call(&c.func);
            let base = self.block(2);
            self.expr_to(&c.func, base)?;
            self.at(range);
            self.arguments(base, &c.arguments, 0, false, d)?;
        }
        self.release(mark);
        Ok(d)
    }

    /// Whether a call of an attribute can go by `LoadMethod`.
    fn is_method_call(&self, c: &ast::ExprCall) -> bool {
        !self.is_complex(&c.arguments, 0)
    }

    /// Whether the arguments need a tuple and dict.
    fn is_complex(&self, arguments: &ast::Arguments, extra: usize) -> bool {
        arguments.args.iter().any(Expr::is_starred_expr)
            || arguments.keywords.iter().any(|k| k.arg.is_none())
            || arguments.args.len() + arguments.keywords.len() + extra > MAX_DIRECT
    }

    fn method_call(
        &mut self,
        c: &'a ast::ExprCall,
        a: &'a ast::ExprAttribute,
        d: Reg,
        range: TextRange,
    ) -> Res {
        let base = self.block(2);
        let receiver = self.operand(&a.value, &[], Some(base))?;
        self.at_attribute(a);
        let id = self.name_id(&a.attr);
        self.emit(Op::LoadMethod, base, receiver, id);
        self.at(range);
        self.adjust_to_attribute(a);
        let n = self.positional(base, &c.arguments.args, 0)?;
        self.finish_call(base, n, &c.arguments.keywords, true, d)
    }

    fn positional(&mut self, base: Reg, args: &'a [Expr], extra: usize) -> Res<usize> {
        for (i, arg) in args.iter().enumerate() {
            let slot = self.temp();
            debug_assert_eq!(slot, base + 2 + (extra + i) as u32);
            self.argument(arg, slot, args.len() == 1)?;
        }
        Ok(extra + args.len())
    }

    /// An argument; a lone generator expression has the call's parentheses as its own.
    fn argument(&mut self, arg: &'a Expr, slot: Reg, alone: bool) -> Res {
        if let Expr::Generator(g) = arg
            && !g.parenthesized
            && alone
        {
            let old = self.u.pos;
            let range = self.source.generator_range(g);
            self.at(range);
            self.comprehension(arg, range, Some(slot))?;
            self.u.pos = old;
            return Ok(());
        }
        self.expr_to(arg, slot)
    }

    fn finish_call(
        &mut self,
        base: Reg,
        positional: usize,
        keywords: &'a [ast::Keyword],
        method: bool,
        d: Reg,
    ) -> Res {
        if keywords.is_empty() {
            self.emit(
                if method { Op::CallMethod } else { Op::Call },
                base,
                positional as u32,
                d,
            );
            return Ok(());
        }
        let mut names = Vec::new();
        for k in keywords {
            let slot = self.temp();
            self.expr_to(&k.value, slot)?;
            if let Some(arg) = &k.arg {
                names.push(Const::Str(arg.as_str().as_bytes().to_vec(), true));
            }
        }
        let slot = self.temp();
        self.load_const(Const::Tuple(names), Some(slot));
        let total = positional + keywords.len();
        self.emit_d(Op::CallKw, u8::from(method), base, total as u32, d);
        Ok(())
    }

    /// Evaluates the arguments into the window at `base`, after `extra` ones that are there already, and
    /// calls. The position must be the call's.
    pub(crate) fn arguments(
        &mut self,
        base: Reg,
        arguments: &'a ast::Arguments,
        extra: usize,
        method: bool,
        d: Reg,
    ) -> Res {
        if !self.is_complex(arguments, extra) {
            let n = self.positional(base, &arguments.args, extra)?;
            return self.finish_call(base, n, &arguments.keywords, method, d);
        }
        self.call_ex(base, arguments, extra, d)
    }

    /// A call with `*` or `**`.
    fn call_ex(&mut self, base: Reg, arguments: &'a ast::Arguments, extra: usize, d: Reg) -> Res {
        // The window is base, base+1, base+2: tuple, base+3: dict; what is there already comes first.
        let args = &arguments.args;
        let simple = extra == 0 && args.len() == 1 && args[0].is_starred_expr();
        let list = base + 2;
        if extra == 0 {
            self.temp();
        } else {
            self.emit(Op::BuildList, list, list, extra as u32);
        }
        let dict = if extra <= 1 { self.temp() } else { base + 3 };
        if simple && let Expr::Starred(s) = &args[0] {
            self.expr_to(&s.value, list)?;
            let mark = self.mark();
            let t = self.temp();
            self.emit(Op::BuildList, t, t, 0);
            self.emit_d(Op::ListExtend, 1, t, list, base);
            self.emit(Op::ListToTuple, list, t, 0);
            self.release(mark);
        } else {
            if extra == 0 {
                self.emit(Op::BuildList, list, list, 0);
            }
            for arg in args {
                let mark = self.mark();
                if let Expr::Starred(s) = arg {
                    let v = self.expr(&s.value, None)?;
                    self.emit(Op::ListExtend, list, v, base);
                } else {
                    let t = self.temp();
                    self.argument(arg, t, false)?;
                    self.emit(Op::ListAppend, list, t, 0);
                }
                self.release(mark);
            }
            self.emit(Op::ListToTuple, list, list, 0);
        }
        if arguments.keywords.is_empty() {
            self.emit(Op::LoadSpecial, dict, 4, 0);
        } else {
            self.keyword_dict(base, dict, &arguments.keywords)?;
        }
        self.emit(Op::CallEx, base, 0, d);
        Ok(())
    }

    fn keyword_dict(&mut self, base: Reg, dict: Reg, keywords: &'a [ast::Keyword]) -> Res {
        self.emit(Op::BuildMap, dict, dict, 0);
        for k in keywords {
            let mark = self.mark();
            match &k.arg {
                None => {
                    let v = self.expr(&k.value, None)?;
                    self.emit(Op::DictMerge, dict, v, base);
                }
                Some(name) => {
                    // A repeated name must be noticed, so each keyword is merged as a dict of one.
                    let pair = self.block(2);
                    self.load_const(
                        Const::Str(name.as_str().as_bytes().to_vec(), true),
                        Some(pair),
                    );
                    self.expr_to(&k.value, pair + 1)?;
                    self.emit(Op::BuildMap, pair, pair, 1);
                    self.emit(Op::DictMerge, dict, pair, base);
                }
            }
            self.release(mark);
        }
        Ok(())
    }

    /// Errors about the keywords of a call or class.
    pub(crate) fn check_keywords(&self, keywords: &[ast::Keyword]) -> Res {
        for (i, k) in keywords.iter().enumerate() {
            let Some(name) = &k.arg else { continue };
            self.forbidden(name)?;
            if keywords[..i]
                .iter()
                .any(|o| o.arg.as_ref().is_some_and(|n| n.as_str() == name.as_str()))
            {
                return self.error(format!("keyword argument repeated: {name}"), k.range);
            }
        }
        Ok(())
    }

    // ---- f-strings ----

    pub(crate) fn fstring(&mut self, f: &'a ast::ExprFString, dst: Option<Reg>) -> Res<Reg> {
        let mut pieces = Vec::new();
        for part in f.value.iter() {
            match part {
                ast::FStringPart::Literal(l) => {
                    let text = crate::strings::string_value(self.source, l);
                    push_literal(&mut pieces, text);
                }
                ast::FStringPart::FString(f) => self.pieces(&f.elements, f.flags, &mut pieces),
            }
        }
        self.join(pieces, dst)
    }

    fn pieces(
        &self,
        elements: &'a ast::InterpolatedStringElements,
        flags: ast::FStringFlags,
        out: &mut Vec<Piece<'a>>,
    ) {
        for element in elements {
            match element {
                ast::InterpolatedStringElement::Literal(l) => {
                    let text = crate::strings::element_value(self.source, l, flags);
                    push_literal(out, text);
                }
                ast::InterpolatedStringElement::Interpolation(i) => {
                    if let Some(debug) = &i.debug_text {
                        push_literal(out, debug.as_str().as_bytes().to_vec());
                    }
                    out.push(Piece::Value(i, flags));
                }
            }
        }
    }

    fn join(&mut self, pieces: Vec<Piece<'a>>, dst: Option<Reg>) -> Res<Reg> {
        match pieces.as_slice() {
            [] => return Ok(self.load_const(Const::Str(Vec::new(), false), dst)),
            [Piece::Literal(text)] => {
                return Ok(self.load_const(Const::Str(text.clone(), false), dst));
            }
            [Piece::Value(i, flags)] => {
                let d = self.dest(dst);
                self.format_value(i, *flags, d)?;
                return Ok(d);
            }
            _ => {}
        }
        let d = self.dest(dst);
        let mark = self.mark();
        // Very long ones are joined chunk by chunk: registers are not endless.
        let (base, mut used) = (self.block(pieces.len().min(CHUNK)), 0);
        let mut left = pieces.len();
        for piece in pieces {
            let slot = base + used as u32;
            match piece {
                Piece::Literal(text) => {
                    self.load_const(Const::Str(text, false), Some(slot));
                }
                Piece::Value(value, flags) => self.format_value(value, flags, slot)?,
            }
            used += 1;
            left -= 1;
            if used == CHUNK && left > 0 {
                self.emit(Op::BuildString, base, base, used as u32);
                used = 1;
            }
        }
        self.emit(Op::BuildString, d, base, used as u32);
        self.release(mark);
        Ok(d)
    }

    fn format_value(
        &mut self,
        i: &'a ast::InterpolatedElement,
        flags: ast::FStringFlags,
        d: Reg,
    ) -> Res {
        if i.expression.is_starred_expr() {
            return self.error(
                "f-string: cannot use starred expression here",
                i.expression.range(),
            );
        }
        let mark = self.mark();
        let spec_exprs: Vec<&Expr> = i
            .format_spec
            .iter()
            .flat_map(|s| s.elements.interpolations().map(|e| &*e.expression))
            .collect();
        let value = self.operand(&i.expression, &spec_exprs, self.scratch(d))?;
        let mut conversion = match i.conversion {
            ast::ConversionFlag::None => 0,
            ast::ConversionFlag::Str => 1,
            ast::ConversionFlag::Repr => 2,
            ast::ConversionFlag::Ascii => 3,
        };
        if conversion == 0 && i.debug_text.is_some() && i.format_spec.is_none() {
            conversion = 2;
        }
        match &i.format_spec {
            None => self.emit_d(Op::FormatValue, conversion, d, value, d),
            Some(spec) => {
                let nested = spec
                    .elements
                    .interpolations()
                    .filter_map(|e| e.format_spec.as_ref());
                if nested
                    .flat_map(|s| s.elements.interpolations())
                    .next()
                    .is_some()
                {
                    return self.error("f-string: expressions nested too deeply", i.range);
                }
                let mut pieces = Vec::new();
                self.pieces(&spec.elements, flags, &mut pieces);
                let s = self.temp();
                self.join(pieces, Some(s))?;
                self.emit_d(Op::FormatValue, conversion | 4, d, value, s);
            }
        }
        self.release(mark);
        Ok(())
    }

    /// `'…%s…' % (a, b)` with plain `%s`, `%r`, `%a` becomes an f-string, as in CPython.
    pub(crate) fn percent_format(
        &mut self,
        b: &'a ast::ExprBinOp,
        dst: Option<Reg>,
    ) -> Res<Option<Reg>> {
        let (Expr::StringLiteral(format), Expr::Tuple(args)) = (&*b.left, &*b.right) else {
            return Ok(None);
        };
        if args.elts.iter().any(Expr::is_starred_expr) {
            return Ok(None);
        }
        let text = crate::strings::expr_value(self.source, format);
        let Some(parts) = parse_percent(&text, args.elts.len()) else {
            return Ok(None);
        };
        if parts.is_empty() {
            return Ok(None);
        }
        let d = self.dest(dst);
        let mark = self.mark();
        let base = self.block(parts.len());
        let mut values = args.elts.iter();
        for (i, part) in parts.iter().enumerate() {
            let slot = base + i as u32;
            match part {
                Ok(text) => {
                    self.load_const(Const::Str(text.clone(), false), Some(slot));
                }
                Err(conversion) => {
                    let Some(value) = values.next() else { continue };
                    let v = self.operand(value, &[], Some(slot))?;
                    let old = self.at(value.range());
                    self.emit_d(Op::FormatValue, *conversion, slot, v, slot);
                    self.u.pos = old;
                }
            }
        }
        self.emit(Op::BuildString, d, base, parts.len() as u32);
        self.release(mark);
        Ok(Some(d))
    }
}

/// Pieces of an f-string that are in registers at a time.
const CHUNK: usize = 1000;

/// A part of an f-string.
enum Piece<'a> {
    Literal(Vec<u8>),
    Value(&'a ast::InterpolatedElement, ast::FStringFlags),
}

fn push_literal(out: &mut Vec<Piece<'_>>, text: Vec<u8>) {
    if text.is_empty() {
        return;
    }
    match out.last_mut() {
        Some(Piece::Literal(old)) => old.extend(text),
        _ => out.push(Piece::Literal(text)),
    }
}

/// Splits a `%` format into texts and conversions; None if it has anything but `%s`, `%r`, `%a`, `%%`.
fn parse_percent(format: &[u8], nargs: usize) -> Option<Vec<Result<Vec<u8>, u8>>> {
    let mut parts: Vec<Result<Vec<u8>, u8>> = Vec::new();
    let mut text = Vec::new();
    let mut used = 0;
    let mut bytes = format.iter();
    while let Some(&b) = bytes.next() {
        if b != b'%' {
            text.push(b);
            continue;
        }
        let conversion = match bytes.next()? {
            b'%' => {
                text.push(b'%');
                continue;
            }
            b's' => 1,
            b'r' => 2,
            b'a' => 3,
            _ => return None,
        };
        if !text.is_empty() {
            parts.push(Ok(std::mem::take(&mut text)));
        }
        parts.push(Err(conversion));
        used += 1;
    }
    if !text.is_empty() {
        parts.push(Ok(text));
    }
    (used == nargs).then_some(parts)
}
