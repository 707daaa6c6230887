//! Class definitions.

use crate::code::{Const, LocalKind};
use crate::compiler::{Compiler, Res, UnitKind};
use crate::function::{Extras, docstring};
use crate::scope_visit::node_key;
use rivet_spec::Op;
use ruff_python_ast as ast;
use ruff_text_size::Ranged;

impl<'a> Compiler<'a> {
    pub(crate) fn class_def(&mut self, c: &'a ast::StmtClassDef) -> Res {
        if c.type_params.is_some() {
            return self.error("invalid syntax", c.name.range);
        }
        self.at(self.source.without_decorators(c.range, &c.decorator_list));
        self.forbidden(&c.name)?;
        self.check_keywords(c.keywords())?;
        let mark = self.mark();
        let windows = self.decorators(&c.decorator_list)?;
        let range = self.source.without_decorators(c.range, &c.decorator_list);
        let first_line = match c.decorator_list.first() {
            Some(d) => self.source.line(d.expression.range().start()),
            None => self.source.line(range.start()),
        };
        self.at(range);
        // The body's function is made in the window of the `__build_class__` call.
        let result = self.temp();
        let base = self.block(2);
        let function = self.temp();
        if let Some(&last) = windows.last() {
            debug_assert_eq!(last + 2, result);
        }
        self.emit(Op::LoadBuildClass, base, 0, 0);
        let inner = self.mark();
        let scope = self.tables.by_node[&node_key(c)];
        self.enter(scope, UnitKind::Class, &c.name, first_line);
        self.u.private = Some(c.name.to_string());
        self.class_body(c)?;
        self.make_function(function, Extras::default())?;
        self.release(inner);
        let name = self.temp();
        self.load_const(
            Const::Str(c.name.as_str().as_bytes().to_vec(), true),
            Some(name),
        );
        match &c.arguments {
            Some(arguments) => self.arguments(base, arguments, 2, false, result)?,
            None => self.emit(Op::Call, base, 2, result),
        }
        self.apply_decorators(&c.decorator_list, &windows);
        self.at(range);
        let value = windows.first().copied().unwrap_or(result);
        self.store_name(&c.name, value);
        self.release(mark);
        Ok(())
    }

    fn class_body(&mut self, c: &'a ast::StmtClassDef) -> Res {
        let t = self.temp();
        let name = self.raw_name_id("__name__".to_owned());
        self.emit(Op::LoadName, t, name, 0);
        let module = self.raw_name_id("__module__".to_owned());
        self.emit(Op::StoreName, module, t, 0);
        let qualname = self.u.qualname.clone();
        self.load_const(Const::Str(qualname.into_bytes(), true), Some(t));
        let id = self.raw_name_id("__qualname__".to_owned());
        self.emit(Op::StoreName, id, t, 0);
        self.release(0);
        self.body(&c.body)?;
        self.artificial_end();
        let t = self.temp();
        if self.table().needs_class_closure {
            let cell = self.class_cell();
            self.mov(t, cell);
            let id = self.raw_name_id("__classcell__".to_owned());
            self.emit(Op::StoreName, id, t, 0);
        } else {
            self.load_none(t);
        }
        self.emit(Op::Return, t, 0, 0);
        self.release(0);
        Ok(())
    }

    fn class_cell(&self) -> u32 {
        let found = self
            .u
            .locals
            .iter()
            .position(|l| l.kind == LocalKind::Cell && l.name == "__class__");
        found.unwrap_or(0) as u32
    }

    fn artificial_end(&mut self) {
        self.end_of_body(false);
    }

    /// The statements of a module or class, with `__annotations__` and `__doc__`.
    pub(crate) fn body(&mut self, body: &'a [ast::Stmt]) -> Res {
        if body.is_empty() {
            return Ok(());
        }
        if self.u.kind == UnitKind::Module {
            self.at(body[0].range());
        }
        if crate::stmt::has_annotations(body) {
            self.emit(Op::SetupAnnotations, 0, 0, 0);
        }
        let mut rest = body;
        if let Some(doc) = docstring(body)
            && self.options.optimize < 2
        {
            let mark = self.mark();
            self.at(doc.range());
            let text = crate::strings::expr_value(self.source, doc);
            let t = self.load_const(Const::Str(text, false), None);
            let id = self.raw_name_id("__doc__".to_owned());
            self.emit(Op::StoreName, id, t, 0);
            self.release(mark);
            rest = &body[1..];
        }
        self.stmts(rest)
    }
}
