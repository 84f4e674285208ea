//! What went wrong, for whom? A kind to branch on, a sentence for the asker, a cause for the log.
//!
//! The sentence says what happened and what to do; it never holds a secret, a path of the machine
//! or a stack. The cause is for the log only: no surface shows it. What else the sentence speaks of, as the store's file or an
//! argument, is known beside it, for a surface that may say more of it or calls it otherwise.

use std::{error::Error as StdError, fmt, io, time::Duration};

/// The kinds of failure that anybody branches on. `http/problem.rs` gives each its status, the
/// command line its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The question cannot be understood: unknown skill, unknown or bad argument.
    BadArguments,
    /// Nobody knows who is asking.
    Unauthenticated,
    /// The asker is known and may not.
    Forbidden,
    /// What was asked about does not exist, or the asker may not know that it does.
    NotFound,
    /// Nothing has been read yet; asking again later helps.
    NotReady,
    /// Too much at once; asking again after a while helps.
    Throttled,
    /// One caller asks too often; asking again after a while helps.
    TooMany,
    /// Microsoft Graph or the sign-in service failed or refused.
    Upstream,
    /// The configuration or a file given on the command line is wrong.
    Misconfigured,
    /// A fault of ours, or of the machine: a disk that is full, whatever was to be written.
    Internal,
}

impl ErrorKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::BadArguments,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::NotReady,
        Self::Throttled,
        Self::TooMany,
        Self::Upstream,
        Self::Misconfigured,
        Self::Internal,
    ];

    /// The name by which programs know this kind, in problems and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadArguments => "bad_arguments",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::NotReady => "not_ready",
            Self::Throttled => "throttled",
            Self::TooMany => "too_many",
            Self::Upstream => "upstream",
            Self::Misconfigured => "misconfigured",
            Self::Internal => "internal",
        }
    }
}

/// What an app lacks to read a tenant, where somebody can mend it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessGap {
    /// The tenant never consented to the app, or its consent was revoked.
    Consent,
    /// It consented, but not to the permission that is needed.
    Permission,
    /// It consented, and disabled the app.
    Enabled,
    /// There is no such app: it never consented or does no more, or the client id is of no app.
    App,
    /// There is no tenant of this id in the cloud that is configured.
    Tenant,
    /// The app does not prove who it is: its secret or certificate is wrong, or has ended.
    Credential,
}

/// Why a tenant's score could not be fetched: what it takes until it can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FetchFailureKind {
    /// Microsoft is busy, out of order or out of reach: that passes, and the tenant is fetched again by itself.
    Transient,
    /// Microsoft does not let the app in, and does not say what it lacks.
    SignIn,
    /// Microsoft does not let the app in because of what it lacks.
    Access(AccessGap),
    /// Something else that somebody must look at: no licence, an answer that cannot be used, a full disk.
    Other,
}

impl FetchFailureKind {
    /// Whether Microsoft did not let us in.
    pub const fn is_sign_in(self) -> bool {
        matches!(self, Self::SignIn | Self::Access(_))
    }
}

/// A failure, in two voices: [`Error::sentence`] for the asker, [`Error::cause`] for the log.
pub struct Error {
    /// What to branch on.
    pub kind: ErrorKind,
    /// One or two sentences for the asker: what happened, what to do.
    pub sentence: String,
    /// When asking again makes sense, where that is known.
    pub retry_after: Option<Duration>,
    /// Whether Microsoft did not let us in: a credential, a permission, a policy.
    pub not_let_in: bool,
    /// What the app lacks, where that is why and Microsoft said it.
    pub gap: Option<AccessGap>,
    /// What it has in common with failures of other tenants: an outage, a credential that they share. `None` where the reason is the tenant's own.
    pub common_cause: Option<String>,
    /// Whether another process does the same work at the moment: nothing went wrong.
    pub elsewhere: bool,
    /// Whether it is about the store's file: whoever is at the machine is told where that is.
    pub of_store: bool,
    /// The sentence without what was said aside; `None` where nothing was.
    brief: Option<Box<str>>,
    /// The arguments that the sentence names, each as `` `name` ``: a surface where they are written otherwise says that.
    arguments: Box<[String]>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

/// What failures have in common while Microsoft is out of order.
const OUTAGE: &str = "outage";

/// What fallible functions of this crate return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Whether a disk, or what this user may have of it, takes no more.
pub fn is_out_of_space(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge)
}

impl Error {
    /// A failure of `kind` that is explained by `sentence` alone.
    pub fn new(kind: ErrorKind, sentence: impl Into<String>) -> Self {
        let sentence = sentence.into();
        Self {
            kind,
            sentence,
            retry_after: None,
            not_let_in: false,
            gap: None,
            common_cause: None,
            elsewhere: false,
            of_store: false,
            brief: None,
            arguments: Box::default(),
            cause: None,
        }
    }

    /// A question that cannot be understood; `sentence` says what would be right.
    pub fn bad_arguments(sentence: impl Into<String>) -> Self {
        Self::new(ErrorKind::BadArguments, sentence)
    }

    /// A fault of ours. The asker learns that it is logged, the log learns `cause`.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::new(ErrorKind::Internal, "Something went wrong inside scorewatch. The log has the cause under this request's id.")
            .because(cause)
    }

    /// Adds what only the log may know.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds that Microsoft did not let us in.
    #[must_use]
    pub const fn at_the_door(mut self) -> Self {
        self.not_let_in = true;
        self
    }

    /// Adds that Microsoft did not let us in because of what the app lacks.
    #[must_use]
    pub const fn for_lack_of(mut self, gap: AccessGap) -> Self {
        self.gap = Some(gap);
        self.at_the_door()
    }

    /// Adds that other tenants fail for the same `cause`.
    #[must_use]
    pub fn in_common(mut self, cause: impl Into<String>) -> Self {
        self.common_cause = Some(cause.into());
        self
    }

    /// Adds that Microsoft is out of order or out of reach, whichever tenant is asked about.
    #[must_use]
    pub fn outage(self) -> Self {
        self.in_common(OUTAGE)
    }

    /// Adds that another process does the same work at the moment.
    #[must_use]
    pub const fn elsewhere(mut self) -> Self {
        self.elsewhere = true;
        self
    }

    /// What it takes until the tenant can be fetched whose fetch failed with this error.
    pub fn fetch_failure(&self) -> FetchFailureKind {
        match self.gap {
            Some(gap) => FetchFailureKind::Access(gap),
            None if self.not_let_in => FetchFailureKind::SignIn,
            None if self.kind == ErrorKind::Throttled || self.common_cause.as_deref() == Some(OUTAGE) => FetchFailureKind::Transient,
            None => FetchFailureKind::Other,
        }
    }

    /// Adds when asking again makes sense.
    #[must_use]
    pub const fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds that it is about the store's file.
    #[must_use]
    pub const fn of_store(mut self) -> Self {
        self.of_store = true;
        self
    }

    /// Adds that the sentence names the argument called `name`, as `` `name` ``.
    #[must_use]
    pub fn naming(mut self, name: impl Into<String>) -> Self {
        let mut arguments = std::mem::take(&mut self.arguments).into_vec();
        arguments.push(name.into());
        self.arguments = arguments.into();
        self
    }

    /// The argument that it is about, where it is about one.
    pub fn argument(&self) -> Option<&str> {
        self.arguments.first().map(String::as_str)
    }

    /// The sentence, with the arguments that it names written as `written` writes them.
    pub fn sentence_with(&self, written: impl Fn(&str) -> String) -> String {
        // Once each: whatever somebody typed stands behind it, and may look the same.
        let name = |sentence: String, name: &String| sentence.replacen(&format!("`{name}`"), &format!("`{}`", written(name)), 1);
        self.arguments.iter().fold(self.sentence.clone(), name)
    }

    /// The same failure, behind whose sentence somebody who knows more says `words`.
    #[must_use]
    pub fn followed_by(self, words: &str) -> Self {
        self.said(|sentence| format!("{sentence} {words}"))
    }

    /// The same failure, before whose sentence somebody who knows more says `words`.
    #[must_use]
    pub fn preceded_by(self, words: &str) -> Self {
        self.said(|sentence| format!("{words} {sentence}"))
    }

    /// The same failure, whole and in brief, in the words that `change` makes of its own.
    fn said(mut self, change: impl Fn(&str) -> String) -> Self {
        self.sentence = change(&self.sentence);
        self.brief = self.brief.map(|brief| change(&brief).into());
        self
    }

    /// Adds `words` that [`Error::brief`] leaves out: the command that says more, Microsoft's ids of a request.
    #[must_use]
    pub fn aside(mut self, words: &str) -> Self {
        let brief = self.brief.take().unwrap_or_else(|| self.sentence.as_str().into());
        self = self.followed_by(words);
        self.brief = Some(brief);
        self
    }

    /// The sentence without what was said aside, for whoever has that already.
    pub fn brief(&self) -> &str {
        self.brief.as_deref().unwrap_or(&self.sentence)
    }

    /// The same failure, for another who waited for the same thing.
    #[must_use]
    pub fn shared(&self) -> Self {
        let mut error = Self::new(self.kind, self.sentence.clone()).because(self.cause());
        error.retry_after = self.retry_after;
        error.not_let_in = self.not_let_in;
        error.gap = self.gap;
        error.common_cause.clone_from(&self.common_cause);
        error.elsewhere = self.elsewhere;
        error.of_store = self.of_store;
        error.brief.clone_from(&self.brief);
        error.arguments.clone_from(&self.arguments);
        error
    }

    /// The cause, where it is a `T`: for whoever knows what it is made of.
    pub fn cause_as<T: StdError + 'static>(&self) -> Option<&T> {
        self.cause.as_deref()?.downcast_ref()
    }

    /// The chain of causes for the log, outermost first; empty when the sentence says it all.
    pub fn cause(&self) -> String {
        let mut chain = Vec::new();
        let mut next: Option<&dyn StdError> = self.cause.as_deref().map(|cause| cause as &dyn StdError);
        while let Some(cause) = next {
            chain.push(cause.to_string());
            next = cause.source();
        }
        chain.join(": ")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.name(), self.sentence)?;
        let cause = self.cause();
        if cause.is_empty() { Ok(()) } else { write!(f, " [{cause}]") }
    }
}

impl StdError for Error {}
