//! Which headers does a mail have, and which parts? Those that mail systems sort, thread and answer by; text, HTML and its picture.

use std::{fmt::Write as _, time::SystemTime};

use lettre::{
    Address,
    message::{
        Attachment, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use reqwest::Url;
use sha2::{Digest as _, Sha256};

use super::{
    blocks::PictureIds,
    content::{MailContent, subject},
    footer::Footer,
};
use crate::{
    delivery::{Post, PostKind, PostPicture, Record, SendFailure, Sending},
    error::Error,
    text::{hex, one_line},
};

/// Who the mails are from, for people.
const NAME: &str = "scorewatch";
/// What the pictures are called where a client lists them.
const PICTURES: [&str; 2] = ["trend.png", "trend-dark.png"];
/// How many tenants a header names; rules of a mailbox sort by one.
const TENANTS_MAX: usize = 20;
/// How many bytes of its hash stand for a recipient: enough among fifty.
const MARK_BYTES: usize = 8;
/// No answer from holiday notices and the like; failures to deliver shall come back
/// (<https://learn.microsoft.com/en-us/openspecs/exchange_server_protocols/ms-oxcmail/ced68690-498a-4567-9d14-5c01f974d8b1>).
const SUPPRESSED: &str = "DR, RN, NRN, OOF, AutoReply";

/// A mail to one recipient.
pub(super) struct MailMessage<'a> {
    pub from: &'a Address,
    pub to: &'a Address,
    /// Where readers say that they want no more: an address of mail, or an https address.
    pub unsubscribe: &'a str,
    pub sending: &'a Sending<'a>,
}

impl MailMessage<'_> {
    /// What the thread of this mail is about: the subject of the mail that it answers, else `own`.
    fn topic(&self, own: String) -> (String, bool) {
        let Sending { earlier, earlier_title, .. } = self.sending;
        let earlier = earlier_title.filter(|title| !title.is_empty() && earlier.is_some_and(is_thread));
        earlier.map_or((own, false), |title| (subject(title), true))
    }

    /// The subject: of what is over it says so, before the subject of its alert. In brackets, because who threads by subject leaves those out, as RFC 5256
    /// (2.1) has it.
    fn subject(&self, topic: &str, answers: bool) -> String {
        let post = self.sending.post;
        match (answers, &post.kind, post.resolved) {
            (false, ..) => topic.to_owned(),
            (true, PostKind::Recovery(_), true) => format!("[Resolved] {topic}"),
            (true, PostKind::Recovery(_), false) => format!("[Partly resolved] {topic}"),
            (true, ..) => format!("Re: {topic}"),
        }
    }

    /// The mail as it is sent: ASCII, so that every server takes it. The same post makes the same mail.
    pub(super) fn bytes(&self) -> Result<Vec<u8>, SendFailure> {
        let post = self.sending.post;
        let domain = self.from.domain();
        let picture = match self.sending.picture {
            Some(PostPicture::Pair { light, dark }) => Some((light, dark)),
            Some(PostPicture::File(_) | PostPicture::Address(_)) | None => None,
        };
        let [light, dark] = ["trend", "dark"].map(|name| format!("{name}.{}@{domain}", post.id));
        let unsubscribe = Unsubscribe::new(self.unsubscribe, self.to);
        let footer = Footer { domain, unsubscribe: &unsubscribe.link };
        let content = MailContent::write(post, &footer, picture.map(|_| PictureIds { light: &light, dark: &dark }))?;
        let mark = mark(self.to);
        let (topic, answers) = self.topic(content.subject);
        let mut mail = lettre::Message::builder()
            .from(Mailbox::new(Some(NAME.to_owned()), self.from.clone()))
            .to(Mailbox::new(None, self.to.clone()))
            .subject(self.subject(&topic, answers))
            .date(SystemTime::from(post.created))
            .message_id(Some(of_recipient(&thread(&post.id, domain), &mark)));
        if let Some(earlier) = self.sending.earlier.filter(|earlier| is_thread(earlier)) {
            let earlier = of_recipient(earlier, &mark);
            mail = mail.in_reply_to(earlier.clone()).references(earlier);
        }
        mail = mail
            .raw_header(ascii("List-Id", format!("{NAME} <{NAME}.{domain}>")))
            .raw_header(ascii("List-Unsubscribe", format!("<{}>", unsubscribe.link)))
            .raw_header(ascii("Auto-Submitted", "auto-generated".to_owned()))
            .raw_header(ascii("X-Auto-Response-Suppress", SUPPRESSED.to_owned()));
        // By this Exchange keeps a conversation, whatever its subjects (MS-OXCMAIL: it becomes PidTagConversationTopic).
        mail = mail.raw_header(folded("Thread-Topic", topic));
        for (name, value) in sorted_by(post) {
            mail = mail.raw_header(folded(name, value));
        }
        if unsubscribe.one_click {
            mail = mail.raw_header(ascii("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        let html = SinglePart::html(content.html);
        let related = MultiPart::related().boundary(format!("related_{}", post.id)).singlepart(html);
        let related = match picture {
            Some((of_light, of_dark)) => related
                .singlepart(Attachment::new_inline_with_name(light, PICTURES[0].to_owned()).body(of_light.to_vec(), png()?))
                .singlepart(Attachment::new_inline_with_name(dark, PICTURES[1].to_owned()).body(of_dark.to_vec(), png()?)),
            None => related,
        };
        let parts = MultiPart::alternative().boundary(format!("mail_{}", post.id)).singlepart(SinglePart::plain(content.text));
        let mail = mail.multipart(parts.multipart(related)).map_err(|error| broken(&Error::internal(error)))?;
        Ok(mail.formatted())
    }
}

/// By what rules of a mailbox sort: the kind, the tenants, and the rule or the digest that made it.
fn sorted_by(post: &Post) -> Vec<(&'static str, String)> {
    let mut headers = vec![("X-Scorewatch-Kind", post.kind.word().to_owned())];
    let (named, more) = post.tenants.split_at(post.tenants.len().min(TENANTS_MAX));
    if !named.is_empty() {
        let more = if more.is_empty() { String::new() } else { format!(", and {} more", more.len()) };
        headers.push(("X-Scorewatch-Tenant", one_line(&named.join(", ")).into_owned() + &more));
    }
    match &post.record {
        Some(Record::Alert { rules, .. }) => headers.push(("X-Scorewatch-Rule", one_line(&rules.join(", ")).into_owned())),
        Some(Record::Digest { name, .. }) => headers.push(("X-Scorewatch-Digest", one_line(name).into_owned())),
        None => {}
    }
    headers
}

fn folded(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

fn png() -> Result<ContentType, SendFailure> {
    ContentType::parse("image/png").map_err(|error| broken(&Error::internal(error)))
}

fn broken(error: &Error) -> SendFailure {
    tracing::error!(cause = error.cause(), "a mail could not be written");
    SendFailure::Never { why: "The mail could not be written. The log has the cause.".to_owned() }
}

fn ascii(name: &'static str, value: String) -> HeaderValue {
    // Written as it is: these values are ASCII and short, and folding would put blanks into an address.
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), value.clone(), value)
}

/// What the messages of a post have in common: the receipt of it.
pub(super) fn thread(post: &str, domain: &str) -> String {
    format!("<{post}@{domain}>")
}

/// Whether `receipt` is one that [`thread`] made.
fn is_thread(receipt: &str) -> bool {
    let inner = receipt.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).and_then(|inner| inner.split_once('@'));
    inner.is_some_and(|(id, domain)| {
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
        plain(id) && plain(domain)
    })
}

/// The `Message-ID` of the mail to one recipient.
fn of_recipient(thread: &str, mark: &str) -> String {
    thread.replacen('@', &format!(".{mark}@"), 1)
}

/// What stands for a recipient in ids: the same for every post, and not the address.
fn mark(address: &Address) -> String {
    let hash = Sha256::digest(address.to_string().to_lowercase());
    hex(hash.get(..MARK_BYTES).unwrap_or(&hash))
}

/// How a recipient says that they want no more.
struct Unsubscribe {
    link: String,
    /// Whether their mail program may say it for them (RFC 8058).
    one_click: bool,
}

impl Unsubscribe {
    fn new(configured: &str, to: &Address) -> Self {
        match Url::parse(configured).ok().filter(|url| url.scheme() == "https") {
            Some(mut url) => {
                // RFC 8058, 3.1: the address must say who is to be taken off, because nothing else that is sent there does.
                url.query_pairs_mut().append_pair("to", to.as_ref());
                Self { link: url.into(), one_click: true }
            }
            None => Self { link: format!("mailto:{}?subject=unsubscribe%20{NAME}", mailto(configured)), one_click: false },
        }
    }
}

/// An address as a link has it.
fn mailto(address: &str) -> String {
    let mut escaped = String::with_capacity(address.len());
    for byte in address.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'@' | b'.' | b'-' | b'_' | b'+' => escaped.push(byte.into()),
            byte => {
                let _ = write!(escaped, "%{byte:02X}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        card::{Block, Card, Word},
        delivery::{DeliveryKey, Findings, Post},
    };

    fn post(title: &str) -> Post {
        let card = Card::new(title, vec![Block::Lead(vec![Word::plain("−12 points")])], "contoso");
        let created = "2026-11-21T06:15:00Z".parse().unwrap();
        let kind = PostKind::Alert(Findings::of("slips", &[]));
        let key = DeliveryKey { tenants: Vec::new(), kind, period: String::new(), destination: "mail".to_owned() };
        Post { id: "abc-DEF_123".to_owned(), ..Post::new(&key, card, created) }
    }

    fn mail_with(title: &str, unsubscribe: &str, earlier: Option<&str>, picture: Option<&PostPicture>) -> String {
        let post = post(title);
        let sending = Sending { post: &post, picture, earlier, earlier_title: None, ended: &[], now: post.created };
        let (from, to) = ("scorewatch@example.com".parse().unwrap(), "ada@example.org".parse().unwrap());
        let bytes = MailMessage { from: &from, to: &to, unsubscribe, sending: &sending }.bytes().unwrap();
        String::from_utf8(bytes).unwrap()
    }

    fn header(mail: &str, name: &str) -> Option<String> {
        let (head, _) = mail.split_once("\r\n\r\n").unwrap();
        let unfolded = head.replace("\r\n ", " ");
        unfolded.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(ToOwned::to_owned))
    }

    #[test]
    fn a_machine_knows_what_it_has() {
        let mail = mail_with("Contoso: 12 points lost", "leave@example.com", None, None);
        for (name, value) in [
            ("From", "scorewatch <scorewatch@example.com>"),
            ("To", "ada@example.org"),
            ("Subject", "Contoso: 12 points lost"),
            ("Date", "Sat, 21 Nov 2026 06:15:00 +0000"),
            ("List-Id", "scorewatch <scorewatch.example.com>"),
            ("List-Unsubscribe", "<mailto:leave@example.com?subject=unsubscribe%20scorewatch>"),
            ("Auto-Submitted", "auto-generated"),
            ("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"),
            ("MIME-Version", "1.0"),
        ] {
            assert_eq!(header(&mail, name).as_deref(), Some(value), "{name}");
        }
        assert_eq!(["List-Unsubscribe-Post", "In-Reply-To", "References"].map(|name| header(&mail, name)), [None, None, None]);
        let id = header(&mail, "Message-ID").unwrap();
        assert!(id.starts_with("<abc-DEF_123.") && id.ends_with("@example.com>") && !id.contains("ada"), "{id}");
        assert_eq!(mail, mail_with("Contoso: 12 points lost", "leave@example.com", None, None), "a repetition can be told");
    }

    #[test]
    fn one_click_says_who_is_to_be_taken_off() {
        let mail = mail_with("t", "https://example.com/leave", None, None);
        assert_eq!(header(&mail, "List-Unsubscribe").unwrap(), "<https://example.com/leave?to=ada%40example.org>");
        assert_eq!(header(&mail, "List-Unsubscribe-Post").unwrap(), "List-Unsubscribe=One-Click");
    }

    #[test]
    fn a_recovery_answers_its_alert_in_each_mailbox() {
        let alert = mail_with("t", "a@example.com", None, None);
        let recovery = mail_with("t", "a@example.com", Some("<abc-DEF_123@example.com>"), None);
        let id = header(&alert, "Message-ID");
        assert_eq!((header(&recovery, "In-Reply-To"), header(&recovery, "References")), (id.clone(), id));
        for hostile in ["<a@b>\r\nBcc: everybody@example.com", "17", "<@example.com>", "<a b@example.com>"] {
            assert_eq!(header(&mail_with("t", "a@example.com", Some(hostile), None), "In-Reply-To"), None, "{hostile}");
        }
    }

    #[test]
    fn a_mailbox_can_sort_and_a_subject_says_what_is_over() {
        let record = Record::Alert { rule: "slips".to_owned(), rules: vec!["slips".to_owned()], findings: Vec::new() };
        let alert =
            Post { tenants: vec!["contoso".to_owned(), "fabrikam".to_owned()], record: Some(record), ..post("Ünïcode: 12 points") };
        let sent = |post: &Post, earlier_title: Option<&str>| {
            let earlier = earlier_title.map(|_| "<abc-DEF_123@example.com>");
            let sending = Sending { post, picture: None, earlier, earlier_title, ended: &[], now: post.created };
            let (from, to) = ("scorewatch@example.com".parse().unwrap(), "ada@example.org".parse().unwrap());
            String::from_utf8(MailMessage { from: &from, to: &to, unsubscribe: "a@example.com", sending: &sending }.bytes().unwrap())
                .unwrap()
        };
        let mail = sent(&alert, None);
        for (name, value) in [("Kind", "alert"), ("Tenant", "contoso, fabrikam"), ("Rule", "slips")] {
            assert_eq!(header(&mail, &format!("X-Scorewatch-{name}")).as_deref(), Some(value), "{name}");
        }
        let (topic, head) = (header(&mail, "Thread-Topic"), mail.split_once("\r\n\r\n").unwrap().0);
        assert!(
            topic.is_some() && topic == header(&mail, "Subject") && head.lines().all(|line| line.len() <= 78 || line.starts_with("List"))
        );
        let subject = |resolved, kind: fn(Findings) -> PostKind| {
            let mail = sent(&Post { kind: kind(Findings::of("slips", &[])), resolved, ..post("A part of it") }, Some("12 points"));
            (header(&mail, "Subject").unwrap(), header(&mail, "Thread-Topic").unwrap())
        };
        let of = |subject: &str| (subject.to_owned(), "12 points".to_owned());
        assert_eq!(subject(true, PostKind::Recovery), of("[Resolved] 12 points"));
        assert_eq!(subject(false, PostKind::Recovery), of("[Partly resolved] 12 points"));
        assert_eq!(subject(false, PostKind::Alert), of("Re: 12 points"));
    }

    #[test]
    fn no_title_breaks_out_of_its_line() {
        for title in [
            "Ünïcode: −12 points \u{202e}gnp",
            "a\r\nBcc: everybody@example.com",
            "=?utf-8?b?AAAA?=",
            &"long 長い ".repeat(200),
            &"x".repeat(5000),
        ] {
            let mail = mail_with(title, "a@example.com", None, None);
            let (head, _) = mail.split_once("\r\n\r\n").unwrap();
            assert!(mail.is_ascii() && head.lines().all(|line| line.len() <= 998), "{head}");
            assert!(mail.lines().all(|line| line.len() <= 998), "{title}");
            assert_eq!((header(&mail, "Bcc"), head.contains("=?utf-8?b?AAAA?=")), (None, false), "{head}");
            assert!(header(&mail, "Subject").unwrap().len() < 1200, "{head}");
        }
    }

    #[test]
    fn a_picture_stands_beside_the_html_that_shows_it() {
        let picture = PostPicture::Pair { light: bytes::Bytes::from_static(b"\x89PNG"), dark: bytes::Bytes::from_static(b"\x89PNG") };
        let mail = mail_with("t", "a@example.com", None, Some(&picture));
        for id in ["trend.abc-DEF_123@example.com", "dark.abc-DEF_123@example.com"] {
            assert!(mail.contains(&format!("Content-ID: <{id}>\r\n")), "{mail}");
        }
        assert_eq!(mail.matches("Content-Type: image/png\r\n").count(), 2, "{mail}");
        let address = PostPicture::Address("https://example.com/secret".to_owned());
        let mail = mail_with("t", "a@example.com", None, Some(&address));
        assert!(!mail.contains("secret") && !mail.contains("image/png"), "nothing is fetched from elsewhere");
    }
}
