//! How do words of ours look in Discord? An embed of lines, each phrase escaped and marked as what it is.

use super::{
    embed::Embed,
    escape::{code, mention, sentence, words},
    limits::units,
    outgoing_message::OutgoingMessage,
    snowflake::known_as,
};
use crate::chat::{Notice, NoticeLine, Phrase};

/// How much of a list is shown: more is no message for a phone.
const LIST: usize = 3500;

/// `notice` as an embed.
pub fn notice(notice: &Notice) -> OutgoingMessage {
    let fields = notice.parts.iter().map(|(name, lines)| ((*name).to_owned(), lines.iter().map(line).collect::<Vec<_>>().join("\n")));
    let embed =
        Embed { title: notice.title.clone(), description: notice.fitted(LIST, units, line), fields: fields.collect(), ..Embed::default() };
    OutgoingMessage::new(embed, Vec::new())
}

fn line(line: &NoticeLine) -> String {
    let small = if line.small { "-# " } else { "" };
    line.phrases.iter().fold(small.to_owned(), |text, phrase| text + &marked(phrase))
}

fn marked(phrase: &Phrase) -> String {
    match phrase {
        Phrase::Fixed(text) => (*text).to_owned(),
        Phrase::Text(text) => words(text),
        Phrase::Sentence(text) => sentence(text),
        Phrase::Strong(text) => format!("**{}**", words(text)),
        Phrase::Code(text) => code(text),
        Phrase::Person(id) => mention(id).unwrap_or_else(|| words(id)),
        Phrase::Room(name) => channel(name).map_or_else(|| code(name), |channel| format!("<#{channel}>")),
        Phrase::Day(at) => format!("<t:{}:d>", at.as_second()),
        Phrase::Moment(at) => format!("<t:{}:f>", at.as_second()),
    }
}

/// The channel that the destination `name` is, if it is one of Discord's.
fn channel(name: &str) -> Option<String> {
    known_as(name).map(|channel| channel.to_string())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn shown(phrases: Vec<Phrase>) -> String {
        line(&NoticeLine::new(phrases))
    }

    #[test]
    fn a_line_is_harmless_whatever_people_wrote() {
        let text = |text: &str| text.to_owned();
        let line = shown(vec![
            Phrase::Strong(text("contoso")),
            Phrase::Fixed(", "),
            Phrase::Code(text("a`b")),
            Phrase::Fixed(": "),
            Phrase::Text(text("@everyone **now**\n# x")),
            Phrase::Fixed(" "),
            Phrase::Sentence("Type `/score`, @here.".into()),
        ]);
        assert_eq!(line, "**contoso**, `a'b`: \\@everyone \\*\\*now\\*\\* \\# x Type `/score`, \\@here.");
    }

    #[test]
    fn people_rooms_and_times_are_shown_as_discord_shows_them() {
        let at = Timestamp::from_second(1_800_000_000).unwrap();
        assert_eq!(shown(vec![Phrase::Day(at), Phrase::Fixed(" "), Phrase::Moment(at)]), "<t:1800000000:d> <t:1800000000:f>");
        let person = |id: &str| shown(vec![Phrase::Person(id.to_owned())]);
        assert_eq!(person("discord:1100000000000000007"), "<@1100000000000000007>");
        assert_eq!((person("terminal").as_str(), person("<@7> *x*").as_str()), ("terminal", r"\<\@7\> \*x\*"));
        let room = |name: &str| shown(vec![Phrase::Room(name.to_owned())]);
        assert_eq!((room("discord:1100000000000000003").as_str(), room("so`c").as_str()), ("<#1100000000000000003>", "`so'c`"));
        assert_eq!(room("discord:<#1>"), "`discord:<#1>`");
    }
}
