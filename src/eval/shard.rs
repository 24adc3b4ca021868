use std::str::FromStr;

/// A part of a data set: every `count`-th sample, so that all parts are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Number of the part, from 1.
    number: usize,
    count: usize,
}

impl Shard {
    /// Whether the sample with this index belongs to the part.
    pub(super) fn has(self, index: usize) -> bool {
        index % self.count == self.number - 1
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let needed = || format!("expected I/N with I from 1 to N, as in 1/4, found {text}");
        let (number, count) = text.split_once('/').ok_or_else(needed)?;
        let (number, count) = number.parse().ok().zip(count.parse().ok()).ok_or_else(needed)?;
        if (1..=count).contains(&number) {
            Ok(Shard { number, count })
        } else {
            Err(needed())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_share_all_samples_out() {
        let shards: Vec<Shard> = (1..=3).map(|i| format!("{i}/3").parse().unwrap()).collect();
        for index in 0..20 {
            assert_eq!(shards.iter().filter(|shard| shard.has(index)).count(), 1);
        }
        assert!("1/1".parse::<Shard>().unwrap().has(7));
        for bad in ["", "1", "0/4", "5/4", "1/0", "-1/4", "a/b", "1/4/2"] {
            assert!(bad.parse::<Shard>().unwrap_err().contains("I from 1 to N"), "{bad}");
        }
    }
}
