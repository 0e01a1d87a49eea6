//! What an analysis says: findings with their proof, and problems of the file itself.

use crate::source::Span;

/// How much of the proof is in view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Depends on facts that the file does not show; hidden unless asked for.
    Possible,
    /// One well-founded assumption, which the finding names.
    Likely,
    /// The whole proof is in view.
    Certain,
}

impl Confidence {
    pub const ALL: [Confidence; 3] = [Confidence::Possible, Confidence::Likely, Confidence::Certain];

    pub fn name(self) -> &'static str {
        match self {
            Confidence::Possible => "possible",
            Confidence::Likely => "likely",
            Confidence::Certain => "certain",
        }
    }
}

/// How loudly something is said. Only errors fail a run by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Warning,
    Error,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// The part that a step plays in the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Where memory is acquired, or where a container grows.
    Acquired,
    /// Why that happens again.
    Again,
    /// What keeps it alive, and for how long.
    Held,
    /// What is missing, or the release that cannot match.
    Unreleased,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Role::Acquired => "acquired",
            Role::Again => "again",
            Role::Held => "held",
            Role::Unreleased => "unreleased",
        }
    }
}

/// One step of a proof, at a place of the same file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub role: Role,
    pub span: Span,
    pub text: String,
}

/// What one file cannot know and another can. Each asks whether the finding is a false alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Does another file make the collection in this property smaller?
    ShrunkElsewhere(String),
    /// Does another file use the global of this name?
    GlobalUsedElsewhere(String),
    /// Does the program make only one instance of this class or component of the file? Without a name, it has the file's.
    MadeOnce(String),
}

/// A leak and its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the rule, as in `rules/<rule>.md`.
    pub rule: &'static str,
    pub confidence: Confidence,
    /// One line: what leaks. No full stop, lower case start.
    pub message: String,
    /// The acquiring expression.
    pub span: Span,
    /// In the order of the argument: acquired, again, held, unreleased.
    pub steps: Vec<Step>,
    /// The concrete cure for this code.
    pub help: String,
    /// What was assumed; always present when the confidence is not `Certain`.
    pub assumption: Option<String>,
    /// What other files have to deny before this is sure.
    pub questions: Vec<Question>,
    /// Names of the enclosing functions and classes, outermost first (`Server.connect`): identity that survives line shifts.
    pub scope: String,
}

/// Something to say about a file that is not a leak.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub span: Span,
    pub message: String,
    pub kind: ProblemKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The text is not valid JavaScript or TypeScript here. With `recovered`, the rest was analysed all the same.
    Syntax { recovered: bool },
    /// The file could not be analysed: unreadable, nested too deeply, or a defect of leaklint.
    NotAnalysed,
    /// A suppression comment that suppresses nothing, or names a rule that does not exist.
    Suppression,
    /// Bytes that are not UTF-8; they were read as `?`.
    Encoding,
}

impl ProblemKind {
    pub fn name(self) -> &'static str {
        match self {
            ProblemKind::Syntax { .. } => "syntax",
            ProblemKind::NotAnalysed => "not-analysed",
            ProblemKind::Suppression => "suppression",
            ProblemKind::Encoding => "encoding",
        }
    }

    pub fn severity(self) -> Severity {
        match self {
            ProblemKind::Syntax { .. } | ProblemKind::NotAnalysed => Severity::Error,
            ProblemKind::Suppression | ProblemKind::Encoding => Severity::Warning,
        }
    }
}
