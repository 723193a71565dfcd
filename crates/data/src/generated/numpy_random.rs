//! NumPy's legacy random numbers, the stream of `numpy.random.seed` and `numpy.random.RandomState`:
//! the Mersenne Twister (Matsumoto & Nishimura 1998) and the transformations that NumPy has frozen
//! (its NEP 19), so that generators published with NumPy can be followed number by number.
//!
//! Uniform numbers, integers and permutations have NumPy's bits. Normal numbers use the logarithm of
//! `libm`, the same on every platform, where NumPy uses the C library's: they can differ in the last
//! bit of a `f64`.

use std::fmt;

/// Words of the Mersenne Twister's state.
const N: usize = 624;
/// Distance of the words that are combined.
const M: usize = 397;

/// Generator with its position in the stream.
///
/// ```
/// use data::generated::numpy_random::RandomState;
/// let mut random = RandomState::new(42);
/// assert_eq!(random.uniform(), 0.3745401188473625); // numpy.random.RandomState(42).uniform()
/// ```
#[derive(Clone)]
pub struct RandomState {
    key: [u32; N],
    position: usize,
    /// Second normal number of a pair, until it is used.
    spare: Option<f64>,
}

impl RandomState {
    /// `RandomState(seed)`.
    pub fn new(seed: u32) -> RandomState {
        let mut key = [seed; N];
        for i in 1..N {
            let previous = key[i - 1];
            key[i] = 1_812_433_253_u32.wrapping_mul(previous ^ (previous >> 30)).wrapping_add(i as u32);
        }
        RandomState { key, position: N, spare: None }
    }

    /// Next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        if self.position == N {
            self.twist();
        }
        let mut y = self.key[self.position];
        self.position += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9d2c_5680;
        y ^= (y << 15) & 0xefc6_0000;
        y ^ (y >> 18)
    }

    /// `uniform()`: a multiple of 2⁻⁵³ in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        let (high, low) = (self.next_u32() >> 5, self.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// `uniform(low, high)`.
    pub fn uniform_between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// `standard_normal()`, by Marsaglia's polar method.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let r2 = x * x + y * y;
            if r2 < 1.0 && r2 != 0.0 {
                let factor = (-2.0 * libm::log(r2) / r2).sqrt();
                self.spare = Some(factor * x);
                return factor * y;
            }
        }
    }

    /// `randint(n)`: an integer in 0..n.
    ///
    /// # Panics
    /// If `n` is 0.
    #[track_caller]
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "expected a number of choices, found 0");
        if n == 1 {
            return 0;
        }
        let mask = u32::MAX >> (n - 1).leading_zeros();
        loop {
            let value = self.next_u32() & mask;
            if value < n {
                return value;
            }
        }
    }

    /// `shuffle(items)`.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u32 + 1) as usize);
        }
    }

    /// `permutation(n)`.
    pub fn permutation(&mut self, n: u32) -> Vec<u32> {
        let mut items: Vec<u32> = (0..n).collect();
        self.shuffle(&mut items);
        items
    }

    fn twist(&mut self) {
        for i in 0..N {
            let y = (self.key[i] & 0x8000_0000) | (self.key[(i + 1) % N] & 0x7fff_ffff);
            let odd = if y & 1 == 1 { 0x9908_b0df } else { 0 };
            self.key[i] = self.key[(i + M) % N] ^ (y >> 1) ^ odd;
        }
        self.position = 0;
    }
}

impl fmt::Debug for RandomState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RandomState { key, position, spare } = self;
        f.debug_struct("RandomState")
            .field("first_word", &key[0])
            .field("position", position)
            .field("spare", spare)
            .finish()
    }
}
