use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: leaklint::memory::Allocator = leaklint::memory::Allocator;

fn main() -> ExitCode {
    leaklint::cli::main()
}
