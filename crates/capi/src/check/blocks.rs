//! Guarded blocks of the C heap, while checks are on: each is entered in a table, followed by bytes that nobody may
//! change, filled with a pattern when it is freed, and used again only after many others have been freed.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;

use super::fail;
use crate::boundary::links::AddressMap;
use crate::memory::{self, CHECKED, PREFIX};

/// What freed memory is filled with. As a reference count it is far below zero, and never reaches it.
const FREED: u8 = 0xDD;
/// What fresh memory is filled with where C may not rely on anything.
const FRESH: u8 = 0xCD;
/// What lies behind a block.
const GUARD: u8 = 0xFD;
const GUARD_SIZE: usize = 16;
/// Freed blocks that wait, and how many bytes of them.
const WAITING: usize = 1 << 16;
const WAITING_BYTES: usize = 256 << 20;
/// Of a freed block this much is filled and watched.
const WATCHED: usize = 4096;

/// Which functions a block belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `PyMem_Raw*`
    Raw,
    /// `PyMem_*`
    Mem,
    /// `PyObject_*`, and objects that the runtime makes.
    Object,
}

impl Family {
    fn name(self) -> &'static str {
        match self {
            Family::Raw => "PyMem_Raw*",
            Family::Mem => "PyMem_*",
            Family::Object => "PyObject_*",
        }
    }
}

/// What is known of a block.
#[derive(Clone, Copy)]
pub struct Block {
    size: usize,
    class: usize,
    /// Where it was allocated and freed, in the table of labels.
    made: u32,
    freed: Option<u32>,
    family: Family,
    /// The module whose code ran when it was allocated, as `module_id` numbers them.
    pub module: u32,
}

#[derive(Default)]
struct State {
    blocks: AddressMap<Block>,
    /// Freed blocks, oldest first.
    waiting: VecDeque<usize>,
    waiting_bytes: usize,
    /// Blocks to use again, by class.
    free: HashMap<usize, Vec<usize>>,
    labels: Vec<String>,
    label_ids: HashMap<String, u32>,
    modules: Vec<String>,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

fn with<R>(f: impl FnOnce(&mut State) -> R) -> R {
    let mut guard = STATE.lock().unwrap_or_else(|e| e.into_inner());
    f(guard.get_or_insert_with(State::default))
}

fn label(s: &mut State) -> u32 {
    let text = super::running();
    if let Some(&id) = s.label_ids.get(&text) {
        return id;
    }
    let id = s.labels.len() as u32;
    s.labels.push(text.clone());
    s.label_ids.insert(text, id);
    id
}

fn place(s: &State, id: u32) -> String {
    match s.labels[id as usize].as_str() {
        "" => String::new(),
        name => format!(" in {name}"),
    }
}

/// The number of a module's file, from 1.
pub fn module_id(file: &str) -> u32 {
    with(|s| {
        let at = s.modules.iter().position(|m| m == file);
        let at = at.unwrap_or_else(|| {
            s.modules.push(file.to_owned());
            s.modules.len() - 1
        });
        at as u32 + 1
    })
}

/// The file's name of a module's number.
pub fn module_name(id: u32) -> String {
    with(|s| s.modules.get(id as usize - 1).cloned().unwrap_or_default())
}

/// A guarded block; null if there is no room.
pub fn allocate(size: usize, family: Family) -> *mut u8 {
    let class = memory::class_of(size + GUARD_SIZE);
    let module = super::running_module();
    with(|s| {
        let start = match s.free.get_mut(&class).and_then(Vec::pop) {
            Some(b) => b,
            None => memory::fresh_block(class),
        };
        if start == 0 {
            return std::ptr::null_mut();
        }
        let p = start + PREFIX;
        // SAFETY: a block of the class, which nobody uses.
        unsafe {
            *(start as *mut usize) = 0;
            *(start as *mut usize).add(1) = class | CHECKED;
            std::ptr::write_bytes(p as *mut u8, FRESH, size.min(WATCHED));
            std::ptr::write_bytes((p + size) as *mut u8, GUARD, GUARD_SIZE);
        }
        let made = label(s);
        s.blocks.insert(
            p,
            Block {
                size,
                class,
                made,
                freed: None,
                family,
                module,
            },
        );
        p as *mut u8
    })
}

/// The block at an address, if one begins there.
pub fn at(p: usize) -> Option<(Block, bool)> {
    with(|s| s.blocks.get(&p).map(|b| (*b, b.freed.is_some())))
}

/// Where a block was allocated and freed, for messages.
pub fn history(p: usize) -> String {
    with(|s| {
        let Some(b) = s.blocks.get(&p).copied() else {
            return String::new();
        };
        let mut text = format!("a block of {} bytes allocated{}", b.size, place(s, b.made));
        if let Some(freed) = b.freed {
            text.push_str(&format!(", freed{}", place(s, freed)));
        }
        text
    })
}

/// Bytes a block may be used for.
pub fn size_of(p: usize) -> Option<usize> {
    with(|s| s.blocks.get(&p).map(|b| b.size))
}

/// What C gives to a function that frees or changes blocks must be a block of that family.
pub fn expect_block(p: usize, family: Family, function: &str) {
    match at(p) {
        None => fail(&format!(
            "{function} was given {p:#x}, which no function of the C API has allocated"
        )),
        Some((_, true)) => fail(&format!(
            "{function} was given memory that is free already: {}",
            history(p)
        )),
        Some((b, false)) if b.family != family => fail(&format!(
            "{function} was given memory of {}: {}",
            b.family.name(),
            history(p)
        )),
        Some(_) => {}
    }
}

/// Frees a block; its memory is kept from use for a while.
pub fn release(p: usize) {
    if let Some((_, true)) = at(p) {
        fail(&format!("memory was freed twice: {}", history(p)));
    }
    if !guard_intact(p) {
        fail(&format!(
            "memory was written beyond the end of {}",
            history(p)
        ));
    }
    let spoilt = with(|s| {
        let freed = label(s);
        let b = s.blocks.get_mut(&p)?;
        b.freed = Some(freed);
        let b = *b;
        // SAFETY: a block nobody uses any more.
        unsafe {
            *((p - PREFIX) as *mut usize) = 0;
            std::ptr::write_bytes(p as *mut u8, FREED, b.size.min(WATCHED));
        }
        s.waiting.push_back(p);
        s.waiting_bytes += b.size;
        let mut spoilt = None;
        while s.waiting.len() > WAITING || s.waiting_bytes > WAITING_BYTES {
            let Some(old) = s.waiting.pop_front() else {
                break;
            };
            if !pattern_intact(s, old) {
                spoilt = Some(old);
                break;
            }
            if let Some(b) = s.blocks.remove(&old) {
                s.waiting_bytes -= b.size;
                s.free.entry(b.class).or_default().push(old - PREFIX);
            }
        }
        spoilt
    });
    if let Some(p) = spoilt {
        written_after(p);
    }
}

fn written_after(p: usize) -> ! {
    fail(&format!(
        "memory was used after it had been freed: {}",
        history(p)
    ))
}

fn pattern_intact(s: &State, p: usize) -> bool {
    let Some(b) = s.blocks.get(&p) else {
        return true;
    };
    // SAFETY: the block is waiting, its memory is mapped.
    let bytes = unsafe { std::slice::from_raw_parts(p as *const u8, b.size.min(WATCHED)) };
    bytes.iter().all(|&x| x == FREED)
}

fn guard_intact(p: usize) -> bool {
    let Some(size) = size_of(p) else { return true };
    // SAFETY: guards lie behind the blocks of the table.
    let bytes = unsafe { std::slice::from_raw_parts((p + size) as *const u8, GUARD_SIZE) };
    bytes.iter().all(|&x| x == GUARD)
}

/// Gives a block another size, at another place.
///
/// # Safety
/// `p` is a block in use.
pub unsafe fn reallocate(p: usize, size: usize) -> *mut u8 {
    let Some((b, _)) = at(p) else {
        return std::ptr::null_mut();
    };
    let new = allocate(size, b.family);
    if !new.is_null() {
        // SAFETY: both blocks have at least the smaller size; marks and link do not move.
        unsafe { std::ptr::copy_nonoverlapping(p as *const u8, new, b.size.min(size)) };
        release(p);
    }
    new
}

/// Looks at the blocks that were freed last.
pub fn verify_recent() {
    const RECENT: usize = 64;
    let spoilt = with(|s| {
        let recent: Vec<usize> = s.waiting.iter().rev().take(RECENT).copied().collect();
        recent.into_iter().find(|&p| !pattern_intact(s, p))
    });
    if let Some(p) = spoilt {
        written_after(p);
    }
}

/// Looks at all blocks.
pub fn verify_all() {
    let (spoilt, cut) = with(|s| {
        let spoilt = s.waiting.iter().copied().find(|&p| !pattern_intact(s, p));
        let used: Vec<usize> = s
            .blocks
            .iter()
            .filter(|b| b.1.freed.is_none())
            .map(|b| *b.0)
            .collect();
        (spoilt, used)
    });
    if let Some(p) = spoilt {
        written_after(p);
    }
    if let Some(p) = cut.into_iter().find(|&p| !guard_intact(p)) {
        fail(&format!(
            "memory was written beyond the end of {}",
            history(p)
        ));
    }
}

/// All blocks in use: address, size, module, whether objects may lie in them.
pub fn in_use() -> Vec<(usize, usize, u32, bool)> {
    with(|s| {
        s.blocks
            .iter()
            .filter(|b| b.1.freed.is_none())
            .map(|(&p, b)| (p, b.size, b.module, b.family == Family::Object))
            .collect()
    })
}
