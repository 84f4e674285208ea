//! How does a shell complete what is typed? By a script that is made of the grammar, the questions with their options among it.

use clap::CommandFactory as _;
use clap_complete::{Shell, generate};

use super::{grammar::Cli, output::write_out};
use crate::error::Result;

/// The shell to write for.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Write the script to where the shell looks for it; a new shell then completes commands, questions, options and their words.

Examples:
  mkdir -p ~/.local/share/bash-completion/completions
  scorewatch completions bash > ~/.local/share/bash-completion/completions/scorewatch
  scorewatch completions zsh > \"${fpath[1]}/_scorewatch\"       before compinit runs
  mkdir -p ~/.config/fish/completions
  scorewatch completions fish > ~/.config/fish/completions/scorewatch.fish
  scorewatch completions powershell | Out-String | Invoke-Expression       a line of $PROFILE
  eval (scorewatch completions elvish | slurp)       a line of ~/.config/elvish/rc.elv

For everybody on a machine the places are
  /usr/share/bash-completion/completions/scorewatch
  /usr/share/zsh/site-functions/_scorewatch
  /usr/share/fish/vendor_completions.d/scorewatch.fish
The Debian package has these."
)]
pub(super) struct CompletionsArgs {
    /// Which shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(given: &CompletionsArgs) -> Result<()> {
    // Made in memory: a reader that goes away is no fault of ours.
    let mut script = Vec::new();
    generate(given.shell, &mut Cli::command(), "scorewatch", &mut script);
    write_out(&script)
}
