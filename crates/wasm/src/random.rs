//! Random streams by name: those of `tensor::random`, so that a page draws the same weights and batches.

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];

/// Sequence of random numbers for one purpose (Philox4x32-10, Salmon 2011).
#[derive(Debug, Clone)]
pub struct Stream {
    key: [u32; 2],
    name: u64,
    position: u64,
    block: [u32; 4],
}

impl Stream {
    /// The stream `name` of `seed`.
    pub fn new(seed: u64, name: &str) -> Stream {
        Stream { key: halves(seed), name: fnv1a(name), position: 0, block: [0; 4] }
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        let lane = (self.position % 4) as usize;
        if lane == 0 {
            let [low, high] = halves(self.position / 4);
            let [name_low, name_high] = halves(self.name);
            self.block = philox([low, high, name_low, name_high], self.key);
        }
        self.position += 1;
        self.block[lane]
    }

    /// Uniform in [0, 1): one of 2²⁴ equally likely multiples of 2⁻²⁴.
    pub fn uniform(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 * (1.0 / (1 << 24) as f32)
    }

    /// Uniform in 0..n, without bias (Lemire 2019), for n above 0.
    pub fn below(&mut self, n: u32) -> u32 {
        let threshold = n.wrapping_neg() % n;
        loop {
            let wide = u64::from(self.next_u32()) * u64::from(n);
            if wide as u32 >= threshold {
                return (wide >> 32) as u32;
            }
        }
    }

    /// Shuffles the items uniformly (Fisher & Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u32 + 1) as usize);
        }
    }
}

/// A number as text, without the code of all formats.
pub(crate) fn decimal(mut n: usize) -> String {
    let mut digits = vec![];
    loop {
        digits.push(b'0' + (n % 10) as u8);
        n /= 10;
        if n == 0 {
            return digits.iter().rev().map(|&digit| char::from(digit)).collect();
        }
    }
}

fn philox(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let [low0, high0] = halves(u64::from(MULTIPLIERS[0]) * u64::from(counter[0]));
        let [low1, high1] = halves(u64::from(MULTIPLIERS[1]) * u64::from(counter[2]));
        counter = [high1 ^ counter[1] ^ key[0], low1, high0 ^ counter[3] ^ key[1], low0];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

/// Low and high half.
fn halves(x: u64) -> [u32; 2] {
    [x as u32, (x >> 32) as u32]
}

/// The 64-bit FNV-1a hash.
fn fnv1a(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_those_of_display() {
        for n in [0, 7, 10, 109_386, 4_294_967_295] {
            assert_eq!(decimal(n), n.to_string());
        }
    }

    #[test]
    fn streams_are_those_of_tensor() {
        for (seed, name) in [(0, "init fc1.weight"), (7, "x"), (u64::MAX, "batches of epoch 3")] {
            let mut ours = Stream::new(seed, name);
            let mut theirs = tensor::random::Stream::new(seed, name);
            for _ in 0..50 {
                assert_eq!(ours.next_u32(), theirs.next_u32());
                assert_eq!(ours.uniform(), theirs.uniform());
                assert_eq!(ours.below(1000), theirs.below(1000));
            }
        }
    }
}
