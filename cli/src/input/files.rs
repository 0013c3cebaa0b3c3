//! What is to be read: files as they are named, folders walked in the order of names.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use crate::error::CliError;

/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

/// The files below the paths. A path that does not exist is an error of its own.
pub fn expand(paths: &[PathBuf]) -> Vec<Result<PathBuf, CliError>> {
    let mut files = Vec::new();
    for path in paths {
        expand_into(path, &mut files);
    }
    files
}

fn expand_into(path: &Path, files: &mut Vec<Result<PathBuf, CliError>>) {
    let failed = |error: std::io::Error| CliError::Input { path: path.to_owned(), reason: error.to_string() };
    if path.as_os_str() == "-" {
        files.push(Ok(path.to_owned()));
        return;
    }
    match path.metadata() {
        Err(error) => files.push(Err(failed(error))),
        Ok(metadata) if !metadata.is_dir() => files.push(Ok(path.to_owned())),
        Ok(_) => match path.read_dir().and_then(Iterator::collect::<Result<Vec<_>, _>>) {
            Err(error) => files.push(Err(failed(error))),
            Ok(mut entries) => {
                entries.sort_by_key(std::fs::DirEntry::file_name);
                let visible = entries.iter().filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
                visible.for_each(|entry| expand_into(&entry.path(), files));
            }
        },
    }
}

/// Opens a file, or standard input for `-`; what is packed by gzip is unpacked. `counted` sees every byte that is read.
pub fn open(path: &Path, counted: impl FnMut(u64) + 'static) -> Result<Box<dyn BufRead>, CliError> {
    let raw: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(stdin().lock())
    } else {
        let opened = File::open(path);
        Box::new(opened.map_err(|error| CliError::Input { path: path.to_owned(), reason: error.to_string() })?)
    };
    let mut reader = BufReader::with_capacity(BUFFER, Counted { raw, counted });
    let start =
        reader.fill_buf().map_err(|error| CliError::Input { path: path.to_owned(), reason: error.to_string() })?;
    let is_packed = start.starts_with(&[0x1f, 0x8b]) || path.extension().is_some_and(|extension| extension == "gz");
    Ok(if is_packed {
        Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(reader)))
    } else {
        Box::new(reader)
    })
}

struct Counted<F> {
    raw: Box<dyn Read>,
    counted: F,
}

impl<F: FnMut(u64)> Read for Counted<F> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.raw.read(buffer)?;
        (self.counted)(count as u64);
        Ok(count)
    }
}
