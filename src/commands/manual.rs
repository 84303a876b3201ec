//! `leastwise completions` and `leastwise man`, generated from the arguments and their help so that they cannot
//! differ.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man as Page;

use crate::cli::{Cli, Completions, Exit, Man};
use crate::output::error::RunError;

pub(super) fn completions(args: &Completions) -> Result<Exit, RunError> {
    // `generate` panics when its writer fails: what is written to memory does not.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "leastwise", &mut script);
    print(&script)
}

pub(super) fn pages(args: &Man) -> Result<Exit, RunError> {
    // Building names each page by the whole command. The command `help` needs no page.
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    let Some(folder) = &args.folder else {
        return print(&page(&root)?);
    };
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |error| RunError::WriteTo { path, error }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut commands = vec![root];
    while let Some(command) = commands.pop() {
        commands.extend(command.get_subcommands().cloned());
        let path = folder.join(Page::new(command.clone()).get_filename());
        fs::write(&path, page(&command)?).map_err(failed(&path))?;
    }
    Ok(Exit::Finished)
}

/// One page. clap_mangen's `render` would reflow the text below the help, but examples and exit codes must
/// keep their lines.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let program = format!("leastwise {}", env!("CARGO_PKG_VERSION"));
    let page = Page::new(command.clone()).source(program).manual("User Commands");
    let mut out = Vec::new();
    page.render_title(&mut out)?;
    page.render_name_section(&mut out)?;
    page.render_synopsis_section(&mut out)?;
    page.render_description_section(&mut out)?;
    page.render_options_section(&mut out)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut out)?;
    }
    let below = command.get_after_long_help().or_else(|| command.get_after_help());
    let below = below.map(ToString::to_string).unwrap_or_default();
    for line in below.lines() {
        match line.strip_suffix(':').filter(|_| !line.starts_with(' ')) {
            // A heading of the help is one of the page.
            Some(heading) => writeln!(out, ".fi\n.SH \"{}\"\n.nf", literal(&heading.to_uppercase()))?,
            None => writeln!(out, "{}", literal(line))?,
        }
    }
    if !below.is_empty() {
        out.extend(b".fi\n");
    }
    Ok(out)
}

/// Text that roff takes as it is.
fn literal(line: &str) -> String {
    let escaped = line
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\'', "\\(aq");
    if escaped.starts_with('.') {
        format!("\\&{escaped}")
    } else {
        escaped
    }
}

fn print(bytes: &[u8]) -> Result<Exit, RunError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()?;
    Ok(Exit::Finished)
}
