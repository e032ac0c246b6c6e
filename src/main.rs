//! The program.

fn main() -> std::process::ExitCode {
    hanoi_ceremony::command_line::main()
}
