//! How is anything said to Discord? Through one door, which asks the guard first and minds what was refused.
//!
//! What an interaction's token authorises goes out *directly*: serenity's rate limiter would keep an entry for each
//! interaction for ever, and put all edits in one queue. What the bot's token authorises goes through that limiter.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::{Response, Url};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, de::DeserializeOwned};
use serenity::{
    all::{
        ApplicationId, BotGateway, Builder as _, ChannelId, CreateInteractionResponse, CreateInteractionResponseFollowup, CreateMessage,
        EditInteractionResponse, EditMessage, GuildId, Http, HttpBuilder, InteractionId, LightMethod, MessageId, Request, Route,
    },
    http::HttpError,
};
use tokio::time::Instant;

use super::{
    guard::Guard,
    limits::FIRST_ANSWER,
    network,
    refusal::{DEAD_TOKEN, DiscordRefusal},
    settings::DiscordSettings,
    snowflake::snowflake,
};
use crate::error::{Error, ErrorKind, Result};

/// How long all else may take, waiting for rate limits included.
const TIME_MAX: Duration = Duration::from_secs(30);
/// The largest answer that is read: 130 commands with all their options are below it.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// So many rate limits are remembered; each interaction that was throttled leaves one.
const LIMITS_MAX: usize = 1024;

/// The connection to Discord's REST interface.
pub struct RestClient {
    application: ApplicationId,
    direct: Arc<Http>,
    limited: Arc<Http>,
    guard: Arc<Guard>,
}

impl fmt::Debug for RestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("application", &self.application).finish_non_exhaustive()
    }
}

/// What Discord says of the application that a token belongs to.
#[derive(Debug, Clone, Deserialize)]
pub struct ApplicationInfo {
    /// Its id, which is the bot's too.
    #[serde(rename = "id")]
    pub application_id: ApplicationId,
    /// Its name.
    pub name: String,
    /// The key by which its calls are signed, in hexadecimal.
    pub verify_key: String,
    /// Where Discord calls it, if it does; then nothing comes over the gateway.
    #[serde(default)]
    pub interactions_endpoint_url: Option<String>,
}

impl RestClient {
    /// Prepares the way that `settings` describe. Opens no connection yet.
    ///
    /// # Errors
    /// [`ErrorKind::Misconfigured`] for an id or a token that cannot be one.
    pub fn new(settings: &DiscordSettings) -> Result<Arc<Self>> {
        let guard = Arc::<Guard>::default();
        let token = settings.token.expose_secret();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            let sentence = "The bot's token in `discord.token` cannot be one: it has letters, digits and dots, and no spaces. Copy it from Bot > Reset Token at https://discord.com/developers/applications.";
            return Err(Error::new(ErrorKind::Misconfigured, sentence));
        }
        let application =
            Some(settings.application_id).filter(|id| *id != 0 && *id != u64::MAX).map(ApplicationId::new).ok_or_else(|| {
                Error::new(
                    ErrorKind::Misconfigured,
                    "`discord.application_id` cannot be one. Copy the Application ID from https://discord.com/developers/applications.",
                )
            })?;
        let http = |client| HttpBuilder::new(token).application_id(application).client(client);
        let proxied = |http: HttpBuilder, proxy: &Url| http.ratelimiter_disabled(true).proxy(proxy.as_str());
        let direct = http(network::direct(settings)?);
        let (direct, limited) = match &settings.proxy {
            // The proxy keeps the rate limits; serenity would not go through it while its own limiter is on.
            Some(proxy) => (proxied(direct, proxy), proxied(http(network::direct(settings)?), proxy)),
            None => (direct.ratelimiter_disabled(true), http(network::gated(settings, Arc::clone(&guard))?)),
        };
        let mut limited = limited.build();
        if let Some(limiter) = &mut limited.ratelimiter {
            limiter.set_ratelimit_callback(Box::new(|limit| network::limited(limit.timeout)));
        }
        Ok(Arc::new(Self { application, direct: Arc::new(direct.build()), limited: Arc::new(limited), guard }))
    }

    /// Why nothing is sent any more, if that is so: the token is dead. It stays so until the program starts again.
    pub fn stopped(&self) -> Option<String> {
        self.guard.stopped()
    }

    /// Ends all requests of this process, for what `sentence` says.
    pub(super) fn stop(&self, sentence: &str) {
        self.guard.stop(sentence);
    }

    /// How many of Discord's refusals count at the moment.
    pub fn refusals(&self) -> usize {
        self.guard.refusals(Instant::now())
    }

    /// What the gateway's client needs to know of REST: the token.
    pub(super) fn http(&self) -> Arc<Http> {
        Arc::clone(&self.limited)
    }

    /// Gives the first answer to an interaction, within the 3 seconds that Discord allows.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] when nobody waits for it any more, which is known at debug level and no fault;
    /// [`ErrorKind::Misconfigured`] once the bot is stopped; [`ErrorKind::Throttled`] while too much is refused; [`ErrorKind::Upstream`].
    pub async fn first(&self, id: InteractionId, token: &str, response: CreateInteractionResponse) -> Result<()> {
        let token: Arc<str> = token.into();
        let call = move |http: Arc<Http>| {
            let (token, response) = (Arc::clone(&token), response.clone());
            async move { response.execute(&http, (id, &*token)).await }
        };
        self.answer("an answer", FIRST_ANSWER, call).await
    }

    /// Changes the first answer, at most 15 minutes after the interaction.
    ///
    /// # Errors
    /// Those of [`RestClient::first`].
    pub async fn edit(&self, token: &str, edit: EditInteractionResponse) -> Result<()> {
        let token: Arc<str> = token.into();
        let call = move |http: Arc<Http>| {
            let (token, edit) = (Arc::clone(&token), edit.clone());
            async move { edit.execute(&http, &*token).await.map(drop) }
        };
        self.answer("an edited answer", TIME_MAX, call).await
    }

    /// Adds an answer after the first one.
    ///
    /// # Errors
    /// Those of [`RestClient::first`].
    pub async fn follow_up(&self, token: &str, message: CreateInteractionResponseFollowup) -> Result<()> {
        let token: Arc<str> = token.into();
        let call = move |http: Arc<Http>| {
            let (token, message) = (Arc::clone(&token), message.clone());
            async move { message.execute(&http, (None, &*token)).await.map(drop) }
        };
        self.answer("a further answer", TIME_MAX, call).await
    }

    /// Takes the first answer away.
    ///
    /// # Errors
    /// Those of [`RestClient::first`].
    pub async fn remove(&self, token: &str) -> Result<()> {
        let token: Arc<str> = token.into();
        let call = move |http: Arc<Http>| {
            let token = Arc::clone(&token);
            async move { http.delete_original_interaction_response(&token).await }
        };
        self.answer("the removal of an answer", TIME_MAX, call).await
    }

    /// The commands that Discord has of us, as it describes them: those of everywhere, or those of one guild.
    ///
    /// # Errors
    /// Those of [`RestClient::first`] but for the first.
    pub async fn commands(&self, guild: Option<GuildId>) -> Result<Vec<serde_json::Value>> {
        self.read("the list of commands", Request::new(self.commands_of(guild), LightMethod::Get)).await
    }

    /// Writes all commands at once, in the place of those that were there.
    ///
    /// # Errors
    /// Those of [`RestClient::commands`]; [`ErrorKind::Forbidden`] for a guild that the application may not write commands of.
    pub async fn set_commands(&self, guild: Option<GuildId>, commands: &serde_json::Value) -> Result<()> {
        let body = serde_json::to_vec(commands).map_err(Error::internal)?;
        let request = Request::new(self.commands_of(guild), LightMethod::Put).body(Some(body));
        self.ask("the commands", request).await.map(drop)
    }

    fn commands_of(&self, guild: Option<GuildId>) -> Route<'static> {
        let application_id = self.application;
        guild.map_or(Route::Commands { application_id }, |guild_id| Route::GuildCommands { application_id, guild_id })
    }

    /// Posts `message` into `channel`.
    ///
    /// # Errors
    /// [`ErrorKind::Forbidden`] when the channel is gone or closed to the bot. It is then not asked again by this process, until
    /// [`RestClient::reopen`]; to make that last is the caller's part. Else those of [`RestClient::commands`]. After [`ErrorKind::Upstream`]
    /// or [`ErrorKind::Throttled`] the message may be there nevertheless.
    pub async fn post(&self, channel: ChannelId, message: CreateMessage) -> Result<MessageId> {
        self.guard.may_post(channel.get())?;
        match self.send(channel, message).await? {
            Ok(posted) => Ok(posted),
            Err(refusal) if refusal.is_closed_channel() => {
                let sentence = closed(channel);
                self.guard.close(channel.get(), &sentence, Instant::now());
                Err(Error::new(ErrorKind::Forbidden, sentence).because(refusal.into_error("a post").cause()))
            }
            Err(refusal) => Err(refusal.into_error("a post")),
        }
    }

    /// The same for whoever minds by themselves which channels are closed.
    ///
    /// # Errors
    /// The outer one is the guard's: nothing was sent. The inner one is Discord's.
    pub(super) async fn send(&self, channel: ChannelId, message: CreateMessage) -> Result<Result<MessageId, DiscordRefusal>> {
        let call = move |http: Arc<Http>| {
            let message = message.clone();
            async move { message.execute(&http, (channel, None)).await.map(|message| message.id) }
        };
        self.once(&self.limited, TIME_MAX, &call).await
    }

    /// Changes a message of the bot's own.
    ///
    /// # Errors
    /// Those of [`RestClient::send`].
    pub(super) async fn change(&self, place: (ChannelId, MessageId), edit: EditMessage) -> Result<Result<(), DiscordRefusal>> {
        let call = move |http: Arc<Http>| {
            let edit = edit.clone();
            async move { edit.execute(&http, (place.0, place.1, None)).await.map(drop) }
        };
        self.once(&self.limited, TIME_MAX, &call).await
    }

    /// The roles that `user` has in `guild`; `None` for somebody who is no member, and for a server that the bot is not in.
    ///
    /// # Errors
    /// Those of [`RestClient::commands`]; [`ErrorKind::Internal`] for what is no id.
    pub(super) async fn member(&self, guild: &str, user: &str) -> Result<Option<Vec<String>>> {
        #[derive(Deserialize)]
        struct Member {
            roles: Vec<String>,
        }
        let ids = snowflake(guild).zip(snowflake(user)).ok_or_else(|| Error::internal("a member without ids"))?;
        let route = Route::GuildMember { guild_id: ids.0.into(), user_id: ids.1.into() };
        let call = move |http: Arc<Http>| async move { body(http.request(Request::new(route, LightMethod::Get)).await?).await };
        let what = "whether somebody is still a member";
        match self.once(&self.limited, TIME_MAX, &call).await? {
            Ok(body) => {
                let member =
                    serde_json::from_slice::<Member>(&body).map_err(|error| DiscordRefusal::Unread(error.into()).into_error(what))?;
                Ok(Some(member.roles))
            }
            Err(refusal) if refusal.is_not_there() => Ok(None),
            Err(refusal) => Err(refusal.into_error(what)),
        }
    }

    /// Lets posts into `channel` again, after somebody fixed what was wrong.
    pub fn reopen(&self, channel: ChannelId) {
        self.guard.reopen(channel.get());
    }

    /// Which application the token belongs to.
    ///
    /// # Errors
    /// Those of [`RestClient::commands`].
    pub async fn about(&self) -> Result<ApplicationInfo> {
        self.read("the application", Request::new(Route::Oauth2ApplicationCurrent, LightMethod::Get)).await
    }

    /// Where the gateway is, and how often it may still be entered.
    ///
    /// # Errors
    /// Those of [`RestClient::commands`].
    pub(super) async fn gateway(&self) -> Result<BotGateway> {
        self.read("the gateway's address", Request::new(Route::GatewayBot, LightMethod::Get)).await
    }

    /// Sends what an interaction's token authorises. What is throttled is repeated once, when serenity's limiter says.
    async fn answer<F>(&self, what: &str, time_max: Duration, call: impl Fn(Arc<Http>) -> F) -> Result<()>
    where
        F: Future<Output = serenity::Result<()>>,
    {
        let mut answered = self.once(&self.direct, time_max, &call).await?;
        if answered.as_ref().is_err_and(|refusal| refusal.status() == Some(429)) && self.limited.ratelimiter.is_some() {
            self.forget_limits().await;
            answered = self.once(&self.limited, time_max, &call).await?;
        }
        match answered {
            // It was done; what Discord says of the message does not matter here.
            Ok(()) | Err(DiscordRefusal::Unread(_)) => Ok(()),
            Err(refusal) => {
                let over = refusal.is_over();
                let error = refusal.into_error(what);
                if over {
                    tracing::debug!(cause = error.cause(), "{}", error.sentence);
                }
                Err(error)
            }
        }
    }

    /// Sends `request` with the bot's token and reads the answer.
    async fn read<T: DeserializeOwned>(&self, what: &str, request: Request<'static>) -> Result<T> {
        serde_json::from_slice(&self.ask(what, request).await?).map_err(|error| DiscordRefusal::Unread(error.into()).into_error(what))
    }

    /// Sends `request` with the bot's token.
    async fn ask(&self, what: &str, request: Request<'static>) -> Result<Vec<u8>> {
        let call = move |http: Arc<Http>| {
            let request = request.clone();
            async move { body(http.request(request).await?).await }
        };
        self.once(&self.limited, TIME_MAX, &call).await?.map_err(|refusal| refusal.into_error(what))
    }

    /// The one place from which requests go out. The outer error is the guard's: nothing was sent, or nothing more.
    async fn once<T, F>(&self, http: &Arc<Http>, time_max: Duration, call: &impl Fn(Arc<Http>) -> F) -> Result<Result<T, DiscordRefusal>>
    where
        F: Future<Output = serenity::Result<T>>,
    {
        self.guard.leave(Instant::now())?;
        // Answers to interactions go by tokens of their own.
        let shows_token = Arc::ptr_eq(http, &self.limited);
        if shows_token {
            self.guard.may_show_token(Instant::now())?;
        }
        let refusal = match network::within(time_max, call(Arc::clone(http))).await {
            Ok(Ok(done)) => {
                if shows_token {
                    self.guard.token_taken();
                }
                return Ok(Ok(done));
            }
            Ok(Err(error)) => DiscordRefusal::of(error),
            Err(asked) => DiscordRefusal::Late(asked),
        };
        if refusal.counts() {
            self.guard.refused(Instant::now());
        }
        if refusal.is_dead_token() {
            self.guard.token_refused(DEAD_TOKEN, Instant::now());
        }
        if matches!(refusal, DiscordRefusal::Unanswered(_)) {
            // Maybe it was the gate that kept it from going out.
            self.guard.leave(Instant::now())?;
        }
        Ok(Err(refusal))
    }

    /// Keeps serenity's limiter from growing with the interactions that were throttled.
    async fn forget_limits(&self) {
        if let Some(limiter) = &self.limited.ratelimiter {
            let limits = limiter.routes();
            let mut limits = limits.write().await;
            if limits.len() > LIMITS_MAX {
                limits.clear();
            }
        }
    }
}

/// What to say of a channel that takes no posts.
pub(super) fn closed(channel: ChannelId) -> String {
    format!(
        "Discord does not let the bot post into channel {channel}: it was deleted, or the bot may not view it, send messages or embed links there. Nothing more is posted there until that is fixed."
    )
}

/// The whole body of `response`.
async fn body(mut response: Response) -> serenity::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(HttpError::Request)? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(serenity::Error::Other("the answer is larger than any of Discord's"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
