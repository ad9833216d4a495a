//! Fields that hold several values: each element of an array counts.

use smallvec::SmallVec;

use super::super::CorrelationSpec;
use super::core::Match;
use super::feed::{combined, hash_one};

/// Most elements of a field, and most combinations of several fields, that one event counts.
const MOST: usize = 64;

/// What is counted of one event: one value, most often.
pub(super) type Values = SmallVec<[u64; 2]>;

/// What an event counts: nothing where a field has no value. A value is one however often
/// and however spelt it is there.
pub(super) fn counted(spec: &CorrelationSpec, base: u16, m: &Match<'_>) -> Values {
    let mut lists: SmallVec<[Values; 2]> = SmallVec::new();
    for f in &spec.fields {
        let mut list = Values::new();
        if let Some(field) = f.per_base.get(usize::from(base)).and_then(Option::as_ref) {
            field.each(m.e, &mut |v| {
                let hash = hash_one(v, field.is_source());
                if !v.is_empty() && list.len() < MOST && !list.contains(&hash) {
                    list.push(hash);
                }
            });
        }
        lists.push(list);
    }
    let mut out = Values::new();
    if lists.iter().any(Values::is_empty) {
        return out;
    }
    let mut at: SmallVec<[usize; 2]> = SmallVec::from_elem(0, lists.len());
    // All combinations differ, so that each turn finds one.
    for _ in 0..MOST {
        let hash = combined(lists.iter().zip(&at).filter_map(|(list, at)| list.get(*at).copied()));
        if !out.contains(&hash) {
            out.push(hash);
        }
        // The next combination, the last field first.
        let mut turned = true;
        for (at, list) in at.iter_mut().zip(&lists).rev() {
            *at += 1;
            turned = *at >= list.len();
            if !turned {
                break;
            }
            *at = 0;
        }
        if turned {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Bench, base, brief, correlation};

    /// An event whose fields have these values.
    fn event(fields: &[(&str, &[String])]) -> String {
        let words = fields.iter().flat_map(|(name, all)| all.iter().map(move |v| format!(" {name}={v}")));
        format!("kind=fail src_ip=1.1.1.1{}", words.collect::<String>())
    }

    fn counted(fields: &str, threshold: u32, lines: &[String]) -> usize {
        let body = format!(
            "type: value_count\nrules: [fail]\ngroup-by: [src_ip]\ntimespan: 1m\ncondition: {{field: [{fields}], gte: {threshold}}}"
        );
        let mut b = Bench::new(&[base("fail"), correlation(1, &body)]);
        b.feed(0, &lines.iter().map(|l| (0, l.clone())).collect::<Vec<_>>());
        brief(&b.end()).len()
    }

    /// Spellings of one value in every field are one value each, and cost no search for others:
    /// 64 of each in four fields are 16 million combinations.
    #[test]
    fn spellings_are_no_values() {
        let spelt = |word: &str| -> Vec<String> {
            let each = |n: u32| {
                let letter = |(i, c): (usize, char)| if n >> i & 1 == 1 { c.to_ascii_uppercase() } else { c };
                word.chars().enumerate().map(letter).collect()
            };
            (0..64).map(each).collect()
        };
        let words = ["abcdefgh", "bcdefghi", "cdefghij", "defghijk"].map(spelt);
        let fields: Vec<(&str, &[String])> =
            ["A", "B", "C", "D"].into_iter().zip(words.iter().map(Vec::as_slice)).collect();
        let lines = vec![event(&fields); 50];
        assert_eq!((counted("A, B, C, D", 2, &lines), counted("A, B, C, D", 1, &lines)), (0, 1));
    }

    #[test]
    fn combinations_of_one_event() {
        let all = |n: u32| (0..n).map(|i| format!("v{i}")).collect::<Vec<_>>();
        let (three, four, many) = (all(3), all(4), all(100));
        let twelve = [event(&[("A", &three), ("B", &four)])];
        assert_eq!((counted("A, B", 12, &twelve), counted("A, B", 13, &twelve)), (1, 0));
        let bounded = [event(&[("A", &many)])];
        assert_eq!((counted("A", 64, &bounded), counted("A", 65, &bounded)), (1, 0));
        let empty_first = [event(&[("A", &[String::new(), "x".to_owned(), "y".to_owned()])])];
        assert_eq!(counted("A", 2, &empty_first), 1);
    }
}
