//! Violations of file formats.

/// Violation of the IDX format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdxFault {
    /// The first two bytes are not zero.
    #[error("not an IDX file: expected two zero bytes at the start, found {:#04x} {:#04x}", .found[0], .found[1])]
    BadMagic {
        /// The first two bytes.
        found: [u8; 2],
    },
    /// The third byte is not one of the six type codes.
    #[error("not an IDX file: expected type code 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e, found {code:#04x}")]
    UnknownType {
        /// The third byte.
        code: u8,
    },
    /// The bytes end before the header or the elements do.
    #[error("truncated: expected {expected} bytes, found {got}")]
    Truncated {
        /// Length according to the header, or of the header itself if it is truncated.
        expected: u64,
        /// Length of the file in bytes.
        got: u64,
    },
    /// Bytes follow the last element.
    #[error("too long: expected {expected} bytes, found {got}")]
    Trailing {
        /// Length according to the header.
        expected: u64,
        /// Length of the file in bytes.
        got: u64,
    },
    /// The product of the dimensions overflows 64 bits.
    #[error("expected a size below 2⁶⁴ bytes, found shape {shape:?} in the header")]
    TooLarge {
        /// Dimensions in the header.
        shape: Vec<usize>,
    },
    /// The shape cannot be expressed in IDX or does not match the elements.
    #[error(
        "expected at most 255 dimensions of 32 bits whose product is {elements}, the number of elements, found shape {shape:?}"
    )]
    BadShape {
        /// Shape of the array.
        shape: Vec<usize>,
        /// Number of elements.
        elements: usize,
    },
}

impl IdxFault {
    /// Error of a file whose length differs from its header's.
    pub(crate) fn of_lengths(expected: u64, got: u64) -> IdxFault {
        if expected > got {
            IdxFault::Truncated { expected, got }
        } else {
            IdxFault::Trailing { expected, got }
        }
    }
}

/// Violation of the gzip format or of a size limit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GzipFault {
    /// The file ends before the compressed data do.
    #[error(
        "truncated: the gzip data continue after the last of {got} bytes; expected at most {expected} unpacked bytes"
    )]
    Truncated {
        /// Maximum number of unpacked bytes.
        expected: u64,
        /// Length of the packed file in bytes.
        got: u64,
    },
    /// It unpacks to more than the limit.
    #[error("too long: expected at most {max} unpacked bytes, found more")]
    TooLong {
        /// Maximum number of unpacked bytes.
        max: u64,
    },
    /// Bytes follow the end of the gzip data.
    #[error("expected the end of the file after the gzip data, found {extra} more bytes")]
    Trailing {
        /// Number of bytes.
        extra: u64,
    },
    /// A second gzip member follows the first.
    #[error("expected one gzip member, found a second one")]
    SecondMember,
    /// The data or their checksum are damaged.
    #[error("damaged gzip data: {why}")]
    Corrupt {
        /// Message of the decoder.
        why: String,
    },
}
