//! A part of a study: cells divided over machines by their cost.

use std::fmt;
use std::str::FromStr;

/// Part `index` of `count`, counted from 1: `2/4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Its number, from 1.
    pub index: usize,
    /// Number of parts.
    pub count: usize,
}

impl Shard {
    /// Everything.
    pub const WHOLE: Shard = Shard { index: 1, count: 1 };

    /// The places that belong to this shard: each goes, the most expensive first, to the shard with the least cost so
    /// far (longest processing time first, at most 4/3 of the best division). A function of the costs alone.
    ///
    /// ```
    /// use lab::study::Shard;
    /// let parts: Vec<Vec<usize>> =
    ///     (1..=2).map(|index| Shard { index, count: 2 }.places(&[5.0, 9.0, 4.0, 4.0])).collect();
    /// assert_eq!(parts, [vec![1, 3], vec![0, 2]]);
    /// ```
    pub fn places(self, costs: &[f64]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..costs.len()).collect();
        order.sort_by(|&a, &b| costs[b].total_cmp(&costs[a]));
        let (mut load, mut ours) = (vec![0.0_f64; self.count], Vec::new());
        for place in order {
            let lightest = (0..self.count).min_by(|&a, &b| load[a].total_cmp(&load[b])).unwrap_or(0);
            load[lightest] += costs[place];
            if lightest + 1 == self.index {
                ours.push(place);
            }
        }
        ours.sort_unstable();
        ours
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let parts = text.split_once('/').and_then(|(index, count)| Some((number(index)?, number(count)?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) && count <= 100_000 => {
                Ok(Shard { index, count })
            }
            _ => Err(format!(
                "expected I/N with I from 1 to N, such as 2/4, found `{}`",
                files::text::name(text)
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_divide_all_places_evenly() {
        let costs: Vec<f64> = (0..50).map(|i| f64::from(1 + i * 7 % 13)).collect();
        for count in [1, 3, 8, 60] {
            let parts: Vec<Vec<usize>> =
                (1..=count).map(|index| Shard { index, count }.places(&costs)).collect();
            let mut all = parts.concat();
            all.sort_unstable();
            assert_eq!(all, (0..50).collect::<Vec<_>>());
            let loads = parts.iter().map(|part| part.iter().map(|&place| costs[place]).sum::<f64>());
            let most = loads.fold(0.0, f64::max);
            let lower = (costs.iter().sum::<f64>() / count as f64).max(13.0);
            assert!(most <= lower * 4.0 / 3.0, "{count}: {most} {lower}");
        }
    }

    #[test]
    fn text_is_a_part_of_a_whole() {
        assert_eq!("2/4".parse(), Ok(Shard { index: 2, count: 4 }));
        assert_eq!(Shard { index: 2, count: 4 }.to_string(), "2/4");
        for text in ["0/4", "5/4", "2", "a/b", "", "1/0"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
