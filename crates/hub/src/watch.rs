//! Who is told how a fetch goes.

use hrm::error::Result;

/// Follows a fetch: a face shows what it is told, and may end it.
pub trait Watch {
    /// Says something that a person should know and that is no error.
    fn note(&self, text: &str);

    /// A file begins to arrive, of so many bytes where that is known.
    fn begin(&self, file: &str, bytes: Option<u64>);

    /// So many bytes of it are here.
    ///
    /// # Errors
    /// Any ends the fetch, which the next one takes up where it was: [`Cancelled`](hrm::error::Error::Cancelled) if a
    /// person wants that.
    fn arrived(&self, bytes: u64) -> Result<()>;

    /// No more of the file comes.
    fn end(&self);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Watch for Silent {
    fn note(&self, _: &str) {}

    fn begin(&self, _: &str, _: Option<u64>) {}

    fn arrived(&self, _: u64) -> Result<()> {
        Ok(())
    }

    fn end(&self) {}
}
