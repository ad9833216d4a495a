//! One attempt counts once, however many lines a program writes of it.
//!
//! Per rule and connection (machine, process, process id) and account, the acts
//! are the largest of the numbers of notices, library lines and verdicts seen;
//! a line weighs what it adds to that. The end of a connection is an act only
//! where nothing else was one: of keys that are refused sshd writes nothing else. Records without a process id share a
//! connection with those of the same machine, address and account of the last
//! seconds; of sudo and su, which write what became of several tries when the
//! last one failed, of the last minutes. The table is bounded and forgets by event time: two generations,
//! the older dropped whole, so that forgetting costs nothing per event.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::event::time::SECOND;
use crate::event::{EventRef, EventType, Ov, RecordFlags, hash64};

/// A process id says nothing about lines further apart than this.
const CONNECTION_TTL: i64 = 600 * SECOND;
/// The same for lines without a process id.
const LOOSE_TTL: i64 = 5 * SECOND;
/// The same for a prompt of sudo or su, which waits five minutes for a password.
const PROMPT_TTL: i64 = 300 * SECOND;
/// How long after one module's refusal another one's acceptance is of the same attempt.
const ACCEPT_TTL: i64 = 10 * SECOND;
/// Attempts that a program allows where it does not say how many (sshd's default).
const DEFAULT_LIMIT: u32 = 6;
/// Most that one line may count (`message repeated N times`).
const MAX_REPEAT: u32 = 100_000;
/// Accounts told apart in one connection.
const ACCOUNTS: usize = 8;

/// What one line says of an attempt, computed once for all rules.
#[derive(Debug, Clone, Copy)]
pub(super) struct ActLine {
    flags: RecordFlags,
    connection: u64,
    account: u64,
    n: u32,
    explicit: bool,
    /// Keys may have been offered instead of passwords.
    keys: bool,
    ttl: i64,
    time: i64,
}

impl ActLine {
    /// Reads an event.
    pub(super) fn read(e: EventRef<'_>, time: i64) -> Self {
        let said = e.ov(Ov::Count).and_then(|c| c.trim().parse::<u32>().ok());
        let n = said.unwrap_or(1).clamp(1, MAX_REPEAT);
        let flags = RecordFlags(e.rec.flags.0 & RecordFlags::ACT.0);
        let keys = matches!(e.rec.event_type, EventType::SshLoginFailed | EventType::SshDisconnect);
        let mut line = Self { flags, connection: 0, account: 0, n, explicit: said.is_some(), keys, ttl: 0, time };
        if flags.0 == 0 {
            return line;
        }
        let hash = |name: Ov| e.ov(name).map_or(0, |v| hash64(v.as_bytes()));
        line.account = hash(Ov::User);
        let host = hash(Ov::Host).rotate_left(17);
        if e.ov(Ov::Pid).is_some() {
            line.connection = host ^ hash(Ov::Process).rotate_left(5) ^ hash(Ov::Pid);
            line.ttl = CONNECTION_TTL;
        } else {
            line.connection = host ^ hash(Ov::SrcIp).rotate_left(31) ^ line.account.rotate_left(43);
            let prompt = matches!(e.rec.event_type, EventType::SudoFailed | EventType::SuFailed);
            line.ttl = if prompt { PROMPT_TTL } else { LOOSE_TTL };
        }
        line
    }

    /// Whether it says that another module accepted what one refused.
    pub(super) fn accepts(&self) -> bool {
        self.flags.has(RecordFlags::ACT_ACCEPT)
    }
}

/// Numbers of one account within one connection: notices, library lines, verdicts.
#[derive(Debug, Clone, Copy, Default)]
struct Account {
    hash: u64,
    kinds: [u32; 3],
}

impl Account {
    fn acts(&self) -> u32 {
        self.kinds.iter().copied().max().unwrap_or(0)
    }
}

#[derive(Debug, Clone, Default)]
struct Connection {
    last: i64,
    limit: u32,
    accounts: SmallVec<[Account; 1]>,
    /// The account of the line before: lines without one belong to it.
    current: usize,
}

impl Connection {
    fn acts(&self) -> u32 {
        self.accounts.iter().map(Account::acts).fold(0, u32::saturating_add).max(self.limit)
    }

    fn account(&mut self, hash: u64) -> Option<&mut Account> {
        let found = if hash == 0 {
            (!self.accounts.is_empty()).then_some(self.current)
        } else {
            self.accounts.iter().position(|a| a.hash == hash).or_else(|| self.accounts.iter().position(|a| a.hash == 0))
        };
        self.current = match found {
            Some(i) => i,
            // Too many accounts for one connection: the last one takes the rest.
            None if self.accounts.len() >= ACCOUNTS => self.accounts.len() - 1,
            None => {
                self.accounts.push(Account::default());
                self.accounts.len() - 1
            }
        };
        let account = self.accounts.get_mut(self.current)?;
        if account.hash == 0 {
            account.hash = hash;
        }
        Some(account)
    }
}

/// The connections of all rules.
#[derive(Debug)]
pub(super) struct Acts {
    young: FxHashMap<u64, Connection>,
    old: FxHashMap<u64, Connection>,
    turned: i64,
    /// Sources come behind each other: what is behind turns nothing.
    late: bool,
    cap: usize,
    /// Connections forgotten before their time because the table was full.
    pub(super) evicted: u64,
}

impl Acts {
    /// A table that holds at most twice `cap` connections.
    pub(super) fn new(cap: usize, late: bool) -> Self {
        let (young, old) = (FxHashMap::default(), FxHashMap::default());
        Self { young, old, turned: i64::MIN, late, cap: cap.max(1), evicted: 0 }
    }

    /// Acts that the line adds for that rule.
    pub(super) fn weigh(&mut self, slot: u32, line: &ActLine, order: i64) -> u32 {
        if line.flags.0 == 0 || line.accepts() {
            return line.n;
        }
        self.turn(order);
        let key = key(slot, line);
        if !self.young.contains_key(&key) {
            let kept = self.old.remove(&key).unwrap_or_default();
            self.young.insert(key, kept);
        }
        let Some(c) = self.young.get_mut(&key) else { return line.n };
        if line.time.abs_diff(c.last) > line.ttl.unsigned_abs() {
            *c = Connection::default();
        }
        c.last = line.time;
        let before = c.acts();
        if line.flags.has(RecordFlags::ACT_LIMIT) {
            // sshd writes each password that fails. Where none did, an agent had
            // more keys than are allowed, and nobody guessed.
            let guessed = !line.keys || c.accounts.iter().any(|a| a.acts() > 0);
            let unsaid = if guessed { DEFAULT_LIMIT } else { 1 };
            c.limit = c.limit.max(if line.explicit { line.n } else { unsaid });
        }
        if line.flags.has(RecordFlags::ACT_END) {
            c.limit = c.limit.max(line.n);
        }
        let kinds = [RecordFlags::ACT_NOTICE, RecordFlags::ACT_MODULE, RecordFlags::ACT_VERDICT];
        if line.flags.any(RecordFlags(kinds.iter().fold(0, |a, k| a | k.0)))
            && let Some(account) = c.account(line.account)
        {
            for (n, kind) in account.kinds.iter_mut().zip(kinds) {
                if line.flags.has(kind) {
                    *n = n.saturating_add(line.n);
                }
            }
        }
        c.acts().saturating_sub(before)
    }

    /// Acts that were counted for that rule and are none: the library's line
    /// before this one told of a module's refusal, and this one that another
    /// module accepted. Machines that ask a directory write both of each
    /// attempt that succeeds.
    pub(super) fn accept(&mut self, slot: u32, line: &ActLine) -> u32 {
        let key = key(slot, line);
        let Some(c) = self.young.get_mut(&key).or_else(|| self.old.get_mut(&key)) else { return 0 };
        if line.time.abs_diff(c.last) > ACCEPT_TTL.unsigned_abs() {
            return 0;
        }
        let before = c.acts();
        let named = c.accounts.iter().position(|a| a.hash == line.account || a.hash == 0);
        // Some modules name whose password it was, and not who asked.
        let only = (c.accounts.len() == 1).then_some(0);
        let Some(account) = named.or(only).and_then(|i| c.accounts.get_mut(i)) else { return 0 };
        let [_, module, _] = &mut account.kinds;
        *module = module.saturating_sub(1);
        before.saturating_sub(c.acts())
    }

    fn turn(&mut self, order: i64) {
        let order = if self.late { order.max(self.turned) } else { order };
        let aged = self.turned == i64::MIN || order.abs_diff(self.turned) > CONNECTION_TTL.unsigned_abs();
        if !aged && self.young.len() < self.cap {
            return;
        }
        if !aged {
            self.evicted += self.old.len() as u64;
        }
        std::mem::swap(&mut self.young, &mut self.old);
        self.young.clear();
        self.turned = order;
    }
}

fn key(slot: u32, line: &ActLine) -> u64 {
    line.connection ^ u64::from(slot).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(flags: RecordFlags, account: u64, n: u32, secs: i64) -> ActLine {
        ActLine {
            flags,
            connection: 7,
            account,
            n,
            explicit: n != 1,
            keys: true,
            ttl: CONNECTION_TTL,
            time: secs * SECOND,
        }
    }

    fn weights(lines: &[ActLine]) -> Vec<u32> {
        let mut acts = Acts::new(100, false);
        lines.iter().map(|l| acts.weigh(0, l, l.time)).collect()
    }

    const N: RecordFlags = RecordFlags::ACT_NOTICE;
    const M: RecordFlags = RecordFlags::ACT_MODULE;
    const V: RecordFlags = RecordFlags::ACT_VERDICT;

    #[test]
    fn three_lines_of_one_attempt_are_one_act() {
        assert_eq!(weights(&[line(N, 1, 1, 0), line(M, 0, 1, 0), line(V, 1, 1, 2)]), [1, 0, 0]);
    }

    #[test]
    fn each_verdict_is_an_act() {
        assert_eq!(weights(&[line(V, 1, 1, 0), line(V, 1, 1, 1), line(M, 1, 1, 1), line(M, 1, 2, 2)]), [1, 1, 0, 1]);
    }

    #[test]
    fn repeats_count_and_the_limit_raises() {
        assert_eq!(weights(&[line(V, 1, 1, 0), line(V, 1, 3, 1)]), [1, 3]);
        assert_eq!(weights(&[line(V, 1, 1, 0), line(RecordFlags::ACT_LIMIT, 1, 1, 1)]), [1, 5]);
        assert_eq!(weights(&[line(V, 1, 1, 0), line(RecordFlags::ACT_LIMIT, 1, 4, 1), line(V, 1, 1, 1)]), [1, 3, 0]);
    }

    #[test]
    fn the_end_counts_where_nothing_else_did() {
        const E: RecordFlags = RecordFlags::ACT_END;
        assert_eq!(weights(&[line(E, 1, 1, 0), line(E, 0, 1, 0)]), [1, 0]);
        assert_eq!(weights(&[line(N, 1, 1, 0), line(E, 1, 1, 0)]), [1, 0]);
        assert_eq!(weights(&[line(V, 1, 1, 0), line(V, 1, 1, 1), line(E, 1, 1, 2)]), [1, 1, 0]);
        assert_eq!(weights(&[line(V, 1, 1, 0), line(E, 1, 3, 2)]), [1, 2]);
    }

    #[test]
    fn a_limit_without_a_password_is_an_agent_with_many_keys() {
        const L: RecordFlags = RecordFlags::ACT_LIMIT;
        assert_eq!(weights(&[line(L, 1, 1, 0), line(L, 1, 1, 0)]), [1, 0]);
        assert_eq!(weights(&[line(V, 1, 1, 0), line(L, 1, 1, 0), line(L, 1, 1, 0)]), [1, 5, 0]);
        assert_eq!(weights(&[ActLine { keys: false, ..line(L, 1, 1, 0) }]), [6], "of passwords only");
    }

    #[test]
    fn what_another_module_accepts_was_no_failure() {
        let accept = |account, secs| line(RecordFlags::ACT_ACCEPT, account, 1, secs);
        let mut acts = Acts::new(100, false);
        let mut say = |l: ActLine| if l.accepts() { acts.accept(0, &l) } else { acts.weigh(0, &l, l.time) };
        // mistyped once (both modules say so), then right
        assert_eq!([say(line(M, 1, 1, 0)), say(line(N, 1, 1, 0)), say(line(M, 1, 1, 5))], [1, 0, 1]);
        assert_eq!([say(accept(1, 5)), say(accept(1, 5))], [1, 0], "the one that was mistyped stays");
        // the directory alone is asked: its acceptances take nothing back
        assert_eq!([say(line(N, 2, 1, 20)), say(accept(2, 21))], [1, 0]);
        assert_eq!([say(line(M, 3, 1, 40)), say(accept(3, 60))], [1, 0], "of another attempt");
        let other = ActLine { connection: 8, ..accept(3, 40) };
        assert_eq!(say(other), 0, "of another process");
    }

    #[test]
    fn another_account_in_the_same_process_is_another_act() {
        assert_eq!(weights(&[line(N, 1, 1, 0), line(V, 1, 1, 0), line(N, 2, 1, 1), line(V, 2, 1, 1)]), [1, 0, 1, 0]);
    }

    #[test]
    fn a_reused_process_id_is_another_connection() {
        assert_eq!(weights(&[line(V, 1, 1, 0), line(M, 1, 1, 5), line(M, 1, 1, 5_000)]), [1, 0, 1]);
    }

    #[test]
    fn rules_count_apart_and_the_table_is_bounded() {
        let mut acts = Acts::new(4, false);
        assert_eq!((acts.weigh(0, &line(N, 1, 1, 0), 0), acts.weigh(1, &line(V, 1, 1, 0), 0)), (1, 1));
        for c in 0..100 {
            let l = ActLine { connection: c, ..line(V, 1, 1, 0) };
            assert_eq!(acts.weigh(0, &l, 0), 1);
        }
        assert!(acts.young.len() + acts.old.len() <= 8);
        assert!(acts.evicted > 0);
    }
}
