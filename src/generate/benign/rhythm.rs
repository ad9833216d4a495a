//! How busy each hour is: office hours, evenings, nights, weekends.

/// Seconds in a day.
const DAY: i64 = 86_400;

/// The rhythm that an activity follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rhythm {
    /// Machines: always the same.
    Flat,
    /// People at work.
    Office,
    /// Customers: the day, with a peak in the evening.
    Public,
    /// Jobs of the night.
    Night,
}

/// Weight of each hour of a working day, UTC.
const OFFICE: [u8; 24] = [2, 1, 1, 1, 1, 2, 8, 25, 70, 95, 100, 90, 60, 85, 100, 95, 80, 50, 20, 10, 8, 6, 4, 3];
const PUBLIC: [u8; 24] =
    [25, 15, 10, 8, 8, 12, 25, 45, 65, 75, 80, 82, 85, 80, 78, 75, 76, 80, 88, 98, 100, 90, 65, 40];
const NIGHT: [u8; 24] = [60, 100, 100, 90, 70, 40, 20, 10, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 10, 12, 15, 25, 40, 50];

impl Rhythm {
    /// Weight at a second of Unix time; between full hours it changes evenly.
    pub fn weight(self, second: i64) -> f64 {
        let hours = match self {
            Self::Flat => return 50.0,
            Self::Office => &OFFICE,
            Self::Public => &PUBLIC,
            Self::Night => &NIGHT,
        };
        let in_day = second.rem_euclid(DAY);
        let (hour, part) = ((in_day / 3600) as usize, (in_day % 3600) as f64 / 3600.0);
        let w = f64::from(hours[hour % 24]) * (1.0 - part) + f64::from(hours[(hour + 1) % 24]) * part;
        match (self, is_weekend(second)) {
            (Self::Office, true) => w * 0.08,
            (Self::Public, true) => w * 1.15,
            _ => w,
        }
    }

    /// Mean weight from one second to another.
    pub fn mean(self, from: i64, to: i64) -> f64 {
        // Ten-minute steps over two weeks at most, after which all repeats.
        let steps = ((to - from) / 600).clamp(1, 2016);
        let step = ((to - from).min(2016 * 600) / steps).max(1);
        let sum: f64 = (0..steps).map(|i| self.weight(from + i * step + step / 2)).sum();
        (sum / steps as f64).max(1e-9)
    }
}

/// Whether a second of Unix time is on a Saturday or Sunday.
pub(super) fn is_weekend(second: i64) -> bool {
    // Day 0 was a Thursday.
    matches!((second.div_euclid(DAY) + 3).rem_euclid(7), 5 | 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days() {
        let monday = 1_772_409_600;
        assert!(!is_weekend(monday));
        assert!(is_weekend(monday - 1));
        assert!(is_weekend(monday + 5 * DAY));
        let at = |r: Rhythm, h: i64| r.weight(monday + h * 3600);
        assert!(at(Rhythm::Office, 10) > 20.0 * at(Rhythm::Office, 3));
        assert!(at(Rhythm::Night, 2) > at(Rhythm::Night, 12));
        assert!(Rhythm::Office.weight(monday - 14 * 3600) < 10.0);
        let mean = Rhythm::Public.mean(monday, monday + DAY);
        assert!((50.0..70.0).contains(&mean), "{mean}");
    }
}
