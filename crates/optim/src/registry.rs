//! One line an entry: its module, what it exports and its place in the list.

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
        pub fn all() -> Vec<Box<dyn $of>> {
            vec![$(Box::new(<$($braced)?$($plain)?>::default())),+]
        }

        /// The one of this name, with its defaults.
        ///
        /// # Errors
        /// If there is none; the error has the nearest name and all that exist.
        pub fn by_name(name: &str) -> Result<Box<dyn $of>, crate::Error> {
            let known = all();
            let names: Vec<_> = known.iter().map(|entry| entry.info().name).collect();
            let found = known.into_iter().find(|entry| entry.info().name == name);
            found.ok_or_else(|| crate::Error::unknown($kind, name, names))
        }
    };
}
