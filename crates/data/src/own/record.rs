//! Records of comma-separated values (RFC 4180) with their line numbers.

use std::io::{BufRead, Read};

use super::Fault;
use crate::text::grouped;

/// Records of a file. A record is one line, or several if a quoted field contains line breaks.
pub(super) struct Records<R> {
    reader: R,
    delimiter: u8,
    /// Physical lines read so far.
    lines: u64,
    raw: Vec<u8>,
    /// Concatenated fields of the record, and their ends.
    text: Vec<u8>,
    ends: Vec<usize>,
    /// First line of the record, from 1.
    pub(super) line: u64,
}

/// Maximum length of a record in bytes: some hundred thousand numbers.
const LONGEST: usize = 16 << 20;

/// Failure to read the next record.
pub(super) enum Broken {
    Io(std::io::Error),
    Fault(Fault),
}

impl<R: BufRead> Records<R> {
    pub(super) fn new(reader: R, delimiter: u8) -> Records<R> {
        let (raw, text, ends) = (Vec::new(), Vec::new(), Vec::new());
        Records { reader, delimiter, lines: 0, raw, text, ends, line: 0 }
    }

    /// Reads the next record; false at the end. Empty lines are skipped.
    pub(super) fn advance(&mut self) -> Result<bool, Broken> {
        loop {
            if !self.read_line()? {
                return Ok(false);
            }
            if !self.raw.trim_ascii().is_empty() {
                break;
            }
        }
        self.line = self.lines;
        self.text.clear();
        self.ends.clear();
        let (mut quoted, mut start, mut at) = (false, 0, 0);
        loop {
            match self.raw.get(at).copied() {
                None if quoted => {
                    self.text.push(b'\n');
                    if self.text.len() > LONGEST {
                        return Err(self.too_long());
                    }
                    if !self.read_line()? {
                        let place = format!("line {}", self.line);
                        let hint = "double a quote within a quoted field";
                        let fault = Fault::expected(place, "a closing quote", "the end of the file", hint);
                        return Err(Broken::Fault(fault));
                    }
                    at = 0;
                    continue;
                }
                None => break,
                Some(b'"') if quoted && self.raw.get(at + 1) == Some(&b'"') => {
                    self.text.push(b'"');
                    at += 1;
                }
                Some(b'"') if quoted => quoted = false,
                Some(b'"') if self.text[start..].trim_ascii().is_empty() => {
                    self.text.truncate(start);
                    quoted = true;
                }
                Some(byte) if byte == self.delimiter && !quoted => {
                    self.ends.push(self.text.len());
                    start = self.text.len();
                }
                Some(byte) => self.text.push(byte),
            }
            at += 1;
        }
        self.ends.push(self.text.len());
        Ok(true)
    }

    /// Number of fields.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Trimmed fields of the record; an error names the column, from 1.
    pub(super) fn fields(&self) -> impl Iterator<Item = Result<&str, Fault>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).zip(1..).map(|((start, &end), column)| {
            str::from_utf8(&self.text[start..end]).map(str::trim).map_err(|_| {
                let place = format!("line {}, column {column}", self.line);
                Fault::expected(place, "UTF-8", "other bytes", "save the table as \"CSV UTF-8\"")
            })
        })
    }

    fn too_long(&self) -> Broken {
        let expected = format!("a record of at most {} bytes", grouped(LONGEST as u64));
        let hint = "check that it is a table, and that every quote is closed";
        Broken::Fault(Fault::expected(format!("line {}", self.lines + 1), &expected, "a longer one", hint))
    }

    /// Reads a line without its end; false at the end of the file.
    fn read_line(&mut self) -> Result<bool, Broken> {
        self.raw.clear();
        let mut bounded = self.reader.by_ref().take(LONGEST as u64 + 1);
        if bounded.read_until(b'\n', &mut self.raw).map_err(Broken::Io)? == 0 {
            return Ok(false);
        }
        if self.raw.len() > LONGEST {
            return Err(self.too_long());
        }
        if self.lines == 0 && self.raw.starts_with(b"\xef\xbb\xbf") {
            self.raw.drain(..3);
        }
        self.lines += 1;
        for end in [b'\n', b'\r'] {
            if self.raw.last() == Some(&end) {
                self.raw.pop();
            }
        }
        Ok(true)
    }
}
