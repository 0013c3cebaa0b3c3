//! From files to sinks, in chunks that threads share.

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::ProgressBar;

use super::chunks::Chunks;
use super::forms::{Form, form};
use super::lines::{Lines, Origin};
use super::{Place, Sink, files};
use crate::error::CliError;
use crate::output::complain;
use crate::progress;

/// Reads everything; whether all of it could be read. What could not is reported with its file and line.
///
/// Lines are shared out among the sinks; with one sink they come in order.
pub fn read<S: Sink + Send>(paths: &[PathBuf], place: &Place, sinks: &mut [S]) -> Result<bool, CliError> {
    let files = files::expand(paths);
    let sizes = files.iter().flatten().filter_map(|path| path.metadata().ok()).map(|metadata| metadata.len());
    let bar = progress::bar(sizes.sum());
    let mut all_read = true;
    for file in files {
        match file.and_then(|path| read_file(&path, place, sinks, &bar)) {
            Ok(whole) => all_read &= whole,
            Err(CliError::Input { path, reason }) => {
                bar.suspend(|| complain(&format!("{}: {reason}", path.display())));
                all_read = false;
            }
            Err(error) => return Err(error),
        }
    }
    bar.finish_and_clear();
    Ok(all_read)
}

fn read_file<S: Sink + Send>(path: &Path, place: &Place, sinks: &mut [S], bar: &ProgressBar) -> Result<bool, CliError> {
    let counter = bar.clone();
    let reader = files::open(path, move |bytes| counter.inc(bytes))?;
    let mut chunks = Chunks::new(path, reader);
    let Some((_, first)) = chunks.next()? else { return Ok(true) };
    let text = String::from_utf8_lossy(&first);
    let first_line = text.lines().next().unwrap_or_default().trim();
    let known = first_line.starts_with('{').then(|| form(first_line));
    let is_document = matches!(&known, Some(Err(error)) if error.is_eof());
    let has_envelopes = matches!(&known, Some(Ok(form)) if !matches!(form, Form::Other));
    let origin = Origin { path, place, bar, has_envelopes };
    if let [sink, ..] = sinks
        && is_document
    {
        let mut whole = first;
        chunks.read_rest(&mut whole)?;
        let mut lines = Lines::new(origin, sink);
        lines.document(&String::from_utf8_lossy(&whole))?;
        return Ok(lines.all_read);
    }
    if let [sink] = sinks {
        let mut lines = Lines::new(origin, sink);
        lines.chunk(&first, 1)?;
        while let Some((number, chunk)) = chunks.next()? {
            lines.chunk(&chunk, number)?;
        }
        return Ok(lines.all_read);
    }
    share_out(first, chunks, sinks.iter_mut().map(|sink| Lines::new(origin, sink)).collect())
}

/// Hands chunks to whoever is free.
fn share_out<S: Sink + Send>(
    first: Vec<u8>,
    mut chunks: Chunks<'_>,
    lines: Vec<Lines<'_, S>>,
) -> Result<bool, CliError> {
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel::<(usize, Vec<u8>)>(lines.len());
        let receiver = Arc::new(Mutex::new(receiver));
        let workers: Vec<_> = lines
            .into_iter()
            .map(|mut lines| {
                let receiver = Arc::clone(&receiver);
                let next = move || receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok();
                scope.spawn(move || {
                    let mut read = Ok(());
                    // After a failure chunks are still taken, so that who reads them is not held up.
                    while let Some((number, chunk)) = next() {
                        if read.is_ok() {
                            read = lines.chunk(&chunk, number);
                        }
                    }
                    read.map(|()| lines.all_read)
                })
            })
            .collect();
        let mut handed_over = sender.send((1, first)).is_ok();
        let mut all_read = Ok(true);
        // Only workers that are gone do not take a chunk, and they say why below.
        while handed_over {
            handed_over = match chunks.next() {
                Ok(Some(numbered)) => sender.send(numbered).is_ok(),
                Ok(None) => false,
                Err(error) => {
                    all_read = Err(error);
                    false
                }
            };
        }
        drop(sender);
        for worker in workers {
            let read = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all_read = all_read.and_then(|all_read| Ok(read? && all_read));
        }
        all_read
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::Unit;

    use super::*;

    #[derive(Default)]
    struct Taken {
        messages: Vec<(i64, String)>,
        identities: Vec<u64>,
        unreadable: usize,
    }

    impl Sink for Taken {
        fn take(&mut self, unit: Unit<'_>) -> Result<(), CliError> {
            self.identities.push(unit.identity);
            let events = unit.delivery.events.iter();
            self.messages.extend(events.map(|event| (event.timestamp, event.message.text().into_owned())));
            Ok(())
        }

        fn unreadable(&mut self, _: u64) {
            self.unreadable += 1;
        }
    }

    fn taken(content: &str) -> (bool, Taken) {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let mut taken = Taken::default();
        let all_read = read(&[file.path().to_owned()], &Place::default(), std::slice::from_mut(&mut taken)).unwrap();
        (all_read, taken)
    }

    #[test]
    fn text_is_an_event_a_line_with_the_time_it_names() {
        let (all_read, taken) = taken(
            "1970-01-01T00:00:01.000Z START RequestId: a Version: 1\n\n\
             1970-01-01T00:00:02.000Z 3f1c-1 Task timed out after 3.00 seconds\n\
             1970-01-01T00:00:03.000Z 1970-01-01T00:00:03.000Z 3f1c-1 Task timed out after 3.00 seconds\n\
             {\"level\":\"INFO\"\n{'log': 1}\nplain\nplain\n",
        );
        assert!(all_read);
        let messages: Vec<_> = taken.messages.iter().map(|(at_ms, message)| (*at_ms, message.as_str())).collect();
        assert_eq!(
            messages,
            [
                (1_000, "START RequestId: a Version: 1"),
                (2_000, "1970-01-01T00:00:02.000Z 3f1c-1 Task timed out after 3.00 seconds"),
                (3_000, "1970-01-01T00:00:03.000Z 3f1c-1 Task timed out after 3.00 seconds"),
                (0, "{\"level\":\"INFO\""),
                (0, "{'log': 1}"),
                (0, "plain"),
                (0, "plain"),
            ]
        );
        assert_ne!(taken.identities[5], taken.identities[6]);
    }

    #[test]
    fn a_document_may_have_many_lines_and_a_line_a_document() {
        let (all_read, pretty) = taken(
            "{\n \"events\": [\n  {\"timestamp\": 5, \"message\": \"a\", \"eventId\": \"1\"},\n  {\"message\": \"b\"}\n ]\n}\n",
        );
        assert!(all_read);
        assert_eq!(pretty.messages, [(5, "a".to_owned()), (0, "b".to_owned())]);
        let (all_read, lines) = taken("{\"message\":\"a\",\"id\":\"1\"}\n{\"message\":\"a\",\"id\":\"1\"}\n");
        assert!(all_read);
        assert_eq!(lines.identities[0], lines.identities[1]);
    }

    #[test]
    fn many_sinks_take_what_one_takes() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        for i in 0..60_000 {
            writeln!(file, "{{\"message\":\"line {i} of a file that is larger than a chunk\",\"id\":\"{i}\"}}")
                .unwrap();
        }
        writeln!(file, "{{\"message\":").unwrap();
        let mut taken: Vec<_> = (0..3).map(|_| Taken::default()).collect();
        assert!(!read(&[file.path().to_owned()], &Place::default(), &mut taken).unwrap());
        let mut identities: Vec<_> = taken.iter().flat_map(|taken| taken.identities.clone()).collect();
        identities.sort_unstable();
        identities.dedup();
        assert_eq!((identities.len(), taken.iter().map(|taken| taken.unreadable).sum::<usize>()), (60_000, 1));
    }

    #[test]
    fn what_cannot_be_read_does_not_stop_the_rest() {
        let (all_read, taken) = taken(
            "{\"message\":\"a\"}\n{\"message\":\n{\"awslogs\":{\"data\":\"@@@\"}}\n\
             {\"messageType\":\"DATA_MESSAGE\",\"logEvents\":[{\"timestamp\":1,\"message\":7},{\"timestamp\":1,\"message\":\"b\"}]}\n",
        );
        assert!(!all_read);
        assert_eq!((taken.messages.len(), taken.unreadable), (2, 2));
        assert!(!read(&["nowhere".into()], &Place::default(), &mut [Taken::default()]).unwrap());
    }
}
