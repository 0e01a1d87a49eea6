//! What the analysis of a file leaves for other files.

/// What a file's analysis tells other files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Specifiers of what may be modules in the same project: `./connection`, `@/store/session`.
    pub imports: Vec<String>,
    /// Properties of objects that are not the file's own whose collections it makes smaller: `_pages` in
    /// `context._pages.delete(page)`.
    pub shrinks: Vec<String>,
    /// Names of globals that it mentions and that are not the platform's.
    pub globals: Vec<String>,
    /// Instances that it makes.
    pub made: Vec<Made>,
}

/// A `new` expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// The name of the class, as the file has it.
    pub class: String,
    pub by: Maker,
}

/// Who makes an instance, and how often.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Maker {
    /// The program itself: once.
    Program,
    /// An instance of this class of the same file, at its start: one for each.
    Instance(String),
    /// The component that the file is: one for each.
    File,
    /// Code that can run any number of times.
    Many,
}

impl Maker {
    /// What an instance of a class makes when it begins; nobody knows how many there are of one without a name.
    pub fn of(class: &str) -> Maker {
        match class {
            "" => Maker::Many,
            class => Maker::Instance(class.to_string()),
        }
    }
}
