//! Keeps what is seldom run out of the way of the rest: what only cold blocks lead to is cold too, and so is the way back.
//! Each branch that is taken in a loop of a few cycles counts.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, InstBuilder};

/// Marks what only cold blocks lead to, and splits the edges from cold blocks back to others.
pub(super) fn spread(func: &mut Function) {
    let preds = predecessors(func);
    mark(func, &preds);
    for block in func.layout.blocks().collect::<Vec<_>>() {
        if func.layout.is_cold(block) {
            split_ways_back(func, block, &preds);
        }
    }
}

type Predecessors = SecondaryMap<Block, Vec<Block>>;

fn predecessors(func: &Function) -> Predecessors {
    let mut preds = Predecessors::new();
    for block in func.layout.blocks() {
        for to in destinations(func, block) {
            preds[to].push(block);
        }
    }
    preds
}

fn last(func: &Function, block: Block) -> Option<Inst> {
    func.layout.last_inst(block)
}

fn destinations(func: &Function, block: Block) -> Vec<Block> {
    let calls = last(func, block).map_or(&[][..], |inst| {
        func.dfg.insts[inst].branch_destination(&func.dfg.jump_tables, &func.dfg.exception_tables)
    });
    let pool = &func.dfg.value_lists;
    calls.iter().map(|call| call.block(pool)).collect()
}

fn mark(func: &mut Function, preds: &Predecessors) {
    let mut work: Vec<Block> = func
        .layout
        .blocks()
        .filter(|&b| func.layout.is_cold(b))
        .collect();
    while let Some(block) = work.pop() {
        for to in destinations(func, block) {
            let only_cold = preds[to].iter().all(|&p| func.layout.is_cold(p));
            if only_cold && !func.layout.is_cold(to) {
                func.layout.set_cold(to);
                work.push(to);
            }
        }
    }
}

/// Puts a cold block on each way of a branch that leads from a cold block to one that is not: Cranelift would put what has to be
/// done on it (moves) among the others.
fn split_ways_back(func: &mut Function, from: Block, preds: &Predecessors) {
    let Some(branch) = last(func, from) else {
        return;
    };
    let to = destinations(func, from);
    if to.len() < 2 {
        return;
    }
    for (n, &to) in to.iter().enumerate() {
        if func.layout.is_cold(to) || preds[to].len() < 2 {
            continue;
        }
        let between = func.dfg.make_block();
        func.layout.append_block(between);
        func.layout.set_cold(between);
        let to_between = BlockCall::new(between, std::iter::empty(), &mut func.dfg.value_lists);
        let dfg = &mut func.dfg;
        let ways = dfg.insts[branch]
            .branch_destination_mut(&mut dfg.jump_tables, &mut dfg.exception_tables);
        let way = std::mem::replace(&mut ways[n], to_between);
        let args: Vec<BlockArg> = way.args(&func.dfg.value_lists).collect();
        FuncCursor::new(func)
            .at_bottom(between)
            .ins()
            .jump(to, &args);
    }
}
