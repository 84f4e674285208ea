//! scorewatch, as it is run.
fn main() -> std::process::ExitCode {
    scorewatch::cli::main()
}
