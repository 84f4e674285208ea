//! How do lines travel between an assistant on this machine and MCP? Messages go through; what is none is answered here.
//!
//! The library drops a line that is not JSON without a word, so that an assistant would wait for ever.

use tokio::{
    io::{
        AsyncBufRead, AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, DuplexStream, Result,
        duplex,
    },
    sync::mpsc,
    task::JoinHandle,
};

use super::message::{TOO_LARGE, fault};

/// The longest message that is taken, in bytes: far more than any question.
const MESSAGE_BYTES_MAX: usize = 1024 * 1024;
/// How much is on its way in one direction before the other side has to wait.
const ON_THE_WAY: usize = 64 * 1024;
/// How many errors may wait to be written.
const ERRORS_MAX: usize = 16;

/// The library's ends of the lines, and the one who writes: it ends when all is written.
pub(super) struct Lines {
    pub(super) messages: DuplexStream,
    pub(super) answers: DuplexStream,
    pub(super) writing: JoinHandle<Result<()>>,
}

/// Carries lines from `input` to the library and its answers to `output`.
pub(super) fn lines(input: impl AsyncRead + Unpin + Send + 'static, output: impl AsyncWrite + Unpin + Send + 'static) -> Lines {
    let (messages, into) = duplex(ON_THE_WAY);
    let (answers, from) = duplex(ON_THE_WAY);
    let (errors, wrong) = mpsc::channel(ERRORS_MAX);
    // Ends with its input, or when nobody listens any more.
    tokio::spawn(read(BufReader::new(input), into, errors));
    Lines { messages, answers, writing: tokio::spawn(write(BufReader::new(from), wrong, output)) }
}

async fn read(mut input: impl AsyncBufRead + Unpin, mut into: DuplexStream, errors: mpsc::Sender<Vec<u8>>) -> Result<()> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        line.clear();
        if (&mut input).take(MESSAGE_BYTES_MAX as u64).read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let ends = line.last() == Some(&b'\n') || line.len() < MESSAGE_BYTES_MAX;
        line.truncate(line.trim_ascii_end().len());
        if ends && (too_long || !line.is_empty()) {
            let wrong = if too_long { Some(TOO_LARGE) } else { fault(&line) };
            if let Some(fault) = wrong {
                drop(errors.send(fault.error()).await);
            } else {
                line.push(b'\n');
                into.write_all(&line).await?;
            }
        }
        too_long = !ends;
    }
}

/// Whole lines of either kind, one after the other.
async fn write(
    mut answers: impl AsyncBufRead + Unpin,
    mut errors: mpsc::Receiver<Vec<u8>>,
    mut output: impl AsyncWrite + Unpin,
) -> Result<()> {
    let (mut answer, mut answering, mut erring) = (Vec::new(), true, true);
    while answering || erring {
        tokio::select! {
            read = answers.read_until(b'\n', &mut answer), if answering => {
                answering = read? > 0;
                output.write_all(&answer).await?;
                answer.clear();
            }
            error = errors.recv(), if erring => match error {
                Some(error) => output.write_all(&[error.as_slice(), b"\n"].concat()).await?,
                None => erring = false,
            },
        }
        output.flush().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn messages_go_through_and_the_rest_is_answered() {
        let message = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
        let long = format!("{{\"x\":\"{}\"}}", "x".repeat(2 * MESSAGE_BYTES_MAX));
        let input = format!("not json\n\n{long}\n[]\n{message}");
        let (output, mut written) = duplex(ON_THE_WAY);
        let Lines { mut messages, mut answers, writing } = lines(std::io::Cursor::new(input.into_bytes()), output);
        let mut through = String::new();
        messages.read_to_string(&mut through).await.unwrap();
        assert_eq!(through, format!("{message}\n"));
        answers.write_all(b"an answer\n").await.unwrap();
        drop((messages, answers));
        writing.await.unwrap().unwrap();
        let mut written_lines = String::new();
        written.read_to_string(&mut written_lines).await.unwrap();
        let mut written_lines: Vec<&str> = written_lines.lines().collect();
        assert_eq!(written_lines.len(), 4, "{written_lines:?}");
        written_lines.retain(|line| *line != "an answer");
        let codes: Vec<i64> = written_lines
            .iter()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["error"]["code"].as_i64().unwrap())
            .collect();
        assert_eq!(codes, [-32_700, -32_600, -32_600]);
        assert!(written_lines[1].contains("too large"));
    }
}
