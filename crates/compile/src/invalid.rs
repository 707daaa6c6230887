//! From what ruff's parser reports to CPython's message and place. CPython finds these messages with
//! `invalid_…` rules in a second pass of its parser; here they are told from the kind of ruff's error, the
//! tokens around it and the tree ruff has recovered.

mod assign;
mod dict_key;
mod params;
mod star;

use crate::code::{CompileError, ErrorClass, Mode};
use crate::parse::Source;
use crate::tokenize::{Kind, Tok};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{self as ast, Expr, UnaryOp};
use ruff_python_parser::{LexicalErrorType, ParseErrorType, UnsupportedSyntaxErrorKind};
use ruff_text_size::{Ranged, TextRange, TextSize};

/// The parse that failed.
pub(crate) struct Invalid<'a> {
    source: &'a Source,
    toks: &'a [Tok],
    exprs: Vec<&'a Expr>,
    mode: Mode,
}

struct Collector<'a> {
    exprs: Vec<&'a Expr>,
}

impl<'a> Visitor<'a> for Collector<'a> {
    fn visit_expr(&mut self, e: &'a Expr) {
        self.exprs.push(e);
        walk_expr(self, e);
    }
}

/// CPython's name of a kind of expression in messages.
pub(crate) fn expr_name(e: &Expr) -> &'static str {
    match e {
        Expr::Attribute(_) => "attribute",
        Expr::Subscript(_) => "subscript",
        Expr::Starred(_) => "starred",
        Expr::Name(_) => "name",
        Expr::List(_) => "list",
        Expr::Tuple(_) => "tuple",
        Expr::Lambda(_) => "lambda",
        Expr::Call(_) => "function call",
        Expr::BoolOp(_) | Expr::BinOp(_) | Expr::UnaryOp(_) => "expression",
        Expr::Generator(_) => "generator expression",
        Expr::Yield(_) | Expr::YieldFrom(_) => "yield expression",
        Expr::Await(_) => "await expression",
        Expr::ListComp(_) => "list comprehension",
        Expr::SetComp(_) => "set comprehension",
        Expr::DictComp(_) => "dict comprehension",
        Expr::Dict(_) => "dict literal",
        Expr::Set(_) => "set display",
        Expr::FString(_) | Expr::TString(_) => "f-string expression",
        Expr::NoneLiteral(_) => "None",
        Expr::BooleanLiteral(b) if b.value => "True",
        Expr::BooleanLiteral(_) => "False",
        Expr::EllipsisLiteral(_) => "ellipsis",
        Expr::Compare(_) => "comparison",
        Expr::If(_) => "conditional expression",
        Expr::Named(_) => "named expression",
        _ => "literal",
    }
}

impl<'a> Invalid<'a> {
    pub(crate) fn new(source: &'a Source, toks: &'a [Tok], tree: &'a ast::Mod, mode: Mode) -> Self {
        let mut collector = Collector { exprs: Vec::new() };
        match tree {
            ast::Mod::Module(m) => collector.visit_body(&m.body),
            ast::Mod::Expression(e) => collector.visit_expr(&e.body),
        }
        Invalid {
            source,
            toks,
            exprs: collector.exprs,
            mode,
        }
    }

    // ---- tokens ----

    fn text(&self, i: usize) -> &str {
        self.toks
            .get(i)
            .map_or("", |t| self.source.slice(self.range(t)))
    }

    fn range(&self, t: &Tok) -> TextRange {
        TextRange::new(t.start.into(), t.end.into())
    }

    fn kind(&self, i: usize) -> Kind {
        self.toks.get(i).map_or(Kind::End, |t| t.kind)
    }

    /// The token at or after an offset.
    fn index(&self, at: TextSize) -> usize {
        let at = at.to_u32();
        let mut i = self.toks.partition_point(|t| t.start < at && t.end <= at);
        while matches!(self.kind(i), Kind::Indent | Kind::Dedent) && i + 1 < self.toks.len() {
            i += 1;
        }
        i.min(self.toks.len().saturating_sub(1))
    }

    /// First token of the statement of token `i`.
    fn statement_start(&self, i: usize) -> usize {
        let mut k = i;
        while k > 0 {
            let before = &self.toks[k - 1];
            let boundary = matches!(before.kind, Kind::Newline | Kind::Indent | Kind::Dedent)
                || (before.level == 0 && self.text(k - 1) == ";");
            if boundary {
                break;
            }
            k -= 1;
        }
        k
    }

    /// The generic error at a token.
    fn generic(&self, i: usize) -> CompileError {
        self.at_token("invalid syntax", i)
    }

    fn at_token(&self, message: &str, i: usize) -> CompileError {
        let Some(t) = self.toks.get(i) else {
            return self.source.syntax(message, TextRange::default());
        };
        match t.kind {
            Kind::End | Kind::Dedent => self.at_line_start(ErrorClass::Syntax, message, t),
            _ => self.source.syntax(message, self.range(t)),
        }
    }

    /// Indents, dedents and the end have no column of their own: CPython gives that of the reading position.
    fn at_line_start(&self, class: ErrorClass, message: &str, t: &Tok) -> CompileError {
        let mut e = self.source.error(class, message, self.range(t));
        // An INDENT token has no end.
        e.end_offset = if message == "unexpected indent" {
            u32::MAX
        } else {
            0
        };
        if t.kind == Kind::End || t.start as usize >= self.source.text.len() {
            let line = self.source.line_count();
            let text = self.source.line_text(line).unwrap_or("");
            (e.line, e.end_line) = (line, line);
            e.offset = text.chars().count() as u32 + 1;
            e.text = Some(format!("{text}\n"));
            e.incomplete = true;
        } else {
            e.offset = e.offset.saturating_sub(1);
        }
        e
    }

    fn syntax(&self, message: impl Into<String>, range: TextRange) -> CompileError {
        self.source.syntax(message, range)
    }

    // ---- expressions ----

    /// The expression with exactly this range.
    fn exact(&self, range: TextRange) -> Option<&'a Expr> {
        self.exprs.iter().copied().find(|e| e.range() == range)
    }

    /// The largest expression that starts here and for which `f` holds.
    fn starting(&self, at: TextSize, f: impl Fn(&Expr) -> bool) -> Option<&'a Expr> {
        let here = self
            .exprs
            .iter()
            .copied()
            .filter(|e| e.range().start() == at && !e.range().is_empty());
        here.filter(|e| f(e)).max_by_key(|e| e.range().end())
    }

    /// The largest expression that ends here and for which `f` holds.
    fn ending(&self, at: TextSize, f: impl Fn(&Expr) -> bool) -> Option<&'a Expr> {
        let here = self
            .exprs
            .iter()
            .copied()
            .filter(|e| e.range().end() == at && !e.range().is_empty());
        here.filter(|e| f(e)).min_by_key(|e| e.range().start())
    }

    // ---- the errors ----

    pub(crate) fn parse_error(&self, error: &ParseErrorType, range: TextRange) -> CompileError {
        let i = self.index(range.start());
        if self.mode == Mode::Eval
            && let Some(indent) = self.toks[i.saturating_sub(1)..=i]
                .iter()
                .find(|t| t.kind == Kind::Indent)
        {
            return self.at_line_start(ErrorClass::Indentation, "unexpected indent", indent);
        }
        if matches!(error, ParseErrorType::UnexpectedIndentation)
            && let Some(t) = self.toks[..=i].iter().rfind(|t| t.kind == Kind::Indent)
        {
            return self.at_line_start(ErrorClass::Indentation, "unexpected indent", t);
        }
        let early = self
            .dict_key(i)
            .or_else(|| self.print_statement(i))
            .or_else(|| self.equal_sign(i));
        if let Some(e) = early {
            return e;
        }
        if let Some(e) = self
            .lambda_parameters(i)
            .or_else(|| self.parenthesized_parameters(i))
        {
            return e;
        }
        if self.text(self.statement_start(i)) == "class"
            && let ParseErrorType::UnparenthesizedGeneratorExpression = error
        {
            return self.first_of(range, "for");
        }
        match error {
            ParseErrorType::ExpectedToken { expected, .. } => self.expected(*expected, i),
            ParseErrorType::SimpleStatementsOnSameLine
            | ParseErrorType::SimpleAndCompoundStatementOnSameLine
            | ParseErrorType::UnexpectedExpressionToken => self.trailing(i),
            ParseErrorType::InvalidAssignmentTarget => self.assignment(range),
            ParseErrorType::InvalidNamedAssignmentTarget => {
                self.named(range, "cannot use assignment expressions with {}")
            }
            ParseErrorType::InvalidAnnotatedAssignmentTarget => {
                self.syntax("illegal target for annotation", range)
            }
            ParseErrorType::InvalidAugmentedAssignmentTarget => self.named(
                range,
                "'{}' is an illegal expression for augmented assignment",
            ),
            ParseErrorType::InvalidDeleteTarget => self.delete(range),
            ParseErrorType::UnparenthesizedGeneratorExpression => {
                self.syntax("Generator expression must be parenthesized", range)
            }
            ParseErrorType::PositionalAfterKeywordArgument => {
                self.after_keyword("positional argument follows keyword argument", i)
            }
            ParseErrorType::PositionalAfterKeywordUnpacking => {
                self.after_keyword("positional argument follows keyword argument unpacking", i)
            }
            ParseErrorType::InvalidArgumentUnpackingOrder => self.at_token(
                "iterable argument unpacking follows keyword argument unpacking",
                i,
            ),
            ParseErrorType::IterableUnpackingInComprehension => {
                self.syntax("iterable unpacking cannot be used in comprehension", range)
            }
            ParseErrorType::NonDefaultParamAfterDefaultParam => {
                self.at_token("non-default argument follows default argument", i)
            }
            ParseErrorType::ParamAfterVarKeywordParam => {
                self.at_token("arguments cannot follow var-keyword argument", i)
            }
            ParseErrorType::ExpectedKeywordParam => self.bare_star(i),
            ParseErrorType::VarParameterWithDefault => self.star_default(i),
            ParseErrorType::InvalidStarredExpressionUsage => self.starred(range, i),
            ParseErrorType::UnparenthesizedTupleExpression => self.bare_tuple(range, i),
            ParseErrorType::UnparenthesizedNamedExpression => self.first_of(range, ":="),
            ParseErrorType::InvalidMatchPatternTarget if self.text(i.wrapping_sub(1)) == "**" => {
                self.generic(i)
            }
            ParseErrorType::InvalidMatchPatternTarget => {
                self.syntax("cannot use '_' as a target", range)
            }
            ParseErrorType::ExpectedRealNumber => {
                self.syntax("real number required in complex literal", range)
            }
            ParseErrorType::ExpectedImaginaryNumber => {
                self.syntax("imaginary number required in complex literal", range)
            }
            ParseErrorType::Lexical(e) => self.lexical(e, range, i),
            ParseErrorType::OtherError(message) => self.other(message, range, i),
            ParseErrorType::ExpectedExpression => self.expected_expression(i),
            _ => self.generic(i),
        }
    }

    fn lexical(&self, e: &LexicalErrorType, range: TextRange, i: usize) -> CompileError {
        match e {
            LexicalErrorType::UnrecognizedToken { tok } if !tok.is_ascii() => {
                let message = if crate::tokenize::is_printable(*tok) {
                    format!("invalid character '{tok}' (U+{:04X})", *tok as u32)
                } else {
                    format!("invalid non-printable character U+{:04X}", *tok as u32)
                };
                let mut e = self.syntax(message, range);
                e.end_offset = e.offset;
                e
            }
            LexicalErrorType::Eof => {
                let mut e = self.at_token("invalid syntax", i);
                e.incomplete = true;
                e
            }
            _ => self.generic(i),
        }
    }

    /// `print x`: a legacy statement.
    fn print_statement(&self, i: usize) -> Option<CompileError> {
        let name = i.checked_sub(1)?;
        if !matches!(self.text(name), "print" | "exec") || self.kind(name) != Kind::Name {
            return None;
        }
        let t = &self.toks[i];
        let value = self.starting(t.start.into(), |_| true)?;
        if self.kind(i) == Kind::Op && !matches!(self.text(i), "{" | "[" | "~" | "...") {
            return None;
        }
        let word = self.text(name);
        let mut end = value.range().end();
        let after = self.index(end);
        if self.text(after) == "," && self.toks[after].level == t.level.min(self.toks[name].level) {
            end = end.max(self.toks[after].end.into());
        }
        let range = TextRange::new(self.toks[name].start.into(), end);
        Some(self.syntax(
            format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?"),
            range,
        ))
    }

    /// The bracket around token `i`.
    fn opener(&self, i: usize) -> Option<usize> {
        let opens = matches!(self.text(i), "(" | "[" | "{");
        let level = self.toks[i].level.saturating_sub(u16::from(opens));
        if level == 0 {
            return None;
        }
        (0..i)
            .rev()
            .find(|&k| self.toks[k].level == level && matches!(self.text(k), "(" | "[" | "{"))
    }

    /// Whether the parenthesis at a token opens a function's parameters.
    fn is_def(&self, open: usize) -> bool {
        open >= 2 && self.text(open - 2) == "def"
    }

    /// Whether the bracket around token `i` is that of a call (or class).
    fn in_call(&self, i: usize) -> bool {
        self.opener(i).is_some_and(|k| {
            self.text(k) == "(" && k > 0 && self.is_callee(k - 1) && !self.is_def(k)
        })
    }

    /// Something follows a complete statement or expression.
    fn trailing(&self, i: usize) -> CompileError {
        if let Some(e) = self.comma(i) {
            return e;
        }
        if self.text(i) == "="
            && let Some(e) = self.maybe_equal(i)
        {
            return e;
        }
        let augmented = self.text(i).len() > 1 && self.text(i).ends_with('=');
        if augmented && !matches!(self.text(i), "==" | "!=" | "<=" | ">=" | ":=") && i > 0 {
            let start = self.toks[self.statement_start(i)].start;
            let range = TextRange::new(start.into(), self.toks[i - 1].end.into());
            if self.exact(range).is_some() {
                return self.named(
                    range,
                    "'{}' is an illegal expression for augmented assignment",
                );
            }
        }
        self.generic(i)
    }

    /// "Perhaps you forgot a comma?"
    fn comma(&self, i: usize) -> Option<CompileError> {
        let before = self.toks.get(i.checked_sub(1)?)?;
        let t = self.toks.get(i)?;
        if before.level == 0 || t.level == 0 || !self.begins_expression(i) {
            return None;
        }
        let left = self.ending(before.end.into(), is_disjunction)?;
        let right = self.starting(t.start.into(), |e| {
            !matches!(e, Expr::Named(_) | Expr::Starred(_))
        });
        let right_end = match right {
            Some(e) => e.range().end(),
            None if self.kind(i) != Kind::Op => t.end.into(),
            None => return None,
        };
        let soft = matches!(left, Expr::Name(n) if matches!(n.id.as_str(), "match" | "case" | "_"));
        if soft || (left.is_name_expr() && self.kind(i) == Kind::String) {
            return None;
        }
        let start = left.range().start();
        if matches!(self.text(self.index(start)), "print" | "exec") && left.is_name_expr() {
            return None;
        }
        Some(self.syntax(
            "invalid syntax. Perhaps you forgot a comma?",
            TextRange::new(start, right_end),
        ))
    }

    fn begins_expression(&self, i: usize) -> bool {
        match self.kind(i) {
            Kind::Name => !matches!(
                self.text(i),
                "if" | "else"
                    | "for"
                    | "in"
                    | "is"
                    | "and"
                    | "or"
                    | "as"
                    | "async"
                    | "import"
                    | "from"
                    | "def"
                    | "class"
                    | "while"
                    | "with"
                    | "return"
                    | "pass"
                    | "yield"
                    | "del"
                    | "try"
                    | "except"
                    | "raise"
                    | "global"
                    | "nonlocal"
                    | "assert"
                    | "break"
                    | "continue"
                    | "finally"
                    | "elif"
            ),
            Kind::Number | Kind::String => true,
            Kind::Op => matches!(self.text(i), "(" | "[" | "{" | "~" | "-" | "+" | "..."),
            _ => false,
        }
    }

    /// CPython reports these at the token after the arguments.
    fn after_keyword(&self, message: &str, i: usize) -> CompileError {
        let level = self.toks[i.saturating_sub(1)].level;
        let close = (i..self.toks.len()).find(|&k| self.toks[k].level < level);
        self.at_token(message, close.unwrap_or(i))
    }

    fn is_callee(&self, i: usize) -> bool {
        match self.kind(i) {
            Kind::Name => !matches!(
                self.text(i),
                "in" | "del"
                    | "return"
                    | "not"
                    | "and"
                    | "or"
                    | "if"
                    | "else"
                    | "yield"
                    | "await"
                    | "lambda"
                    | "print"
            ),
            Kind::Op => matches!(self.text(i), ")" | "]"),
            _ => false,
        }
    }

    fn in_braces(&self, i: usize) -> bool {
        let level = self.toks[i].level;
        let open = (0..i)
            .rev()
            .find(|&k| self.toks[k].level == level && matches!(self.text(k), "(" | "[" | "{"));
        open.is_some_and(|k| self.text(k) == "{")
    }

    fn first_of(&self, range: TextRange, what: &str) -> CompileError {
        let i = self.index(range.start());
        let end = range.end().to_u32();
        let found = (i..self.toks.len())
            .take_while(|&k| self.toks[k].end <= end)
            .find(|&k| self.text(k) == what);
        self.generic(found.unwrap_or(i))
    }

    // ---- a certain token was expected ----

    fn expected(&self, expected: TokenKind, i: usize) -> CompileError {
        match expected {
            TokenKind::Colon => return self.expected_colon(i),
            TokenKind::Lpar if self.text(i.wrapping_sub(2)) == "def" => {
                return self.at_token("expected '('", i);
            }
            TokenKind::Else => return self.expected_else(i),
            _ => {}
        }
        if self.text(i) == "=" {
            if let Some(e) = self.maybe_equal(i) {
                return e;
            }
            if let (true, Some(e)) = (self.in_call(i), self.keyword_assignment(i)) {
                return e;
            }
        }
        if let Some(e) = self
            .comprehension_after_comma(i)
            .or_else(|| self.keyword_generator(i))
        {
            return e;
        }
        if self.text(i) == "*" && self.text(i.wrapping_sub(1)) == "/" {
            return self.at_token("expected comma between / and *", i);
        }
        self.comma(i).unwrap_or_else(|| self.generic(i))
    }

    fn expected_colon(&self, i: usize) -> CompileError {
        let start = self.statement_start(i);
        let mut first = self.text(start);
        if first == "async" {
            first = self.text(start + 1);
        }
        if self.text(i) == "="
            && let Some(e) = self.maybe_equal(i)
        {
            return e;
        }
        if let Some(e) = self.comma(i) {
            return e;
        }
        let forced = matches!(first, "def" | "try" | "finally" | "else");
        let newline = self.kind(i) == Kind::Newline
            && matches!(
                first,
                "if" | "elif" | "while" | "with" | "class" | "except" | "match" | "case" | "for"
            );
        if forced && self.toks[i].level == 0 || newline {
            if first == "for" && !(start..i).any(|k| self.text(k) == "in") {
                return self.generic(i);
            }
            return self.at_token("expected ':'", i);
        }
        if self.mode == Mode::Eval {
            return self.generic(i);
        }
        self.generic(i)
    }

    fn expected_else(&self, i: usize) -> CompileError {
        let Some(before) = i.checked_sub(1).map(|k| &self.toks[k]) else {
            return self.generic(i);
        };
        if self.text(i) == ":" {
            return self.generic(i);
        }
        let level = before.level;
        let mut k = i;
        while k > 0 && !(self.text(k) == "if" && self.toks[k].level == level) {
            k -= 1;
        }
        let value = k
            .checked_sub(1)
            .and_then(|b| self.ending(self.toks[b].end.into(), is_disjunction));
        let mut start = value.map_or_else(
            || self.toks[k.saturating_sub(1)].start.into(),
            |e| e.range().start(),
        );
        // Parentheses around the value belong to it.
        let mut first = self.index(start);
        if k > 0
            && self.text(k - 1) == ")"
            && first > 0
            && value.is_some_and(|v| v.range().end() != TextSize::new(self.toks[k - 1].end))
        {
            first -= 1;
            start = self.toks[first].start.into();
        }
        self.syntax(
            "expected 'else' after 'if' expression",
            TextRange::new(start, before.end.into()),
        )
    }

    fn expected_expression(&self, i: usize) -> CompileError {
        let before = i.checked_sub(1).map_or("", |k| self.text(k));
        if before == "->" {
            return self.at_token("expected ':'", i - 1);
        }
        if before == "=" && matches!(self.text(i), ")" | ",") && self.in_parameters(i) {
            return self.at_token("expected default value expression", i - 1);
        }
        if before == ":" && matches!(self.text(i), "}" | ",") && self.in_braces(i - 1) {
            return self.at_token("expression expected after dictionary key and ':'", i - 1);
        }
        if self.text(i) == "**" && before == "(" && self.toks[i].level > 0 {
            return self.at_token("cannot use double starred expression here", i);
        }
        if self.text(i) == "*" && before == ":" && self.in_braces(i) {
            let end = self
                .starting(self.toks[i].end.into(), |_| true)
                .map(|e| e.range().end());
            let range = TextRange::new(
                self.toks[i].start.into(),
                end.unwrap_or(self.toks[i].end.into()),
            );
            return self.syntax(
                "cannot use a starred expression in a dictionary value",
                range,
            );
        }
        self.generic(i)
    }

    // ---- messages without a kind ----

    fn other(&self, message: &str, range: TextRange, i: usize) -> CompileError {
        if let Some(what) = message.strip_prefix("Expected an indented block after ") {
            return self.indented_block(what, i);
        }
        match message {
            "Only one '/' separator allowed" => self.at_token("/ may appear only once", i),
            "'/' parameter must appear before '*' parameter" => {
                self.at_token("/ must be ahead of *", i)
            }
            "Position-only parameter separator not allowed as first parameter" => {
                let open = self.opener(i).unwrap_or(i);
                if (open.min(self.statement_start(i))..i).any(|k| self.text(k) == "*") {
                    return self.at_token("/ must be ahead of *", i);
                }
                if self.text(i + 1) != "," {
                    return self.generic(i);
                }
                self.at_token("at least one argument must precede /", i)
            }
            "Only one '*' parameter allowed" => self.at_token("* argument may appear only once", i),
            "Cannot have both 'except' and 'except*' on the same 'try'" => {
                if self.text(i + 1) == "*" && self.text(i + 2) == ":" {
                    return self.at_token("expected one or more exception types", i + 2);
                }
                self.at_token(
                    "cannot have both 'except' and 'except*' on the same 'try'",
                    i,
                )
            }
            "Trailing comma not allowed" => self.trailing_comma(i),
            "Only single target (not tuple) can be annotated" => {
                self.annotated(range, "only single target (not tuple) can be annotated")
            }
            "Only single target (not list) can be annotated" => {
                self.annotated(range, "only single target (not list) can be annotated")
            }
            "Expected a parameter name" => self.parameter_name(range, i),
            _ if message.starts_with("Multiple exception types") => self.exception_types(range),
            "Positional patterns cannot follow keyword patterns" => {
                self.syntax("positional patterns follow keyword patterns", range)
            }
            "Expected an identifier" if self.text(i.wrapping_sub(1)) == "as" => {
                self.pattern_target(i)
            }
            _ if message.starts_with("Expected `except` or `finally`") => {
                self.at_token("expected 'except' or 'finally' block", i)
            }
            _ if message.contains("one or more exception types") => {
                self.at_token("expected one or more exception types", i)
            }
            _ => self.generic(i),
        }
    }

    /// `case x as 1 + 2`
    fn pattern_target(&self, i: usize) -> CompileError {
        if self.text(self.statement_start(i)) != "case" {
            return self.generic(i);
        }
        let level = self.toks[i].level;
        let end = (i..self.toks.len())
            .take_while(|&k| {
                self.toks[k].level >= level && !matches!(self.text(k), ":" | "," | "if")
            })
            .last();
        let end = end.map_or(self.toks[i].end, |k| self.toks[k].end);
        self.syntax(
            "invalid pattern target",
            TextRange::new(self.toks[i].start.into(), end.into()),
        )
    }

    fn annotated(&self, range: TextRange, message: &str) -> CompileError {
        let range = match self.exact(range) {
            Some(Expr::Tuple(t)) if !t.parenthesized => t.elts.first().map_or(range, |e| e.range()),
            _ => range,
        };
        self.syntax(message, range)
    }

    fn trailing_comma(&self, i: usize) -> CompileError {
        let mut k = i;
        if self.text(k) == "," {
            k += 1;
        }
        if self.kind(k) == Kind::Newline {
            return self.at_token(
                "trailing comma not allowed without surrounding parentheses",
                k,
            );
        }
        self.generic(k)
    }

    fn exception_types(&self, range: TextRange) -> CompileError {
        let i = self.index(range.start());
        let colon = (i..self.toks.len()).find(|&k| self.text(k) == ":" && self.toks[k].level == 0);
        match colon {
            Some(colon) => {
                let range = TextRange::new(range.start(), self.toks[colon].start.into());
                self.syntax("multiple exception types must be parenthesized", range)
            }
            None => self.generic(self.index(range.end())),
        }
    }

    fn indented_block(&self, what: &str, i: usize) -> CompileError {
        // The token after the header's newline; the header begins with its keyword.
        let mut k = i;
        while k > 0 && !(self.kind(k) == Kind::Newline && self.text(k - 1) == ":") {
            k -= 1;
        }
        let header = self.statement_start(k.saturating_sub(1));
        let line = self.source.line(self.toks[header].start.into());
        let word = what.split('`').nth(1).unwrap_or("");
        let name = match word {
            "def" => "function definition".to_owned(),
            "class" => "class definition".to_owned(),
            "" if what.starts_with("function") => "function definition".to_owned(),
            "" => what.to_owned(),
            "except" if self.text(header + 1) == "*" => "'except*' statement".to_owned(),
            _ => format!("'{word}' statement"),
        };
        let message = format!("expected an indented block after {name} on line {line}");
        let next = if self.kind(k) == Kind::Newline {
            k + 1
        } else {
            i
        };
        match self.toks.get(next) {
            Some(t) if matches!(t.kind, Kind::End | Kind::Dedent) => {
                self.at_line_start(ErrorClass::Indentation, &message, t)
            }
            Some(t) => self
                .source
                .error(ErrorClass::Indentation, message, self.range(t)),
            None => self
                .source
                .error(ErrorClass::Indentation, message, TextRange::default()),
        }
    }

    // ---- syntax of later versions ----

    pub(crate) fn unsupported(
        &self,
        kind: UnsupportedSyntaxErrorKind,
        range: TextRange,
    ) -> CompileError {
        let i = self.index(range.start());
        match kind {
            UnsupportedSyntaxErrorKind::TypeAliasStatement => {
                self.generic(if self.text(i) == "type" { i + 1 } else { i })
            }
            UnsupportedSyntaxErrorKind::TypeParameterList => {
                if self.text(i.wrapping_sub(2)) == "def" {
                    return self.at_token("expected '('", i);
                }
                self.generic(i)
            }
            UnsupportedSyntaxErrorKind::UnparenthesizedExceptionTypes => {
                self.exception_types(range)
            }
            UnsupportedSyntaxErrorKind::UnpackingInComprehension(_) => {
                if self.text(i) == "**" {
                    return self.at_token("dict unpacking cannot be used in dict comprehension", i);
                }
                let end = self
                    .starting(self.toks[i].end.into(), is_bitwise_or)
                    .map(|e| e.range().end());
                let range = TextRange::new(self.toks[i].start.into(), end.unwrap_or(range.end()));
                self.syntax("iterable unpacking cannot be used in comprehension", range)
            }
            UnsupportedSyntaxErrorKind::TemplateStrings => self.generic(i + 1),
            UnsupportedSyntaxErrorKind::ParenthesizedKeywordArgumentName => {
                let equal = (i..self.toks.len())
                    .find(|&k| self.text(k) == "=")
                    .unwrap_or(i);
                self.keyword_target(range, equal)
            }
            UnsupportedSyntaxErrorKind::Pep701FString(_) => {
                self.syntax("f-string: invalid syntax", range)
            }
            _ => self.generic(i),
        }
    }
}

/// Expressions of the grammar's `disjunction`.
fn is_disjunction(e: &Expr) -> bool {
    !matches!(
        e,
        Expr::If(_)
            | Expr::Lambda(_)
            | Expr::Named(_)
            | Expr::Yield(_)
            | Expr::YieldFrom(_)
            | Expr::Starred(_)
    ) && !matches!(e, Expr::Tuple(t) if !t.parenthesized)
        && !matches!(e, Expr::Generator(g) if !g.parenthesized)
}

/// Expressions of the grammar's `bitwise_or`.
fn is_bitwise_or(e: &Expr) -> bool {
    let not = matches!(e, Expr::UnaryOp(u) if u.op == UnaryOp::Not);
    is_disjunction(e) && !not && !matches!(e, Expr::Compare(_) | Expr::BoolOp(_))
}
