//! Functions near enough to the memory for machine code that a direct call reaches them.

use cranelift_codegen::ir::{ExtFuncData, ExternalName, UserExternalName};

use super::*;
use crate::code::memory::in_reach;

/// The address a name stands for.
pub fn address(name: &UserExternalName) -> usize {
    (name.namespace as usize) << 32 | name.index as usize
}

impl Lower<'_> {
    /// The function at `address`, if a direct call reaches it.
    pub(super) fn near(&mut self, address: usize, sig: SigRef) -> Option<FuncRef> {
        if !in_reach(address) {
            return None;
        }
        if let Some(&f) = self.near.get(&(address, sig)) {
            return Some(f);
        }
        let name = UserExternalName::new((address >> 32) as u32, address as u32);
        let name = self.fb.func.declare_imported_user_function(name);
        let f = self.fb.func.import_function(ExtFuncData {
            name: ExternalName::user(name),
            signature: sig,
            colocated: true,
            patchable: false,
        });
        self.near.insert((address, sig), f);
        Some(f)
    }
}
