//! What is the service manager told? systemd, where it started us (`Type=notify`): that we serve, read our configuration anew, stop.
//!
//! So `systemctl start` ends well only when the server answers, and says at once when it cannot.

/// Tells that the server answers.
pub(super) fn ready() {
    #[cfg(unix)]
    tell(&[sd_notify::NotifyState::Ready]);
}

/// Tells that the server answers after [`reloading`], and, where `systemctl status` shows it, whether the configuration was `taken_up`.
pub(super) fn reloaded(taken_up: bool) {
    #[cfg(unix)]
    let status =
        if taken_up { "Configuration reloaded" } else { "Configuration refused (the log says why); the previous one stays in force" };
    #[cfg(unix)]
    tell(&[sd_notify::NotifyState::Ready, sd_notify::NotifyState::Status(status)]);
    #[cfg(not(unix))]
    let _ = taken_up;
}

/// Tells that the configuration is read anew; [`reloaded`] follows.
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
