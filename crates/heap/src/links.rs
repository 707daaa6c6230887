//! Links between objects and their C mirrors, told about moves and deaths; what a mirror is, is not known here.

use crate::collect::{Kind, Split};
use crate::header::{HAS_MIRROR, Header, Obj, hdr};
use crate::identity::AddressMap;
use crate::state::{Heap, heap, started};
use crate::visitor::{Mode, Visitor};

/// What the owner of the mirrors provides. The functions run inside collections: they must not allocate, collect,
/// or run foreign code; `add_link` and `remove_link` are not allowed in them either (a dead link is gone already).
#[derive(Clone, Copy)]
pub struct LinkOps {
    /// Whether something outside the heap refers to the mirror, so that the object must stay alive.
    pub is_root: unsafe fn(link: usize) -> bool,
    /// The object was copied.
    pub moved: unsafe fn(link: usize, old: *mut Header, new: *mut Header),
    /// The object is dead; its memory is still readable.
    pub dead: unsafe fn(link: usize, obj: *mut Header),
    /// Visits what the mirror of a live object refers to (major collections only).
    pub trace: Option<unsafe fn(link: usize, visitor: &mut Visitor)>,
}

#[derive(Clone, Copy)]
pub(crate) struct Link {
    pub obj: Obj,
    pub link: usize,
}

/// All links. An index by link makes removal cheap.
pub(crate) struct Links {
    pub list: Split<Link>,
    /// Position of a link in `list`: index * 2 + (1 if young).
    at: AddressMap<usize>,
    ops: Option<LinkOps>,
    /// During a major collection with `trace`: object to link.
    of_object: AddressMap<usize>,
    pub before: Option<fn(Kind)>,
}

impl Links {
    pub const fn new() -> Self {
        Links {
            list: Split::new(),
            at: AddressMap::with_hasher(std::hash::BuildHasherDefault::new()),
            ops: None,
            of_object: AddressMap::with_hasher(std::hash::BuildHasherDefault::new()),
            before: None,
        }
    }

    fn put(&mut self, young: bool, entry: Link) {
        let index = if young {
            self.list.young.len()
        } else {
            self.list.old.len()
        };
        self.at.insert(entry.link, index * 2 + usize::from(young));
        self.list.put(young, entry);
    }

    fn take(&mut self, link: usize) -> Option<Link> {
        let at = self.at.remove(&link)?;
        let list = if at & 1 == 1 {
            &mut self.list.young
        } else {
            &mut self.list.old
        };
        let entry = list.swap_remove(at / 2);
        if let Some(moved) = list.get(at / 2) {
            self.at.insert(moved.link, at);
        }
        Some(entry)
    }
}

/// Sets the operations on links.
pub fn set_link_ops(ops: LinkOps) {
    started().links.ops = Some(ops);
}

/// Links an object to a mirror (one mirror per object, one object per mirror).
pub fn add_link(obj: *mut Header, link: usize) {
    let h = heap();
    hdr(obj).set(HAS_MIRROR);
    let young = h.is_young(obj);
    h.links.put(young, Link { obj, link });
}

/// Removes the link again; nothing is reported for it any more.
pub fn remove_link(obj: *mut Header, link: usize) {
    if heap().links.take(link).is_some() {
        hdr(obj).clear(HAS_MIRROR);
    }
}

/// Calls `f` for every link. `f` must not touch the heap.
pub fn for_each_link(mut f: impl FnMut(*mut Header, usize)) {
    for l in started().links.list.all() {
        f(l.obj, l.link);
    }
}

impl Heap {
    /// Treats objects whose mirror is referred to from outside as roots.
    pub(crate) fn visit_link_roots(&mut self, kind: Kind) {
        let Some(ops) = self.links.ops else { return };
        for i in 0..self.links.list.young.len() {
            let Link { obj, link } = self.links.list.young[i];
            self.visit_link_root(kind, ops, obj, link);
        }
        if kind == Kind::Major {
            for i in 0..self.links.list.old.len() {
                let Link { obj, link } = self.links.list.old[i];
                self.visit_link_root(kind, ops, obj, link);
            }
        }
    }

    fn visit_link_root(&mut self, kind: Kind, ops: LinkOps, obj: Obj, link: usize) {
        // SAFETY: the link was registered by the owner of the operations.
        if unsafe { (ops.is_root)(link) } {
            let mut word = obj as u64;
            match kind {
                Kind::Minor => self.minor_slot(&mut word),
                Kind::Major => self.mark_slot(&mut word),
            }
        }
    }

    /// Tells the owner about moved and dead objects.
    pub(crate) fn settle_links(&mut self, kind: Kind) {
        let ops = self.links.ops;
        self.links.of_object.clear();
        for Link { obj, link } in self.links.list.take(kind) {
            match self.fate(kind, obj) {
                Some(new) => {
                    if let Some(ops) = ops.filter(|_| new != obj) {
                        // SAFETY: as above.
                        unsafe { (ops.moved)(link, obj, new) };
                    }
                    let young = self.in_nursery(new);
                    self.links.put(young, Link { obj: new, link });
                }
                None => {
                    self.links.at.remove(&link);
                    if let Some(ops) = ops {
                        // SAFETY: as above.
                        unsafe { (ops.dead)(link, obj) };
                    }
                }
            }
        }
    }

    /// Prepares `trace_link_of`.
    pub(crate) fn index_links(&mut self) {
        self.links.of_object.clear();
        if self.links.ops.is_some_and(|o| o.trace.is_some()) {
            let links = &mut self.links;
            links
                .of_object
                .extend(links.list.all().map(|l| (l.obj as usize, l.link)));
        }
    }

    /// Visits what the mirror of a just marked object refers to.
    #[cold]
    pub(crate) fn trace_link_of(&mut self, obj: Obj) {
        let Some(trace) = self.links.ops.and_then(|o| o.trace) else {
            return;
        };
        if let Some(&link) = self.links.of_object.get(&(obj as usize)) {
            // SAFETY: as above.
            unsafe {
                trace(
                    link,
                    &mut Visitor {
                        heap: self,
                        mode: Mode::Major,
                    },
                )
            };
        }
    }
}
