//! Downloads from web servers, with the feature `download`.

#[cfg(feature = "download")]
mod http;
#[cfg(feature = "download")]
mod part;

#[cfg(feature = "download")]
pub(crate) use http::obtain;

/// Fails: this build cannot open connections.
#[cfg(not(feature = "download"))]
pub(crate) fn obtain(
    _: &crate::store::Store,
    _: &crate::network::Network,
    base: &str,
    _: &[&'static crate::sets::File],
    _: &mut dyn FnMut(crate::event::Event),
) -> Result<(), crate::error::Error> {
    let why = "this program was built without the feature `download`".into();
    Err(crate::error::Error::Server { place: base.into(), why })
}
