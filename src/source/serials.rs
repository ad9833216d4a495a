//! Serial numbers of audit events: the kernel counts on, so a number that never
//! comes is an event that was lost, left out or removed.

/// A larger step is another count (a reboot, another log), not a loss.
const STEP: u64 = 10_000;
/// Most gaps that are remembered, to be filled by what comes late.
const GAPS: usize = 64;

/// Follows the numbers of one source.
#[derive(Debug, Default)]
pub(crate) struct Serials {
    last: Option<u64>,
    gaps: Vec<(u64, u64)>,
    missing: u64,
}

impl Serials {
    /// Takes the next event's line.
    pub(crate) fn note(&mut self, line: &[u8]) {
        if let Some(serial) = serial(line) {
            self.take(serial);
        }
    }

    fn take(&mut self, n: u64) {
        let Some(last) = self.last else {
            self.last = Some(n);
            return;
        };
        if n > last && n - last <= STEP {
            if n - last > 1 {
                self.missing += n - last - 1;
                if self.gaps.len() >= GAPS {
                    self.gaps.remove(0);
                }
                self.gaps.push((last + 1, n - 1));
            }
            self.last = Some(n);
            return;
        }
        // Late, and missed before.
        if let Some(at) = self.gaps.iter().position(|(a, b)| (*a..=*b).contains(&n)) {
            let (a, b) = self.gaps.swap_remove(at);
            self.gaps.extend([(a, n - 1), (n + 1, b)].into_iter().filter(|(a, b)| a <= b));
            self.missing -= 1;
        } else if n.abs_diff(last) > 100 {
            // The count began anew.
            self.last = Some(n);
            self.gaps.clear();
        }
    }

    /// What the user should know.
    pub(crate) fn warning(&self) -> Option<String> {
        (self.missing > 0).then(|| {
            format!(
                "{} audit events are not in it: their serial numbers are missing (lost, left out or removed)",
                self.missing
            )
        })
    }
}

/// The number of an event of the kernel's own count. What the daemon says of
/// itself has another one; lines of several machines have several.
fn serial(line: &[u8]) -> Option<u64> {
    if !line.starts_with(b"type=") || line.starts_with(b"type=DAEMON_") {
        return None;
    }
    let head = line.get(..160).unwrap_or(line);
    let at = memchr::memmem::find(head, b"audit(")?;
    let id = head.get(at..)?;
    let id = id.get(..memchr::memchr(b')', id)?)?;
    let colon = memchr::memrchr(b':', id)?;
    std::str::from_utf8(id.get(colon + 1..)?).ok()?.parse::<u32>().ok().map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(numbers: &[u64]) -> u64 {
        let mut s = Serials::default();
        for n in numbers {
            s.note(format!("type=SYSCALL msg=audit(1.000:{n}): x").as_bytes());
        }
        s.missing
    }

    #[test]
    fn gaps_lateness_and_new_counts() {
        assert_eq!(missing(&[1, 2, 2, 3, 3, 4]), 0);
        assert_eq!(missing(&[1, 2, 5]), 2);
        assert_eq!(missing(&[1, 2, 5, 4, 6, 3]), 0);
        assert_eq!(missing(&[5000, 5001, 1, 2, 4]), 1);
        assert_eq!(missing(&[4_294_967_294, 4_294_967_295, 0, 1, 2]), 0);
        assert_eq!(missing(&[1, 900_000, 900_002]), 1);
        let mut s = Serials::default();
        s.note(b"type=DAEMON_START msg=audit(1.000:7): x");
        s.note(b"type=A msg=audit(1.000:9): x");
        s.note(b"node=b type=A msg=audit(1.000:90): x");
        assert_eq!(s.warning(), None);
    }
}
