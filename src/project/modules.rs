//! Which file of the project a specifier means. Nothing is read: paths are compared.

use rustc_hash::FxHashMap;

/// The project's files, by their paths.
pub struct Modules<'r> {
    /// By the path without its extension.
    by_path: FxHashMap<&'r str, usize>,
    /// By the last part of that, or the folder's of an `index` file.
    by_name: FxHashMap<&'r str, Vec<(&'r str, usize)>>,
}

impl<'r> Modules<'r> {
    pub fn new(files: impl Iterator<Item = (&'r str, usize)>) -> Modules<'r> {
        let mut modules = Modules {
            by_path: FxHashMap::default(),
            by_name: FxHashMap::default(),
        };
        for (path, at) in files {
            modules.by_path.insert(module(path), at);
            let means = folder(module(path));
            modules
                .by_name
                .entry(last_part(means))
                .or_default()
                .push((means, at));
        }
        modules
    }

    /// The file that `specifier` means in the file at the path `from`.
    pub fn resolve(&self, from: &str, specifier: &str) -> Option<usize> {
        if !specifier.starts_with('.') {
            return self.below(specifier);
        }
        let path = join(from, specifier);
        let found = self
            .by_path
            .get(module(&path))
            .or_else(|| self.by_path.get(path.as_str()))
            .or_else(|| self.by_path.get(format!("{path}/index").as_str()));
        found.copied()
    }

    /// `providers/session`, `@/providers/session`: the file below a folder that some configuration names, if there is
    /// only one.
    fn below(&self, specifier: &str) -> Option<usize> {
        let specifier = match specifier.strip_prefix(['@', '~', '#']) {
            Some(alias) => alias.split_once('/')?.1,
            None => specifier,
        };
        let wanted = folder(module(specifier));
        let is_it = |path: &str| {
            path.strip_suffix(wanted)
                .is_some_and(|above| above.is_empty() || above.ends_with('/'))
        };
        let named = self.by_name.get(last_part(wanted))?;
        let mut found = named.iter().filter(|(path, _)| is_it(path));
        let (_, at) = found.next()?;
        found.next().is_none().then_some(*at)
    }
}

/// The path without its extension, which imports leave out or write differently (`.js` for a `.ts` file).
fn module(path: &str) -> &str {
    match path.rsplit_once('.') {
        Some((stem, extension)) if !extension.contains('/') && !stem.is_empty() && !stem.ends_with('/') => {
            stem
        }
        _ => path,
    }
}

/// The folder's path, for its `index`.
fn folder(module: &str) -> &str {
    module.strip_suffix("/index").unwrap_or(module)
}

fn last_part(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |it| it.1)
}

/// The last part of the path, without its extension.
pub fn file_name(path: &str) -> &str {
    last_part(module(path))
}

/// The path that a relative specifier in `file` means.
fn join(file: &str, specifier: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    for part in specifier.split('/') {
        match part {
            "." | "" => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_specifiers_mean_the_only_file_below_some_folder() {
        let files = [
            "src/providers/session/index.tsx",
            "src/ui/panel.ts",
            "lib/ui/panel.ts",
            "src/ui/list.ts",
        ];
        let modules = Modules::new(files.into_iter().zip(0..));
        let resolve = |specifier: &str| modules.resolve("src/main.ts", specifier);
        assert_eq!(resolve("providers/session"), Some(0));
        assert_eq!(resolve("@/providers/session"), Some(0));
        assert_eq!(resolve("@app/ui/list"), Some(3));
        assert_eq!(resolve("ui/panel"), None);
        assert_eq!(resolve("./ui/panel"), Some(1));
        assert_eq!(resolve("some-package/list"), None);
    }

    #[test]
    fn relative_specifiers_are_joined_to_the_file() {
        assert_eq!(join("src/client/page.js", "./frame"), "src/client/frame");
        assert_eq!(
            join("src/client/page.js", "../server/frame.js"),
            "src/server/frame.js"
        );
        assert_eq!(join("page.js", "./frame"), "frame");
        assert_eq!(module("src/frame.js"), "src/frame");
        assert_eq!(module("src.old/frame"), "src.old/frame");
    }
}
