//! The model as text, for people and for tests: `leaklint --debug=model FILE`.

use std::fmt::Write;

use crate::source::Source;
use crate::syntax::tree::{BindingId, FunctionId, NodeId, ScopeId};

use super::Model;
use super::chains::Link;
use super::contexts::Captured;
use super::growth::{self, Holder};
use super::lives::{End, Of};
use super::resources::Fate;

/// Tables in the order in which they build on each other; places as `line:column`.
pub fn dump(model: &Model, source: &Source) -> String {
    Dump {
        model,
        source,
        out: String::new(),
    }
    .all()
}

struct Dump<'m, 'a> {
    model: &'m Model<'a>,
    source: &'m Source,
    out: String,
}

impl Dump<'_, '_> {
    fn all(mut self) -> String {
        self.scopes();
        self.functions();
        self.growth();
        self.listeners();
        self.resources();
        self.chains();
        self.out
    }

    fn line(&mut self, indent: usize, text: impl AsRef<str>) {
        writeln!(self.out, "{:indent$}{}", "", text.as_ref(), indent = indent * 2)
            .expect("a string takes all");
    }

    fn at(&self, node: NodeId) -> String {
        let at = self.source.line_column(self.model.tree.span(node).lo);
        format!("{}:{}", at.line, at.column)
    }

    fn function(&self, id: FunctionId) -> String {
        let tree = self.model.tree;
        match id {
            FunctionId::NONE => "outside".to_string(),
            FunctionId(0) => "program".to_string(),
            _ => {
                let info = tree.function(id);
                let name = tree.text(info.name);
                format!(
                    "{}@{}",
                    if name.is_empty() { "function" } else { name },
                    self.at(info.node)
                )
            }
        }
    }

    fn scopes(&mut self) {
        self.line(0, "scopes");
        let tree = self.model.tree;
        for (at, scope) in tree.scopes.iter().enumerate() {
            let id = ScopeId(at as u32);
            let bindings: Vec<BindingId> = (0..tree.bindings.len() as u32)
                .map(BindingId)
                .filter(|it| tree.bindings[it.index()].scope == id)
                .collect();
            if bindings.is_empty() {
                continue;
            }
            self.line(
                1,
                format!(
                    "{:?} {} in {}",
                    scope.kind,
                    self.at(scope.node),
                    self.function(scope.function)
                ),
            );
            for binding in bindings {
                let info = &tree.bindings[binding.index()];
                let context = match self.model.captured(binding) {
                    None => String::new(),
                    Some(Captured::Mentioned(node)) => format!(", context: mentioned at {}", self.at(node)),
                    Some(other) => format!(", context: {other:?}").to_lowercase(),
                };
                let alias = self
                    .model
                    .alias(binding)
                    .map(|place| format!(", is {}", self.model.describe(&place)));
                let text = format!(
                    "{} {:?}, {} references{}{}",
                    tree.text(info.name),
                    info.kind,
                    tree.references(binding).len(),
                    alias.unwrap_or_default(),
                    context
                );
                self.line(2, text);
            }
        }
    }

    fn functions(&mut self) {
        self.line(0, "functions");
        for at in 1..self.model.tree.functions.len() as u32 {
            let id = FunctionId(at);
            let this = match self.model.owners.this[id.index()] {
                super::owners::This::Unknown => String::new(),
                super::owners::This::Instance(owner) => format!(" (this: {})", self.owner(owner)),
                super::owners::This::Class(owner) => format!(" (this: class {})", self.owner(owner)),
            };
            self.line(1, format!("{}{this}", self.function(id)));
            for entry in self.model.entries(id) {
                let text = format!(
                    "{:?} at {} from {}",
                    entry.how,
                    self.at(entry.site),
                    self.function(entry.from)
                );
                self.line(2, text);
            }
            let body = self.model.tree.body(id);
            let repeat = self.model.repeat(body, FunctionId(0));
            self.line(2, format!("repeat: {:?}, {:?}", repeat.level, repeat.why));
        }
    }

    fn owner(&self, id: super::owners::OwnerId) -> String {
        let owner = self.model.owners.get(id);
        match self.model.tree.text(owner.name) {
            "" => format!("object@{}", self.at(owner.node)),
            name => name.to_string(),
        }
    }

    fn growth(&mut self) {
        self.line(0, "growth");
        for growth in self.model.growth() {
            let holder = match growth.holder {
                Holder::Process => "process".to_string(),
                Holder::Another => "another object".to_string(),
                Holder::Instance(owner) => format!("instance of {}", self.owner(owner)),
                Holder::Scope(function) => format!("scope of {}", self.function(function)),
            };
            let fate = match growth.fate {
                growth::Fate::Kept => "kept".to_string(),
                growth::Fate::Released(node) => format!("released at {}", self.at(node)),
                growth::Fate::Bounded(node) => format!("bounded at {}", self.at(node)),
                growth::Fate::Escapes(node) => format!("escapes at {}", self.at(node)),
            };
            self.line(
                1,
                format!("{}: held by {holder}, {fate}", self.model.describe(&growth.place)),
            );
            for site in &growth.sites {
                let keys = match site.key {
                    Some(key) => format!("key {:?}", self.model.keys(key, 0)),
                    None => "one more each time".to_string(),
                };
                let inside = site
                    .inside
                    .map(|node| format!(", inside {}", self.at(node)))
                    .unwrap_or_default();
                self.line(2, format!("at {}: {keys}{inside}", self.at(site.node)));
            }
        }
    }

    fn listeners(&mut self) {
        self.line(0, "listeners");
        for listener in self.model.listeners() {
            let event = self.model.event_text(listener.event).unwrap_or("?").to_string();
            let place = self.model.describe(&listener.emitter.place);
            let repeat = self.model.repeat_of(&listener);
            let round = self.model.round(&listener, &repeat);
            let fate = match (
                self.model.renewed(&listener, &round),
                self.model.removed(&listener, &round),
            ) {
                (Some(node), _) => format!("emitter renewed at {}", self.at(node)),
                (None, Some(node)) => format!("removed at {}", self.at(node)),
                (None, None) => "kept".to_string(),
            };
            let text = format!(
                "{}: '{event}'{} on {place} since {}: {:?} {:?}, {fate}",
                self.at(listener.call),
                if listener.once { " once" } else { "" },
                self.function(listener.emitter.since),
                repeat.level,
                repeat.why
            );
            self.line(1, text);
        }
    }

    fn resources(&mut self) {
        self.line(0, "resources");
        for resource in self.model.resources() {
            let life = self.model.life(resource.at);
            let of = match life.of {
                Of::Program => "program".to_string(),
                Of::Instance(owner) => {
                    format!("instance of {}", self.owner(owner))
                }
                Of::Component(function) => format!("component {}", self.function(function)),
                Of::Mount(function) => format!("mount {}", self.function(function)),
                Of::Call(function) => format!("call {}", self.function(function)),
            };
            let round = life.round.map_or(String::new(), |round| {
                format!(" in each round of {}", self.at(round.site))
            });
            let end = match self.model.end(&life) {
                End::Framework(component) => format!("ended as {}", component.what),
                End::Cleanup => "ended by a clean-up".to_string(),
                End::Method(method) => format!("ended at {}", self.at(method)),
                End::None => "no end".to_string(),
            };
            let outlives = resource.target.map_or(String::new(), |target| {
                format!(" on what outlives it: {:?},", self.model.outlives(target, &life))
            });
            let fate = match self.model.fate_of(resource) {
                Fate::Released(node) => format!("released at {}", self.at(node)),
                Fate::Kept(place) => format!("kept in {}", self.model.describe(&place)),
                fate => format!("{fate:?}").to_lowercase(),
            };
            let text = format!(
                "{}: {},{outlives} of {of}{round}, {end}: {fate}",
                self.at(resource.at),
                resource.kind.name,
            );
            self.line(1, text);
        }
    }

    fn chains(&mut self) {
        self.line(0, "chains");
        for chain in self.model.chains() {
            let link = match chain.link {
                Link::Context {
                    variable, closure, ..
                } => {
                    format!(
                        "context of {} kept by {}",
                        self.model.variable_name(variable),
                        self.at(closure)
                    )
                }
                Link::Closure { variable, closure } => {
                    format!(
                        "{} used by {}",
                        self.model.variable_name(variable),
                        self.at(closure)
                    )
                }
                Link::Frame { variable, call } => {
                    format!(
                        "{} in the frame of {}",
                        self.model.variable_name(variable),
                        self.at(call)
                    )
                }
                Link::Part(node) => format!("part at {}", self.at(node)),
            };
            let text = format!(
                "{} at {}: {link}",
                self.model.describe(&chain.slot),
                self.at(chain.store)
            );
            self.line(1, text);
        }
    }
}
