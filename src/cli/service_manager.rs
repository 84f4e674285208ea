//! What is the service manager told? systemd, where it started us (`Type=notify`): that we serve, read our configuration anew, stop.
//!
//! So `systemctl start` ends well only when the server answers, and says at once when it cannot.

/// Tells that the server answers.
pub(super) fn ready() {
    #[cfg(unix)]
    tell(&[sd_notify::NotifyState::Ready]);
}

/// Tells that the configuration is read anew; [`ready`] follows, whatever came of that.
pub(super) fn reloading() {
    #[cfg(unix)]
    if let Ok(now) = sd_notify::NotifyState::monotonic_usec_now() {
        tell(&[sd_notify::NotifyState::Reloading, now]);
    }
}

/// Tells that the server stops.
pub(super) fn stopping() {
    #[cfg(unix)]
    tell(&[sd_notify::NotifyState::Stopping]);
}

/// Does nothing where no service manager listens.
#[cfg(unix)]
fn tell(states: &[sd_notify::NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(cause = %error, "the service manager cannot be told how this server stands");
    }
}
