//! What the models know of a name, whatever it is a name of: most calls are out by their names alone.

use std::ops::BitOr;

use rustc_hash::FxHashMap;

use super::{Apis, Component, Effect, Type, last_name};

/// A set of what something of a name may do or be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word(u32);

impl Word {
    pub const NONE: Word = Word(0);
    /// Not known: it may be anything but what only certain names are.
    pub const ANY: Word = Word(!(Word::CLEANS.0 | Word::STEPS.0 | Word::HANDS_ON.0 | Word::SHOWS.0));
    /// A method of some type.
    pub const METHOD: Word = Word(1);
    /// The last word of the path of a function or class.
    pub const FUNCTION: Word = Word(1 << 1);
    /// Known by its name alone.
    pub const UNTYPED: Word = Word(1 << 2);
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
    /// Runs something when a component begins, changes or ends.
    pub const LIVES: Word = Word(1 << 13);
    pub const LIMITS: Word = Word(1 << 14);
    /// A module with operators on streams.
    pub const STREAMS: Word = Word(1 << 15);
    /// Stands in some list of names.
    pub const LISTED: Word = Word(1 << 16);
    /// Makes a client that opens something of its own.
    pub const OPENS: Word = Word(1 << 17);
    /// The file itself defines a member of this name.
    pub const DEFINED: Word = Word(1 << 18);
    /// Names of methods that clean up, whatever they are called on.
    pub const CLEANS: Word = Word(1 << 19);
    /// Names of methods and functions that end a handle.
    pub const CLOSES: Word = Word(1 << 20);
    /// Puts nodes into others.
    pub const INSERTS: Word = Word(1 << 21);
    /// A step of a promise.
    pub const STEPS: Word = Word(1 << 22);
    /// Makes an element of a component, or puts one on the page; a hook.
    pub const SHOWS: Word = Word(1 << 3);
    /// A method's name that tells that it keeps a callback.
    pub const LISTENS: Word = Word(1 << 23);
    /// Connects a slot with a signal, or takes it off.
    pub const CONNECTS: Word = Word(1 << 25);
    /// The result is, or holds, what it is called on, or a part of that.
    pub const YIELDS: Word = Word(1 << 27);
    /// A method that only components have.
    pub const HOOK: Word = Word(1 << 26);
    /// `f.call`, `f.apply`.
    pub const HANDS_ON: Word = Word(1 << 24);

    fn when(self, is: bool) -> Word {
        if is { self } else { Word::NONE }
    }

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

/// What the names of a list of names may do.
const OF_LISTS: [(&str, Word); 9] = [
    ("cleanup_calls", Word::CLEANS),
    ("element_makers", Word::SHOWS),
    ("root_renderers", Word::SHOWS),
    ("closing_methods", Word::CLOSES),
    ("connect_methods", Word::CONNECTS),
    ("disconnect_methods", Word::CONNECTS),
    ("disconnect_all_methods", Word::CONNECTS),
    ("inserting_methods", Word::INSERTS),
    ("promise_steps", Word::STEPS),
];

/// What names may do that begin with a word of a list.
const OF_BEGINNINGS: [(&str, Word); 3] = [
    ("adding_words", Word::LISTENS),
    ("component_hook_words", Word::SHOWS),
    ("unsubscriber_words", Word::CLOSES),
];

/// What names may do that begin so, in upper or lower case, behind underscores.
#[derive(Debug, Default)]
pub(super) struct Beginnings {
    words: Vec<(String, Word)>,
    /// Bit `b` of `pairs[a]`: some of them begin with the letters number `a` and `b`. Most names do not.
    pairs: [u32; 32],
}

impl Beginnings {
    pub(super) fn note(&mut self, beginning: &str, word: Word) {
        let [first, second] = first_letters(beginning.as_bytes()).expect("a beginning has two letters");
        self.pairs[first] |= 1 << second;
        self.words.push((beginning.to_string(), word));
    }

    fn of(&self, name: &str) -> Word {
        let mut name = name.as_bytes();
        while let [b'_', rest @ ..] = name {
            name = rest;
        }
        let may = first_letters(name).is_some_and(|[first, second]| self.pairs[first] >> second & 1 == 1);
        let begins = |word: &str| {
            name.get(..word.len())
                .is_some_and(|it| it.eq_ignore_ascii_case(word.as_bytes()))
        };
        let words = if may { &self.words[..] } else { &[] };
        let meant = words.iter().filter(|(word, _)| begins(word));
        meant.fold(Word::NONE, |all, &(_, word)| all | word)
    }
}

/// The low five bits of the first two bytes: the number of a letter, whatever its case.
fn first_letters(name: &[u8]) -> Option<[usize; 2]> {
    let letter = |at: usize| name.get(at).map(|byte| usize::from(byte & 31));
    Some([letter(0)?, letter(1)?])
}

fn of(effect: &Effect) -> Word {
    let lives = effect.mounts || effect.unmounts || effect.setup || effect.cleans || effect.subscribed;
    Word::ADDS.when(effect.adds.is_some())
        | Word::REMOVES.when(effect.removes.is_some())
        | Word::ACQUIRES.when(effect.acquires.is_some())
        | Word::MEMOIZES.when(effect.memoizes.is_some())
        | Word::RACES.when(effect.races)
        | Word::LIVES.when(lives)
        | Word::LIMITS.when(effect.limits)
        | Word::YIELDS.when(effect.keeps || effect.copies || effect.gets || effect.chains)
}

impl Apis {
    /// What something of this name may do or be.
    ///
    /// What is called `default` may be anything.
    pub fn word(&self, name: &str) -> Word {
        let known = self.words.get(name).copied().unwrap_or_default();
        let of_language = match name {
            "default" => Word::ANY,
            "call" | "apply" => Word::HANDS_ON,
            _ => Word::NONE,
        };
        known | of_language | self.beginnings.of(name)
    }

    pub(super) fn note_lists(&mut self, lists: &FxHashMap<String, Vec<String>>) {
        for word in lists.values().flatten() {
            self.note_name(word, Word::LISTED);
        }
        let words = |list: &str| lists.get(list).into_iter().flatten();
        for (list, what) in OF_LISTS {
            words(list).for_each(|word| self.note_name(word, what));
        }
        for (list, what) in OF_BEGINNINGS {
            words(list).for_each(|word| self.beginnings.note(word, what));
        }
    }

    pub(super) fn note_type(&mut self, ty: &Type) {
        let opens = Word::ACQUIRES.when(ty.acquires.is_some()) | Word::OPENS.when(ty.opens.is_some());
        for path in ty.class.iter().chain(&ty.made_by) {
            self.note(path, Word::FUNCTION | opens);
        }
        for (name, effect) in &ty.methods {
            // `splice` puts in as well as it takes out.
            let grows = ty.container && (effect.grows.is_some() || name == "splice");
            let shrinks = ty.container && effect.shrinks;
            let size = Word::GROWS.when(grows) | Word::SHRINKS.when(shrinks);
            self.note(name, Word::METHOD | of(effect) | size);
        }
    }

    pub(super) fn note_component(&mut self, component: &Component) {
        for name in component.methods.iter().chain(&component.groups) {
            self.note_name(name, Word::HOOK);
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
        let word = Word::UNTYPED | of(effect);
        match name.strip_suffix('*') {
            Some(beginning) => self.beginnings.note(beginning, word),
            None => self.note(name, word),
        }
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
