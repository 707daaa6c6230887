//! The matching engine: runs the code words `re._compiler` emits (3.11's numbering) by backtracking over an
//! explicit stack of choice points; a trail undoes marks and repeat counts. The native stack only grows with
//! the nesting of assertions and atomic groups in the pattern.

use rivet_vm::exceptions::PyResult;
use rivet_vm::signals;

use super::chars::{self, at_category, in_set, is_line_break};
use super::op;

/// No position.
pub const UNSET: usize = usize::MAX;
/// No limit of a repeat.
const MAXREPEAT: u32 = u32::MAX;
/// No repeat.
const NO_CTX: u32 = u32::MAX;

/// A repeat that is being matched.
struct Rep {
    count: i64,
    last: usize,
    /// Index of the skip word of the REPEAT.
    pc: usize,
    prev: u32,
}

/// How a choice point goes on.
#[derive(Clone, Copy)]
enum Retry {
    /// The next alternative of a BRANCH; `pc` is its skip word.
    Branch,
    /// One character less of a greedy REPEAT_ONE (`pc`: skip word; `n`: how many now).
    Less,
    /// One character more of a lazy one.
    More,
    /// The tail of a greedy repeat.
    MaxTail,
    /// One more round of a lazy repeat.
    MinBody,
}

struct Choice {
    retry: Retry,
    pc: usize,
    pos: usize,
    n: usize,
    ctx: u32,
    reps: usize,
    trail: usize,
}

enum Undo {
    Mark(usize, usize),
    Last(i64, i64),
    Rep(u32, i64, usize),
}

/// A subject with the state of one match.
pub struct Matcher<'a, C> {
    code: &'a [u32],
    text: &'a [C],
    /// End of the searched part.
    end: usize,
    /// Start of the match.
    pub start: usize,
    /// End of the match.
    pub pos: usize,
    marks: Vec<usize>,
    lastmark: i64,
    /// Number of the last closed group, or -1.
    pub lastindex: i64,
    match_all: bool,
    must_advance: bool,
    reps: Vec<Rep>,
    choices: Vec<Choice>,
    trail: Vec<Undo>,
    steps: u32,
}

impl<'a, C: Copy + Into<u32>> Matcher<'a, C> {
    /// A matcher of `text[start..end]`.
    pub fn new(
        code: &'a [u32],
        text: &'a [C],
        start: usize,
        end: usize,
        match_all: bool,
        must_advance: bool,
    ) -> Self {
        Matcher {
            code,
            text,
            end,
            start,
            pos: start,
            marks: Vec::new(),
            lastmark: -1,
            lastindex: -1,
            match_all,
            must_advance,
            reps: Vec::new(),
            choices: Vec::new(),
            trail: Vec::new(),
            steps: 0,
        }
    }

    #[inline(always)]
    fn word(&self, pc: usize) -> u32 {
        self.code.get(pc).copied().unwrap_or(op::FAILURE)
    }

    #[inline(always)]
    fn at(&self, pos: usize) -> u32 {
        self.text[pos].into()
    }

    /// The span of group `g` (from 1).
    pub fn group(&self, g: usize) -> Option<(usize, usize)> {
        let j = (g - 1) * 2;
        if (j + 1) as i64 > self.lastmark {
            return None;
        }
        match (self.marks.get(j), self.marks.get(j + 1)) {
            (Some(&a), Some(&b)) if a != UNSET && b != UNSET => Some((a, b)),
            _ => None,
        }
    }

    fn reset(&mut self) {
        self.marks.clear();
        self.lastmark = -1;
        self.lastindex = -1;
        self.reps.clear();
        self.choices.clear();
        self.trail.clear();
    }

    /// Matches at `start`.
    pub fn match_here(&mut self) -> PyResult<bool> {
        if self.start > self.end {
            return Ok(false);
        }
        self.reset();
        self.run(0, self.start, NO_CTX, true)
    }

    /// Looks for a match from `start` on.
    pub fn search(&mut self) -> PyResult<bool> {
        if self.start > self.end {
            return Ok(false);
        }
        let mut pc = 0;
        let mut first = None;
        let mut set = None;
        if self.word(0) == op::INFO {
            let flags = self.word(2);
            let min = self.word(3) as usize;
            if min > 1 && self.end - self.start < min {
                return Ok(false);
            }
            if flags & 1 != 0 && self.word(5) > 0 {
                first = Some(self.word(7));
            } else if flags & 4 != 0 {
                set = Some(5);
            }
            pc = 1 + self.word(1) as usize;
        }
        let mut from = self.start;
        let anchored = self.word(pc) == op::AT
            && matches!(
                self.word(pc + 1),
                op::AT_BEGINNING | op::AT_BEGINNING_STRING
            );
        let mut toplevel = true;
        loop {
            if let Some(c) = first {
                while from < self.end && self.at(from) != c {
                    from += 1;
                    toplevel = false;
                }
                if from >= self.end {
                    return Ok(false);
                }
            } else if let Some(s) = set {
                while from < self.end && !in_set(self.code, s, self.at(from)) {
                    from += 1;
                    toplevel = false;
                }
                if from >= self.end {
                    return Ok(false);
                }
            }
            self.reset();
            let must = self.must_advance;
            self.must_advance = must && toplevel;
            self.steps += 1;
            let hit = self.run(pc, from, NO_CTX, true);
            self.must_advance = must;
            if hit? {
                self.start = from;
                return Ok(true);
            }
            if from >= self.end || anchored {
                return Ok(false);
            }
            from += 1;
            toplevel = false;
        }
    }

    fn set_mark(&mut self, i: usize, pos: usize) {
        self.trail.push(Undo::Last(self.lastmark, self.lastindex));
        if i & 1 == 1 {
            self.lastindex = (i / 2 + 1) as i64;
        }
        if self.marks.len() <= i {
            self.marks.resize(i + 1, UNSET);
        }
        if i as i64 > self.lastmark {
            for j in (self.lastmark + 1) as usize..i {
                self.trail.push(Undo::Mark(j, self.marks[j]));
                self.marks[j] = UNSET;
            }
            self.lastmark = i as i64;
        }
        self.trail.push(Undo::Mark(i, self.marks[i]));
        self.marks[i] = pos;
    }

    fn undo(&mut self, to: usize) {
        while self.trail.len() > to {
            match self.trail.pop() {
                Some(Undo::Mark(i, v)) => self.marks[i] = v,
                Some(Undo::Last(m, i)) => {
                    self.lastmark = m;
                    self.lastindex = i;
                }
                Some(Undo::Rep(i, count, last)) => {
                    if let Some(r) = self.reps.get_mut(i as usize) {
                        r.count = count;
                        r.last = last;
                    }
                }
                None => {}
            }
        }
    }

    fn set_rep(&mut self, i: u32, count: i64, last: usize) {
        let r = &mut self.reps[i as usize];
        self.trail.push(Undo::Rep(i, r.count, r.last));
        r.count = count;
        r.last = last;
    }

    fn choose(&mut self, retry: Retry, pc: usize, pos: usize, n: usize, ctx: u32) {
        let (reps, trail) = (self.reps.len(), self.trail.len());
        self.choices.push(Choice {
            retry,
            pc,
            pos,
            n,
            ctx,
            reps,
            trail,
        });
    }

    /// Whether the one-character item at `pc` matches the character at `pos`.
    #[inline]
    fn one(&self, pc: usize, pos: usize) -> bool {
        let c = self.at(pos);
        let w = self.word(pc + 1);
        match self.word(pc) {
            op::LITERAL => c == w,
            op::NOT_LITERAL => c != w,
            op::IN => in_set(self.code, pc + 2, c),
            op::ANY => !is_line_break(c),
            op::ANY_ALL => true,
            op::CATEGORY => at_category(w, c),
            op::LITERAL_IGNORE => chars::lower_ascii(c) == w,
            op::NOT_LITERAL_IGNORE => chars::lower_ascii(c) != w,
            op::LITERAL_UNI_IGNORE => chars::lower(c) == w,
            op::NOT_LITERAL_UNI_IGNORE => chars::lower(c) != w,
            op::LITERAL_LOC_IGNORE => chars::locale_equal(w, c),
            op::NOT_LITERAL_LOC_IGNORE => !chars::locale_equal(w, c),
            op::IN_IGNORE => in_set(self.code, pc + 2, chars::lower_ascii(c)),
            op::IN_UNI_IGNORE => in_set(self.code, pc + 2, chars::lower(c)),
            op::IN_LOC_IGNORE => {
                let (lo, up) = (chars::lower_ascii(c), chars::upper_ascii(c));
                in_set(self.code, pc + 2, lo) || (lo != up && in_set(self.code, pc + 2, up))
            }
            _ => false,
        }
    }

    /// How many characters from `pos` the item at `pc` matches, at most `max`.
    fn count(&mut self, pc: usize, pos: usize, max: u32) -> PyResult<usize> {
        let room = self.end - pos;
        let limit = if max == MAXREPEAT {
            room
        } else {
            room.min(max as usize)
        };
        match self.word(pc) {
            op::ANY_ALL => return Ok(limit),
            op::LITERAL => {
                let c = self.word(pc + 1);
                return Ok(self.text[pos..pos + limit]
                    .iter()
                    .take_while(|&&x| x.into() == c)
                    .count());
            }
            op::NOT_LITERAL => {
                let c = self.word(pc + 1);
                return Ok(self.text[pos..pos + limit]
                    .iter()
                    .take_while(|&&x| x.into() != c)
                    .count());
            }
            op::IN => {
                let (code, set) = (self.code, pc + 2);
                return Ok(self.text[pos..pos + limit]
                    .iter()
                    .take_while(|&&x| in_set(code, set, x.into()))
                    .count());
            }
            op::ANY
            | op::CATEGORY
            | op::LITERAL_IGNORE
            | op::NOT_LITERAL_IGNORE
            | op::LITERAL_UNI_IGNORE
            | op::NOT_LITERAL_UNI_IGNORE
            | op::LITERAL_LOC_IGNORE
            | op::NOT_LITERAL_LOC_IGNORE
            | op::IN_IGNORE
            | op::IN_UNI_IGNORE
            | op::IN_LOC_IGNORE => {
                return Ok((0..limit).take_while(|&i| self.one(pc, pos + i)).count());
            }
            _ => {}
        }
        // A longer item that still matches one character, such as a group without number.
        let (mut n, mut at) = (0, pos);
        while n < limit {
            match self.sub(pc, at)? {
                Some(next) if next > at => at = next,
                _ => break,
            }
            n += 1;
        }
        Ok(n)
    }

    /// Runs the code at `pc` up to its SUCCESS, atomically; the position behind the match.
    fn sub(&mut self, pc: usize, pos: usize) -> PyResult<Option<usize>> {
        let hit = self.run(pc, pos, NO_CTX, false)?;
        Ok(if hit { Some(self.pos) } else { None })
    }

    /// Runs until SUCCESS; choice points made on the way are gone afterwards. On failure marks are as before.
    fn run(&mut self, pc: usize, pos: usize, ctx: u32, top: bool) -> PyResult<bool> {
        let base = self.choices.len();
        let trail = self.trail.len();
        let hit = self.steps_from(pc, pos, ctx, top, base);
        self.choices.truncate(base);
        if !matches!(hit, Ok(true)) {
            self.undo(trail);
        }
        hit
    }

    fn steps_from(
        &mut self,
        mut pc: usize,
        mut pos: usize,
        mut ctx: u32,
        top: bool,
        base: usize,
    ) -> PyResult<bool> {
        let entry = pos;
        loop {
            self.steps = self.steps.wrapping_add(1);
            if self.steps & 0xfff == 0 && signals::pending() {
                signals::run_pending()?;
            }
            let mut ok = true;
            match self.word(pc) {
                op::SUCCESS => {
                    let bad = top
                        && ((self.match_all && pos != self.end)
                            || (self.must_advance && pos == entry));
                    if !bad {
                        self.pos = pos;
                        return Ok(true);
                    }
                    ok = false;
                }
                op::LITERAL
                | op::NOT_LITERAL
                | op::CATEGORY
                | op::LITERAL_IGNORE
                | op::NOT_LITERAL_IGNORE
                | op::LITERAL_UNI_IGNORE
                | op::NOT_LITERAL_UNI_IGNORE
                | op::LITERAL_LOC_IGNORE
                | op::NOT_LITERAL_LOC_IGNORE => {
                    if pos < self.end && self.one(pc, pos) {
                        pos += 1;
                        pc += 2;
                    } else {
                        ok = false;
                    }
                }
                op::ANY | op::ANY_ALL => {
                    if pos < self.end && self.one(pc, pos) {
                        pos += 1;
                        pc += 1;
                    } else {
                        ok = false;
                    }
                }
                op::IN | op::IN_IGNORE | op::IN_UNI_IGNORE | op::IN_LOC_IGNORE => {
                    if pos < self.end && self.one(pc, pos) {
                        pos += 1;
                        pc += 1 + self.word(pc + 1) as usize;
                    } else {
                        ok = false;
                    }
                }
                op::MARK => {
                    let i = self.word(pc + 1) as usize;
                    self.set_mark(i, pos);
                    pc += 2;
                }
                op::AT => {
                    ok = self.at_position(self.word(pc + 1), pos);
                    pc += 2;
                }
                op::JUMP => pc += 1 + self.word(pc + 1) as usize,
                op::INFO => {
                    if self.word(pc + 3) as usize > self.end - pos {
                        ok = false;
                    }
                    pc += 1 + self.word(pc + 1) as usize;
                }
                op::BRANCH => {
                    let (next, at) = self.branch(pc + 1, pos, ctx);
                    ok = next;
                    pc = at;
                }
                op::REPEAT_ONE | op::POSSESSIVE_REPEAT_ONE => {
                    let (skip, min, max) = (pc + 1, self.word(pc + 2) as usize, self.word(pc + 3));
                    let n = self.count(pc + 4, pos, max)?;
                    if n < min {
                        ok = false;
                    } else if self.word(pc) == op::REPEAT_ONE {
                        if n > min {
                            self.choose(Retry::Less, skip, pos, n, ctx);
                        }
                        pos += n;
                        pc = skip + self.word(skip) as usize;
                    } else {
                        pos += n;
                        pc = skip + self.word(skip) as usize;
                    }
                }
                op::MIN_REPEAT_ONE => {
                    let (skip, min) = (pc + 1, self.word(pc + 2));
                    let n = if min == 0 {
                        0
                    } else {
                        self.count(pc + 4, pos, min)?
                    };
                    if n < min as usize {
                        ok = false;
                    } else {
                        pos += n;
                        self.choose(Retry::More, skip, pos, n, ctx);
                        pc = skip + self.word(skip) as usize;
                    }
                }
                op::REPEAT => {
                    self.reps.push(Rep {
                        count: -1,
                        last: UNSET,
                        pc: pc + 1,
                        prev: ctx,
                    });
                    ctx = (self.reps.len() - 1) as u32;
                    pc = pc + 1 + self.word(pc + 1) as usize;
                }
                op::MAX_UNTIL => match self.reps.get(ctx as usize) {
                    None => ok = false,
                    Some(r) => {
                        let (count, last, skip, prev) = (r.count + 1, r.last, r.pc, r.prev);
                        let (min, max) = (i64::from(self.word(skip + 1)), self.word(skip + 2));
                        if count < min {
                            self.set_rep(ctx, count, last);
                            pc = skip + 3;
                        } else if (max == MAXREPEAT || count < i64::from(max)) && pos != last {
                            self.choose(Retry::MaxTail, pc + 1, pos, 0, ctx);
                            self.set_rep(ctx, count, pos);
                            pc = skip + 3;
                        } else {
                            ctx = prev;
                            pc += 1;
                        }
                    }
                },
                op::MIN_UNTIL => match self.reps.get(ctx as usize) {
                    None => ok = false,
                    Some(r) => {
                        let (count, last, skip, prev) = (r.count + 1, r.last, r.pc, r.prev);
                        let (min, max) = (i64::from(self.word(skip + 1)), self.word(skip + 2));
                        if count < min {
                            self.set_rep(ctx, count, last);
                            pc = skip + 3;
                        } else {
                            if (max == MAXREPEAT || count < i64::from(max)) && pos != last {
                                self.choose(Retry::MinBody, skip + 3, pos, count as usize, ctx);
                            }
                            ctx = prev;
                            pc += 1;
                        }
                    }
                },
                op::POSSESSIVE_REPEAT => {
                    let (skip, min, max) = (pc + 1, self.word(pc + 2), self.word(pc + 3));
                    let (mut n, mut last) = (0u32, UNSET);
                    while n < min || ((max == MAXREPEAT || n < max) && pos != last) {
                        if n >= min {
                            last = pos;
                        }
                        match self.sub(pc + 4, pos)? {
                            Some(next) => pos = next,
                            None => break,
                        }
                        n += 1;
                    }
                    ok = n >= min;
                    pc = skip + self.word(skip) as usize + 1;
                }
                op::ATOMIC_GROUP => match self.sub(pc + 2, pos)? {
                    Some(next) => {
                        pos = next;
                        pc += 1 + self.word(pc + 1) as usize;
                    }
                    None => ok = false,
                },
                op::ASSERT => {
                    let back = self.word(pc + 2) as usize;
                    ok = pos >= back && self.sub(pc + 3, pos - back)?.is_some();
                    pc += 1 + self.word(pc + 1) as usize;
                }
                op::ASSERT_NOT => {
                    let back = self.word(pc + 2) as usize;
                    if pos >= back {
                        let trail = self.trail.len();
                        if self.sub(pc + 3, pos - back)?.is_some() {
                            self.undo(trail);
                            ok = false;
                        }
                    }
                    pc += 1 + self.word(pc + 1) as usize;
                }
                op::GROUPREF
                | op::GROUPREF_IGNORE
                | op::GROUPREF_UNI_IGNORE
                | op::GROUPREF_LOC_IGNORE => {
                    match self.back_reference(self.word(pc), self.word(pc + 1) as usize, pos) {
                        Some(next) => pos = next,
                        None => ok = false,
                    }
                    pc += 2;
                }
                op::GROUPREF_EXISTS => {
                    let g = self.word(pc + 1) as usize;
                    if self.group(g + 1).is_some_and(|(a, b)| a <= b) {
                        pc += 3;
                    } else {
                        pc += 1 + self.word(pc + 2) as usize;
                    }
                }
                _ => ok = false,
            }
            if ok {
                continue;
            }
            // Back to the last choice point of this run.
            loop {
                if self.choices.len() <= base {
                    return Ok(false);
                }
                let Some(c) = self.choices.pop() else {
                    return Ok(false);
                };
                self.undo(c.trail);
                self.reps.truncate(c.reps);
                self.steps = self.steps.wrapping_add(1);
                if self.steps & 0xfff == 0 && signals::pending() {
                    signals::run_pending()?;
                }
                ctx = c.ctx;
                match c.retry {
                    Retry::Branch => {
                        let (found, at) = self.branch(c.pc, c.pos, ctx);
                        if !found {
                            continue;
                        }
                        pc = at;
                        pos = c.pos;
                    }
                    Retry::Less => {
                        let min = self.word(c.pc + 1) as usize;
                        let tail = c.pc + self.word(c.pc) as usize;
                        let mut n = c.n - 1;
                        if self.word(tail) == op::LITERAL {
                            let want = self.word(tail + 1);
                            while n > min && self.at(c.pos + n) != want {
                                n -= 1;
                            }
                        }
                        if n > min {
                            self.choose(Retry::Less, c.pc, c.pos, n, ctx);
                        }
                        pos = c.pos + n;
                        pc = tail;
                    }
                    Retry::More => {
                        let max = self.word(c.pc + 2);
                        if (max != MAXREPEAT && c.n >= max as usize) || c.pos >= self.end {
                            continue;
                        }
                        if self.count(c.pc + 3, c.pos, 1)? == 0 {
                            continue;
                        }
                        pos = c.pos + 1;
                        self.choose(Retry::More, c.pc, pos, c.n + 1, ctx);
                        pc = c.pc + self.word(c.pc) as usize;
                    }
                    Retry::MaxTail => {
                        ctx = self.reps[c.ctx as usize].prev;
                        pc = c.pc;
                        pos = c.pos;
                    }
                    Retry::MinBody => {
                        self.set_rep(c.ctx, c.n as i64, c.pos);
                        pc = c.pc;
                        pos = c.pos;
                    }
                }
                break;
            }
        }
    }

    /// The first alternative from the skip word at `at` on that can match; a choice point for the next one.
    fn branch(&mut self, mut at: usize, pos: usize, ctx: u32) -> (bool, usize) {
        loop {
            let skip = self.word(at) as usize;
            if skip == 0 {
                return (false, at);
            }
            let body = at + 1;
            let hopeless = match self.word(body) {
                op::LITERAL | op::IN => pos >= self.end || !self.one(body, pos),
                _ => false,
            };
            if !hopeless {
                if self.word(at + skip) != 0 {
                    self.choose(Retry::Branch, at + skip, pos, 0, ctx);
                }
                return (true, body);
            }
            at += skip;
        }
    }

    fn back_reference(&self, kind: u32, g: usize, pos: usize) -> Option<usize> {
        let (a, b) = self.group(g + 1).filter(|(a, b)| a <= b)?;
        if b - a > self.end - pos {
            return None;
        }
        let same = |x: u32, y: u32| match kind {
            op::GROUPREF => x == y,
            op::GROUPREF_UNI_IGNORE => chars::lower(x) == chars::lower(y),
            _ => chars::lower_ascii(x) == chars::lower_ascii(y),
        };
        (a..b)
            .enumerate()
            .all(|(i, j)| same(self.at(pos + i), self.at(j)))
            .then_some(pos + (b - a))
    }

    fn at_position(&self, what: u32, pos: usize) -> bool {
        let end = self.end;
        let boundary = |word: fn(u32) -> bool| {
            let before = pos > 0 && word(self.at(pos - 1));
            let after = pos < end && word(self.at(pos));
            before != after
        };
        match what {
            op::AT_BEGINNING | op::AT_BEGINNING_STRING => pos == 0,
            op::AT_BEGINNING_LINE => pos == 0 || is_line_break(self.at(pos - 1)),
            op::AT_END => pos == end || (pos + 1 == end && is_line_break(self.at(pos))),
            op::AT_END_LINE => pos == end || is_line_break(self.at(pos)),
            op::AT_END_STRING => pos == end,
            op::AT_BOUNDARY | op::AT_LOC_BOUNDARY => end != 0 && boundary(chars::is_word_ascii),
            op::AT_NON_BOUNDARY | op::AT_LOC_NON_BOUNDARY => {
                end != 0 && !boundary(chars::is_word_ascii)
            }
            op::AT_UNI_BOUNDARY => end != 0 && boundary(chars::is_word),
            op::AT_UNI_NON_BOUNDARY => end != 0 && !boundary(chars::is_word),
            _ => false,
        }
    }
}
