//! Counter-based random streams: Philox4x32-10 (Salmon et al. 2011, *Parallel random numbers: as
//! easy as 1, 2, 3*).
//!
//! A [`Stream`] is derived from a seed by name, so streams are independent: adding a layer does not change the
//! initial weights of another. The n-th number is a function of (seed, name, n), so a stream can be resumed at
//! any position.

use crate::math::ln;

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// Sequence of random numbers for one purpose.
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
    /// High half of the counter, a hash of the stream's name.
    name: u64,
    /// Position of the next number.
    position: u64,
    /// The four numbers of the block that holds `position`, once computed.
    block: Option<[u32; 4]>,
}

impl Stream {
    /// The stream `name` of `seed`, at position 0.
    pub fn new(seed: u64, name: &str) -> Stream {
        let key = [seed as u32, (seed >> 32) as u32];
        Stream { key, name: fnv1a(name), position: 0, block: None }
    }

    /// Moves to the n-th number, counted from 0.
    pub fn seek(&mut self, position: u64) {
        self.position = position;
        self.block = None;
    }

    /// Number of 32-bit words consumed.
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
        assert!(n > 0, "expected a bound of at least 1, found 0");
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

    /// Shuffles the items uniformly (Fisher & Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u32 + 1) as usize);
        }
    }
}

/// Standard normal numbers with random access: loops over them vectorize and give the same bits on every
/// platform.
///
/// Four words of the stream make four numbers (Box & Muller 1958, in single precision): the words 4i and
/// 4i + 2 give lengths of at most 5.8, one of 2²⁴, and the words after them angles.
///
/// ```
/// use tensor::random::Normals;
/// let noise = Normals::new(1, "noise");
/// let sum: f32 = (0..1000).map(|i| noise.at(i)).sum();
/// assert!(sum.abs() < 4.0 * 1000_f32.sqrt());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Normals {
    key: [u32; 2],
    name: u64,
}

impl Normals {
    /// The stream `name` of `seed`.
    pub fn new(seed: u64, name: &str) -> Normals {
        let Stream { key, name, .. } = Stream::new(seed, name);
        Normals { key, name }
    }

    /// The number at index `place`.
    #[inline(always)]
    pub fn at(self, place: u64) -> f32 {
        let index = place / 4;
        let counter = [index as u32, (index >> 32) as u32, self.name as u32, (self.name >> 32) as u32];
        let words = philox(counter, self.key);
        let lane = place as u32 % 4;
        let (length, angle) = if lane < 2 { (words[0], words[1]) } else { (words[2], words[3]) };
        // In (0, 1], so that the logarithm is finite.
        let u = ((length >> 8) + 1) as i32 as f32 * (1.0 / (1 << 24) as f32);
        (-2.0 * ln(u)).sqrt() * cosine(angle.wrapping_add(lane << 30))
    }
}

/// Cosine of `turn·2⁻³²` turns minus an eighth of a turn.
#[inline(always)]
fn cosine(angle: u32) -> f32 {
    const QUARTER: f32 = std::f32::consts::FRAC_PI_2 / (1 << 30) as f32;
    // Offset from the middle of a quadrant, then the polynomials for sine and cosine (Moshier's Cephes).
    let x = ((angle & 0x3fff_ffff) as i32 - 0x2000_0000) as f32 * QUARTER;
    let z = x * x;
    let sine = ((-1.951_529_6e-4 * z + 8.332_161e-3) * z - 1.666_665_5e-1) * z * x + x;
    let cosine = ((2.443_315_7e-5 * z - 1.388_731_6e-3) * z + 4.166_664_6e-2) * z * z - 0.5 * z + 1.0;
    let quarter = angle >> 30;
    let size = if quarter % 2 == 1 { sine } else { cosine };
    if quarter == 1 || quarter == 2 { -size } else { size }
}

/// Four random words of a counter and a key.
#[inline(always)]
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

    /// χ² of the first item of shuffled decks against a uniform distribution, at a fixed seed.
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

    /// Moments, tails and correlations of 400,000 numbers, within four standard errors.
    #[test]
    fn normal_numbers_by_place_are_normal_and_independent() {
        let n = 400_000_u64;
        let noise = Normals::new(5, "noise");
        let x: Vec<f64> = (0..n).map(|i| noise.at(7 << 40 | i).into()).collect();
        let mean = |f: &dyn Fn(usize) -> f64| (0..x.len() - 4).map(f).sum::<f64>() / (x.len() - 4) as f64;
        let error = 4.0 / (n as f64).sqrt();
        for (power, moment, deviation) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
            let found = mean(&|i| x[i].powi(power));
            assert!((found - moment).abs() < error * f64::sqrt(deviation), "moment {power}: {found}");
        }
        for (size, share) in [(1.0, 0.317_310_5), (2.0, 0.045_500_3), (3.0, 0.002_699_8)] {
            let found = mean(&|i| f64::from(x[i].abs() > size));
            assert!((found - share).abs() < error * f64::sqrt(share), "beyond {size}: {found}");
        }
        for distance in 1..=4 {
            let found = mean(&|i| x[i] * x[i + distance]);
            assert!(found.abs() < error, "{distance} apart: {found}");
            let found = mean(&|i| x[i].powi(2) * x[i + distance].powi(2));
            assert!((found - 1.0).abs() < error * f64::sqrt(8.0), "squares {distance} apart: {found}");
        }
    }

    #[test]
    fn the_cosine_is_accurate() {
        for i in 0..100_000_u32 {
            let angle = i.wrapping_mul(42_949) ^ i;
            let exact = (f64::from(angle) / 4_294_967_296.0 - 0.125) * std::f64::consts::TAU;
            assert!((f64::from(cosine(angle)) - exact.cos()).abs() < 2e-7, "{angle}");
        }
    }

    #[test]
    fn uniform_stays_below_one() {
        let mut stream = Stream::new(2, "uniform");
        assert!((0..100_000).all(|_| (0.0..1.0).contains(&stream.uniform())));
    }
}
