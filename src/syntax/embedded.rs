//! Scripts inside of components and pages: where they stand, in which language, how often they run, and the
//! expressions of the template. Nothing is parsed here: one scan over the bytes, linear in any text.
//!
//! All spans are those of the whole file, so lines, columns and suppressions need no translation.

use std::ops::Range;

use crate::source::Span;

/// A language that has JavaScript inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    Vue,
    Svelte,
    Astro,
    Html,
}

impl Dialect {
    /// By the extension of a file; `None` for JavaScript and TypeScript.
    pub fn of(path: &str) -> Option<Dialect> {
        match path.rsplit('.').next()? {
            "vue" => Some(Dialect::Vue),
            "svelte" => Some(Dialect::Svelte),
            "astro" => Some(Dialect::Astro),
            "html" | "htm" => Some(Dialect::Html),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    JavaScript,
    TypeScript,
    Tsx,
}

/// How often a script runs, and who sees its variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runs {
    /// Once, and all scripts of a page share one scope.
    Classic,
    /// Once, as a module.
    Module,
    /// For each instance of the component.
    Instance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script {
    /// The code, without its tags.
    pub span: Span,
    /// What opens it: a tag or a fence.
    pub opening: Span,
    pub language: Language,
    pub runs: Runs,
}

/// What a template does with an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Shows the value, or gives it to an element of the platform.
    Value,
    /// Gives the value to another component, or to code that the template does not show.
    Handed,
    /// Runs it, or the function that it is, on an event.
    Handler,
    /// Stores something in what it names.
    Target,
    /// Stores an element in the variable that a plain attribute names.
    Ref,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expression {
    pub span: Span,
    /// The attribute or event that it belongs to; empty in text.
    pub name: Span,
    pub meaning: Meaning,
}

/// Another component that a template shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    pub name: Span,
    /// Not behind any condition, nor in a loop or slot.
    pub always: bool,
    /// The nearest of these that it is inside of.
    pub within: Option<usize>,
}

/// What a file has inside, in source order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Embedded {
    pub scripts: Vec<Script>,
    pub template: Vec<Expression>,
    /// Of Vue and Svelte.
    pub shown: Vec<Shown>,
}

pub fn scan(text: &str, dialect: Dialect) -> Embedded {
    let mut scanner = Scanner {
        text: text.as_bytes(),
        at: 0,
        dialect,
        closes: true,
        open: Vec::new(),
        found: Embedded::default(),
    };
    match dialect {
        Dialect::Vue => scanner.vue(),
        Dialect::Astro => {
            scanner.front_matter();
            scanner.markup(None);
        }
        Dialect::Svelte | Dialect::Html => scanner.markup(None),
    }
    scanner.found
}

/// The words of some code that may be names, each with where it begins. Text in strings counts, too.
pub fn words(text: &str, span: Span) -> impl Iterator<Item = (u32, &str)> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$');
    let code = &text[span.lo as usize..span.hi as usize];
    let mut rest = code;
    std::iter::from_fn(move || {
        loop {
            rest = &rest[rest.find(is_part)?..];
            let word = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
            let at = span.lo + (code.len() - rest.len()) as u32;
            rest = &rest[word.len()..];
            if !word.starts_with(char::is_numeric) {
                return Some((at, word));
            }
        }
    })
}

struct Scanner<'t> {
    text: &'t [u8],
    at: usize,
    dialect: Dialect,
    /// Whether braces may still be closed: once one is not, none before the end of the file is looked for.
    closes: bool,
    /// The elements and blocks of the template around this place.
    open: Vec<Open>,
    found: Embedded,
}

struct Open {
    name: Range<usize>,
    /// What is inside is not always shown.
    hides: bool,
    shown: Option<usize>,
}

/// How far the beginning of what is closed is looked for.
const MAX_UNCLOSED: usize = 64;

struct Tag {
    span: Range<usize>,
    name: Range<usize>,
    attributes: Vec<Attribute>,
    closes_itself: bool,
}

struct Attribute {
    name: Range<usize>,
    /// Without quotes or braces.
    value: Option<Range<usize>>,
    /// The value is an expression in braces.
    braced: bool,
}

impl<'t> Scanner<'t> {
    fn slice(&self, range: &Range<usize>) -> &'t [u8] {
        &self.text[range.clone()]
    }

    fn starts(&self, what: &[u8]) -> bool {
        self.text[self.at..].starts_with(what)
    }

    /// Goes behind the next `what`, or to the end.
    fn skip_past(&mut self, what: &[u8]) {
        let found = memchr::memmem::find(&self.text[self.at..], what);
        self.at = found.map_or(self.text.len(), |found| self.at + found + what.len());
    }

    fn skip_while(&mut self, wanted: impl Fn(u8) -> bool) {
        let rest = &self.text[self.at..];
        self.at += rest.iter().take_while(|&&byte| wanted(byte)).count();
    }

    // ---- files ----

    /// `---` to `---`: runs for each page that is made.
    fn front_matter(&mut self) {
        self.skip_while(|byte| byte.is_ascii_whitespace());
        if !self.starts(b"---") {
            return;
        }
        let opening = self.at..self.at + 3;
        self.at = opening.end;
        let end = memchr::memmem::find(&self.text[self.at..], b"\n---");
        let end = end.map_or(self.text.len(), |found| self.at + found + 1);
        self.found.scripts.push(Script {
            span: span(self.at..end),
            opening: span(opening),
            language: Language::TypeScript,
            runs: Runs::Instance,
        });
        self.at = (end + 3).min(self.text.len());
    }

    /// Blocks beside each other; what is in blocks of other names is not ours.
    fn vue(&mut self) {
        while self.next_tag(b"<") {
            let Some(tag) = self.tag() else { continue };
            let lang = tag.attribute(self, b"lang").unwrap_or(b"html");
            match self.slice(&tag.name) {
                _ if tag.closes_itself => {}
                b"script" => self.script(&tag),
                b"template" if lang == b"html" => self.markup(Some(b"template")),
                name => self.skip_raw(name),
            }
        }
    }

    /// Goes to the next `<` that begins something other than a comment. False at the end of the file.
    fn next_tag(&mut self, begins: &[u8]) -> bool {
        loop {
            let rest = &self.text[self.at..];
            let found = match begins {
                [a] => memchr::memchr(*a, rest),
                _ => memchr::memchr2(begins[0], begins[1], rest),
            };
            self.at = found.map_or(self.text.len(), |found| self.at + found);
            if self.at == self.text.len() {
                return false;
            }
            if !self.starts(b"<!") {
                return true;
            }
            self.skip_past(if self.starts(b"<!--") { b"-->" } else { b">" });
        }
    }

    /// Elements and text, to the end of the file or of the enclosing element.
    fn markup(&mut self, inside: Option<&[u8]>) {
        let mut depth = 1;
        let begins: &[u8] = if self.dialect == Dialect::Html {
            b"<"
        } else {
            b"<{"
        };
        while self.next_tag(begins) {
            if self.text[self.at] == b'{' {
                self.text_expression();
                continue;
            }
            if self.starts(b"</") {
                self.at += 2;
                let start = self.at;
                self.skip_while(is_name);
                self.close(start..self.at);
                let same = inside.is_some_and(|inside| self.slice(&(start..self.at)) == inside);
                depth -= usize::from(same);
                self.skip_past(b">");
                if depth == 0 {
                    return;
                }
                continue;
            }
            let Some(tag) = self.tag() else { continue };
            self.attributes(&tag);
            let name = self.slice(&tag.name);
            // Only in HTML itself is the slash of `<script />` without a meaning.
            let empty = tag.closes_itself && self.dialect != Dialect::Html;
            if inside == Some(name) && !empty {
                depth += 1;
            }
            self.element(&tag, empty);
            match name.to_ascii_lowercase().as_slice() {
                _ if empty => {}
                b"script" if self.dialect == Dialect::Vue => self.skip_raw(name),
                b"script" => self.script(&tag),
                b"style" => self.skip_raw(name),
                _ => {}
            }
        }
    }

    // ---- what is shown ----

    /// An opening tag: what it shows, and whether it hides what is inside.
    fn element(&mut self, tag: &Tag, empty: bool) {
        if !matches!(self.dialect, Dialect::Vue | Dialect::Svelte) {
            return;
        }
        let name = self.slice(&tag.name);
        let is_component =
            name[0].is_ascii_uppercase() || self.dialect == Dialect::Vue && name.contains(&b'-');
        let hides = tag.attributes.iter().any(|attribute| {
            let name = self.slice(&attribute.name);
            let tests = [&b"v-if"[..], b"v-else", b"v-for", b"v-slot", b"#", b"slot"];
            tests.iter().any(|it| name.starts_with(it))
        });
        let around = self.open.iter().any(|it| it.hides);
        let shown = is_component.then(|| {
            self.found.shown.push(Shown {
                name: span(tag.name.clone()),
                always: !around && !hides,
                within: self.open.iter().rev().find_map(|it| it.shown),
            });
            self.found.shown.len() - 1
        });
        if !empty && !is_void(name) {
            self.open.push(Open {
                name: tag.name.clone(),
                hides,
                shown,
            });
        }
    }

    /// `</name>`, `{/name}`: with all that was left open inside.
    fn close(&mut self, name: Range<usize>) {
        let name = self.slice(&name);
        let text = self.text;
        let recent = self.open.len().saturating_sub(MAX_UNCLOSED);
        let found = self.open[recent..]
            .iter()
            .rposition(|it| &text[it.name.clone()] == name);
        if let Some(found) = found {
            self.open.truncate(recent + found);
        }
    }

    // ---- scripts ----

    /// The content of a `script` element, whose opening tag has been read.
    fn script(&mut self, tag: &Tag) {
        let start = self.at;
        self.skip_raw(self.slice(&tag.name));
        let end = self.text[start..self.at].iter().rposition(|&byte| byte == b'<');
        let closed = end.filter(|&end| self.text[start + end..].starts_with(b"</"));
        let end = closed.map_or(self.at, |end| start + end);
        let language = match tag.attribute(self, b"lang") {
            None | Some(b"" | b"js" | b"jsx" | b"javascript") => Language::JavaScript,
            Some(b"ts" | b"typescript") => Language::TypeScript,
            Some(b"tsx") => Language::Tsx,
            Some(_) => return,
        };
        let kind = tag.attribute(self, b"type").map(<[u8]>::to_ascii_lowercase);
        let kind = kind.as_deref().unwrap_or(b"");
        let language = match kind {
            b"module" | b"" => language,
            b"text/typescript" | b"text/ts" | b"ts" => Language::TypeScript,
            b"text/babel" | b"text/jsx" => Language::JavaScript,
            _ if is_javascript(kind) => language,
            _ => return,
        };
        if tag.has(self, b"src") {
            return;
        }
        let (language, runs) = match self.dialect {
            Dialect::Vue if tag.has(self, b"setup") => (language, Runs::Instance),
            Dialect::Vue => (language, Runs::Module),
            Dialect::Svelte => {
                let module = tag.has(self, b"module") || tag.attribute(self, b"context") == Some(b"module");
                let runs = if module { Runs::Module } else { Runs::Instance };
                // There is one of each; others are elements that the template makes.
                if self.found.scripts.iter().any(|script| script.runs == runs) {
                    return;
                }
                (language, runs)
            }
            Dialect::Astro if tag.has(self, b"is:inline") || tag.has(self, b"define:vars") => {
                (language, Runs::Classic)
            }
            // Bundled, hence TypeScript without being asked.
            Dialect::Astro => (Language::TypeScript, Runs::Module),
            Dialect::Html if kind == b"module" => (language, Runs::Module),
            Dialect::Html => (language, Runs::Classic),
        };
        self.found.scripts.push(Script {
            span: span(start..end),
            opening: span(tag.span.clone()),
            language,
            runs,
        });
    }

    /// Goes behind the end tag of an element whose content is no markup.
    fn skip_raw(&mut self, name: &[u8]) {
        while self.at < self.text.len() {
            self.skip_past(b"</");
            let rest = &self.text[self.at..];
            let same = rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name);
            if same && !rest.get(name.len()).is_some_and(|&byte| is_name(byte)) {
                self.skip_past(b">");
                return;
            }
        }
    }

    // ---- tags ----

    /// Reads a tag from its `<` on, and goes behind its `>`. `None` if it is none.
    fn tag(&mut self) -> Option<Tag> {
        let start = self.at;
        self.at += 1;
        let name = self.at;
        self.skip_while(is_name);
        let name = name..self.at;
        if !self.text.get(name.start).is_some_and(u8::is_ascii_alphabetic) {
            return None;
        }
        let mut attributes = Vec::new();
        let mut closes_itself = false;
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'>' => {
                    self.at += 1;
                    break;
                }
                b'/' => {
                    closes_itself = self.text.get(self.at + 1) == Some(&b'>');
                    self.at += 1;
                }
                _ if byte.is_ascii_whitespace() => self.at += 1,
                _ => attributes.push(self.attribute()),
            }
        }
        Some(Tag {
            span: start..self.at,
            name,
            attributes,
            closes_itself,
        })
    }

    fn attribute(&mut self) -> Attribute {
        let start = self.at;
        if let Some(value) = self.braces() {
            return Attribute {
                name: start..start,
                value: Some(value),
                braced: true,
            };
        }
        self.at += 1;
        self.skip_while(|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'=' | b'>' | b'/'));
        let name = start..self.at;
        self.skip_while(|byte| byte.is_ascii_whitespace());
        if self.text.get(self.at) != Some(&b'=') {
            return Attribute {
                name,
                value: None,
                braced: false,
            };
        }
        self.at += 1;
        self.skip_while(|byte| byte.is_ascii_whitespace());
        if let Some(value) = self.braces() {
            return Attribute {
                name,
                value: Some(value),
                braced: true,
            };
        }
        let start = self.at;
        let value = match self.text.get(start) {
            Some(&quote @ (b'"' | b'\'')) => {
                let end = memchr::memchr(quote, &self.text[start + 1..]);
                let end = end.map_or(self.text.len(), |end| start + 1 + end);
                self.at = (end + 1).min(self.text.len());
                start + 1..end
            }
            _ => {
                self.skip_while(|byte| !byte.is_ascii_whitespace() && byte != b'>');
                start..self.at
            }
        };
        Attribute {
            name,
            value: Some(value),
            braced: false,
        }
    }

    // ---- expressions ----

    fn push(&mut self, range: Range<usize>, name: Range<usize>, meaning: Meaning) {
        let code = self.slice(&range);
        let range = range.start + (code.len() - code.trim_ascii_start().len())
            ..range.end - (code.len() - code.trim_ascii_end().len()).min(range.len());
        if range.start < range.end {
            self.found.template.push(Expression {
                span: span(range),
                name: span(name),
                meaning,
            });
        }
    }

    /// `{…}` of Svelte or Astro at this place: what is between the braces. Goes behind them.
    fn braces(&mut self) -> Option<Range<usize>> {
        let opens = matches!(self.dialect, Dialect::Svelte | Dialect::Astro) && self.starts(b"{");
        if !opens || !self.closes {
            return None;
        }
        let start = self.at + 1;
        match closing_brace(self.text, start) {
            Some(end) => {
                self.at = end + 1;
                Some(start..end)
            }
            None => {
                self.closes = false;
                None
            }
        }
    }

    /// An expression between elements.
    fn text_expression(&mut self) {
        let start = self.at;
        if self.dialect == Dialect::Vue {
            if !self.closes || !self.starts(b"{{") {
                self.at += 1;
                return;
            }
            match memchr::memmem::find(&self.text[start + 2..], b"}}") {
                Some(length) => {
                    self.push(start + 2..start + 2 + length, start..start, Meaning::Value);
                    self.at = start + length + 4;
                }
                None => {
                    self.closes = false;
                    self.at += 2;
                }
            }
            return;
        }
        match self.braces() {
            Some(range) if self.dialect == Dialect::Svelte => self.svelte_block(range),
            Some(range) => self.push(range, start..start, Meaning::Value),
            None => self.at += 1,
        }
    }

    /// `{value}`, `{#each list as item}`, `{@html text}`: the part that is evaluated.
    fn svelte_block(&mut self, range: Range<usize>) {
        let at = range.start;
        let code = self.slice(&range);
        let (word, rest) = match code.trim_ascii_start() {
            trimmed @ [b'#' | b'@' | b':' | b'/', ..] => {
                let length = trimmed[1..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphabetic())
                    .count();
                (&trimmed[..=length], range.end - trimmed.len() + length + 1)
            }
            _ => (&b""[..], at),
        };
        let name = rest - word.len().saturating_sub(1)..rest;
        match word {
            [b'#', ..] => self.open.push(Open {
                name,
                hides: true,
                shown: None,
            }),
            [b'/', ..] => self.close(name),
            _ => {}
        }
        let code = self.slice(&(rest..range.end));
        let before = |found: Option<usize>| found.map_or(range.end, |found| rest + found);
        let evaluated = match word {
            b"" | b"#if" | b"#key" | b"@html" | b"@render" | b"@attach" => rest..range.end,
            b":else" => {
                let condition = code.trim_ascii_start();
                if !condition.starts_with(b"if") {
                    return;
                }
                range.end - condition.len() + 2..range.end
            }
            b"#each" => rest..before(memchr::memmem::rfind(code, b" as ")),
            b"#await" => {
                let then = memchr::memmem::find(code, b" then");
                rest..before(then.or_else(|| memchr::memmem::find(code, b" catch")))
            }
            b"@const" => match memchr::memchr(b'=', code) {
                Some(found) => rest + found + 1..range.end,
                None => return,
            },
            _ => return,
        };
        self.push(evaluated, at..at, Meaning::Value);
    }

    fn attributes(&mut self, tag: &Tag) {
        let name = self.slice(&tag.name);
        let component = name[0].is_ascii_uppercase() || name.iter().any(|byte| matches!(byte, b'-' | b'.'));
        let value = if component {
            Meaning::Handed
        } else {
            Meaning::Value
        };
        for attribute in &tag.attributes {
            // The page itself is loaded once.
            if self.dialect == Dialect::Html && name.eq_ignore_ascii_case(b"body") {
                let event = self.slice(&attribute.name);
                if let Some(range) = attribute
                    .value
                    .clone()
                    .filter(|_| event.eq_ignore_ascii_case(b"onload"))
                {
                    self.found.scripts.push(Script {
                        span: span(range),
                        opening: span(attribute.name.clone()),
                        language: Language::JavaScript,
                        runs: Runs::Classic,
                    });
                    continue;
                }
            }
            match self.dialect {
                Dialect::Vue => self.vue_attribute(attribute, value),
                Dialect::Svelte => self.svelte_attribute(attribute, value),
                Dialect::Astro => {
                    if let (Some(range), true) = (&attribute.value, attribute.braced) {
                        let range = self.without_spread(range.clone());
                        self.push(range, attribute.name.clone(), value);
                    }
                }
                Dialect::Html => {
                    let handles = self
                        .slice(&attribute.name)
                        .to_ascii_lowercase()
                        .starts_with(b"on");
                    if let (Some(range), true) = (&attribute.value, handles) {
                        let event = attribute.name.start + 2..attribute.name.end;
                        self.push(range.clone(), event, Meaning::Handler);
                    }
                }
            }
        }
    }

    fn without_spread(&self, range: Range<usize>) -> Range<usize> {
        let code = self.slice(&range);
        let trimmed = code.trim_ascii_start();
        let dots = if trimmed.starts_with(b"...") { 3 } else { 0 };
        range.end - trimmed.len() + dots..range.end
    }

    fn vue_attribute(&mut self, attribute: &Attribute, value: Meaning) {
        let Some(range) = attribute.value.clone() else {
            return;
        };
        let name = attribute.name.clone();
        let text = self.slice(&name);
        let argument = |prefix: usize| {
            let end = text[prefix..].iter().position(|&byte| byte == b'.');
            name.start + prefix..end.map_or(name.end, |end| name.start + prefix + end)
        };
        if text.starts_with(b"@") {
            self.push(range, argument(1), Meaning::Handler);
        } else if text.starts_with(b"v-on:") {
            self.push(range, argument(5), Meaning::Handler);
        } else if text.starts_with(b"v-model") {
            self.push(range, name, Meaning::Target);
        } else if text.starts_with(b"v-for") {
            let code = self.slice(&range);
            let inside = memchr::memmem::find(code, b" in ").or_else(|| memchr::memmem::find(code, b" of "));
            if let Some(inside) = inside {
                self.push(range.start + inside + 4..range.end, name, Meaning::Value);
            }
        } else if text.starts_with(b"#") || text.starts_with(b"v-slot") || text == b"slot-scope" {
            // Names what the slot gets.
        } else if text.starts_with(b":") {
            self.push(range, argument(1), value);
        } else if text.starts_with(b"v-bind:") {
            self.push(range, argument(7), value);
        } else if text.starts_with(b"v-") {
            self.push(range, name, value);
        } else if text == b"ref" {
            self.push(range, name, Meaning::Ref);
        }
    }

    fn svelte_attribute(&mut self, attribute: &Attribute, value: Meaning) {
        let name = attribute.name.clone();
        let text = self.slice(&name);
        let colon = text.iter().position(|&byte| byte == b':');
        let directive = &text[..colon.unwrap_or(0)];
        let argument = colon.map_or(name.clone(), |colon| {
            let rest = &text[colon + 1..];
            let end = rest.iter().position(|&byte| byte == b'|').unwrap_or(rest.len());
            name.start + colon + 1..name.start + colon + 1 + end
        });
        // An action or a transition is a function that is run for the element.
        if matches!(directive, b"use" | b"transition" | b"in" | b"out" | b"animate") {
            self.push(argument.clone(), argument.clone(), Meaning::Handed);
        }
        let Some(range) = attribute.value.clone() else {
            match directive {
                b"bind" => self.push(argument.clone(), argument, Meaning::Target),
                b"class" | b"style" => self.push(argument.clone(), argument, value),
                _ => {}
            }
            return;
        };
        if !attribute.braced {
            // `class="a {b}"`
            let mut at = range.start;
            while let Some(open) = memchr::memchr(b'{', &self.text[at..range.end]) {
                let start = at + open + 1;
                match closing_brace(&self.text[..range.end], start) {
                    Some(end) => {
                        self.push(start..end, name.clone(), value);
                        at = end + 1;
                    }
                    None => break,
                }
            }
            return;
        }
        match directive {
            b"bind" => self.push(range, argument, Meaning::Target),
            b"on" => self.push(range, argument, Meaning::Handler),
            b"let" => {}
            _ if text.starts_with(b"on") => self.push(range, name.start + 2..name.end, Meaning::Handler),
            _ => {
                let range = self.without_spread(range);
                let trimmed = self.slice(&range).trim_ascii_start();
                match trimmed.strip_prefix(b"@attach") {
                    Some(rest) => self.push(range.end - rest.len()..range.end, argument, Meaning::Handed),
                    None => self.push(range, argument, value),
                }
            }
        }
    }
}

impl Tag {
    fn find(&self, scanner: &Scanner, name: &[u8]) -> Option<&Attribute> {
        let mut attributes = self.attributes.iter();
        attributes.find(|it| scanner.slice(&it.name).eq_ignore_ascii_case(name))
    }

    fn has(&self, scanner: &Scanner, name: &[u8]) -> bool {
        self.find(scanner, name).is_some()
    }

    fn attribute<'t>(&self, scanner: &Scanner<'t>, name: &[u8]) -> Option<&'t [u8]> {
        let value = self.find(scanner, name)?.value.as_ref()?;
        Some(scanner.slice(value).trim_ascii())
    }
}

fn span(range: Range<usize>) -> Span {
    Span::new(range.start as u32, range.end as u32)
}

/// Bytes of the name of a tag.
/// Elements without content, and without an end tag: <https://html.spec.whatwg.org/multipage/syntax.html#void-elements>
fn is_void(name: &[u8]) -> bool {
    let voids = [
        &b"area"[..],
        b"base",
        b"br",
        b"col",
        b"embed",
        b"hr",
        b"img",
        b"input",
        b"link",
        b"meta",
        b"source",
        b"track",
        b"wbr",
    ];
    voids.contains(&name)
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':') || byte >= 0x80
}

/// The types of scripts that browsers run.
fn is_javascript(kind: &[u8]) -> bool {
    let subtype = kind
        .strip_prefix(b"text/")
        .or_else(|| kind.strip_prefix(b"application/"));
    let subtype = subtype.map(|it| it.strip_prefix(b"x-").unwrap_or(it));
    matches!(subtype, Some(b"javascript" | b"ecmascript"))
}

/// Where the brace is closed that was opened just before `start`: braces in strings, templates and comments do not
/// count. An apostrophe that has no partner on its line is text of some element.
fn closing_brace(text: &[u8], start: usize) -> Option<usize> {
    // What is open: a brace, or a template literal.
    let mut open = vec![b'{'];
    // Up to there, no quote of this kind is closed.
    let mut unpaired = [0; 2];
    let mut at = start;
    while at < text.len() {
        let byte = text[at];
        if open.last() == Some(&b'`') {
            match byte {
                b'\\' => at += 1,
                b'`' => drop(open.pop()),
                b'$' if text.get(at + 1) == Some(&b'{') => {
                    open.push(b'{');
                    at += 1;
                }
                _ => {}
            }
            at += 1;
            continue;
        }
        match byte {
            b'{' => open.push(b'{'),
            b'`' => open.push(b'`'),
            b'}' => {
                open.pop();
                if open.is_empty() {
                    return Some(at);
                }
            }
            b'/' if text.get(at + 1) == Some(&b'*') => {
                let end = memchr::memmem::find(&text[at + 2..], b"*/")?;
                at += end + 3;
            }
            // `https://` in text is no comment.
            b'/' if text.get(at + 1) == Some(&b'/') && text[at - 1] != b':' => {
                at = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |end| at + end);
            }
            b'"' | b'\'' => {
                let unpaired = &mut unpaired[usize::from(byte == b'"')];
                if at >= *unpaired {
                    match closing_quote(text, at) {
                        Ok(end) => at = end,
                        Err(end) => *unpaired = end,
                    }
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The end of the string that begins at `at`, or the end of its line.
fn closing_quote(text: &[u8], at: usize) -> Result<usize, usize> {
    let quote = text[at];
    let mut end = at + 1;
    while end < text.len() {
        match text[end] {
            b'\n' => break,
            b'\\' => end += 1,
            byte if byte == quote => return Ok(end),
            _ => {}
        }
        end += 1;
    }
    Err(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scripts and expressions as text: `runs language code`, `meaning name: code`.
    fn scanned(dialect: Dialect, text: &str) -> Vec<String> {
        let found = scan(text, dialect);
        let slice = |span: Span| text[span.lo as usize..span.hi as usize].trim();
        let scripts = found
            .scripts
            .iter()
            .map(|script| format!("{:?} {:?} {}", script.runs, script.language, slice(script.span)));
        let template = found
            .template
            .iter()
            .map(|it| format!("{:?} {}: {}", it.meaning, slice(it.name), slice(it.span)));
        scripts.chain(template).collect()
    }

    #[test]
    fn vue() {
        let text = r#"<!-- <script>no()</script> -->
<docs><script>no()</script></docs>
<template>
  <template v-if="a > b"><b>{{ c }} </b></template>
  <Child :items="list" @click.once="d" v-on:x='e($event)' v-model="f" ref="g" h="i" v-slot="{ j }"/>
  <p v-for="(k, l) in m" v-text="n">{ o }</p>
</template>
<script lang="ts">p</script>
<script setup lang="ts" generic="T extends Map<string, any>">q</script>
<script src="./r.js"></script>
<template lang="pug">p(:s="t")</template>
<style>a { content: '{{ u }}' }</style>"#;
        assert_eq!(
            scanned(Dialect::Vue, text),
            [
                "Module TypeScript p",
                "Instance TypeScript q",
                "Value v-if: a > b",
                "Value : c",
                "Handed items: list",
                "Handler click: d",
                "Handler x: e($event)",
                "Target v-model: f",
                "Ref ref: g",
                "Value v-for: m",
                "Value v-text: n",
            ]
        );
    }

    #[test]
    fn svelte() {
        let text = r#"<script context="module">a</script>
<script lang='ts'>b = "</scripted>"</script>
<svelte:head><script>no()</script></svelte:head>
{#if c > '}'}{:else if d}{:else}{/if}
{#each e.f as g, h (g.id)}{g}{/each}
{#await i then j}{/await}{@html `${k}}`}{@const l = m}
<Child {n} {...o} p={q} class="r {s} t{u}" bind:v bind:this={w} on:x|once={y} onz={() => A} use:B={C}/>
<style>D { E: F }</style>"#;
        assert_eq!(
            scanned(Dialect::Svelte, text),
            [
                "Module JavaScript a",
                "Instance TypeScript b = \"</scripted>\"",
                "Value : c > '}'",
                "Value : d",
                "Value : e.f",
                "Value : g",
                "Value : i",
                "Value : `${k}}`",
                "Value : m",
                "Handed : n",
                "Handed : o",
                "Handed p: q",
                "Handed class: s",
                "Handed class: u",
                "Target v: v",
                "Target this: w",
                "Handler x: y",
                "Handler z: () => A",
                "Handed B: B",
                "Handed B: C",
            ]
        );
    }

    #[test]
    fn astro() {
        let text = "---\nreturn a\n---\n<ul>{b.map(c => <li>it's {c}, http://d</li>)}</ul>\n\
            <script>e</script><script is:inline>f</script>\
            <script type=\"application/ld+json\" set:html={g} />";
        assert_eq!(
            scanned(Dialect::Astro, text),
            [
                "Instance TypeScript return a",
                "Module TypeScript e",
                "Classic JavaScript f",
                "Value : b.map(c => <li>it's {c}, http://d</li>)",
                "Value set:html: g",
            ]
        );
    }

    #[test]
    fn html() {
        let text = "<!doctype html><SCRIPT>a</SCRIPT ><script type=module>b</script>\
            <script type='text/x-template'>{{ no }}</script><script type=\"text/javascript\" src=c></script>\
            <button onclick=\"d()\" title=\"> {e}\">{f}</button><script>g";
        assert_eq!(
            scanned(Dialect::Html, text),
            [
                "Classic JavaScript a",
                "Module JavaScript b",
                "Classic JavaScript g",
                "Handler click: d()",
            ]
        );
    }

    /// Each component with what it is inside of, in brackets where it is not always shown.
    fn shown(dialect: Dialect, text: &str) -> Vec<String> {
        let found = scan(text, dialect).shown;
        let name = |it: &Shown| &text[it.name.lo as usize..it.name.hi as usize];
        let told = found.iter().map(|it| {
            let around = it.within.map_or("", |at| name(&found[at]));
            match it.always {
                true => format!("{} {around}", name(it)),
                false => format!("[{}] {around}", name(it)),
            }
        });
        told.collect()
    }

    #[test]
    fn components_that_templates_show() {
        let vue = r#"<template><div><Page><side-bar/><br><p>a<img src="b"><Note v-if="c"><Deep/></Note>
<ul v-for="d of e"><Item/></ul><Foot><template #left><Left/></template></Foot></Page><Last v-show="f"/></div></template>"#;
        assert_eq!(
            shown(Dialect::Vue, vue),
            [
                "Page ",
                "side-bar Page",
                "[Note] Page",
                "[Deep] Note",
                "[Item] Page",
                "Foot Page",
                "[Left] Foot",
                "Last ",
            ]
        );
        let svelte =
            "<Head/>{#if a}<Then/>{:else}<Else/>{/if}<Main>{#each b as c}<p><Row/>{/each}<Foot/></Main>";
        assert_eq!(
            shown(Dialect::Svelte, svelte),
            ["Head ", "[Then] ", "[Else] ", "Main ", "[Row] Main", "Foot Main"]
        );
    }

    #[test]
    fn words_of_code() {
        let words: Vec<_> = words("a.b1 + $c('é_d', 2e3)", Span::new(2, 20)).collect();
        assert_eq!(words, [(2, "b1"), (7, "$c"), (11, "é_d")]);
    }

    /// Texts that are opened again and again and never closed take linear time.
    #[test]
    fn nothing_is_scanned_again_and_again() {
        for unit in [
            "{", "{{", "<a {", "<a \"", "<a b='", "<!--", "<script>", "</", "{'\\'", "{`${", "{/*",
            "<a b=\"{",
        ] {
            let text = unit.repeat(200_000);
            for dialect in [Dialect::Vue, Dialect::Svelte, Dialect::Astro, Dialect::Html] {
                let inside = format!("<template>{text}");
                scan(if dialect == Dialect::Vue { &inside } else { &text }, dialect);
            }
        }
    }
}
