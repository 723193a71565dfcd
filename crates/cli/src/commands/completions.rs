//! Completions of shells.

use clap::Args;
use clap_complete::Shell;

use super::Command;
use crate::console;
use crate::failure::Failure;

#[derive(Args)]
#[command(
    about = "Prints completions for a shell",
    long_about = None,
    after_help = "Examples:\n  descent completions bash > ~/.local/share/bash-completion/completions/descent\n  \
        descent completions zsh > ~/.zfunc/_descent\n  \
        descent completions fish > ~/.config/fish/completions/descent.fish"
)]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

impl Command for Completions {
    const NAME: &'static str = "completions";

    fn run(self) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut crate::command(), "descent", &mut script);
        Ok(console::print(&String::from_utf8_lossy(&script))?)
    }
}
