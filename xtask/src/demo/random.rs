//! Chance that a seed decides: the same seed makes the same world.

/// A generator of numbers (SplitMix64).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// From 0 up to, not including, 1.
    pub(super) fn unit(&mut self) -> f64 {
        // What a double holds exactly.
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(super) fn chance(&mut self, of_one: f64) -> bool {
        self.unit() < of_one
    }

    pub(super) fn between(&mut self, (least, most): (f64, f64)) -> f64 {
        least + (most - least) * self.unit()
    }

    /// As a duration is distributed: seldom near the most.
    pub(super) fn skewed(&mut self, (least, most): (f64, f64)) -> f64 {
        least + (most - least) * self.unit().powi(2)
    }

    /// From `least` to `most`, both included.
    pub(super) fn whole(&mut self, (least, most): (u32, u32)) -> u32 {
        let span = u64::from(most.saturating_sub(least)) + 1;
        least + (self.next() % span) as u32
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        let last = u32::try_from(from.len()).ok()?.checked_sub(1)?;
        from.get(self.whole((0, last)) as usize)
    }

    /// An identifier of the time `milliseconds` (UUIDv7).
    pub(super) fn id(&mut self, milliseconds: i64) -> String {
        let (high, low) = (self.next(), self.next());
        uuid((milliseconds.cast_unsigned() << 16) | 0x7000 | (high & 0x0fff), low)
    }
}

/// The identifier that always stands for `label` (UUIDv8, which anyone may fill).
pub(super) fn stable_id(label: &str) -> String {
    let hash = |salt: u64| label.bytes().fold(salt, |hash, byte| mixed(hash ^ u64::from(byte)));
    uuid((hash(1) & !0xf000) | 0x8000, hash(2))
}

const fn mixed(mut number: u64) -> u64 {
    number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

fn uuid(high: u64, low: u64) -> String {
    let low = (low & 0x3fff_ffff_ffff_ffff) | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_have_the_form_of_uuids() {
        let mut random = Random::new(1);
        let id = random.id(0x0123_4567_89ab);
        assert!(id.starts_with("01234567-89ab-7"), "{id}");
        for id in [id, stable_id("graph")] {
            let lengths: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert!(id[19..].starts_with(['8', '9', 'a', 'b']), "{id}");
        }
        assert_eq!(stable_id("graph"), stable_id("graph"));
        assert_ne!(stable_id("graph"), stable_id("graphs"));
    }

    #[test]
    fn numbers_stay_in_their_range() {
        let mut random = Random::new(7);
        for _ in 0..1000 {
            assert!((3..=5).contains(&random.whole((3, 5))));
            assert!((0.5..2.0).contains(&random.skewed((0.5, 2.0))));
        }
        assert_eq!(random.whole((4, 4)), 4);
        assert_eq!(random.pick::<u8>(&[]), None);
    }
}
