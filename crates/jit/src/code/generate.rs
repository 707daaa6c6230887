//! From Cranelift's representation to machine code. Knows nothing of the program: works on any thread.

use std::ops::Range;

use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::entity::PrimaryMap;
use cranelift_codegen::ir::{ExternalName, Function, UserExternalName, UserExternalNameRef};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CompiledCode, Context, FinalizedMachReloc, FinalizedRelocTarget};

use super::memory::{DirectCall, Placing};
use crate::lower;

/// A unit to generate code for.
pub struct Job {
    /// Its number, for who asked.
    pub unit: usize,
    /// What to generate code for.
    pub func: Function,
    /// The code generator.
    pub isa: OwnedTargetIsa,
    /// Whether the assembly is wanted too.
    pub assembly: bool,
}

/// Machine code that does not lie where it will run yet.
pub struct Generated {
    /// The bytes.
    pub code: Vec<u8>,
    /// Its direct calls.
    pub calls: Vec<DirectCall>,
    /// How it is best placed.
    pub placing: Placing,
    /// The assembly, if it was wanted.
    pub assembly: Option<String>,
}

/// A code generator for this machine with one of Cranelift's register allocators.
///
/// # Errors
/// If this machine is not one Cranelift knows.
pub fn code_generator(allocator: &str) -> Result<OwnedTargetIsa, String> {
    let verifier = if cfg!(debug_assertions) {
        "true"
    } else {
        "false"
    };
    let mut flags = settings::builder();
    for (name, value) in [
        ("opt_level", "speed"),
        ("regalloc_algorithm", allocator),
        ("is_pic", "false"),
        ("enable_probestack", "false"),
        ("enable_verifier", verifier),
    ] {
        flags.set(name, value).map_err(|e| e.to_string())?;
    }
    cranelift_native::builder()
        .map_err(str::to_owned)?
        .finish(settings::Flags::new(flags))
        .map_err(|e| e.to_string())
}

/// Generates the code.
///
/// # Errors
/// Why there is none.
pub fn generate(job: Job) -> Result<Generated, &'static str> {
    let names = job.func.params.user_named_funcs().clone();
    let mut context = Context::for_function(job.func);
    context.set_disasm(job.assembly);
    let compiled = match context.compile(&*job.isa, &mut ControlPlane::default()) {
        Ok(c) => c,
        Err(e) if cfg!(debug_assertions) => {
            let text = format!("Cranelift: {:?}\n{}", e.inner, e.func.display());
            rivet_vm::runtime::fatal(&text);
        }
        Err(_) => return Err("the code generator refused it"),
    };
    let calls = compiled.buffer.relocs().iter();
    Ok(Generated {
        placing: Placing {
            alignment: compiled.buffer.alignment as usize,
            tight_loop: tight_loop(compiled),
        },
        calls: calls
            .map(|r| direct_call(r, &names))
            .collect::<Result<_, _>>()?,
        code: compiled.code_buffer().to_vec(),
        assembly: compiled.vcode.clone(),
    })
}

/// The bytes of the loop that `lower` has marked, what seldom runs excepted: it lies behind.
fn tight_loop(compiled: &CompiledCode) -> Option<Range<usize>> {
    /// Bytes without a mark that may lie between marked ones (moves of the register allocator).
    const GAP: usize = 16;
    /// Bytes that end a round: a move and the jump back, which have no marks.
    const TAIL: usize = 8;
    let all = compiled.buffer.get_srclocs_sorted().iter();
    let mut marked = all.filter(|l| l.loc == lower::tight_loop_mark());
    let first = marked.next()?;
    let mut range = first.start as usize..first.end as usize;
    for next in marked {
        if next.start as usize > range.end + GAP {
            break;
        }
        range.end = next.end as usize;
    }
    range.end += TAIL;
    Some(range)
}

/// The direct call a relocation stands for. Its name is the function's address.
fn direct_call(
    r: &FinalizedMachReloc,
    names: &PrimaryMap<UserExternalNameRef, UserExternalName>,
) -> Result<DirectCall, &'static str> {
    match (&r.target, r.kind) {
        (
            FinalizedRelocTarget::ExternalName(ExternalName::User(name)),
            Reloc::X86CallPCRel4 | Reloc::X86PCRel4,
        ) => Ok(DirectCall {
            offset: r.offset as usize,
            target: lower::near::address(&names[*name]).wrapping_add_signed(r.addend as isize),
        }),
        _ => Err("code with relocations"),
    }
}
