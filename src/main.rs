//! The `secstream` binary: everything is in the library.

fn main() -> std::process::ExitCode {
    secstream::cli::main()
}
