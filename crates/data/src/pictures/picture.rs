//! Decoded pictures.

/// Maximum number of pixels of a picture.
pub const MAX_PIXELS: u64 = 50_000_000;

/// Maximum number of bytes of its decoded pixels.
pub const MAX_DECODED: u64 = 192 << 20;

/// Picture in 8 bits per sample, row-major.
pub(crate) struct Picture {
    pub(super) samples: Vec<u8>,
    pub(super) columns: usize,
    /// 1 for gray, 2 for gray and opacity, 3 for red, green and blue, 4 for these and opacity.
    pub(super) channels: usize,
}

impl Picture {
    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn rows(&self) -> usize {
        self.samples.len() / (self.columns * self.channels)
    }

    /// Pixels as red, green and blue; transparency is left out.
    pub(crate) fn rgb(&self) -> impl Iterator<Item = [u8; 3]> {
        self.samples.chunks_exact(self.channels).map(rgb)
    }

    /// Rows of pixels as red, green, blue and opacity.
    pub(super) fn rgba_rows(&self) -> impl Iterator<Item = impl Iterator<Item = [u8; 4]>> {
        let rgba = |pixel: &[u8]| {
            let [red, green, blue] = rgb(pixel);
            let opacity = match *pixel {
                [_, opacity] | [_, _, _, opacity] => opacity,
                _ => u8::MAX,
            };
            [red, green, blue, opacity]
        };
        let rows = self.samples.chunks_exact(self.columns * self.channels);
        rows.map(move |row| row.chunks_exact(self.channels).map(rgba))
    }
}

fn rgb(pixel: &[u8]) -> [u8; 3] {
    match *pixel {
        [red, green, blue, ..] => [red, green, blue],
        [gray, ..] => [gray; 3],
        [] => unreachable!("a pixel has at least one channel"),
    }
}
