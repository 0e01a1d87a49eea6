use std::process::ExitCode;

fn main() -> ExitCode {
    leaklint::cli::main()
}
