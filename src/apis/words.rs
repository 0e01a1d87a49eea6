//! What the models know of a name, whatever it is a name of: most calls are out by their names alone.

use std::ops::BitOr;

use super::{Apis, Effect, Type, last_name};

/// A set of what something of a name may do or be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word(u32);

impl Word {
    pub const NONE: Word = Word(0);
    /// Not known: it may be anything.
    pub const ANY: Word = Word(u32::MAX);
    /// A method of some type.
    pub const METHOD: Word = Word(1);
    /// The last word of the path of a function or class.
    pub const FUNCTION: Word = Word(1 << 1);
    /// Known by its name alone.
    pub const UNTYPED: Word = Word(1 << 2);
    /// The last word of the path of a value of the platform.
    pub const VALUE: Word = Word(1 << 3);
    /// Leaves a callback on something.
    pub const ADDS: Word = Word(1 << 4);
    /// Removes listeners.
    pub const REMOVES: Word = Word(1 << 5);
    /// Acquires a resource.
    pub const ACQUIRES: Word = Word(1 << 6);
    /// Releases a resource that it is given.
    pub const RELEASES: Word = Word(1 << 7);
    /// A collection's method that makes it larger.
    pub const GROWS: Word = Word(1 << 8);
    /// A collection's method that makes it smaller.
    pub const SHRINKS: Word = Word(1 << 9);
    pub const MEMOIZES: Word = Word(1 << 10);
    pub const RACES: Word = Word(1 << 11);
    pub const RESUMES: Word = Word(1 << 12);
    /// Runs something when a component begins, changes or ends.
    pub const LIVES: Word = Word(1 << 13);
    pub const LIMITS: Word = Word(1 << 14);
    /// A module with operators on streams.
    pub const STREAMS: Word = Word(1 << 15);
    /// Stands in some list of names.
    pub const LISTED: Word = Word(1 << 16);
    /// A module whose clients open something of their own.
    pub const OPENS: Word = Word(1 << 17);
    /// The file itself defines a member of this name.
    pub const DEFINED: Word = Word(1 << 18);

    pub fn add(&mut self, other: Word) {
        self.0 |= other.0;
    }

    /// True if it may do or be one of these.
    pub fn may(self, any: Word) -> bool {
        self.0 & any.0 != 0
    }
}

impl BitOr for Word {
    type Output = Word;
    fn bitor(self, other: Word) -> Word {
        Word(self.0 | other.0)
    }
}

fn of(effect: &Effect) -> Word {
    [
        (effect.adds.is_some(), Word::ADDS),
        (effect.removes.is_some(), Word::REMOVES),
        (effect.acquires.is_some(), Word::ACQUIRES),
        (effect.memoizes.is_some(), Word::MEMOIZES),
        (effect.races, Word::RACES),
        (effect.resumes, Word::RESUMES),
        (
            effect.mounts || effect.unmounts || effect.setup || effect.cleans,
            Word::LIVES,
        ),
        (effect.limits, Word::LIMITS),
    ]
    .into_iter()
    .filter(|(is, _)| *is)
    .fold(Word::NONE, |all, (_, word)| all | word)
}

fn in_collection(name: &str, effect: &Effect) -> Word {
    // `splice` puts in as well as it takes out.
    let inserts = effect.grows.is_some() || name == "splice";
    let grows = if inserts { Word::GROWS } else { Word::NONE };
    let shrinks = if effect.shrinks { Word::SHRINKS } else { Word::NONE };
    grows | shrinks
}

impl Apis {
    /// What something of this name may do or be.
    ///
    /// What is called `default` may be anything.
    pub fn word(&self, name: &str) -> Word {
        if name == "default" {
            return Word::ANY;
        }
        let known = self.words.get(name).copied().unwrap_or_default();
        match self.untyped_beginning(name) {
            Some(effect) => known | of(effect) | Word::UNTYPED,
            None => known,
        }
    }

    pub(super) fn note_type(&mut self, ty: &Type) {
        let opens = if ty.acquires.is_some() {
            Word::ACQUIRES
        } else {
            Word::NONE
        };
        for path in ty.class.iter().chain(&ty.made_by) {
            self.note(path, Word::FUNCTION | opens);
        }
        if ty.opens.is_some() {
            let paths = ty.class.iter().chain(&ty.made_by);
            for module in paths.filter_map(|path| path.split('.').next()) {
                self.note_name(module, Word::OPENS);
            }
        }
        for path in &ty.value {
            self.note(path, Word::VALUE);
        }
        for (name, effect) in &ty.methods {
            let here = if ty.container {
                in_collection(name, effect)
            } else {
                Word::NONE
            };
            self.note(name, Word::METHOD | of(effect) | here);
        }
    }

    pub(super) fn note_function(&mut self, path: &str, effect: &Effect) {
        self.note(path, Word::FUNCTION | of(effect));
        let of_streams = effect.operator.is_some() || effect.lasting;
        if let Some((module, _)) = path.rsplit_once('.').filter(|_| of_streams) {
            self.note_name(module, Word::STREAMS);
        }
    }

    pub(super) fn note_untyped(&mut self, name: &str, effect: &Effect) {
        self.note(name, Word::UNTYPED | of(effect));
    }

    /// For the last word of a path; a module's default export has the name of the module, which may have dots.
    pub(super) fn note(&mut self, path: &str, word: Word) {
        self.note_name(path, word);
        self.note_name(last_name(path), word);
    }

    pub(super) fn note_name(&mut self, name: &str, word: Word) {
        match self.words.get_mut(name) {
            Some(known) => known.add(word),
            None => _ = self.words.insert(name.to_string(), word),
        }
    }
}
