use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = leaklint::memory::ALLOCATOR;

fn main() -> ExitCode {
    leaklint::cli::main()
}
