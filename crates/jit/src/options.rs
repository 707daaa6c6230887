//! `-X jit=…`

/// When code is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Never.
    Off,
    /// When it is hot.
    On,
    /// At once (for tests).
    Eager,
}

/// The compiler's settings.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// When code is compiled.
    pub mode: Mode,
    /// Every how many guards one fails on purpose; 0: none.
    pub bail: u64,
    /// Print counters at exit.
    pub stats: bool,
    /// Print the compiler's representation.
    pub dump_hir: bool,
    /// Print Cranelift's.
    pub dump_clif: bool,
    /// Print the machine code.
    pub dump_asm: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            mode: Mode::On,
            bail: 0,
            stats: false,
            dump_hir: false,
            dump_clif: false,
            dump_asm: false,
        }
    }
}

impl Options {
    /// Whether code may be generated while the program goes on. Tests and who looks at the compiler's work want one
    /// thing after the other.
    pub fn in_background(&self) -> bool {
        self.mode == Mode::On && !self.dump_hir && !self.dump_clif && !self.dump_asm
    }

    /// Takes one `-X jit=<text>`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        match text.split_once(':') {
            None => match text {
                "off" => self.mode = Mode::Off,
                "on" => self.mode = Mode::On,
                "eager" => self.mode = Mode::Eager,
                "stats" => self.stats = true,
                _ => return Err(unknown(text)),
            },
            Some(("bail", n)) => {
                self.bail = n
                    .parse()
                    .map_err(|_| format!("bad value in -X jit={text}"))?;
                self.mode = Mode::Eager;
            }
            Some(("dump", what)) => {
                for w in what.split(',') {
                    match w {
                        "hir" => self.dump_hir = true,
                        "clif" => self.dump_clif = true,
                        "asm" => self.dump_asm = true,
                        _ => return Err(unknown(text)),
                    }
                }
            }
            _ => return Err(unknown(text)),
        }
        Ok(())
    }
}

fn unknown(text: &str) -> String {
    format!("unknown option -X jit={text} (off, on, eager, bail:N, stats, dump:hir,clif,asm)")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_add_up() {
        let mut o = Options::default();
        for t in ["off", "stats", "dump:hir,asm"] {
            o.set(t).expect("known");
        }
        assert!(o.mode == Mode::Off && o.stats && o.dump_hir && o.dump_asm && !o.dump_clif);
        o.set("bail:7").expect("known");
        assert!(o.bail == 7 && o.mode == Mode::Eager);
        assert!(o.set("dump:x").is_err() && o.set("maybe").is_err());
    }
}
