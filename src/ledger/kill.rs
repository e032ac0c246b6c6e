//! Points at which a test lets the process die, as a failing machine would.

/// Ends the process at once, without a word, where `CEREMONY_DIES_AT` names this point. In a release it is nothing.
pub fn point(name: &str) {
    #[cfg(debug_assertions)]
    if std::env::var_os("CEREMONY_DIES_AT").is_some_and(|wanted| wanted == name) {
        let _ =
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
    #[cfg(not(debug_assertions))]
    let _ = name;
}
