//! The `match` statement. Captured values stay in temporaries until the whole pattern has matched; only
//! then are the names bound, as CPython does.

use crate::code::Const;
use crate::compiler::{Compiler, Res};
use crate::emit::{Label, Reg};
use crate::fold::fold;
use rivet_spec::{CompareOp, Op};
use ruff_python_ast::{self as ast, Pattern};
use ruff_text_size::{Ranged, TextRange};

/// Names captured so far and where their values are.
type Captures = Vec<(String, Reg, TextRange)>;

/// What is being matched against what.
struct Target {
    subject: Reg,
    fail: Label,
}

impl<'a> Compiler<'a> {
    pub(crate) fn match_stmt(&mut self, m: &'a ast::StmtMatch) -> Res {
        let end = self.label();
        let subject = self.temp();
        self.expr_to(&m.subject, subject)?;
        let n = m.cases.len();
        for (i, case) in m.cases.iter().enumerate() {
            let mark = self.mark();
            let fail = self.label();
            self.at(case.pattern.range());
            let mut captures = Captures::new();
            if i + 1 < n && case.guard.is_none() {
                self.check_refutable(&case.pattern)?;
            }
            if is_wildcard(&case.pattern) {
                self.emit(Op::Nop, 0, 0, 0);
            }
            self.pattern(&case.pattern, &Target { subject, fail }, &mut captures)?;
            for (name, reg, range) in captures {
                self.at(range);
                self.store_name(&name, reg);
            }
            if let Some(guard) = &case.guard {
                self.at(guard.range());
                self.condition(guard, fail, false)?;
            }
            self.release(mark);
            self.stmts(&case.body)?;
            self.artificial();
            self.jump(Op::Jump, 0, 0, 0, end);
            self.place(fail);
        }
        self.place(end);
        Ok(())
    }

    /// An error if the pattern always matches.
    fn check_refutable(&self, p: &Pattern) -> Res {
        match p {
            Pattern::MatchAs(a) if a.pattern.is_none() => {
                let message = match &a.name {
                    Some(n) => format!("name capture '{n}' makes remaining patterns unreachable"),
                    None => "wildcard makes remaining patterns unreachable".to_owned(),
                };
                self.error(message, a.range)
            }
            Pattern::MatchAs(a) => a
                .pattern
                .as_ref()
                .map_or(Ok(()), |p| self.check_refutable(p)),
            Pattern::MatchOr(o) => o
                .patterns
                .last()
                .map_or(Ok(()), |p| self.check_refutable(p)),
            _ => Ok(()),
        }
    }

    fn capture(
        &self,
        name: &ast::Identifier,
        range: TextRange,
        reg: Reg,
        captures: &mut Captures,
    ) -> Res {
        self.forbidden(name)?;
        if captures.iter().any(|(n, ..)| n == name.as_str()) {
            return self.error(
                format!("multiple assignments to name '{name}' in pattern"),
                range,
            );
        }
        captures.push((name.to_string(), reg, range));
        Ok(())
    }

    fn pattern(&mut self, p: &'a Pattern, t: &Target, captures: &mut Captures) -> Res {
        self.deeper(p.range())?;
        let old = self.at(p.range());
        match p {
            Pattern::MatchValue(v) => self.match_value(v, t)?,
            Pattern::MatchSingleton(s) => {
                let value = match s.value {
                    ast::Singleton::None => Const::None,
                    ast::Singleton::True => Const::Bool(true),
                    ast::Singleton::False => Const::Bool(false),
                };
                let r = self.load_const(value, None);
                self.jump(Op::JumpIs, 1, t.subject, r, t.fail);
            }
            Pattern::MatchSequence(s) => self.match_sequence(s, t, captures)?,
            Pattern::MatchMapping(m) => self.match_mapping(m, t, captures)?,
            Pattern::MatchClass(c) => self.match_class(c, t, captures)?,
            Pattern::MatchStar(s) => {
                if let Some(name) = &s.name {
                    self.capture(name, s.range, t.subject, captures)?;
                }
            }
            Pattern::MatchAs(a) => {
                if let Some(p) = &a.pattern {
                    self.pattern(p, t, captures)?;
                }
                if let Some(name) = &a.name {
                    self.capture(name, a.range, t.subject, captures)?;
                }
            }
            Pattern::MatchOr(o) => self.match_or(o, t, captures)?,
        }
        self.u.pos = old;
        self.depth -= 1;
        Ok(())
    }

    fn match_value(&mut self, v: &'a ast::PatternMatchValue, t: &Target) -> Res {
        let constant = fold(&v.value, self.ctx()).is_some();
        if !constant && !v.value.is_attribute_expr() && !v.value.is_f_string_expr() {
            return self.error(
                "patterns may only match literals and attribute lookups",
                v.range,
            );
        }
        if v.value.is_f_string_expr() {
            return self.error(
                "patterns may only match literals and attribute lookups",
                v.range,
            );
        }
        let r = self.expr(&v.value, None)?;
        self.jump(
            Op::JumpCompare,
            CompareOp::Eq as u8 | 8,
            t.subject,
            r,
            t.fail,
        );
        Ok(())
    }

    /// Goes to `fail` unless `len(subject) <op> n`; gives the register of the length.
    fn check_length(&mut self, t: &Target, op: CompareOp, n: usize) -> Reg {
        let (len, want) = (self.temp(), self.temp());
        self.emit(Op::GetLen, len, t.subject, 0);
        self.load_const(Const::Int(n as i64), Some(want));
        self.jump(Op::JumpCompare, op as u8 | 8, len, want, t.fail);
        len
    }

    fn match_sequence(
        &mut self,
        s: &'a ast::PatternMatchSequence,
        t: &Target,
        captures: &mut Captures,
    ) -> Res {
        let n = s.patterns.len();
        let mut stars = s
            .patterns
            .iter()
            .enumerate()
            .filter(|(_, p)| p.is_match_star());
        let star = stars.next().map(|(i, _)| i);
        if stars.next().is_some() {
            return self.error("multiple starred names in sequence pattern", s.range);
        }
        let ok = self.temp();
        self.emit(Op::MatchSequence, ok, t.subject, 0);
        self.jump(Op::JumpIfFalse, 0, ok, 0, t.fail);
        let mut len = None;
        match star {
            None => len = Some(self.check_length(t, CompareOp::Eq, n)),
            Some(_) if n > 1 => len = Some(self.check_length(t, CompareOp::Ge, n - 1)),
            Some(_) => {}
        }
        if s.patterns.iter().all(is_wildcard) {
            return Ok(());
        }
        match (star, len) {
            (Some(star), Some(len)) if is_wildcard(&s.patterns[star]) => {
                for (i, p) in s.patterns.iter().enumerate() {
                    if i == star || is_wildcard(p) {
                        continue;
                    }
                    let index = self.temp();
                    if i < star {
                        self.load_const(Const::Int(i as i64), Some(index));
                    } else {
                        let back = self.load_const(Const::Int((n - i) as i64), None);
                        self.emit(Op::Sub, index, len, back);
                    }
                    self.emit(Op::GetItem, index, t.subject, index);
                    self.pattern(
                        p,
                        &Target {
                            subject: index,
                            fail: t.fail,
                        },
                        captures,
                    )?;
                }
                Ok(())
            }
            _ => {
                let base = self.block(n);
                match star {
                    None => self.emit(Op::UnpackSequence, base, t.subject, n as u32),
                    Some(at) => {
                        if at > 255 || n - at - 1 > 255 {
                            let message = "too many expressions in star-unpacking sequence pattern";
                            return self.error(message, s.range);
                        }
                        self.emit(
                            Op::UnpackEx,
                            base,
                            t.subject,
                            (at | (n - at - 1) << 8) as u32,
                        );
                    }
                }
                self.sub_patterns(s.patterns.iter(), base, t.fail, captures)
            }
        }
    }

    fn sub_patterns(
        &mut self,
        patterns: impl Iterator<Item = &'a Pattern>,
        base: Reg,
        fail: Label,
        captures: &mut Captures,
    ) -> Res {
        for (i, p) in patterns.enumerate() {
            if !is_wildcard(p) {
                self.pattern(
                    p,
                    &Target {
                        subject: base + i as u32,
                        fail,
                    },
                    captures,
                )?;
            }
        }
        Ok(())
    }

    fn match_mapping(
        &mut self,
        m: &'a ast::PatternMatchMapping,
        t: &Target,
        captures: &mut Captures,
    ) -> Res {
        let n = m.keys.len();
        let ok = self.temp();
        self.emit(Op::MatchMapping, ok, t.subject, 0);
        self.jump(Op::JumpIfFalse, 0, ok, 0, t.fail);
        if n == 0 && m.rest.is_none() {
            return Ok(());
        }
        if n > 0 {
            self.check_length(t, CompareOp::Ge, n);
        }
        let keys = self.block(n.max(1));
        self.mapping_keys(m, keys)?;
        if n > 0 {
            let (tuple, values) = (self.temp(), self.temp());
            self.emit(Op::BuildTuple, tuple, keys, n as u32);
            self.emit(Op::MatchKeys, values, t.subject, tuple);
            self.jump(Op::JumpIfNone, 0, values, 0, t.fail);
            let base = self.block(n);
            self.emit(Op::UnpackSequence, base, values, n as u32);
            self.sub_patterns(m.patterns.iter(), base, t.fail, captures)?;
        }
        if let Some(rest) = &m.rest {
            let d = self.temp();
            self.emit(Op::BuildMap, d, d, 0);
            self.emit(Op::DictUpdate, d, t.subject, 0);
            for i in 0..n as u32 {
                self.emit(Op::DelItem, d, keys + i, 0);
            }
            self.capture(rest, m.range, d, captures)?;
        }
        Ok(())
    }

    fn mapping_keys(&mut self, m: &'a ast::PatternMatchMapping, keys: Reg) -> Res {
        let mut seen: Vec<Const> = Vec::new();
        for (i, key) in m.keys.iter().enumerate() {
            match fold(key, self.ctx()) {
                Some(value) => {
                    if seen.iter().any(|s| crate::fold::equal(s, &value)) {
                        let text = crate::unparse::repr_const(&value);
                        return self.error(
                            format!("mapping pattern checks duplicate key ({text})"),
                            m.range,
                        );
                    }
                    seen.push(value);
                }
                None if key.is_attribute_expr() => {}
                None => {
                    let message =
                        "mapping pattern keys may only match literals and attribute lookups";
                    return self.error(message, m.range);
                }
            }
            self.expr_to(key, keys + i as u32)?;
        }
        Ok(())
    }

    fn match_class(
        &mut self,
        c: &'a ast::PatternMatchClass,
        t: &Target,
        captures: &mut Captures,
    ) -> Res {
        let (positional, keywords) = (&c.arguments.patterns, &c.arguments.keywords);
        if positional.len() > 255 {
            return self.error(
                format!(
                    "too many sub-patterns in class pattern {}",
                    self.source.slice(c.cls.range())
                ),
                c.range,
            );
        }
        let mut names: Vec<Const> = Vec::new();
        for (i, k) in keywords.iter().enumerate() {
            if keywords[..i]
                .iter()
                .any(|o| o.attr.as_str() == k.attr.as_str())
            {
                let message = format!("attribute name repeated in class pattern: {}", k.attr);
                return self.error(message, k.pattern.range());
            }
            self.forbidden(&k.attr)?;
            names.push(Const::Str(k.attr.as_str().as_bytes().to_vec(), true));
        }
        let class = self.temp();
        self.expr_to(&c.cls, class)?;
        let attrs = self.temp();
        self.load_const(Const::Tuple(names), Some(attrs));
        self.emit_d(
            Op::MatchClass,
            positional.len() as u8,
            attrs,
            t.subject,
            class,
        );
        self.jump(Op::JumpIfNone, 0, attrs, 0, t.fail);
        let n = positional.len() + keywords.len();
        let base = self.block(n);
        self.emit(Op::UnpackSequence, base, attrs, n as u32);
        let all = positional.iter().chain(keywords.iter().map(|k| &k.pattern));
        self.sub_patterns(all, base, t.fail, captures)
    }

    fn match_or(&mut self, o: &'a ast::PatternMatchOr, t: &Target, captures: &mut Captures) -> Res {
        let done = self.label();
        let mut results: Option<Captures> = None;
        let n = o.patterns.len();
        let mut first_names = Vec::new();
        if let Some(first) = o.patterns.first() {
            capture_names(first, &mut first_names);
        }
        let registers = self.block(first_names.len());
        for (i, alternative) in o.patterns.iter().enumerate() {
            if i + 1 < n {
                self.check_refutable(alternative)?;
            }
            let mark = self.mark();
            let next = self.label();
            let fail = if i + 1 < n { next } else { t.fail };
            let mut found = Captures::new();
            self.pattern(
                alternative,
                &Target {
                    subject: t.subject,
                    fail,
                },
                &mut found,
            )?;
            let results = results.get_or_insert_with(|| {
                let list = found.iter().enumerate();
                list.map(|(k, (name, _, range))| (name.clone(), registers + k as u32, *range))
                    .collect()
            });
            let results = results.clone();
            if found.len() != results.len() {
                return self.error("alternative patterns bind different names", o.range);
            }
            for (name, reg, _) in &results {
                match found.iter().find(|(n, ..)| n == name) {
                    Some((_, from, _)) => self.mov(*reg, *from),
                    None => {
                        return self.error("alternative patterns bind different names", o.range);
                    }
                }
            }
            self.release(mark);
            if i + 1 < n {
                self.jump(Op::Jump, 0, 0, 0, done);
            }
            self.place(next);
        }
        self.place(done);
        for (name, reg, range) in results.unwrap_or_default() {
            if captures.iter().any(|(n, ..)| *n == name) {
                return self.error(
                    format!("multiple assignments to name '{name}' in pattern"),
                    o.range,
                );
            }
            captures.push((name, reg, range));
        }
        Ok(())
    }
}

fn is_wildcard(p: &Pattern) -> bool {
    match p {
        Pattern::MatchAs(a) => a.pattern.is_none() && a.name.is_none(),
        Pattern::MatchStar(s) => s.name.is_none(),
        _ => false,
    }
}

/// The names a pattern binds, in the order in which they are captured.
fn capture_names(p: &Pattern, out: &mut Vec<String>) {
    let mut add = |name: &Option<ast::Identifier>| out.extend(name.iter().map(|n| n.to_string()));
    match p {
        Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        Pattern::MatchStar(s) => add(&s.name),
        Pattern::MatchSequence(s) => s.patterns.iter().for_each(|p| capture_names(p, out)),
        Pattern::MatchMapping(m) => {
            m.patterns.iter().for_each(|p| capture_names(p, out));
            out.extend(m.rest.iter().map(|n| n.to_string()));
        }
        Pattern::MatchClass(c) => {
            c.arguments
                .patterns
                .iter()
                .for_each(|p| capture_names(p, out));
            c.arguments
                .keywords
                .iter()
                .for_each(|k| capture_names(&k.pattern, out));
        }
        Pattern::MatchAs(a) => {
            if let Some(p) = &a.pattern {
                capture_names(p, out);
            }
            out.extend(a.name.iter().map(|n| n.to_string()));
        }
        Pattern::MatchOr(o) => {
            if let Some(first) = o.patterns.first() {
                capture_names(first, out);
            }
        }
    }
}
