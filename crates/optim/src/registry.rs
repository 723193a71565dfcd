//! Registries of what is declared in a file each: one line an entry, and what every entry can do by name.

/// Declares a registry of files, in the order in which lists show them: `file::Type`, or
/// `file::{Type, More}` where a setting has a type that goes with it.
macro_rules! registry {
    (
        $(#[doc = $doc:literal])*
        $kind:literal: $of:ident;
        $($file:ident::$({$braced:ident, $($more:ident),+})?$($plain:ident)?),+ $(,)?
    ) => {
        $(
            mod $file;
            pub use $file::$({$braced, $($more),+})?$($plain)?;
        )+

        $(#[doc = $doc])*
        ///
        /// Entries that were [registered](register) follow those of this crate.
        pub fn all() -> Vec<Box<dyn $of>> {
            let mut all = built_in();
            all.extend(REGISTERED.read().expect("no panic while it is written").iter().cloned());
            all
        }

        fn built_in() -> Vec<Box<dyn $of>> {
            vec![$(Box::new(<$($braced)?$($plain)?>::default())),+]
        }

        static REGISTERED: std::sync::RwLock<Vec<Box<dyn $of>>> = std::sync::RwLock::new(Vec::new());

        /// Adds an entry of another crate, with its defaults: from then on recipes and lists know its name in this
        /// process. The same entry may be registered again.
        ///
        /// # Errors
        /// If another entry has the name, or it is not of lower-case letters, digits and `_`.
        pub fn register(entry: impl $of + 'static) -> Result<(), crate::Error> {
            let entry: Box<dyn $of> = Box::new(entry);
            let name = entry.info().name;
            crate::registry::check_name($kind, name)?;
            let mut registered = REGISTERED.write().expect("no panic while it is written");
            let same_name = |known: &&Box<dyn $of>| known.info().name == name;
            if built_in().iter().any(|known| same_name(&known)) {
                return Err(crate::registry::taken($kind, name));
            }
            match registered.iter().find(same_name) {
                Some(known) if **known == *entry => Ok(()),
                Some(_) => Err(crate::registry::taken($kind, name)),
                None => {
                    registered.push(entry);
                    Ok(())
                }
            }
        }

        /// The entry of this name, with its defaults.
        ///
        /// # Errors
        /// If the name is unknown; the error has the nearest name and the list of all.
        pub fn by_name(name: &str) -> Result<Box<dyn $of>, crate::Error> {
            let known = all();
            let names: Vec<_> = known.iter().map(|entry| entry.info().name).collect();
            let found = known.into_iter().find(|entry| entry.info().name == name);
            found.ok_or_else(|| crate::Error::unknown($kind, name, names))
        }
    };
}

/// Refuses a name that a recipe could not hold.
pub(crate) fn check_name(kind: &str, name: &str) -> Result<(), crate::Error> {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    if begins && name.chars().all(letters) {
        return Ok(());
    }
    let expected = format!("a name of the {kind} from lower-case letters, digits and _");
    Err(crate::Error::Syntax { text: name.to_string(), expected })
}

/// The error of a name that another entry has.
pub(crate) fn taken(kind: &str, name: &str) -> crate::Error {
    let why = format!("expected a new name, found that of another {kind}");
    crate::Error::Conflict { of: name.to_string(), why }
}

/// Gives an object-safe twin settings by name, and the means to copy, compare and print it. `$shown` is a
/// hyperparameter that is printed at its default too.
macro_rules! settings_by_name {
    ($twin:ident, shown: $shown:literal) => {
        settings_by_name!($twin);

        /// Canonical spelling: the name, then the settings that differ from their defaults.
        impl std::fmt::Display for dyn $twin + '_ {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.info().name)?;
                (self as &dyn crate::hyper::Hyperparameters).print(f, $shown)
            }
        }
    };
    ($twin:ident) => {
        impl dyn $twin + '_ {
            /// Sets a hyperparameter by name.
            ///
            /// # Errors
            /// If the name is unknown, or the value is of another kind or out of range.
            pub fn set(&mut self, name: &str, value: crate::hyper::Value) -> Result<(), crate::Error> {
                let of = self.info().name;
                (self as &mut dyn crate::hyper::Hyperparameters).set(of, name, value)
            }

            /// Sets a hyperparameter by name from text.
            ///
            /// # Errors
            /// As `set`.
            pub fn set_text(&mut self, name: &str, text: &str) -> Result<(), crate::Error> {
                let of = self.info().name;
                (self as &mut dyn crate::hyper::Hyperparameters).set_text(of, name, text)
            }

            /// Checks that all values are in range and go together.
            ///
            /// # Errors
            /// The first that is not, and why.
            pub fn validate(&self) -> Result<(), crate::Error> {
                (self as &dyn crate::hyper::Hyperparameters).validate(self.info().name)?;
                self.check()
            }
        }

        impl Clone for Box<dyn $twin> {
            fn clone(&self) -> Box<dyn $twin> {
                self.boxed()
            }
        }

        /// Equal names and equal settings.
        impl PartialEq for dyn $twin {
            fn eq(&self, other: &dyn $twin) -> bool {
                let values = |entry: &dyn $twin| -> Vec<_> {
                    entry.hypers().into_iter().map(|hyper| entry.get(hyper.name)).collect()
                };
                self.info().name == other.info().name && values(self) == values(other)
            }
        }
    };
}
