//! Who wants this process to stop, and how does it say that it was stopped? Signals, and the exit codes that shells expect of them.

use std::process::ExitCode;

/// By which signal somebody wants this process to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopSignal {
    /// Ctrl-C.
    Interrupt,
    /// What service managers and containers send.
    Terminate,
    /// The end of its terminal.
    HangUp,
}

impl StopSignal {
    /// What a command ends with that it broke off: 128 and the signal's number, as of a process that the signal itself ended.
    pub(super) fn exit_code(self) -> ExitCode {
        ExitCode::from(self.exit_number())
    }

    const fn exit_number(self) -> u8 {
        match self {
            Self::Interrupt => 130,
            Self::Terminate => 143,
            Self::HangUp => 129,
        }
    }
}

/// What became of work that may be broken off.
pub(super) enum Ended<T> {
    Done(T),
    Stopped(StopSignal),
}

/// Does `work` until it is done or somebody wants this process to stop.
pub(super) async fn unless_stopped<T>(work: impl Future<Output = T>) -> Ended<T> {
    tokio::select! {
        done = work => Ended::Done(done),
        signal = stop_asked() => Ended::Stopped(signal),
    }
}

/// Ends when somebody wants this process to stop, from the call on: a wish that comes before it is awaited counts. The end of its terminal is one,
/// unless it was started with `nohup`.
pub(super) fn stop_asked() -> impl Future<Output = StopSignal> {
    let terminated = terminated();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = if hangup_is_ignored() { None } else { signal(SignalKind::hangup()).ok() };
        async move {
            let hung_up = async {
                match hangup {
                    Some(mut hangup) => drop(hangup.recv().await),
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                signal = terminated => signal,
                () = hung_up => StopSignal::HangUp,
            }
        }
    }
    #[cfg(not(unix))]
    terminated
}

/// Ends at Ctrl-C or a termination signal, from the call on.
pub(super) fn terminated() -> impl Future<Output = StopSignal> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let signals = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
        async move {
            let (Ok(mut interrupted), Ok(mut terminated)) = signals else {
                let _ = tokio::signal::ctrl_c().await;
                return StopSignal::Interrupt;
            };
            tokio::select! {
                _ = interrupted.recv() => StopSignal::Interrupt,
                _ = terminated.recv() => StopSignal::Terminate,
            }
        }
    }
    #[cfg(not(unix))]
    async {
        let _ = tokio::signal::ctrl_c().await;
        StopSignal::Interrupt
    }
}

/// Whether this process was started so that the end of its terminal does not end it. Where the system does not tell, it was not.
#[cfg(unix)]
pub(super) fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    ignores_hangup(&status)
}

/// The same by Linux's description of a process: the first signal's bit of the mask.
#[cfg(unix)]
fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & 1 == 1)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn nohup_is_honoured() {
        assert!(ignores_hangup("Name:\tx\nSigIgn:\t0000000000001001\nSigCgt:\t0\n"));
        assert!(!ignores_hangup("SigIgn:\t0000000000001000\n") && !ignores_hangup(""));
    }
}
