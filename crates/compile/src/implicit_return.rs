//! The `return None` at the end of a function, which the source does not show, is on the line that was executed before it.
//! Ways that come from different lines get a copy each (what CPython's `duplicate_exits_without_lineno` does), so that
//! debuggers and coverage tools see no line that is not executed.

use crate::code::Position;
use crate::emit::{Asm, Ins, Label, NONE};
use rivet_spec::Op;

impl Asm {
    /// Gives the implicit return its positions.
    pub(crate) fn place_implicit_return(&mut self) {
        let Some(start) = self.implicit_return else {
            return;
        };
        let at = self.target(start.0);
        let [load, ret] = match self.code.get(at..) {
            Some(&[load, ret]) if ret.op == Op::Return => [load, ret],
            _ => return,
        };
        let mut placed: Vec<(u32, Label)> = Vec::new();
        if at > 0 && !self.code[at - 1].is_terminal() {
            let pos = self.position_before(at);
            self.fill_positions(at - 1, pos);
            self.set_positions(at, pos);
            placed.push((pos.line, start));
        }
        for i in 0..at {
            let label = self.code[i].label;
            if label == NONE || self.target(label) != at {
                continue;
            }
            let pos = self.position_before(i + 1);
            self.fill_positions(i, pos);
            let known = placed.iter().find(|(line, _)| *line == pos.line);
            self.code[i].label = match known {
                Some((_, label)) => label.0,
                None => {
                    let label = self.return_from(pos, (placed.is_empty(), start), [load, ret]);
                    placed.push((pos.line, label));
                    label.0
                }
            };
        }
    }

    /// The label of a return at `pos`: the one that is there if nothing else uses it, or a copy.
    fn return_from(
        &mut self,
        pos: Position,
        (first, there): (bool, Label),
        copy: [Ins; 2],
    ) -> Label {
        if first {
            self.set_positions(self.target(there.0), pos);
            return there;
        }
        let label = self.new_label();
        self.place(label);
        self.code.extend(copy.map(|ins| Ins { pos, ..ins }));
        label
    }

    fn set_positions(&mut self, at: usize, pos: Position) {
        for ins in &mut self.code[at..at + 2] {
            ins.pos = pos;
        }
    }

    /// Cleanup that leads to the return is on its line too: else the line would seem to begin anew.
    fn fill_positions(&mut self, last: usize, pos: Position) {
        let hidden = |ins: &&mut Ins| ins.pos.line == 0;
        for ins in self.code[..=last].iter_mut().rev().take_while(hidden) {
            ins.pos = pos;
        }
    }

    /// The position of the last instruction before `end` that has one.
    fn position_before(&self, end: usize) -> Position {
        let shown = self.code[..end].iter().rev().find(|i| i.pos.line != 0);
        shown.map_or(self.code[0].pos, |i| i.pos)
    }
}
