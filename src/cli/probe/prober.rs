//! How is Graph asked for a probe? One request after the other, each once, until there is a reason to stop; what is not asked says why.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::super::output::tell;
use crate::{
    error::Error,
    graph::{Graph, RawAnswer, RawFailure, RawTarget},
    probe::{
        Exchange, Observations, ProbePage, ProbeRefusal, Unanswered,
        requests::{Asking, Collection, Keeps, ProbeRequest, RequestKey},
    },
};

/// The longest pause that Graph may ask for; whoever wants a longer one is left alone.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// How long is waited where Graph asks to slow down and does not say for how long.
const PAUSE: Duration = Duration::from_secs(5);
/// So many bytes of answers, and no further request is sent: what they say stays in memory until the report is written.
const BYTES_MAX: usize = 64 << 20;
/// So many requests in a row without a usable answer, and no further one is sent.
const FAILURES_MAX: usize = 2;
/// So many answers that ask to slow down, and no further request is sent.
const THROTTLED_MAX: usize = 2;
const OK: u16 = 200;
const THROTTLED: u16 = 429;
const SERVER_ERRORS: u16 = 500;
/// What refuses a whole list: no permission, not licensed, not in this cloud.
const REFUSES_ALL: [u16; 3] = [401, 403, 404];

/// Asks, and keeps what came.
pub(super) struct Prober<'g> {
    graph: &'g Graph,
    seen: Observations,
    deadline: Instant,
    failures: usize,
    /// The bytes of all answers that came.
    bytes: usize,
    /// Why nothing more is asked.
    stopped: Option<String>,
    /// The lists of which nothing more is asked.
    refused: Vec<Collection>,
    /// What keeps us from signing in, for whoever sits here.
    sign_in: Option<Error>,
    /// The request that has no whole answer yet.
    under_way: Option<RequestKey>,
}

impl<'g> Prober<'g> {
    /// Asks through `graph`, and takes no longer than `within`.
    pub fn new(graph: &'g Graph, seen: Observations, within: Duration) -> Self {
        let deadline = Instant::now() + within;
        Self { graph, seen, deadline, failures: 0, bytes: 0, stopped: None, refused: Vec::new(), sign_in: None, under_way: None }
    }

    /// Takes down that somebody stopped the probe, for each request of `plan` that has no answer yet; says which was under way. Of that one the pages that
    /// came whole are counted.
    pub fn stop(&mut self, plan: &[ProbeRequest]) -> Option<String> {
        for request in plan {
            if self.under_way == Some(request.key) {
                self.ended(request, Unanswered::Stopped);
            } else if !self.seen.exchanges.contains_key(&request.key) {
                self.ended(request, Unanswered::NotAsked("the probe was stopped".into()));
            }
        }
        let under_way = plan.iter().find(|request| self.under_way == Some(request.key));
        under_way.map(ProbeRequest::shown)
    }

    /// What came, and what kept us from signing in.
    pub fn into_seen(self) -> (Observations, Option<Error>) {
        (self.seen, self.sign_in)
    }

    /// Asks all of `plan`, in order.
    pub async fn ask_all(&mut self, plan: &[ProbeRequest]) {
        let mut left = NotAskedInARow::default();
        for (at, request) in plan.iter().enumerate() {
            let told = match self.path(request) {
                Err(why) => {
                    left.add(at + 1, plan.len(), self.ended(request, why));
                    continue;
                }
                Ok(path) => {
                    left.tell(plan.len());
                    self.under_way = Some(request.key);
                    let told = self.ask(request, &path).await;
                    self.under_way = None;
                    told
                }
            };
            tell(&format!("[{}/{}] {}: {told}", at + 1, plan.len(), request.shown()));
        }
        left.tell(plan.len());
    }

    /// The path to ask for, or why it is not asked for.
    fn path(&self, request: &ProbeRequest) -> Result<String, Unanswered> {
        let not_asked = |why: &'static str| Unanswered::NotAsked(why.into());
        if let Some(why) = &self.stopped {
            return Err(Unanswered::NotAsked(why.clone().into()));
        }
        if Instant::now() >= self.deadline {
            return Err(not_asked("the time for all requests was over"));
        }
        if self.refused.contains(&request.collection) {
            return Err(not_asked("the first request of its kind was refused"));
        }
        let id = if request.key == RequestKey::SecondById {
            self.seen.id_of_second_day()?
        } else if request.key == RequestKey::ProfileById {
            self.seen.id_of_first_profile()?
        } else {
            return Ok(request.path_as_planned());
        };
        request.path_with(id).ok_or_else(|| not_asked("its id has characters that scorewatch puts into no address"))
    }

    /// Takes down why no more comes of a request.
    fn ended(&mut self, request: &ProbeRequest, why: Unanswered) -> String {
        let exchange = self.exchange(request);
        exchange.ended = Some(why);
        told(exchange)
    }

    /// What came of a request so far.
    fn exchange(&mut self, request: &ProbeRequest) -> &mut Exchange {
        self.seen.exchanges.entry(request.key).or_default()
    }

    async fn ask(&mut self, request: &ProbeRequest, path: &str) -> String {
        match request.how {
            Asking::Pages(most, keeps) => self.pages(request, path, (most, keeps)).await,
            Asking::AsSent => self.as_sent(request, path).await,
            Asking::AtOnce(times) => self.at_once(path, times).await,
        }
    }

    /// Reads the pages of an answer, as many as are wanted; each counts once it is there.
    async fn pages(&mut self, request: &ProbeRequest, path: &str, (most, keeps): (usize, Keeps)) -> String {
        loop {
            let pages = &self.exchange(request).pages;
            let (read, link) = (pages.len(), pages.last().and_then(ProbePage::next_link).map(str::to_owned));
            let target = match &link {
                _ if read == 0 => RawTarget::Path(path),
                None => break,
                Some(_) if let Some(why) = self.stopped.clone() => return self.ended(request, Unanswered::NotAsked(why.into())),
                // A single page is all that was wanted of most requests.
                Some(_) if most == 1 => break,
                Some(_) if read >= most => {
                    return self.ended(request, Unanswered::NotAsked(format!("{read} pages are enough").into()));
                }
                Some(link) => RawTarget::NextLink(link),
            };
            let came = self.once_more_if_throttled(target).await.and_then(|answer| {
                let RawAnswer { headers, body, took, .. } = answer;
                ProbePage::of(&body, headers, took, keeps).ok_or(Unanswered::Unreadable)
            });
            self.judge(&came, request);
            match came {
                Ok(page) => self.exchange(request).pages.push(page),
                Err(why) => return self.ended(request, why),
            }
        }
        told(self.exchange(request))
    }

    /// Whether something keeps us from asking more.
    fn judge<T>(&mut self, came: &Result<T, Unanswered>, request: &ProbeRequest) {
        let failed = match came {
            Ok(_) | Err(Unanswered::NotAsked(_) | Unanswered::Stopped | Unanswered::OtherHost | Unanswered::TooLarge) => false,
            Err(Unanswered::TimedOut | Unanswered::Interrupted | Unanswered::Unreadable) => true,
            Err(Unanswered::Refused(refusal)) => {
                let first = matches!(request.key, RequestKey::Newest | RequestKey::Catalogue | RequestKey::Audit);
                if refusal.names_the_cloud() {
                    self.stopped.get_or_insert_with(|| "Secure Score is not offered in this cloud".to_owned());
                } else if first && REFUSES_ALL.contains(&refusal.status) {
                    self.refused.push(request.collection);
                }
                refusal.status >= SERVER_ERRORS
            }
        };
        self.failures = if failed { self.failures + 1 } else { 0 };
        if self.failures >= FAILURES_MAX {
            self.stopped.get_or_insert_with(|| format!("{FAILURES_MAX} requests in a row had no usable answer"));
        }
    }

    /// Asks, and once more after the pause that Graph asks for, if it is short.
    async fn once_more_if_throttled(&mut self, target: RawTarget<'_>) -> Result<RawAnswer, Unanswered> {
        let answer = self.answer(self.graph.raw(target)).await?;
        if answer.status != THROTTLED {
            return accepted(answer);
        }
        let pause = answer.asks_to_wait().unwrap_or(PAUSE);
        let refused = self.throttled(&answer);
        if self.stopped.is_some() {
            return Err(refused);
        }
        if pause > PAUSE_MAX || Instant::now() + pause >= self.deadline {
            self.stopped = Some("Graph asked to slow down for longer than the probe waits".to_owned());
            return Err(refused);
        }
        sleep(pause).await;
        let again = self.answer(self.graph.raw(target)).await?;
        if again.status == THROTTLED { Err(self.throttled(&again)) } else { accepted(again) }
    }

    /// Takes down an answer that asks to slow down.
    fn throttled(&mut self, answer: &RawAnswer) -> Unanswered {
        let refusal = refusal(answer);
        self.seen.throttled.push(refusal.clone());
        if self.seen.throttled.len() >= THROTTLED_MAX {
            self.stopped.get_or_insert_with(|| "Graph asked to slow down more than once".to_owned());
        }
        Unanswered::Refused(refusal)
    }

    /// An answer, whatever its status, within the time that is left.
    async fn answer(&mut self, asked: impl Future<Output = Result<RawAnswer, RawFailure>>) -> Result<RawAnswer, Unanswered> {
        match timeout_at(self.deadline, asked).await {
            Ok(Ok(answer)) => {
                self.bytes = self.bytes.saturating_add(answer.body.len());
                if self.bytes > BYTES_MAX {
                    self.stopped.get_or_insert_with(|| format!("the answers had more than {} MiB together", BYTES_MAX >> 20));
                }
                Ok(answer)
            }
            Ok(Err(failure)) => Err(self.failure(failure)),
            Err(_) => Err(Unanswered::TimedOut),
        }
    }

    fn failure(&mut self, failure: RawFailure) -> Unanswered {
        match failure {
            RawFailure::TimedOut => Unanswered::TimedOut,
            RawFailure::Interrupted => Unanswered::Interrupted,
            RawFailure::TooLarge => Unanswered::TooLarge,
            RawFailure::OtherHost => Unanswered::OtherHost,
            RawFailure::SignIn(error) => {
                let code = sign_in_code(&error.cause()).map_or_else(String::new, |code| format!(" ({code})"));
                let why = format!("the sign-in failed{code}");
                self.sign_in = Some(error);
                self.stopped = Some(why.clone());
                Unanswered::NotAsked(why.into())
            }
        }
    }

    /// Asks for an answer as it is sent, still compressed.
    async fn as_sent(&mut self, request: &ProbeRequest, path: &str) -> String {
        let came = match self.answer(self.graph.raw_as_sent(RawTarget::Path(path))).await {
            Ok(answer) if answer.status == THROTTLED => Err(self.throttled(&answer)),
            Ok(answer) => accepted(answer),
            Err(why) => Err(why),
        };
        self.judge(&came, request);
        let RawAnswer { headers, body, took, .. } = match came {
            Ok(answer) => answer,
            Err(why) => return self.ended(request, why),
        };
        let exchange = self.exchange(request);
        exchange.pages.push(ProbePage { headers, bytes: body.len(), took, ..ProbePage::default() });
        told(exchange)
    }

    /// Sends several requests at once.
    async fn at_once(&mut self, path: &str, times: usize) -> String {
        let Ok(came) = timeout_at(self.deadline, self.graph.raw_at_once(RawTarget::Path(path), times)).await else {
            self.seen.at_once = Some(vec![Err(Unanswered::TimedOut)]);
            return Unanswered::TimedOut.why();
        };
        let mut statuses = Vec::with_capacity(came.len());
        for answer in came {
            if let Ok(answer) = &answer
                && answer.status == THROTTLED
            {
                self.seen.throttled.push(refusal(answer));
            }
            statuses.push(match answer {
                Ok(answer) => Ok(answer.status),
                Err(failure) => Err(self.failure(failure)),
            });
        }
        let told = format!("{} came", crate::text::count(statuses.len(), "answer"));
        self.seen.at_once = Some(statuses);
        told
    }
}

/// Requests in a row that are not asked for one reason: it is told once.
#[derive(Default)]
struct NotAskedInARow {
    /// The number of the first, of the last, and why.
    row: Option<(usize, usize, String)>,
}

impl NotAskedInARow {
    /// Takes down that request `number` of `all` is not asked.
    fn add(&mut self, number: usize, all: usize, why: String) {
        match &mut self.row {
            Some((_, last, same)) if *same == why => *last = number,
            _ => {
                self.tell(all);
                self.row = Some((number, number, why));
            }
        }
    }

    /// Tells of those that were taken down.
    fn tell(&mut self, all: usize) {
        let Some((first, last, why)) = self.row.take() else { return };
        let numbers = if first == last { first.to_string() } else { format!("{first} to {last}") };
        tell(&format!("[{numbers}/{all}] {why}"));
    }
}

/// What came of a request, for whoever watches.
fn told(exchange: &Exchange) -> String {
    let ended = exchange.ended.as_ref().map(Unanswered::why);
    match (exchange.pages.as_slice(), ended) {
        ([], why) => why.unwrap_or_default(),
        (_, Some(why)) => format!("ok, then {why}"),
        (_, None) => "ok".to_owned(),
    }
}

fn refusal(answer: &RawAnswer) -> ProbeRefusal {
    ProbeRefusal::of(answer.status, &answer.headers, &answer.body)
}

/// The answer, if it is what was asked for.
fn accepted(answer: RawAnswer) -> Result<RawAnswer, Unanswered> {
    if answer.status == OK { Ok(answer) } else { Err(Unanswered::Refused(refusal(&answer))) }
}

/// Microsoft's number for what is wrong with a sign-in.
fn sign_in_code(cause: &str) -> Option<String> {
    let (_, rest) = cause.split_once("AADSTS")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| format!("AADSTS{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_refused_sign_in_only_the_number_is_told() {
        assert_eq!(sign_in_code("The app 1234 of contoso … (AADSTS7000222)."), Some("AADSTS7000222".to_owned()));
        assert_eq!(sign_in_code("AADSTS of contoso"), None);
    }
}
