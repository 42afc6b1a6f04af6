//! The `foramen` program: all of it is in the library's `cli`.

fn main() -> std::process::ExitCode {
    foramen::cli::main()
}
