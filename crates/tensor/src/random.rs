//! Counter-based random streams: Philox4x32-10 (Salmon et al. 2011, *Parallel random numbers: as
//! easy as 1, 2, 3*).
//!
//! A [`Stream`] is split from a seed by name, so streams do not disturb each other: adding a
//! layer changes no other layer's start. The n-th number is a function of (seed, name, n), so a
//! stream can be resumed at any position.

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// A sequence of random numbers that belongs to one purpose.
///
/// ```
/// use tensor::random::Stream;
/// let mut a = Stream::new(1, "init");
/// let mut b = Stream::new(1, "init");
/// assert_eq!(a.next_u32(), b.next_u32());
/// assert_ne!(a.next_u32(), Stream::new(1, "batches").next_u32());
/// b.seek(1);
/// assert_eq!(b.next_u32(), { a.seek(1); a.next_u32() });
/// ```
#[derive(Debug, Clone)]
pub struct Stream {
    key: [u32; 2],
    /// The high half of the counter, which tells streams of one seed apart.
    name: u64,
    /// Position of the next number.
    position: u64,
    /// The four numbers of the block that holds `position`, once computed.
    block: Option<[u32; 4]>,
}

impl Stream {
    /// The stream of this name under this seed, at its start.
    pub fn new(seed: u64, name: &str) -> Stream {
        let key = [seed as u32, (seed >> 32) as u32];
        Stream { key, name: fnv1a(name), position: 0, block: None }
    }

    /// Goes to the n-th number, counted from 0.
    pub fn seek(&mut self, position: u64) {
        self.position = position;
        self.block = None;
    }

    /// How many numbers have been taken.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        let (index, lane) = (self.position / 4, (self.position % 4) as usize);
        let block = match self.block {
            Some(block) if lane != 0 => block,
            _ => {
                let counter =
                    [index as u32, (index >> 32) as u32, self.name as u32, (self.name >> 32) as u32];
                *self.block.insert(philox(counter, self.key))
            }
        };
        self.position += 1;
        block[lane]
    }

    /// Uniform in [0, 1): one of 2²⁴ equally likely multiples of 2⁻²⁴.
    pub fn uniform(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 * (1.0 / (1 << 24) as f32)
    }

    /// Uniform in 0..n, without bias (Lemire 2019).
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "there is no number below 0");
        let threshold = n.wrapping_neg() % n;
        loop {
            let wide = u64::from(self.next_u32()) * u64::from(n);
            if wide as u32 >= threshold {
                return (wide >> 32) as u32;
            }
        }
    }

    /// A standard normal number (Box & Muller 1958), computed in double precision.
    pub fn normal(&mut self) -> f32 {
        // In (0, 1], so that the logarithm is finite.
        let u = (f64::from(self.next_u32()) + 1.0) / 4_294_967_296.0;
        let angle = std::f64::consts::TAU * f64::from(self.next_u32()) / 4_294_967_296.0;
        ((-2.0 * libm::log(u)).sqrt() * libm::cos(angle)) as f32
    }

    /// Fills with uniform numbers from [low, high).
    pub fn fill_uniform(&mut self, out: &mut [f32], low: f32, high: f32) {
        for x in out {
            *x = low + (high - low) * self.uniform();
        }
    }

    /// Puts the items in an order in which all orders are equally likely (Fisher & Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u32 + 1) as usize);
        }
    }
}

/// Four random words for a counter under a key.
pub fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let [low, high] = [0, 1].map(|i| u64::from(MULTIPLIERS[i]) * u64::from(counter[2 * i]));
        counter = [
            (high >> 32) as u32 ^ counter[1] ^ key[0],
            high as u32,
            (low >> 32) as u32 ^ counter[3] ^ key[1],
            low as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// The 64-bit FNV-1a hash: short, well known, and the same everywhere.
fn fnv1a(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known-answer vectors published with Random123 for philox4x32-10.
    #[test]
    fn philox_gives_the_published_answers() {
        let cases = [
            ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
            ([u32::MAX; 4], [u32::MAX; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
            (
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0],
                [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
            ),
        ];
        for (counter, key, answer) in cases {
            assert_eq!(philox(counter, key), answer);
        }
    }

    #[test]
    fn a_stream_resumes_anywhere() {
        let mut stream = Stream::new(3, "x");
        let all: Vec<u32> = (0..23).map(|_| stream.next_u32()).collect();
        for start in 0..23 {
            let mut resumed = Stream::new(3, "x");
            resumed.seek(start);
            let rest: Vec<u32> = (start..23).map(|_| resumed.next_u32()).collect();
            assert_eq!(rest, all[start as usize..]);
        }
    }

    /// χ² of the first place of shuffled decks against equal shares, at a fixed seed.
    #[test]
    fn shuffles_are_uniform() {
        let mut stream = Stream::new(11, "shuffle");
        let (n, draws) = (10, 100_000);
        let mut counts = [[0.0_f64; 10]; 10];
        for _ in 0..draws {
            let mut deck: [usize; 10] = std::array::from_fn(|i| i);
            stream.shuffle(&mut deck);
            for (place, &card) in deck.iter().enumerate() {
                counts[place][card] += 1.0;
            }
        }
        let expected = f64::from(draws) / f64::from(n);
        for row in counts {
            let chi2: f64 = row.iter().map(|c| (c - expected).powi(2) / expected).sum();
            // 9 degrees of freedom: P(χ² < 0.54) = 1e-5… and P(χ² > 39.3) = 1e-5.
            assert!((0.54..39.3).contains(&chi2), "χ² = {chi2}");
        }
    }

    #[test]
    fn normal_numbers_have_mean_0_and_variance_1() {
        let mut stream = Stream::new(5, "normal");
        let n = 200_000;
        let (mut sum, mut squares) = (0.0_f64, 0.0_f64);
        for _ in 0..n {
            let x = f64::from(stream.normal());
            sum += x;
            squares += x * x;
        }
        let mean = sum / f64::from(n);
        assert!(mean.abs() < 0.01, "{mean}");
        assert!((squares / f64::from(n) - 1.0).abs() < 0.02);
    }

    #[test]
    fn uniform_stays_below_one() {
        let mut stream = Stream::new(2, "uniform");
        assert!((0..100_000).all(|_| (0.0..1.0).contains(&stream.uniform())));
    }
}
