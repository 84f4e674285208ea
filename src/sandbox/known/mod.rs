//! Which controls does the sandbox know by heart? Those that people ask about most, each with texts written for this project.
//!
//! The ids are Graph's, so that whoever knows them feels at home; every sentence is ours.

mod collaboration;
mod device;
mod identity;

/// How Graph measures a control, which decides what evidence the newest day carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasuredBy {
    /// A setting that is on or off: the member `on`.
    Switch,
    /// So many of so many: the members `count` and `total`. The status reads "You have {missing} of {total} {of} {lacking}."
    Share {
        /// Who or what is counted, in the plural.
        of: &'static str,
        /// What the missing ones lack.
        lacking: &'static str,
    },
    /// A plain number (`count` without `total`) between two pieces of text, out of bounds when the control scores nothing.
    Tally {
        /// The text before the number.
        before: &'static str,
        /// The text after it.
        after: &'static str,
    },
}

/// People of the directory that lack something.
pub const fn users(lacking: &'static str) -> MeasuredBy {
    MeasuredBy::Share { of: "users", lacking }
}

/// Devices that are exposed.
pub const DEVICES: MeasuredBy = MeasuredBy::Share { of: "devices", lacking: "exposed" };

/// A control with hand-written texts.
#[derive(Debug)]
pub struct KnownControl {
    /// Graph's name of the control, which is the profile's id too.
    pub id: &'static str,
    /// What it asks for, in one line.
    pub title: &'static str,
    /// Graph's service code, such as `AzureAD`.
    pub service: &'static str,
    /// Graph's category, such as `Identity`.
    pub category: &'static str,
    /// The points it can give.
    pub worth: u8,
    /// Implementation cost and user impact as Graph writes them, in every case there is.
    pub effort: (&'static str, &'static str),
    /// What evidence it has.
    pub measure: MeasuredBy,
    /// Why it matters: the description in the snapshot.
    pub why: &'static str,
    /// What to do, one step each, with HTML as Graph has it.
    pub steps: &'static [&'static str],
    /// What people will notice: the remediation impact.
    pub bites: &'static str,
}

/// All of them, in the catalogue's order.
pub fn all() -> impl Iterator<Item = &'static KnownControl> {
    identity::CONTROLS.iter().chain(collaboration::MAIL).chain(collaboration::SHARING).chain(device::CONTROLS)
}
