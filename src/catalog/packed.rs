//! The embedded catalog: read in place, one service at a time. `build/main.rs` packs it and tells the layout.

use super::service::{AccessLevel, Action, Service};

/// Packed by the build script from `build/catalog.txt`.
pub(super) static EMBEDDED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/catalog.bin"));

/// Words with a number below this take one byte.
const COMMON: usize = 192;

/// The packed bytes, their sections found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packed<'b> {
    pub(super) header: &'b str,
    word_ends: &'b [u8],
    words: &'b [u8],
    directory: Cursor<'b>,
    services: usize,
    actions: &'b [u8],
}

/// Where one service's actions stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'b> {
    pub(super) prefix: &'b str,
    count: usize,
    start: usize,
}

impl<'b> Packed<'b> {
    /// `None` for bytes that are not a packed catalog.
    pub(super) fn open(bytes: &'b [u8]) -> Option<Self> {
        let mut cursor = Cursor(bytes);
        let header_len = cursor.u32()?;
        let header = cursor.text(header_len)?;
        let words = cursor.u16()?;
        let word_ends = cursor.take(words * 2)?;
        let last = Cursor(word_ends.get(word_ends.len().checked_sub(2)?..)?).u16()?;
        let words = cursor.take(last)?;
        let services = cursor.u16()?;
        let directory = cursor;
        for _ in 0..services {
            let prefix_len = cursor.u8()?;
            cursor.take(prefix_len + 6)?;
        }
        Some(Self { header, word_ends, words, directory, services, actions: cursor.0 })
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = Entry<'b>> + use<'b> {
        let mut cursor = self.directory;
        (0..self.services).map_while(move |_| {
            let prefix_len = cursor.u8()?;
            Some(Entry { prefix: cursor.text(prefix_len)?, count: cursor.u16()?, start: cursor.u32()? })
        })
    }

    /// Unpacks one service.
    pub(super) fn service(&self, entry: Entry<'_>) -> Service {
        let mut names = String::new();
        let mut actions: Vec<(usize, AccessLevel, Option<bool>)> = Vec::with_capacity(entry.count);
        let mut cursor = Cursor(self.actions.get(entry.start..).unwrap_or_default());
        // Where each word of the name before ends, counted from the name's start.
        let mut cuts: Vec<usize> = Vec::new();
        let mut before = 0;
        for _ in 0..entry.count {
            let start = names.len();
            let Some((level, tracked)) = self.action(&mut cursor, &mut names, before, &mut cuts) else {
                break;
            };
            before = start;
            actions.push((names.len(), level, tracked));
        }
        let mut start = 0;
        let actions = actions.into_iter().map(|(end, level, tracked)| {
            let name = names.get(start..end).unwrap_or_default();
            start = end;
            Action { name, level, tracked }
        });
        Service::new(entry.prefix, actions.collect())
    }

    /// Appends one name to `names`; the name before it begins at `before`.
    fn action(
        &self,
        cursor: &mut Cursor<'_>,
        names: &mut String,
        before: usize,
        cuts: &mut Vec<usize>,
    ) -> Option<(AccessLevel, Option<bool>)> {
        let (first, second) = (cursor.u8()?, cursor.u8()?);
        let start = names.len();
        cuts.truncate(first & 15);
        let kept = cuts.last().copied().unwrap_or(0);
        names.extend_from_within(before..before + kept);
        for _ in 0..second & 15 {
            let number = match cursor.u8()? {
                rare @ COMMON.. => COMMON + (rare - COMMON) * 256 + cursor.u8()?,
                common => common,
            };
            names.push_str(self.word(number)?);
            cuts.push(names.len() - start);
        }
        let tracked = match second >> 4 {
            1 => Some(true),
            2 => Some(false),
            _ => None,
        };
        Some((AccessLevel::of_number(first >> 4)?, tracked))
    }

    fn word(&self, number: usize) -> Option<&'b str> {
        let end = |number: usize| Cursor(self.word_ends.get(number * 2..)?).u16();
        let start = number.checked_sub(1).map_or(Some(0), end)?;
        std::str::from_utf8(self.words.get(start..end(number)?)?).ok()
    }
}

/// Bytes that are read from the front; `None` past the end.
#[derive(Debug, Clone, Copy)]
struct Cursor<'b>(&'b [u8]);

impl<'b> Cursor<'b> {
    fn take(&mut self, len: usize) -> Option<&'b [u8]> {
        let (head, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(head)
    }

    fn text(&mut self, len: usize) -> Option<&'b str> {
        std::str::from_utf8(self.take(len)?).ok()
    }

    fn number<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<usize> {
        self.number::<1>().map(|[byte]| usize::from(byte))
    }

    fn u16(&mut self) -> Option<usize> {
        self.number().map(|bytes| usize::from(u16::from_le_bytes(bytes)))
    }

    fn u32(&mut self) -> Option<usize> {
        self.number().map(|bytes| u32::from_le_bytes(bytes) as usize)
    }
}
