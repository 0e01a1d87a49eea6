//! Places: where a value can be kept, named in one canonical way. `this.a.b`, `self.a.b` and `const { a } = this; a.b`
//! are one place.

use std::hash::{Hash, Hasher};

use crate::syntax::tree::{BindingId, FunctionId, Name};

use super::owners::OwnerId;

/// What a place starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Root {
    Binding(BindingId),
    /// The instance of a class, or an object with methods that has no better name.
    Instance(OwnerId),
    /// `this` of a function of which the file does not show whose method it is.
    This(FunctionId),
    /// The global object; the first segment is the global's name.
    Global,
    /// `module.exports`.
    Exports,
}

/// One step into an object: a named property, or any element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Seg(u32);

impl Seg {
    pub const ELEMENT: Seg = Seg(u32::MAX);

    pub fn name(name: Name) -> Seg {
        Seg(name.0)
    }

    pub fn as_name(self) -> Option<Name> {
        (self != Seg::ELEMENT).then_some(Name(self.0))
    }
}

/// A short sequence of segments; what is longer is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    len: u8,
    segs: [Seg; Path::MAX],
}

/// Most paths are short: what lies beyond their end tells nothing.
impl Hash for Path {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.segs().hash(state);
    }
}

impl Path {
    pub const MAX: usize = 5;
    pub const EMPTY: Path = Path {
        len: 0,
        segs: [Seg(0); Path::MAX],
    };

    pub fn segs(&self) -> &[Seg] {
        &self.segs[..usize::from(self.len)]
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn join(mut self, seg: Seg) -> Option<Path> {
        *self.segs.get_mut(usize::from(self.len))? = seg;
        self.len += 1;
        Some(self)
    }

    pub fn concat(self, more: Path) -> Option<Path> {
        more.segs().iter().try_fold(self, |path, &seg| path.join(seg))
    }

    pub fn last(&self) -> Option<Seg> {
        self.segs().last().copied()
    }

    /// The path without its last segment.
    pub fn parent(&self) -> Option<Path> {
        let mut path = *self;
        path.len = path.len.checked_sub(1)?;
        path.segs[usize::from(path.len)] = Seg(0);
        Some(path)
    }

    /// The path without its first segment.
    pub fn rest(&self) -> Path {
        self.segs()
            .iter()
            .skip(1)
            .fold(Path::EMPTY, |path, &seg| path.join(seg).unwrap_or(path))
    }

    pub fn starts_with(&self, prefix: &Path) -> bool {
        self.segs().starts_with(prefix.segs())
    }

    /// What is left behind `prefix`.
    pub fn strip(&self, prefix: &Path) -> Option<Path> {
        let rest = self.segs().strip_prefix(prefix.segs())?;
        rest.iter().try_fold(Path::EMPTY, |path, &seg| path.join(seg))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub root: Root,
    pub path: Path,
}

impl Place {
    pub fn of(root: Root) -> Place {
        Place {
            root,
            path: Path::EMPTY,
        }
    }

    pub fn join(self, seg: Seg) -> Option<Place> {
        Some(Place {
            path: self.path.join(seg)?,
            ..self
        })
    }

    pub fn concat(self, path: Path) -> Option<Place> {
        Some(Place {
            path: self.path.concat(path)?,
            ..self
        })
    }

    /// What holds the place's last segment (a place without segments is its own): `a.b` for `a.b.c`.
    pub fn parent(self) -> Place {
        Place {
            path: self.path.parent().unwrap_or(self.path),
            ..self
        }
    }

    /// The place and all that hold it, up to the root.
    pub fn holders(self) -> impl Iterator<Item = Place> {
        std::iter::successors(Some(self), |it| (!it.path.is_empty()).then(|| it.parent()))
    }

    /// True if `self` is `other` or holds it.
    pub fn holds(&self, other: &Place) -> bool {
        self.root == other.root && other.path.starts_with(&self.path)
    }
}
